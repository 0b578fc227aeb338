"""The choreography of all sessions that run tests: run the parts, keep the report, conclude."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.reports.run import joined
from tasker_ci.sessions.tests.outcome import (
    BUILT_ONLY,
    OF_TESTS,
    OutcomeWords,
    SessionEnding,
    conclude,
)
from tasker_ci.sessions.tests.quarantine_end import ready
from tasker_ci.tools.report_files import keep_results, partial_mark, remove_stale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tasker_ci.reports.run import Case
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.nextest_choice import Choice
    from tasker_ci.sessions.tests.own_variables import VariableSearch
    from tasker_ci.sessions.tests.part import SessionPart


@dataclass(frozen=True, kw_only=True)
class SessionRun:
    """One run of a session, once everything about it is known."""

    context: Context
    session: str
    workspace: Workspace
    toolchain: str
    report: Path
    """The file that keeps the results."""
    parts: Callable[[], Iterable[SessionPart]]
    """Runs the tests, one part after the other; raises for what is no result of a test."""
    rerun: Callable[[Case], str]
    """The line to type for a case that failed."""
    choice: Choice | None = None
    """What was chosen; None for a session without nextest."""
    stale: tuple[Path, ...] = ()
    """What else an earlier run left, beside the report."""
    quiet: bool = False
    """Whether nextest shows nothing of what a failed test printed."""
    searches: bool = False
    """Whether failed tests run once more without our variables."""
    without_tests: Callable[[], bool] = lambda: False
    """Asked where no test ran: whether the shard is empty. Raises if that is an error."""
    words: OutcomeWords = OF_TESTS

    def run(self) -> Outcome:
        """Run the tests, keep the report, print the summary; raises `TestsFailed`."""
        remove_stale(self.workspace, *self.stale, self.report, partial_mark(self.report))
        parts: list[SessionPart] = []
        for part in self.parts():
            if part.built_only:
                return Outcome(summary=BUILT_ONLY, unproven="nothing ran")
            parts.append(part)
        run = joined(part.run for part in parts)
        exit_code = next((part.exit_code for part in parts if part.exit_code), 0)
        empty = any(part.empty_shard for part in parts)
        if not (run.cases or exit_code or empty):
            empty = self.without_tests()
        choice = self.choice
        keep_results(
            self.context,
            self.workspace,
            self.report,
            base=next((part.report for part in parts if part.report), None),
            others=[part.run for part in parts if not part.report],
            attributes=self._origin(),
            part=choice.part if choice else (),
        )
        shown = {part.suite for part in parts}
        known = [part.build_seconds for part in parts if part.build_seconds is not None]
        ending = SessionEnding(
            session=self.session,
            choice=choice,
            workspace=self.workspace,
            report=self.report,
            build_seconds=sum(known) if known else None,
            run=run,
            exit_code=exit_code,
            empty_shard=empty,
            left_out=tuple(test for part in parts for test in part.left_out),
            shows_output=lambda case: self.quiet and case.suite not in shown,
            ended_early=tuple(part.ended_early for part in parts if part.ended_early),
            words=self.words,
        )

        def causes(search: VariableSearch) -> None:
            for part in parts:
                if part.causes is not None:
                    part.causes(search)

        outcome = conclude(self.context, ending, self.rerun, causes if self.searches else None)
        if not run.in_quarantine:
            return outcome
        can_leave = ready(self.context, self.session, run)
        return replace(outcome, data={**outcome.data, "ready_to_leave_quarantine": can_leave})

    def _origin(self) -> dict[str, str]:
        """Where the report comes from, for its root: by that merged reports are told apart."""
        chosen = self.choice
        return {
            "session": self.session,
            "profile": chosen.profile if chosen else "",
            "toolchain": self.toolchain,
            **({"system": sys.platform} if sys.platform != "linux" else {}),
            "partition": (chosen.partition or "") if chosen else "",
        }
