"""One thing that a rule says of a CI."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasker_ci.foreign.places import Place


class Severity(StrEnum):
    """How much it matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Grade(StrEnum):
    """How sure it is."""

    CERTAIN = "certain"
    """It follows from the files alone."""
    SUSPICION = "suspicion"
    """It needs something outside of them."""


@dataclass(frozen=True, kw_only=True)
class ReviewFinding:
    """One finding with its place, its evidence and its fix."""

    rule: str
    """The rule's id: ``T1``."""
    severity: Severity
    grade: Grade = Grade.CERTAIN
    place: Place
    """The line that causes it."""
    message: str
    """One sentence."""
    evidence: tuple[str, ...] = ()
    """Which job, which command, why not: one line each."""
    fix: str | None = None
    """The smallest change that ends it."""
    tests: tuple[str, ...] = ()
    """``file:line name`` of the tests that are meant."""
    confirmed: bool | None = None
    """What cargo said of it with --confirm; None where it was not asked."""

    @property
    def fails(self) -> bool:
        """Whether it makes the exit code 1."""
        return self.grade is Grade.CERTAIN and self.severity is Severity.ERROR

    def data(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "grade": self.grade.value,
            "file": str(self.place.file),
            "line": self.place.line,
            "message": self.message,
            "evidence": list(self.evidence),
            "fix": self.fix,
            "tests": list(self.tests),
            "confirmed": self.confirmed,
        }
