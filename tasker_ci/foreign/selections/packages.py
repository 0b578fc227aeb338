"""Which members of a workspace the flags of a call name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.rust.workspace import Package, Workspace

_SPECIFICATION = re.compile(r"(?P<name>[\w*?\[\]!-]+)(?:[@:](?P<version>\d[\w.+-]*))?")


@dataclass(frozen=True, kw_only=True)
class ChosenPackages:
    """The members that a call selects."""

    names: frozenset[str] | None
    """None where they are not known."""
    why_not: str = ""
    """Why another member is none of them, as a clause."""
    unmatched: tuple[str, ...] = ()
    """Names that no member has."""


def chosen_packages(invocation: Invocation, workspace: Workspace, folder: Path) -> ChosenPackages:
    """The members that ``--package``, ``--workspace`` and ``--exclude`` choose, or their absence.

    ``folder`` has the manifest with which cargo begins.
    https://doc.rust-lang.org/cargo/commands/cargo-test.html#package-selection
    """
    given = invocation.values("--package")
    if invocation.has("--workspace"):
        return _all_but(invocation, workspace)
    if invocation.unknown_values & {"--package"}:
        return ChosenPackages(names=None, why_not="the value of `--package` is not known")
    if invocation.has("--package"):
        names, unmatched = _matching(given, workspace.packages)
        # Cargo also builds a dependency that is no member.
        needed = {each.name for package in workspace.packages for each in package.requirements}
        unmatched = tuple(each for each in unmatched if re.split("[@:]", each)[0] not in needed)
        flags = " ".join(f"-p {each}" for each in given[:3]) + (" …" if len(given) > 3 else "")  # noqa: PLR2004
        return ChosenPackages(
            names=names, why_not=f"`{flags}` does not name it", unmatched=unmatched
        )
    return _by_folder(workspace, folder)


def _all_but(invocation: Invocation, workspace: Workspace) -> ChosenPackages:
    everything = frozenset(package.name for package in workspace.packages)
    if "--exclude" in invocation.unknown_values:
        return ChosenPackages(names=None, why_not="the value of `--exclude` is not known")
    left_out = (*invocation.values("--exclude"), *invocation.values("--exclude-from-test"))
    names, unmatched = _matching(left_out, workspace.packages)
    return ChosenPackages(
        names=everything - names, why_not="`--exclude` names it", unmatched=unmatched
    )


def _by_folder(workspace: Workspace, folder: Path) -> ChosenPackages:
    manifest = folder / "Cargo.toml"
    own = [each.name for each in workspace.packages if each.manifest == manifest]
    default = workspace.default_members
    if folder == workspace.root and default is not None:
        why = (
            "without `--workspace` only the root package is selected"
            if [*default] == own
            else "`default-members` lacks it, and `--workspace` is not given"
        )
        return ChosenPackages(names=frozenset(default), why_not=why)
    if own:
        why = "only the package of the current folder is selected"
        return ChosenPackages(names=frozenset(own), why_not=why)
    if folder == workspace.root:
        return ChosenPackages(names=frozenset(each.name for each in workspace.packages))
    return ChosenPackages(names=None, why_not="the manifest is no member of the workspace")


def _matching(
    texts: Iterable[str], packages: Iterable[Package]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The members that specifications mean, and those that mean none."""
    found: set[str] = set()
    unmatched = []
    members = tuple(packages)
    for text in texts:
        names = {each.name for each in members if matches(text, each)}
        found |= names
        if not names:
            unmatched.append(text)
    return frozenset(found), tuple(unmatched)


def matches(text: str, package: Package) -> bool:
    """Whether a specification, or a pattern, means a member.

    https://doc.rust-lang.org/cargo/reference/pkgid-spec.html
    """
    if "://" in text:
        address, _, fragment = text.partition("#")
        folder = address.partition("://")[2]
        if folder.rstrip("/") != package.manifest.parent.as_posix():
            return False
        name, at, version = fragment.rpartition("@") if "@" in fragment else (fragment, "", "")
        if not at and name[:1].isdigit():
            name, version = "", name
        return name in {"", package.name} and _same_version(version, package)
    found = _SPECIFICATION.fullmatch(text)
    if found is None:
        return False
    name, version = found["name"], found["version"] or ""
    return fnmatchcase(package.name, name) and _same_version(version, package)


def _same_version(text: str, package: Package) -> bool:
    return not text or package.version == text or package.version.startswith(f"{text}.")
