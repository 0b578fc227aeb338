"""The parts of a run of `unit`: nextest and `cargo test`, and what no test at all means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.reports.run import Case
from tasker_ci.sessions.tests.causes import nextest_causes
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_choice import Choice, NextestScope
from tasker_ci.sessions.tests.nextest_listing import (
    has_tests_in_other_shards,
    warn_of_default_filter,
)
from tasker_ci.sessions.tests.nextest_run import run_nextest
from tasker_ci.sessions.tests.outcome import nextest_again
from tasker_ci.sessions.tests.plain_targets import PlainTargets, rerun_command
from tasker_ci.sessions.tests.session_run import SessionRun
from tasker_ci.sessions.tests.settings import UnitSettings
from tasker_ci.tools.nextest import NO_TESTS, Configuration
from tasker_ci.tools.report_files import report_file, typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.process.command import Command
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.own_variables import VariableSearch
    from tasker_ci.sessions.tests.part import SessionPart
    from tasker_ci.sessions.tests.quarantine_run import QuarantineRun


@dataclass(frozen=True, kw_only=True)
class UnitRun:
    """One run of the session, once everything about it is known."""

    context: Context
    choice: Choice
    workspace: Workspace
    configuration: Configuration
    scope: NextestScope
    nextest: Command | None
    plain: list[PlainTargets]
    quarantine: QuarantineRun | None
    zero_is_told: bool
    """Whether the user himself says what zero tests mean."""

    def within(self, environment: Mapping[str, str]) -> UnitRun:
        """The same with another environment for its commands."""
        return replace(
            self,
            nextest=self.nextest and replace(self.nextest, environment=environment),
            quarantine=self.quarantine and replace(self.quarantine, environment=environment),
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
        """The toolchain of the run, as the setting has it: empty for the workspace's own."""
        return self.choice.toolchain or self.context.settings.toolchain

    @property
    def junit(self) -> Path:
        """The file that nextest writes, one for each profile."""
        return self.configuration.junit_file(self.workspace.root, self.choice.profile)

    def run(self) -> Outcome:
        """Run nextest and cargo test, keep the report, print the summary; raises `TestsFailed`."""
        self.configuration.write_store()
        return SessionRun(
            context=self.context,
            session="unit",
            workspace=self.workspace,
            toolchain=self.toolchain,
            report=self.report,
            parts=self._parts,
            rerun=self._rerun,
            choice=self.choice,
            stale=(self.junit,),
            quiet=self.configuration.is_quiet(self.context, self.choice.profile),
            # no test may meet the services once more
            searches=not self.context.settings_of(UnitSettings).services,
            without_tests=self._is_empty_shard,
        ).run()

    def _parts(self) -> Iterator[SessionPart]:
        if self.nextest is not None and self.quarantine is not None:
            yield from self.quarantine.parts(self.junit, self._nextest)
        elif self.nextest is not None:
            yield self._nextest(self.nextest)
        for plain in self.plain:
            for done in plain.run(self.context):
                yield done.part(build_seconds=done.build_seconds)

    def _nextest(self, command: Command) -> SessionPart:
        context, profile = self.context, self.choice.profile
        part = run_nextest(context, command, self.choice, self.junit, self.workspace, self.scope)
        if part.built_only:
            return part

        def causes(search: VariableSearch) -> None:
            if part.report is not None:
                nextest_causes(
                    search,
                    command,
                    part.run,
                    configuration=self.configuration,
                    profile=profile,
                    junit=part.report,
                )

        left_out = warn_of_default_filter(context, command, profile)
        return replace(part, left_out=left_out, causes=causes)

    def _is_empty_shard(self) -> bool:
        """Whether no test in this shard is right; raises `NoTestsError` if none at all is wrong."""
        if self._others_have_tests():
            return True
        if not (self.zero_is_told or self.choice.nothing_is_honest):
            message = "Nothing ran: neither nextest nor cargo test found a test."
            step = "Write one, or look at `unit.cargo-test`."
            raise NoTestsError(message, exit_code=NO_TESTS, next_step=step)
        return False

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
