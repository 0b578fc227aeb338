"""One run of `unit`: nextest and `cargo test`, what they left as one report, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.reports.run import Case, TestRun, joined
from tasker_ci.sessions.tests.causes import nextest_causes, plain_causes
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_choice import Choice, Scope
from tasker_ci.sessions.tests.nextest_listing import (
    has_tests_in_other_shards,
    warn_of_default_filter,
)
from tasker_ci.sessions.tests.nextest_run import run_nextest
from tasker_ci.sessions.tests.outcome import (
    BUILT_ONLY,
    Ending,
    conclude,
    nextest_again,
    origin,
    seconds_until,
)
from tasker_ci.sessions.tests.plain_targets import PlainTargets, rerun_command
from tasker_ci.sessions.tests.settings import UnitSettings
from tasker_ci.tools.nextest import NO_TESTS, Configuration
from tasker_ci.tools.report_files import (
    keep_results,
    partial_mark,
    remove_stale,
    report_file,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.process.command import Command
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.own_variables import Search


@dataclass(frozen=True, kw_only=True)
class UnitRun:
    """One run of the session, once everything about it is known."""

    context: Context
    choice: Choice
    workspace: Workspace
    configuration: Configuration
    scope: Scope
    nextest: Command | None
    plain: list[PlainTargets]
    zero_is_told: bool
    """Whether the user himself says what zero tests mean."""

    def within(self, environment: Mapping[str, str]) -> UnitRun:
        """The same with another environment for its commands."""
        return replace(
            self,
            nextest=self.nextest and replace(self.nextest, environment=environment),
            plain=[each.within(environment) for each in self.plain],
        )

    @property
    def report(self) -> Path:
        """The file that keeps the results of this run."""
        choice = self.choice
        parts = (choice.profile, self.toolchain, choice.partition)
        return report_file(self.workspace, "unit", *parts)

    @property
    def toolchain(self) -> str:
        """The toolchain of the run; "" for the workspace's own."""
        return self.choice.toolchain or self.context.settings.toolchain

    @property
    def junit(self) -> Path:
        """The file that nextest writes, one for each profile."""
        return self.configuration.junit_file(self.workspace.root, self.choice.profile)

    def run(self) -> Outcome:
        """Run nextest and cargo test, keep the report, print the summary; raises `TestsFailed`."""
        self.configuration.write_store()
        remove_stale(self.workspace, self.junit, self.report, partial_mark(self.report))
        began = datetime.now(UTC)
        runs: list[TestRun] = []
        base: Path | None = None
        choice = self.choice
        exit_code = 0
        empty_shard = False
        left_out: tuple[str, ...] = ()
        if self.nextest is not None:
            nextest = run_nextest(
                self.context, self.nextest, choice, self.junit, self.workspace, self.scope
            )
            runs.append(nextest.run)
            exit_code, empty_shard = nextest.exit_code, nextest.empty_shard
            if nextest.built_only:
                return Outcome(summary=BUILT_ONLY)
            base = None if empty_shard else self.junit
            left_out = warn_of_default_filter(self.context, self.nextest, choice.profile)
        others = []
        build_seconds: float | None = None
        if base is not None:
            build_seconds = seconds_until(runs[0], began)
        targets = [done for plain in self.plain for done in plain.run(self.context)]
        for done in targets:
            others.append(done.run)
            exit_code = exit_code or done.completed.exit_code
            build_seconds = (build_seconds or 0.0) + done.build_seconds
        total = joined((*runs, *others))
        if not (total.cases or exit_code or empty_shard):
            empty_shard = self._others_have_tests()
            if not (empty_shard or self.zero_is_told or choice.nothing_is_honest):
                message = "Nothing ran: neither nextest nor cargo test found a test."
                step = "Write one, or look at `unit.cargo-test`."
                raise NoTestsError(message, exit_code=NO_TESTS, next_step=step)
        keep_results(
            self.context,
            self.workspace,
            self.report,
            base=base,
            others=others,
            attributes=origin("unit", choice, self.toolchain),
            part=choice.part,
        )
        by_cargo_test = {done.suite for done in targets}
        quiet = self.configuration.is_quiet(self.context, choice.profile)
        ending = Ending(
            session="unit",
            choice=choice,
            workspace=self.workspace,
            report=self.report,
            build_seconds=build_seconds,
            run=total,
            exit_code=exit_code,
            empty_shard=empty_shard,
            left_out=left_out,
            shows_output=lambda case: quiet and case.suite not in by_cargo_test,
            ended_early=tuple(done.ended_early for done in targets if done.ended_early),
        )

        def causes(search: Search) -> None:
            if self.nextest is not None and base is not None:
                nextest_causes(
                    search,
                    self.nextest,
                    runs[0],
                    configuration=self.configuration,
                    profile=choice.profile,
                    junit=base,
                )
            for done in targets:
                if not done.ended_early:  # green for cargo, with our variables and without
                    plain_causes(search, done.suite, done.command, done.run)

        services = self.context.settings_of(
            UnitSettings
        ).services  # no test may meet them once more
        return conclude(self.context, ending, self._rerun, None if services else causes)

    def _others_have_tests(self) -> bool:
        """Whether this is one shard of several, and another one has tests."""
        choice = self.choice
        if not choice.partition:
            return False
        if choice.accompanied and not choice.first_shard:
            return True
        return self.nextest is not None and has_tests_in_other_shards(self.context, self.nextest)

    def _rerun(self, case: Case) -> str:
        command = rerun_command(self.plain, case)
        if command is not None:
            return typed(self.context, command)
        return nextest_again(self.context, "unit", self.choice, case)
