"""What the header of a suite claims, against what its tests show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.reports.junit_case import RERUNS
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = ("tests", "failures", "errors")
_MOST = 10**9


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A header that says more tests or failures than are shown, each as tests, failures, errors."""

    suite: str | None
    """None for the header of the whole report."""
    header: tuple[int, int, int]
    shown: tuple[int, int, int]
    failures: int
    """How many failures and errors are missing that no suite within misses."""

    def is_of(self, total: Tally) -> bool:
        """Whether it says just what the whole report shows."""
        tests, *failed = self.header
        return tests == total.tests and sum(failed) == total.failures + total.errors

    def __str__(self) -> str:
        owner = f"the suite {self.suite!r}" if self.suite else "the report"
        said = ", ".join(
            counted(count, name[:-1])
            for count, name in zip(self.header, _NAMES, strict=True)
        )  # fmt: skip
        there = ", ".join(map(str, self.shown))
        return f"the header of {owner} says {said}; its tests show {there}"


@dataclass(kw_only=True, slots=True)
class Tally:
    """What was read of one suite so far, suites within it included."""

    tests: int = 0
    reruns: int = 0
    failed: int = 0
    """Tests, and suites themselves, that failed."""
    failures: int = 0
    errors: int = 0
    """Elements, of which a test may have several."""
    claimed: list[int] = field(default_factory=lambda: [0, 0])
    """Tests and failures that suites within claim beyond what they show."""

    def element(self, tag: str) -> None:
        """Count an element within a test, or within the suite."""
        self.failures += tag == "failure"
        self.errors += tag == "error"
        self.reruns += tag in RERUNS

    def add(self, other: Tally) -> None:
        """Take in a suite within."""
        self.tests += other.tests
        self.reruns += other.reruns
        self.failed += other.failed
        self.failures += other.failures
        self.errors += other.errors
        self.claimed[0] += other.claimed[0]
        self.claimed[1] += other.claimed[1]

    def claim(self, suite: str | None, attributes: Mapping[str, str]) -> Claim | None:
        """What a header claims beyond; None if it claims nothing that suites within do not.

        Some count a test that fails and breaks its teardown as two, or every retry as one.
        """
        tests, failures, errors = (_whole(attributes.get(name)) for name in _NAMES)
        more_tests = tests - (self.tests + self.reruns + self.errors) - self.claimed[0]
        shown = max(self.failed, self.failures + self.errors) + self.reruns
        more_failures = failures + errors - shown - self.claimed[1]
        self.claimed[0] += max(0, more_tests)
        self.claimed[1] += max(0, more_failures)
        if more_tests <= 0 and more_failures <= 0:
            return None
        return Claim(
            suite=suite,
            header=(tests, failures, errors),
            shown=(self.tests, max(self.failures, self.failed - self.errors), self.errors),
            failures=max(0, more_failures),
        )


def _whole(text: str | None) -> int:
    """A count; 0 if it is none."""
    try:
        count = float((text or "0").replace(",", ""))
        return int(count) if 0 <= count < _MOST else 0
    except ValueError:
        return 0
