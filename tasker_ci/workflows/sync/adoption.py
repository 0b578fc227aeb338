"""Pins that Dependabot bumped in generated files, on their way back into the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import AdoptionRefused
from tasker_ci.workflows.files import is_untouched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.text.toml_lines import Key
    from tasker_ci.workflows.files import GeneratedFile

_USES = re.compile(
    r"(?P<head>\s*(?:- )?[\"']?uses[\"']?\s*:\s*)"
    r"(?P<quote>[\"']?)(?P<reference>[^\s\"'#]+)(?P=quote)(?P<comment>\s+#.*)?\s*"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v?\d+(\.\d+)*")
_CHECKSUM = re.compile(r"(# |<!-- )Checksum: [0-9a-f]+( -->)?")
_LOCAL = ("./", "$/")


@dataclass(frozen=True, kw_only=True)
class Bump:
    """One action in a newer version than planned."""

    name: str
    version: str
    commit: str
    planned: str
    """The version of the plan."""

    def __str__(self) -> str:
        return f"{self.name} {self.planned} -> {self.version}"


@dataclass(frozen=True, kw_only=True)
class _Use:
    """One ``uses:`` line."""

    head: str
    name: str
    reference: str
    version: str
    """What the comment says; empty without one."""


def only_bumps(disk_text: str, planned_text: str) -> tuple[Bump, ...] | None:
    """The bumps that are all the difference between a file and its plan; None if there is more.

    A file with the right checksum has none: `sync` wrote its pins, and the settings have changed
    since. The line of the checksum itself, which nobody who bumps a pin fixes, may differ.
    """
    found, planned = disk_text.split("\n"), planned_text.split("\n")
    if len(found) != len(planned) or is_untouched(disk_text):
        return None
    bumps: dict[Bump, None] = {}
    for there, here in zip(found, planned, strict=True):
        if there == here or (_CHECKSUM.fullmatch(there) and _CHECKSUM.fullmatch(here)):
            continue
        use, plan = _use(there), _use(here)
        # Written anew with the bump in it, the line must be the one on the disk to the character.
        if use is None or plan is None or there != _line(use) or use.head != plan.head:
            return None
        if use.name != plan.name or _refusal(use, plan):
            return None
        bumps[_bump(use, plan)] = None
    return tuple(bumps) or None


def bumped_since(disk_text: str, planned: Iterable[GeneratedFile]) -> tuple[Bump, ...]:
    """The bumps that are all that happened to a file since `sync` wrote it.

    Unlike `only_bumps` it may differ from its plan in more, because the settings have changed.
    """
    plan = _planned_uses(planned)
    bumps: dict[Bump, None] = {}
    lines = disk_text.split("\n")
    for number, line in enumerate(lines):
        use = _use(line)
        known = plan.get(use.name) if use else None
        if use is None or known is None or line != _line(use) or _refusal(use, known):
            continue
        lines[number] = f"{use.head}{use.name}@{known.reference} # {known.version}"
        bumps[_bump(use, known)] = None
    return tuple(bumps) if bumps and is_untouched("\n".join(lines)) else ()


def found_bumps(
    texts: Mapping[PurePosixPath, str], planned: Iterable[GeneratedFile]
) -> tuple[Bump, ...]:
    """The bumps in generated files, by their paths, whatever else is different in them.

    The highest version of each action counts. Raises `AdoptionRefused` with every line that is no
    bump: an older version, a tag or a short SHA, another repository, no version.
    """
    plan = _planned_uses(planned)
    bumps: list[Bump] = []
    refusals: list[str] = []
    for path, text in texts.items():
        for number, line in enumerate(text.split("\n"), start=1):
            use = _use(line)
            if use is None:
                continue
            known = plan.get(use.name)
            if known is None:
                refusals.append(f"{path}:{number}: {use.name} is not an action that sync uses")
            elif (use.reference, use.version) != (known.reference, known.version):
                refusal = _refusal(use, known)
                if refusal:
                    refusals.append(f"{path}:{number}: {use.name}: {refusal}")
                else:
                    bumps.append(_bump(use, known))
    if refusals:
        raise AdoptionRefused(
            "Not every changed pin can be taken in; nothing was written:\n"
            + "\n".join(f"  {refusal}" for refusal in refusals),
            next_step="Undo those lines; a pin is `uses: owner/repository@<full SHA> # v1.2.3`.",
        )
    return highest(bumps)


def highest(bumps: Iterable[Bump]) -> tuple[Bump, ...]:
    """One bump for each action, in the highest version found.

    Raises `AdoptionRefused` if two files give one version two commits.
    """
    best: dict[str, Bump] = {}
    commits: dict[tuple[str, tuple[int, ...]], str] = {}
    for bump in bumps:
        number = _number(bump.version)
        known = commits.setdefault((bump.name, number), bump.commit)
        if known != bump.commit:
            raise AdoptionRefused(
                f"{bump.name} {bump.version} has two commits: {known} and {bump.commit}.",
                next_step="One of them is wrong; look at the tag and fix the other file.",
            )
        if bump.name not in best or number > _number(best[bump.name].version):
            best[bump.name] = bump
    return tuple(best[name] for name in sorted(best))


def as_settings(bumps: Iterable[Bump]) -> dict[Key, dict[str, str]]:
    """The rows of ``[pins]``."""
    return {("pins", bump.name): {"version": bump.version, "commit": bump.commit} for bump in bumps}


def _planned_uses(planned: Iterable[GeneratedFile]) -> dict[str, _Use]:
    uses = (_use(line) for file in planned for line in file.text.split("\n"))
    return {use.name: use for use in uses if use}


def _use(line: str) -> _Use | None:
    """A line that names something of another repository; None for any other line."""
    match = _USES.fullmatch(line)
    if match is None or match["reference"].startswith(_LOCAL):
        return None
    name, _, reference = match["reference"].partition("@")
    version = (match["comment"] or "").strip().removeprefix("#").strip()
    return _Use(head=match["head"], name=name, reference=reference, version=version)


def _line(use: _Use) -> str:
    return f"{use.head}{use.name}@{use.reference} # {use.version}"


def _refusal(use: _Use, plan: _Use) -> str | None:  # noqa: PLR0911 - one reason after the other
    """Why a use is no bump of the planned one; None if it is one."""
    if not _COMMIT.fullmatch(use.reference):
        return f"{use.reference or 'nothing'} is not the full SHA of a commit"
    if not use.version:
        return "the comment with the version is missing"
    if not _VERSION.fullmatch(use.version):
        return f"{use.version!r} is not a version like v1.2.3"
    if _number(use.version) < _number(plan.version):
        return f"{use.version} is older than {plan.version}"
    if _number(use.version) == _number(plan.version):
        return f"another commit of the same version {plan.version}, or the same by another name"
    if use.reference == plan.reference:
        return f"{use.version} has the commit of {plan.version}"
    return None


def _bump(use: _Use, plan: _Use) -> Bump:
    return Bump(name=use.name, version=use.version, commit=use.reference, planned=plan.version)


def _number(version: str) -> tuple[int, ...]:
    """The version for comparing: v7 and v7.0.0 are one.

    Exactly the versions that the settings take, which have numbers alone: no need for PEP 440.
    """
    parts = [int(part) for part in version.removeprefix("v").split(".")]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)
