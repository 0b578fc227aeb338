"""One run of nextest: its command line, and what its exit code and its report mean."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, Interrupted, ReportError
from tasker_ci.process.command import Command, Completed
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.reports.junit import read_junit
from tasker_ci.reports.run import TestRun
from tasker_ci.reports.summary_screen import print_failures
from tasker_ci.rust.cargo_configuration import CargoConfiguration
from tasker_ci.rust.selection import unknown_packages
from tasker_ci.sessions.tests.build_errors import annotate_build
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_choice import Choice, NextestScope
from tasker_ci.sessions.tests.nextest_listing import (
    default_filter,
    has_tests_in_other_shards,
    left_by_default_filter,
    unlisted_targets,
)
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.model import effective_features
from tasker_ci.text.plurals import counted, plural
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    failure_of,
    feature_arguments,
    nothing_runs,
    run_cargo,
)
from tasker_ci.tools.feature_advice import broken_step
from tasker_ci.tools.nextest import (
    BAD_CONFIGURATION,
    BUILD_FAILED,
    EXIT_CODES,
    LIST_FAILED,
    NO_TESTS,
    SCRIPT_FAILED,
    TESTS_FAILED,
    Configuration,
    has_filterset,
    own_words,
    runs_nothing,
)
from tasker_ci.tools.report_files import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Workspace


_TARGET_FLAGS = frozenset(
    f"--{name}"
    for name in (
        *("lib", "bin", "bins", "example", "examples", "test", "tests", "bench", "benches"),
        "all-targets",
    )
)


def nextest_command(
    context: Context,
    choice: Choice,
    configuration: Configuration,
    environment: Mapping[str, str],
    scope: NextestScope,
) -> Command:
    """The whole command line; ``run`` is its third word."""
    packages = [word for name in choice.packages for word in ("--package", name)]
    return cargo(
        context,
        "nextest",
        "run",
        "--profile",
        choice.profile,
        *(packages or ["--workspace", *_only_targets(context, scope)]),
        *feature_arguments(scope.features, context),
        *configuration.arguments(),
        *(("--no-fail-fast",) if choice.no_fail_fast else ()),
        *(
            ("--no-tests", "pass")
            if (choice.accompanied or choice.nothing_is_honest)
            and not own_zero_rule(context, environment)
            else ()
        ),
        *_filter_arguments(context, choice, scope),
        *(() if _own_color(context) else color_arguments(context)),
        *(("--partition", choice.partition) if choice.partition else ()),
        *context.passthrough,
        environment=environment,
        toolchain=choice.toolchain,
    )


def _only_targets(context: Context, scope: NextestScope) -> tuple[str, ...]:
    """What cargo builds, unless the user says so himself."""
    if any(word.partition("=")[0] in _TARGET_FLAGS for word in own_words(context.passthrough)):
        return ()
    return tuple(word for name in scope.test_targets for word in ("--test", name))


def _own_color(context: Context) -> bool:
    """Whether the user hands over `--color`, which nextest takes once."""
    return any(word.partition("=")[0] == "--color" for word in own_words(context.passthrough))


def own_zero_rule(context: Context, environment: Mapping[str, str]) -> bool:
    """Whether the user himself says what zero tests mean: `--no-tests`, or by its variable."""
    words = own_words(context.passthrough)
    given = any(word.partition("=")[0] == "--no-tests" for word in words)
    return given or "NEXTEST_NO_TESTS" in environment


def _filter_arguments(context: Context, choice: Choice, scope: NextestScope) -> tuple[str, ...]:
    """One filterset of what the user wants, within what is the session's own.

    nextest joins several with "or", so a filterset that the user hands over stands alone.
    """
    if has_filterset(context.passthrough):
        return ("-E", choice.filterset) if choice.filterset else ()
    chosen = scope.filterset(choice.chosen)
    return ("-E", chosen) if chosen else ()


def run_nextest(
    context: Context,
    command: Command,
    choice: Choice,
    junit: Path,
    workspace: Workspace,
    scope: NextestScope,
    *,
    through: Command | None = None,
) -> SessionPart:
    """Run nextest and read its report, which must not exist before.

    ``through`` is what runs in place of ``command``, the same by another program. Returns when
    tests ran, passed or not, or when the shard is empty; raises with nextest's exit code for
    everything else.
    """
    began = datetime.now(UTC)
    try:
        completed = run_cargo(context, through or command)
    except Interrupted:
        with suppress(OSError):
            hide_secrets(context, junit, command.environment, within=workspace.within(junit))
        _show_failures(context, junit)
        raise
    part = nextest_ending(context, completed, command, choice, junit, workspace, scope)
    started = part.run.started
    return replace(
        part,
        report=junit if junit.is_file() and not part.empty_shard else None,
        build_seconds=max(0.0, (started - began).total_seconds()) if started else None,
    )


def _show_failures(context: Context, junit: Path) -> None:
    """Show what failed before a run was stopped; nextest writes its report then as well."""
    with suppress(ReportError, OSError):
        print_failures(read_junit(junit), context.reporter, junit)


def nextest_ending(
    context: Context,
    completed: Completed,
    command: Command,
    choice: Choice,
    junit: Path,
    workspace: Workspace,
    scope: NextestScope,
) -> SessionPart:
    """What a run of nextest that is ``completed`` means; ``command`` is asked what its code hides.

    Returns and raises as `run_nextest` does.
    """
    code = completed.exit_code
    hide_secrets(context, junit, command.environment, within=workspace.within(junit))
    if code == 0 and runs_nothing(context.passthrough):
        return SessionPart(run=TestRun(cases=()), built_only=True)
    if code in {0, TESTS_FAILED}:
        return SessionPart(run=_results(junit, code), exit_code=code)
    if code == SCRIPT_FAILED and junit.exists():
        run = _results(junit, code)
        if run.having("failed"):
            return SessionPart(run=run, exit_code=code)
    if code == NO_TESTS:
        if choice.partition and has_tests_in_other_shards(context, command):
            return SessionPart(run=TestRun(cases=()), empty_shard=True)
        left = default_filter(context, choice.profile)
        tests = left_by_default_filter(context, command) if left else ()
        if tests:
            raise NoTestsError(
                f"Nothing ran: the {left} leaves out {counted(len(tests), 'test')}, "
                f"first {tests[0]}.",
                exit_code=code,
                next_step="Change it in .config/nextest.toml, or run them all the same: "
                f"{context.face.command_line(scope.session, '--', '--ignore-default-filter')}",
                data={"left_out_by_default_filter": list(tests)},
            )
        raise NoTestsError(
            _nothing_ran(context, choice),
            exit_code=code,
            next_step=_widen(context, choice, scope),
        )
    if code == LIST_FAILED:
        raise _not_listed(context, command, scope)
    meaning, step = EXIT_CODES.get(code, ("nextest failed.", "Read its message above."))
    if code == BUILD_FAILED:
        annotate_build(context, command, choice, scope)
        features = effective_features(scope.features, context.settings)
        step = broken_step(workspace, features, scope.features_setting)
    targets = CargoConfiguration.read(context.workspace, command.environment).find("build.target")
    if code == BAD_CONFIGURATION and targets and isinstance(targets.value, list):
        meaning = f"nextest takes one target, and {targets.source} is a list."
        step = 'Name one target there as a text: `target = "…"`.'
    unknown = unknown_packages(workspace, choice.packages)
    if unknown:
        meaning, step = unknown, "Give --package the name of a member."
    raise failure_of(context, command, completed, meaning, step)


def _results(junit: Path, code: int) -> TestRun:
    """What nextest's report says; if it cannot be read after a failure, the failure counts."""
    try:
        return read_junit(junit)
    except ReportError as error:
        if code == 0:
            raise
        message = f"Tests failed; nextest's output above says which. {error.message}"
        raise TestsFailed(message, exit_code=code, next_step=error.next_step) from error


def _not_listed(context: Context, command: Command, scope: NextestScope) -> CommandFailed:
    """Name all targets whose listing failed, and the one setting that takes them all."""
    if sign := nothing_runs(context, command):
        reason, way = sign
        message = f"{reason}, so nextest cannot start any test (exit code {LIST_FAILED})."
        return CommandFailed(message, exit_code=LIST_FAILED, next_step=way)
    ids = unlisted_targets(context, command)
    names = [each if "::" in each else f"{each}::lib" for each in ids]
    step = "Give the target named above to cargo test: setting `unit.cargo-test`."
    if names:
        targets = ", ".join(f'"{each}"' for each in (*scope.cargo_test, *names))
        what = plural(len(names), "it", "them")
        step = (
            f"Give {what} to plain cargo test in {SETTINGS_FILE}: [unit] cargo-test = [{targets}]"
        )
    if scope.own:
        step = "Fix the harness: `integration` runs its targets through nextest."
    return CommandFailed(
        f"nextest cannot list the tests of {', '.join(names) or 'a target'}, so no test ran "
        f"(exit code {LIST_FAILED}).",
        exit_code=LIST_FAILED,
        next_step=step,
        data={"unlisted": names},
    )


def _nothing_ran(context: Context, choice: Choice) -> str:
    narrowed = [
        text
        for text in (
            f"the filter {choice.filterset!r}" if choice.filterset else "",
            f"the package {', '.join(choice.packages)}" if choice.packages else "",
            f"the words {shlex.join(context.passthrough)}" if context.passthrough else "",
        )
        if text
    ]
    where = f" with {' and '.join(narrowed)}" if narrowed else ""
    return f"Nothing ran: no test is selected{where}."


def _widen(context: Context, choice: Choice, scope: NextestScope) -> str:
    if choice.filterset or choice.packages or context.passthrough:
        return "Check the spelling with `cargo nextest list`."
    return scope.without_tests
