"""One thing that no session runs, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is lost, in words for the heading of a list."""

    FILE = "files with tests that no target reaches"
    TEST = "tests that are never compiled or never run"
    BENCHMARK = "files with benchmarks that no target reaches"
    DOCTEST = "examples in documentation that no session runs"
    TARGET = "targets that no session builds"
    PACKAGE = "packages that belong to no session"
    SELECTION = "targets that belong to no session, or to two"
    UNKNOWN = "tests that may not be compiled, which only a build can tell"
    REPORT = "tests that nextest lists and the report lacks"


@dataclass(frozen=True, kw_only=True)
class InventoryFinding:
    """One file, or one part of it, that is lost for the same reason."""

    kind: Kind
    file: str
    """Relative to the workspace."""
    line: int = 0
    package: str | None = None
    reason: str
    names: tuple[str, ...] = ()
    """The tests that are meant."""

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def data(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return {
            "kind": self.kind.name.lower(),
            "file": self.file,
            "line": self.line,
            "package": self.package or "",
            "reason": self.reason,
            "tests": list(self.names),
        }
