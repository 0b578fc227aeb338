"""What one test run did, whatever tool ran it."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from tasker_ci.reports.places import find_panics, find_place
from tasker_ci.reports.reason import reason_of

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable
    from datetime import datetime

    from tasker_ci.reports.held_text import Text
    from tasker_ci.reports.markup import Markup, Pairs

CaseStatus = Literal["passed", "failed", "skipped", "flaky", "quarantined"]
"""A test that is `quarantined` failed, and its quarantine keeps that from being red."""

_FAILED = frozenset({"failed", "flaky", "quarantined"})
"""At least once."""


QUARANTINED = "tasker-ci:quarantined"
"""The property of a test in quarantine, with the reason: its failure is not red."""

SETUP_SCRIPT = "@setup-script:"
"""How the name of a suite begins that is a setup script of nextest."""


@dataclass(frozen=True, slots=True, order=True)
class Suite:
    """A suite as far as it tells its tests from those of another one: texts, which sort."""

    name: str
    file: str = ""
    package: str = ""
    hostname: str = ""
    id: str = ""
    """A number in most dialects; it counts only where one report has two suites of one name."""

    @property
    def is_name_alone(self) -> bool:
        """Whether it has nothing but its name."""
        return not (self.file or self.package or self.hostname or self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One execution of a test beside the one that decided."""

    status: CaseStatus
    seconds: float = 0.0
    started: float | None = None
    """In seconds since 1970, if the report says it."""
    message: str = ""
    output: Text = ""
    error: bool = False
    """Whether it failed outside of the test itself."""
    stdout: Text = ""
    stderr: Text = ""
    details: Pairs = ()
    """What else its report says of it: the type of the failure, attributes of the test."""
    more: tuple[Markup, ...] = ()

    @property
    def reason(self) -> str:
        """Why it failed, in one line."""
        return reason_of(self.output, self.message, find_panics(self.output, self.message))


class Told(NamedTuple):
    """What the texts of a failure say; to look for a panic in them takes its time."""

    panics: tuple[re.Match[str], ...]
    reason: str
    location: tuple[str, int, int] | None


@dataclass(slots=True, unsafe_hash=True)
class Case:
    """One test; ``suite`` is the id of its test binary, ``flaky`` means that it passed at last.

    A value that nobody changes. It is not frozen because a report has hundreds of thousands, and
    a frozen one takes four times as long to make (benchmarks/report.py). For the same reason its
    first fields can be given by their place: those that most tests have.
    """

    suite: str
    name: str
    status: CaseStatus
    seconds: float = 0.0
    started: float | None = None
    """In seconds since 1970, if the report says it."""
    classname: str | None = None
    """The class or module of the test where the report has one that is not its suite."""
    variant: str | None = None
    """What else tells it from the same test elsewhere: a toolchain, a label."""
    path: tuple[Suite, ...] = ()
    """Its suites from the outermost to its own; none where it has but the name of its suite."""
    begun: float | None = None
    """When its suite began, in seconds since 1970, if the report says it."""
    apart: str | None = None
    """What tells it from a test of the same identity in its report."""
    message: str = ""
    output: Text = ""
    place: tuple[str, int, int] | None = None
    """Where the test stands, if that is known better than by its panic."""
    error: bool = False
    """Whether it failed outside of the test itself, in a fixture for example."""
    stdout: Text = ""
    stderr: Text = ""
    others: tuple[Attempt, ...] = ()
    """Its other executions: reruns, overlapping shards."""
    passed_at_last: bool = False
    """Whether it failed only for being flaky (nextest's `flaky-result = "fail"`)."""
    attributes: Pairs = ()
    """What else its report says of it."""
    details: Pairs = ()
    """What else its report says of the failure: its type."""
    more: tuple[Markup, ...] = ()
    """What else its report holds for it: properties, further failures."""
    distinction: str | None = None
    """What is shown behind the group because another one looks the same."""
    which: str | None = None
    """What is shown behind the name because another test looks the same."""

    @property
    def suites(self) -> tuple[Suite, ...]:
        """Its suites from the outermost to its own."""
        return self.path or (Suite(self.suite),)

    @property
    def group(self) -> str:
        """What the test is shown under: its class where there is one, else its suite."""
        owner = self.classname or self.suite
        if not (self.distinction or self.variant):  # as a rule
            return owner
        told = f" ({self.distinction})" if self.distinction else ""
        return f"{owner}{told} [{self.variant}]" if self.variant else f"{owner}{told}"

    @property
    def title(self) -> str:
        """The name as it is shown."""
        return f"{self.name} ({self.which})" if self.which else self.name

    @property
    def is_script(self) -> bool:
        """Whether it is no test but a setup script of nextest."""
        return self.suite.startswith(SETUP_SCRIPT)

    @property
    def quarantine(self) -> str:
        """Why it is in quarantine; empty if it is not."""
        properties = (
            one for each in self.more if each.tag == "properties" for one in each.children
        )
        return next((one.get("value") for one in properties if one.get("name") == QUARANTINED), "")

    @property
    def last_result(self) -> CaseStatus:
        """How its last execution ended: what is flaky passed in it."""
        if self.status == "flaky" or self.passed_at_last:
            return "passed"
        return "failed" if self.status == "quarantined" else self.status

    @property
    def unstable(self) -> bool:
        """Whether it is flaky: it both passed and failed, however it ended."""
        return self.status == "flaky" or (
            self.status in {"failed", "quarantined"}
            and (self.passed_at_last or any(each.status == "passed" for each in self.others))
        )

    @property
    def location(self) -> tuple[str, int, int] | None:
        """File, line and column of the panic, as rustc spelled them; None if nothing panicked."""
        return self.told.location

    @property
    def reason(self) -> str:
        """Why the test failed, in one line: what the panic said, else what the tool said."""
        return self.told.reason

    @property
    def told(self) -> Told:
        """Reason and location at once, for who needs both of many."""
        panics = find_panics(self.output, self.message)
        return Told(
            panics=panics,
            reason=reason_of(self.output, self.message, panics),
            location=find_place(self.output, panics) if self.place is None else self.place,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteFacts:
    """What a report says of a suite itself; with an empty path of the whole run."""

    path: tuple[Suite, ...]
    variant: str | None = None
    started: float | None = None
    seconds: float | None = None
    attributes: Pairs = ()
    more: tuple[Markup, ...] = ()
    """Its properties, its output, setup scripts that passed."""


@dataclass(frozen=True, kw_only=True)
class TestRun:
    """All cases of a run; ``seconds`` is the wall time of the tests, without building."""

    __test__ = False

    cases: tuple[Case, ...]
    seconds: float = 0.0
    started: datetime | None = None
    suites: tuple[SuiteFacts, ...] = ()
    """What the report says of suites beside their tests."""

    def having(self, *statuses: CaseStatus) -> tuple[Case, ...]:
        """The cases with one of these statuses."""
        return tuple(case for case in self.cases if case.status in statuses)

    def count(self, *statuses: CaseStatus) -> int:
        """How many cases have one of these statuses."""
        return sum(self._counts[each] for each in statuses)

    @cached_property
    def _counts(self) -> Counter[CaseStatus]:
        return Counter(map(attrgetter("status"), self.cases))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """What each of the cases is shown under."""
        return tuple(
            case.group if case.distinction or case.variant else case.classname or case.suite
            for case in self.cases
        )

    @cached_property
    def by_group(self) -> dict[str, list[Case]]:
        """The cases by what they are shown under."""
        found: dict[str, list[Case]] = {}
        for group, case in zip(self.groups, self.cases, strict=True):
            if group in found:
                found[group].append(case)
            else:
                found[group] = [case]
        return found

    @cached_property
    def flaky(self) -> tuple[Case, ...]:
        """The cases that both passed and failed, however they ended."""
        return tuple(case for case in self.cases if case.status in _FAILED and case.unstable)

    @cached_property
    def in_quarantine(self) -> tuple[Case, ...]:
        """The cases in quarantine, however they ended."""
        return tuple(case for case in self.cases if case.more and case.quarantine)

    @property
    def executed(self) -> int:
        """How many tests really ran."""
        return len(self.cases) - self.count("skipped")

    def slowest(self, count: int) -> tuple[Case, ...]:
        """The ``count`` slowest tests that ran, slowest first."""
        return tuple(heapq.nlargest(count, self._ran, key=attrgetter("seconds")))

    @cached_property
    def _ran(self) -> list[Case]:
        return [
            case
            for case in self.cases
            if case.seconds > 0
            and case.status != "skipped"
            and not case.suite.startswith(SETUP_SCRIPT)
        ]


def joined(runs: Iterable[TestRun]) -> TestRun:
    """Runs that followed one another as one: cases of all, times added."""
    runs = tuple(runs)
    return TestRun(
        cases=tuple(case for run in runs for case in run.cases),
        seconds=sum(run.seconds for run in runs),
        started=next((run.started for run in runs if run.started is not None), None),
        suites=tuple(facts for run in runs for facts in run.suites),
    )
