"""Requirements files with a hash for each line: the locks of the package, and a project's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HASH = re.compile(r"sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})")
"""What pip takes in its mode of hashes."""

_OPTION = re.compile(r"\s--hash[= ](\S+)")


@dataclass(frozen=True, kw_only=True)
class LockedRequirement:
    """One requirement of a file."""

    line: int
    """Where it begins, from 1."""
    text: str
    """Without its hashes, for example ``nox==2026.10.20``."""
    hashes: tuple[str, ...]


def read_requirements(text: str) -> Iterator[LockedRequirement]:
    """The requirements of a file; lines with options of pip alone are left out.

    https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    begun = 0
    parts: list[str] = []
    for number, line in enumerate((*text.splitlines(), ""), start=1):
        whole = re.sub(r"(^|\s)#.*$", "", line)
        begun = begun if parts else number
        parts.append(whole.removesuffix("\\"))
        if whole.endswith("\\"):
            continue
        joined, parts = " ".join(parts).strip(), []
        if joined and not joined.startswith("-"):
            yield LockedRequirement(
                line=begun,
                text=_OPTION.sub("", f" {joined}").strip(),
                hashes=tuple(_OPTION.findall(joined)),
            )


def without_hash(text: str) -> LockedRequirement | None:
    """The first requirement of a file that pip would refuse in its mode of hashes."""
    for requirement in read_requirements(text):
        if not requirement.hashes or not all(map(HASH.fullmatch, requirement.hashes)):
            return requirement
    return None


def locked(requirement: str, hashes: Iterable[str]) -> str:
    """One requirement with its hashes, as a file has them."""
    return " \\\n    ".join((requirement, *(f"--hash={each}" for each in hashes))) + "\n"


def lock_text(name: str) -> str:
    """A lock that comes with the package: ``sessions``, ``native`` or ``tools``."""
    file = resources.files("tasker_ci").joinpath("resources", "locks", f"{name}.txt")
    return file.read_text(encoding="utf-8")


@cache
def wheel_hashes() -> Mapping[str, tuple[str, ...]]:
    """The hashes of the wheels that carry external tools, by ``name==version``."""
    return {each.text: each.hashes for each in read_requirements(lock_text("tools"))}
