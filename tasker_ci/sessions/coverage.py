"""How much of the code the unit tests reach: cargo-llvm-cov over the tests of `unit`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.cargo_configuration import target_directory
from tasker_ci.cargo_tools import ensure_tool
from tasker_ci.context import Context, Outcome
from tasker_ci.errors import (
    CommandFailed,
    NoTestsError,
    ToolchainError,
)
from tasker_ci.file_reading import RECORD_BYTES, read_text
from tasker_ci.file_writing import make_folder, remove_tree
from tasker_ci.nextest import NO_TESTS, Configuration
from tasker_ci.process import Command, Completed, Output
from tasker_ci.report.coverage import Coverage, read_coverage
from tasker_ci.report.junit import write_junit
from tasker_ci.report.libtest import LibtestReader
from tasker_ci.report.run import TestRun, joined
from tasker_ci.selection import Selector, fitting_features, left_for_nextest, selectors
from tasker_ci.sessions import flags
from tasker_ci.sessions.cargo import (
    cargo,
    color_arguments,
    effective_features,
    explain,
    feature_arguments,
    read_workspace,
    run_cargo,
)
from tasker_ci.sessions.cargo_test import TargetRun, run_cargo_test, run_target, targets_of
from tasker_ci.sessions.child_environment import child_environment
from tasker_ci.sessions.compiler import ask_compiler
from tasker_ci.sessions.coverage_outcome import (
    check_thresholds,
    conclude_coverage,
    report_folder,
)
from tasker_ci.sessions.doctest_scope import doctest_scope
from tasker_ci.sessions.llvm_tools import llvm_variables
from tasker_ci.sessions.nextest_choice import Choice, Scope, nextest_configuration, unit_scope
from tasker_ci.sessions.nextest_run import nextest_command, nextest_ending
from tasker_ci.sessions.stack_run import with_services
from tasker_ci.sessions.test_outcome import Ending, conclude, nextest_again, origin, seconds_until
from tasker_ci.sessions.test_reports import alone, remove_stale, report_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.workspace import Workspace

_LINES = 10
"""So much of cargo-llvm-cov's last words is repeated."""


def coverage(
    context: Context,
    *,
    profile: flags.Profile = None,
    toolchain: flags.Toolchain = None,
) -> Outcome:
    """Measure which lines the unit tests reach (cargo llvm-cov), and hold it against settings.

    The tests, features and services are those of `unit`. It builds in a target directory of its
    own. What follows the separator goes to nextest.
    """
    choice = replace(
        Choice.of_flags(context, profile=profile, toolchain=toolchain),
        accompanied=bool(context.settings.unit.cargo_test),
    )
    ensure_tool(context, "cargo-nextest")
    ensure_tool(context, "cargo-llvm-cov")
    environment = {
        **child_environment(context, secrets=True, sccache=True),
        "CARGO_LLVM_COV_TARGET_DIR": str(_build_directory(context)),
    }
    measuring = Measuring(
        context=context,
        choice=choice,
        configuration=nextest_configuration(context),
        scope=replace(unit_scope(context), session="coverage"),
        environment=environment,
    )
    planned = measuring.planned()
    if context.dry_run:
        return context.preview(*planned)
    workspace = read_workspace(context, environment)
    check_thresholds(context, workspace)
    chosen = choice.toolchain or context.settings.toolchain
    compiler = ask_compiler(context, environment, chosen)
    doctests = _wants_doctests(context, nightly=compiler.nightly)
    variables = llvm_variables(context, environment, compiler, chosen)
    measuring = replace(
        measuring,
        doctests=doctests and workspace.has_doctests,
        configuration=measuring.configuration.stored_in(workspace.target_directory, workspace.root),
    )
    junit = measuring.configuration.junit_file(workspace.root, choice.profile)

    def work(found: Mapping[str, str]) -> Outcome:
        return replace(measuring, environment={**found, **variables}).run_tests(workspace, junit)

    with alone(context, junit, within=workspace.within(junit)):
        services = context.settings.unit.services
        tests = with_services(context, "coverage", services, environment, work)
        after = replace(measuring, environment={**environment, **variables})
        return conclude_coverage(
            context, after.read(workspace), tests, workspace=workspace, doctests=after.doctests
        )


def _build_directory(context: Context) -> Path:
    """Instrumented code is other code: in the directory of `unit` each would undo the other's."""
    return target_directory(context.workspace, context.environment) / "tasker-ci" / "coverage"


def _wants_doctests(context: Context, *, nightly: bool) -> bool:
    """Whether doctests count. Raises `ToolchainError` if they shall and this toolchain cannot."""
    setting = context.settings.coverage.doctests
    if setting is True and not nightly:
        raise ToolchainError(
            "Only a nightly toolchain measures doctests, and `coverage.doctests` is true.",
            next_step=context.face.command_line("coverage", "--toolchain", "nightly"),
        )
    if setting == "auto" and not nightly:
        context.reporter.line("note: doctests are not measured, which takes a nightly toolchain.")
    return nightly if setting == "auto" else setting


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """One run of the session."""

    context: Context
    choice: Choice
    configuration: Configuration
    scope: Scope
    environment: Mapping[str, str]
    doctests: bool = False

    def planned(self) -> tuple[Command, ...]:
        """The commands, as far as they are known before the workspace is asked."""
        plain = selectors(self.context.settings.unit.cargo_test)
        folder = target_directory(self.context.workspace, self.context.environment)
        return (
            self._llvm_cov("clean", "--workspace"),
            self._instrumented(self._nextest()),
            *map(self._plain, plain),
            *self._reports(folder / "tasker-ci" / "reports" / "coverage"),
        )

    def run_tests(self, workspace: Workspace, junit: Path) -> Outcome:
        """Run everything instrumented; raises `TestsFailed` and what `unit` raises."""
        context = self.context
        report = report_file(
            workspace, "coverage", self.choice.profile, self.choice.toolchain or ""
        )
        self.configuration.write_store()
        remove_stale(workspace, junit, report)
        remove_tree(report_folder(workspace), within=workspace.output_root)
        # Profiles and programs of earlier runs would count.
        self._checked(self._llvm_cov("clean", "--workspace"), "cargo llvm-cov cannot clean.")
        began = datetime.now(UTC)
        runs: list[TestRun] = []
        exit_code = 0
        base = None
        if left_for_nextest(workspace, context.settings, ()):
            asked = self._nextest()
            completed = run_cargo(context, self._instrumented(asked))
            ending = nextest_ending(
                context, completed, asked, self.choice, junit, workspace, self.scope
            )
            runs.append(ending.run)
            exit_code = ending.exit_code
            base = junit if junit.is_file() else None
        others = []
        ended_early: list[str] = []
        for tested in self._run_plain(workspace):
            others.append(tested.run)
            exit_code = exit_code or tested.completed.exit_code
            ended_early += [tested.ended_early] if tested.ended_early else []
        if self.doctests:
            run, code = self._run_doctests(workspace)
            others.append(run)
            exit_code = exit_code or code
        total = joined((*runs, *others))
        if not (total.cases or exit_code):
            message = "Nothing ran, so nothing was measured."
            raise NoTestsError(message, exit_code=NO_TESTS, next_step=self.scope.without_tests)
        attributes = origin("coverage", self.choice, self.choice.toolchain)
        within = workspace.within(report)
        write_junit(joined(others), report, base=base, attributes=attributes, within=within)
        done = Ending(
            session="coverage",
            choice=self.choice,
            workspace=workspace,
            report=report,
            build_seconds=seconds_until(runs[0], began) if runs else None,
            run=total,
            exit_code=exit_code,
            empty_shard=False,
            shows_output=lambda _: self.configuration.is_quiet(context, self.choice.profile),
            ended_early=tuple(ended_early),
        )
        return conclude(
            context, done, lambda case: nextest_again(context, "unit", self.choice, case)
        )

    def read(self, workspace: Workspace) -> Coverage:
        """Write the reports and read the figures from one of them."""
        folder = report_folder(workspace)
        make_folder(folder, within=workspace.output_root)
        for command in self._reports(folder):
            self._checked(command, "cargo llvm-cov cannot make its report.")
        settings = self.context.settings.coverage
        return read_coverage(
            read_text(folder / "summary.json", most=RECORD_BYTES),
            workspace.packages,
            least=settings.lines,
            least_of=settings.packages,
        )

    def _nextest(self) -> Command:
        """What `unit` would run."""
        return nextest_command(
            self.context, self.choice, self.configuration, self.environment, self.scope
        )

    def _instrumented(self, nextest: Command) -> Command:
        words = list(nextest.argv)
        place = words.index("nextest")
        words[place : place + 2] = ["llvm-cov", "nextest", "--no-report"]
        return replace(nextest, argv=tuple(words))

    def _plain(self, selector: Selector) -> Command:
        return self._llvm_cov(
            "test",
            "--no-report",
            *selector.cargo_arguments,
            *feature_arguments(self.scope.features, self.context),
            "--no-fail-fast",
            *color_arguments(self.context),
        )

    def _doctest(self, workspace: Workspace) -> Command:
        scope = doctest_scope(workspace)
        features = effective_features(self.context.settings.doctest.features, self.context)
        if scope.narrowed:
            features = fitting_features(workspace, features, scope.packages)
        return self._llvm_cov(
            "test",
            "--no-report",
            "--doc",
            *scope.arguments("--exclude-from-test"),  # its --exclude leaves the report out too
            *feature_arguments(features, self.context),
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

    def _run_plain(self, workspace: Workspace) -> Iterator[TargetRun]:
        features = effective_features(self.scope.features, self.context)
        for selector in selectors(self.context.settings.unit.cargo_test):
            for target in targets_of(selector, workspace, features):
                command = self._plain(target.selector)
                explained = partial(self._explain, command, target.suite)
                yield run_target(self.context, target, command, explained)

    def _run_doctests(self, workspace: Workspace) -> tuple[TestRun, int]:
        command = self._doctest(workspace)
        reader = LibtestReader("doctests")
        completed = run_cargo_test(self.context, command, reader)
        run = reader.run()
        if completed.exit_code and not run.having("failed"):
            self._explain(command, "doctests", completed)
        return run, completed.exit_code

    def _explain(self, command: Command, suite: str, completed: Completed) -> None:
        meaning = f"The tests of {suite} do not compile, or fail as a whole."
        explain(self.context, command, completed, meaning, "Fix the first error above.")

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
