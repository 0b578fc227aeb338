"""What one test run did, whatever tool ran it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

CaseStatus = Literal["passed", "failed", "skipped", "flaky"]

_PANIC = re.compile(r"panicked at (?P<file>[^\n:]+(?::[^\n:\d][^\n:]*)*):(?P<line>\d+):(?P<column>\d+)")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test; ``suite`` is the id of its test binary, ``flaky`` means passed after a retry."""

    suite: str
    name: str
    status: CaseStatus
    seconds: float = 0.0
    message: str = ""
    output: str = ""

    @property
    def location(self) -> tuple[str, int, int] | None:
        """File, line and column of the panic, as rustc spelled them; None if nothing panicked."""
        found = _PANIC.search(self.output) or _PANIC.search(self.message)
        if found is None:
            return None
        return found["file"], int(found["line"]), int(found["column"])

    @property
    def reason(self) -> str:
        """Why the test failed, in one line: what the panic said, else what the tool said."""
        for text in (self.output, self.message):
            found = _PANIC.search(text)
            if found is not None:
                after = text[found.end() :].lstrip(":\n").splitlines()
                if after and after[0].strip():
                    return after[0].strip()
        return (self.message.strip().splitlines() or ["no message"])[0]


@dataclass(frozen=True, kw_only=True)
class TestRun:
    """All cases of a run; ``seconds`` is the wall time of the tests, without building."""

    __test__ = False

    cases: tuple[Case, ...]
    seconds: float = 0.0
    started: datetime | None = None

    def having(self, *statuses: CaseStatus) -> tuple[Case, ...]:
        """The cases with one of these statuses."""
        return tuple(case for case in self.cases if case.status in statuses)

    @property
    def executed(self) -> int:
        """How many tests really ran."""
        return len(self.cases) - len(self.having("skipped"))

    def slowest(self, count: int) -> tuple[Case, ...]:
        """The ``count`` slowest tests that ran, slowest first."""
        ran = [case for case in self.cases if case.status != "skipped" and case.seconds > 0]
        return tuple(sorted(ran, key=lambda case: case.seconds, reverse=True)[:count])


def joined(runs: Iterable[TestRun]) -> TestRun:
    """Runs that followed one another as one: cases of all, times added."""
    runs = tuple(runs)
    return TestRun(
        cases=tuple(case for run in runs for case in run.cases),
        seconds=sum(run.seconds for run in runs),
        started=next((run.started for run in runs if run.started is not None), None),
    )
