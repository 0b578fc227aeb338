"""The findings of one review, in the order in which they are told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.selections.reachability import TestFate
from tasker_ci.sessions.review.finding import Grade, Severity
from tasker_ci.sessions.review.matrix import matrix_of
from tasker_ci.text.plurals import are, counted, plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.foreign.places import Opaque
    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.matrix import PackageMatrix
    from tasker_ci.sessions.review.subject import Subject

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


@dataclass(frozen=True, kw_only=True)
class ReviewResult:
    """What a review found."""

    findings: tuple[ReviewFinding, ...]
    """Errors first, certain ones before suspicions; within that in the order of the rules."""
    allowed: int = 0
    """How many the settings leave out."""
    workflows: int
    jobs: int
    legs: int
    packages: int
    fates: dict[TestFate, int]
    """How many tests have each fate."""
    opaque: tuple[Opaque, ...]
    """What could not be read and may run tests."""
    opaque_builds: tuple[Opaque, ...] = ()
    """What could not be read and builds or checks at most."""
    matrix: PackageMatrix

    @classmethod
    def of(cls, subject: Subject, findings: Iterable[ReviewFinding]) -> ReviewResult:
        """The result of the rules' findings."""
        counts = Counter(test.fate for reviewed in subject.tested for test in reviewed.fates.tests)
        runs = subject.reading.runs
        return cls(
            findings=tuple(sorted(dict.fromkeys(findings), key=_rank)),
            workflows=len(subject.reading.workflows),
            jobs=len({(run.workflow.path, run.job.name) for run in runs}),
            legs=len(runs),
            packages=sum(len(each.workspace.packages) for each in subject.workspaces),
            fates={fate: counts[fate] for fate in TestFate},
            opaque=subject.opaque,
            opaque_builds=subject.opaque_builds,
            matrix=matrix_of(subject.workspaces),
        )

    @property
    def tests(self) -> int:
        """How many tests there are."""
        return sum(self.fates.values())

    @property
    def unread(self) -> tuple[Opaque, ...]:
        """All that could not be read."""
        return (*self.opaque, *self.opaque_builds)

    @property
    def headline(self) -> str:
        """The one number that matters: ``43 of 1 204 tests are run by no job``."""
        lost = self.fates[TestFate.LOST] + self.fates[TestFate.COMPILED]
        tests = f"{spaced(self.tests)} {plural(self.tests, 'test')}"
        if not self.tests:
            return "there are no tests"
        if self.opaque and (lost or self.fates[TestFate.UNDECIDED]):
            unread = f"{counted(len(self.opaque), 'place')} could not be read"
            run = self.fates[TestFate.RUN]
            others = f"the others are not decided ({unread})"
            return f"{spaced(run)} of {tests} {are(run)} run by a job; {others}"
        if not lost:
            return self._each_or(tests)
        return f"{spaced(lost)} of {tests} {are(lost)} run by no job"

    def _each_or(self, tests: str) -> str:
        """That each test is run, or what becomes of the others, where none is lost."""
        run = self.fates[TestFate.RUN]
        ignored, undecided = self.fates[TestFate.IGNORED], self.fates[TestFate.UNDECIDED]
        left = [f"{spaced(ignored)} {are(ignored)} ignored"] if ignored else []
        left += [f"{spaced(undecided)} {are(undecided)} not decided"] if undecided else []
        if not left:
            return f"each of {tests} is run by a job"
        return f"{spaced(run)} of {tests} {are(run)} run by a job; {', '.join(left)}"

    @property
    def sentence(self) -> str:
        """The headline as a sentence."""
        return f"{self.headline[0].upper()}{self.headline[1:]}."

    @property
    def looked_at(self) -> str:
        """What was read."""
        legs = f" with {counted(self.jobs, 'job')} in {counted(self.legs, 'leg')}"
        packages = counted(self.packages, "package")
        return f"Read: {counted(self.workflows, 'workflow')}{legs}, {packages}."

    def data(self) -> dict[str, Any]:
        """The result for `--json`."""
        return {
            "headline": self.headline,
            "findings": [each.data() for each in self.findings],
            "allowed": self.allowed,
            "workflows": self.workflows,
            "jobs": self.jobs,
            "legs": self.legs,
            "packages": self.packages,
            "tests": {
                "all": self.tests,
                **{fate.name.lower(): count for fate, count in self.fates.items()},
            },
            "matrix": [
                {"package": package, "job": job, "does": action.value}
                for (package, job), action in self.matrix.cells.items()
            ],
            "unread": [
                {"file": str(each.place.file), "line": each.place.line, "why": each.why}
                for each in self.unread
            ],
        }


def spaced(number: int) -> str:
    """``1 204``."""
    return f"{number:,}".replace(",", " ")


def _rank(finding: ReviewFinding) -> tuple[int, bool]:
    return _ORDER.index(finding.severity), finding.grade is not Grade.CERTAIN
