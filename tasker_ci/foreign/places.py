"""Where something stands in a repository, and what of it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath  # noqa: TC003 - a field of a value that is compared


@dataclass(frozen=True, order=True)
class Place:
    """One line of a file."""

    file: PurePosixPath
    """From the root of the repository."""
    line: int
    """From 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, order=True)
class Opaque:
    """A part of a CI that cannot be read without running it: any test may run there.

    No claim of absence is certain beside one.
    """

    place: Place
    why: str
    """A clause: "`make` takes the target from $TARGET"."""

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"
