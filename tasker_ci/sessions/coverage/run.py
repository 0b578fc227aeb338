"""One measurement: the tests of `unit` through cargo-llvm-cov, and reports of what they reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.reports.libtest import LibtestReader
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.rust.selection import Selector, fitting_features, left_for_nextest, selectors
from tasker_ci.sessions.coverage.figures import Coverage, read_coverage
from tasker_ci.sessions.coverage.outcome import report_folder
from tasker_ci.sessions.coverage.settings import CoverageSettings
from tasker_ci.sessions.tests.public import (
    DOCTESTS,
    DoctestSettings,
    NoTestsError,
    PlainTargets,
    SessionPart,
    SessionRun,
    TargetRun,
    UnitSettings,
    doctest_scope,
    given_away,
    nextest_again,
    nextest_command,
    plain_command,
    plain_targets,
    rerun_command,
    run_cargo_test,
    run_nextest,
    run_target,
)
from tasker_ci.settings.model import effective_features
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.text.file_removing import remove_tree
from tasker_ci.text.file_writing import make_folder
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    feature_arguments,
    raise_if_failed,
)
from tasker_ci.tools.feature_advice import broken_step
from tasker_ci.tools.nextest import NO_TESTS, Configuration
from tasker_ci.tools.report_files import report_file, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.context import Context, Outcome
    from tasker_ci.reports.run import Case
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.public import Choice, NextestScope
    from tasker_ci.settings.cargo_features import Features

_LINES = 10
"""So much of cargo-llvm-cov's last words is repeated."""


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """One run of the session."""

    context: Context
    choice: Choice
    configuration: Configuration
    scope: NextestScope
    environment: Mapping[str, str]
    doctests: bool = False

    def planned(self) -> tuple[Command, ...]:
        """The commands, as far as they are known before the workspace is asked."""
        features = effective_features(self.scope.features, self.context.settings)
        plain = (self._plain(each, features) for each in self._selectors)
        folder = target_directory(self.context.workspace, self.context.environment)
        return (
            self._llvm_cov("clean", "--workspace"),
            self._instrumented(self._nextest()),
            *map(self._instrumented, plain),
            *self._reports(folder / "tasker-ci" / "reports" / "coverage"),
        )

    def run_tests(self, workspace: Workspace, junit: Path) -> Outcome:
        """Run everything instrumented; raises `TestsFailed` and what `unit` raises."""
        context, choice = self.context, self.choice
        toolchain = choice.toolchain or context.settings.toolchain
        features = effective_features(self.scope.features, context.settings)
        plain = plain_targets(self._selectors, workspace, features, self._plain)
        self.configuration.write_store()
        return SessionRun(
            context=context,
            session="coverage",
            workspace=workspace,
            toolchain=toolchain,
            report=report_file(workspace, "coverage", choice.profile, toolchain),
            parts=lambda: self._parts(workspace, junit, plain),
            rerun=partial(self._rerun, plain),
            choice=choice,
            stale=(junit,),
            quiet=self.configuration.is_quiet(context, choice.profile),
            without_tests=self._nothing_measured,
        ).run()

    def _parts(
        self, workspace: Workspace, junit: Path, plain: list[PlainTargets]
    ) -> Iterator[SessionPart]:
        context = self.context
        remove_tree(report_folder(workspace), within=workspace.output_root)
        # Profiles and programs of earlier runs would count.
        self._checked(self._llvm_cov("clean", "--workspace"), "cargo llvm-cov cannot clean.")
        if left_for_nextest(workspace, given_away(context)):
            asked = self._nextest()
            part = run_nextest(
                *(context, asked, self.choice, junit, workspace, self.scope),
                through=self._instrumented(asked),
            )
            yield replace(part, built_only=False)  # nothing is measured then, which is said
        for done in self._run_plain(plain):
            yield done.part()
        if self.doctests:
            yield self._run_doctests(workspace)

    def _nothing_measured(self) -> NoReturn:
        message = "Nothing ran, so nothing was measured."
        raise NoTestsError(message, exit_code=NO_TESTS, next_step=self.scope.without_tests)

    def _rerun(self, plain: list[PlainTargets], case: Case) -> str:
        """The line to type for a case, by the session or the command that measures nothing."""
        command = rerun_command(plain, case)
        if command is not None:
            return typed(self.context, command)
        if case.suite == DOCTESTS:
            toolchain = self.choice.toolchain
            words = ("--toolchain", toolchain) if toolchain else ()
            return self.context.face.command_line("doctest", *words)
        return nextest_again(self.context, "unit", self.choice, case)

    def read(self, workspace: Workspace) -> Coverage:
        """Write the reports and read the figures from one of them."""
        folder = report_folder(workspace)
        make_folder(folder, within=workspace.output_root)
        for command in self._reports(folder):
            self._checked(command, "cargo llvm-cov cannot make its report.")
        settings = self.context.settings_of(CoverageSettings)
        return read_coverage(
            read_text(folder / "summary.json", most=RECORD_BYTES),
            workspace.packages,
            least=settings.lines,
            least_of=settings.packages,
        )

    @property
    def _selectors(self) -> tuple[Selector, ...]:
        return selectors(self.context.settings_of(UnitSettings).cargo_test)

    def _nextest(self) -> Command:
        """What `unit` would run."""
        return nextest_command(
            self.context, self.choice, self.configuration, self.environment, self.scope
        )

    def _plain(self, selector: Selector, features: Features) -> Command:
        """The same for what `cargo test` runs."""
        return plain_command(
            self.context,
            selector,
            environment=self.environment,
            toolchain=self.choice.toolchain,
            features=features,
        )

    def _instrumented(self, command: Command) -> Command:
        """The command through cargo-llvm-cov, which takes `nextest` without `run`."""
        words = list(command.argv)
        place = 2 if words[1].startswith("+") else 1
        name = words[place]
        rest = words[place + (2 if name == "nextest" else 1) :]
        argv = (*words[:place], "llvm-cov", name, "--no-report", *rest)
        return replace(command, argv=argv)

    def _doctest_features(self, workspace: Workspace) -> Features:
        scope = doctest_scope(workspace)
        features = effective_features(
            self.context.settings_of(DoctestSettings).features, self.context.settings
        )
        return fitting_features(workspace, features, scope.packages) if scope.narrowed else features

    def _doctest(self, workspace: Workspace) -> Command:
        scope = doctest_scope(workspace)
        return self._llvm_cov(
            "test",
            "--no-report",
            "--doc",
            *scope.arguments("--exclude-from-test"),  # its --exclude leaves the report out too
            *feature_arguments(self._doctest_features(workspace), self.context),
            "--no-fail-fast",
            *color_arguments(self.context),
        )

    def _reports(self, folder: Path) -> tuple[Command, ...]:
        # Without --workspace a report leaves out every member beside a root package.
        report = ("report", "--workspace", *(("--doctests",) if self.doctests else ()))
        return tuple(
            self._llvm_cov(*report, *words)
            for words in (
                ("--json", "--summary-only", "--output-path", str(folder / "summary.json")),
                ("--lcov", "--output-path", str(folder / "lcov.info")),
                ("--html", "--output-dir", str(folder)),
            )
        )

    def _llvm_cov(self, *arguments: str) -> Command:
        return cargo(
            self.context,
            "llvm-cov",
            *arguments,
            environment=self.environment,
            toolchain=self.choice.toolchain,
        )

    def _run_plain(self, plain: list[PlainTargets]) -> Iterator[TargetRun]:
        for each in plain:
            for target, command in each.targets:
                measured = self._instrumented(command)
                check = partial(self._check, measured, target.suite, each.broken)
                yield run_target(self.context, target, measured, check)

    def _run_doctests(self, workspace: Workspace) -> SessionPart:
        command = self._doctest(workspace)
        reader = LibtestReader(DOCTESTS)
        completed = run_cargo_test(self.context, command, reader)
        run = reader.run()
        if completed.exit_code and not run.having("failed"):
            features = self._doctest_features(workspace)
            broken = partial(broken_step, workspace, features, "doctest.features")
            self._check(command, DOCTESTS, broken, completed)
        return SessionPart(run=run, exit_code=completed.exit_code, suite=DOCTESTS)

    def _check(
        self, command: Command, suite: str, broken: Callable[[], str], completed: Completed
    ) -> None:
        meaning = f"The tests of {suite} do not compile, or fail as a whole."
        raise_if_failed(self.context, command, completed, meaning, broken())

    def _checked(self, command: Command, message: str) -> None:
        with self.context.reporter.running(str(command)):
            answer = self.context.runner.run(command, output=Output.CAPTURE)
        if answer.exit_code == 0:
            return
        step = "Read its message above."
        if "instrumentation profile format version" in answer.stderr:
            step = "llvm-profdata is of another LLVM than rustc: rustup component add llvm-tools, "
            step += "or set `coverage.llvm`."
        # A warning for each of a thousand profiles may come before what it says of itself.
        said = "\n".join(answer.stderr.strip().splitlines()[-_LINES:])
        raise CommandFailed(f"{message}\n{said}", exit_code=answer.exit_code, next_step=step)
