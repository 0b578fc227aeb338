"""`cargo test`: doctests, and the targets that nextest cannot or must not run."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.process.command import Command, with_arguments
from tasker_ci.reports.doctest_times import doctest_seconds
from tasker_ci.reports.libtest import LibtestReader
from tasker_ci.reports.libtest_harness import UNNAMED
from tasker_ci.rust.selection import fitting_features, unknown_packages
from tasker_ci.sessions.tests.cargo_test import DOCTESTS, run_cargo_test
from tasker_ci.sessions.tests.causes import doctest_causes
from tasker_ci.sessions.tests.doctest_scope import DoctestScope, doctest_scope, known_workspace
from tasker_ci.sessions.tests.outcome import OutcomeWords
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.sessions.tests.session_run import SessionRun
from tasker_ci.sessions.tests.settings import DoctestSettings
from tasker_ci.settings.model import effective_features
from tasker_ci.stack.beside import with_services
from tasker_ci.text.durations import duration
from tasker_ci.text.plurals import counted, listed
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    failure_of,
    feature_arguments,
    read_workspace,
)
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.debug_information import with_bare_doctests
from tasker_ci.tools.feature_advice import broken_step
from tasker_ci.tools.report_files import (
    one_at_a_time,
    report_file,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.errors import CommandFailed
    from tasker_ci.process.command import Completed
    from tasker_ci.reports.run import Case
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.affected.public import Affected
    from tasker_ci.sessions.tests.own_variables import VariableSearch
    from tasker_ci.settings.cargo_features import OwnFeatures

_MOST_PACKAGES = 8
"""So many of the slowest are named."""


def doctest_command(
    context: Context,
    scope: DoctestScope,
    features: OwnFeatures,
    environment: Mapping[str, str],
    toolchain: str | None = None,
) -> Command:
    """The `cargo test --doc` command for a scope."""
    return cargo(
        context,
        "test",
        "--doc",
        *scope.arguments(),
        *feature_arguments(features, context),
        "--no-fail-fast",
        *color_arguments(context),
        environment=environment,
        toolchain=toolchain,
    )


def doctest(
    context: Context,
    *,
    package: Annotated[tuple[str, ...], "Only the doctests of this package."] = (),
    toolchain: flags.Toolchain = None,
    affected: Annotated[bool, "Only the doctests of packages that changes affect."] = False,
    base: flags.Base = None,
    changed: flags.Changed = (),
) -> Outcome:
    """Run the examples in the documentation, which nextest does not (cargo test --doc).

    With --affected everything is still built, and only the doctests of affected packages run. A
    dry run asks `cargo metadata` which libraries have doctests.
    """
    from tasker_ci.sessions.affected.public import check_base, summary_of

    check_base(affected=affected, base=base, changed=changed)
    environment = child_environment(context, secrets=True, sccache=True)
    features = effective_features(context.settings_of(DoctestSettings).features, context.settings)

    def command_with(scope: DoctestScope, chosen: OwnFeatures) -> Command:
        return doctest_command(context, scope, chosen, environment, toolchain or None)

    if context.dry_run and affected:
        context.reporter.line("note: which packages are affected is asked when it runs.")
    ask = known_workspace if context.dry_run else read_workspace
    workspace = ask(context, environment)
    if workspace is None:
        whole = command_with(DoctestScope(asked=package), features)
        return context.preview(with_bare_doctests(context, whole))
    scope = doctest_scope(workspace, package)
    if not (workspace.has_doctests and scope.packages):
        why = _why_none(workspace, () if scope.packages else package)
        data = {"commands": ()} if context.dry_run else {}
        absent = not (package or context.dry_run)
        return Outcome(summary=why, status=Status.SKIPPED, data=data, absent=absent)
    if scope.narrowed:
        features = fitting_features(workspace, features, scope.packages)
    command = command_with(scope, features)
    if context.dry_run:
        return context.preview(with_bare_doctests(context, command))
    skipped: tuple[str, ...] = ()
    if affected:
        result = _only_affected(context, workspace, base, changed)
        chosen_packages = set(result.packages) & set(scope.packages)
        known = not unknown_packages(workspace, package)  # cargo says so of any other
        if known and not _have_library(workspace, chosen_packages):
            text = f"affected: {summary_of(result, workspace)}, and no doctest"
            return Outcome(summary=text, status=Status.SKIPPED)
        skipped = _skips(workspace, result)
    chosen = toolchain or context.settings.toolchain
    report = report_file(workspace, "doctest", chosen)
    with one_at_a_time(context, report, within=workspace.within(report)):
        return with_services(
            context,
            "doctest",
            context.settings_of(DoctestSettings).services,
            environment,
            lambda found: _run_doctests(
                context,
                replace(command, environment=found),
                skipped,
                workspace,
                scope.packages if package else (),
                report,
                chosen,
            ),
        )


def _only_affected(
    context: Context, workspace: Workspace, base: str | None, changed: tuple[str, ...]
) -> Affected:
    from tasker_ci.sessions.affected.public import find_affected, show

    result = find_affected(context, workspace, base, doctests=True, changed=changed)
    show(context, result)
    return result


def _skips(workspace: Workspace, result: Affected) -> tuple[str, ...]:
    """The arguments for rustdoc that leave out the doctests of packages that are not affected."""
    if not result.left_out:
        return ()
    from tasker_ci.rust.reach import reach_of
    from tasker_ci.sessions.affected.public import words_to_skip

    words = words_to_skip(workspace, reach_of(workspace), result.left_out)
    return tuple(each for word in words for each in ("--skip", word))


def _run_doctests(
    context: Context,
    command: Command,
    skipped: tuple[str, ...],
    workspace: Workspace,
    packages: tuple[str, ...],
    report: Path,
    toolchain: str,
) -> Outcome:
    whole = with_bare_doctests(context, command)  # who repeats one may want a backtrace
    if skipped:
        whole = with_arguments(whole, "--", *skipped)
    reader = LibtestReader(DOCTESTS)
    result = cache(reader.run)
    seconds: dict[str, float] = {}

    def part() -> SessionPart:
        completed = run_cargo_test(context, whole, reader)
        run = result()
        seconds.update(doctest_seconds(completed.stdout, _folders(workspace)))
        if len(seconds) > 1:
            each = [f"{name} {duration(its)}" for name, its in seconds.items()]
            context.reporter.line(f"doctests by package: {listed(each, most=_MOST_PACKAGES)}")
        if completed.exit_code and not run.having("failed"):
            raise _broken(context, whole, completed, workspace, packages)

        def causes(search: VariableSearch) -> None:
            if not context.settings_of(DoctestSettings).services:
                doctest_causes(search, command, run, lambda case: only(case.name, run.cases))

        return SessionPart(
            run=run,
            exit_code=completed.exit_code,
            suite=DOCTESTS,
            build_seconds=max(0.0, completed.seconds - run.seconds),
            causes=causes,
        )

    def again(case: Case) -> str:
        chosen = only(case.name, result().cases)
        return typed(context, with_arguments(command, "--", *chosen, *skipped))

    outcome = SessionRun(
        context=context,
        session="doctest",
        workspace=workspace,
        toolchain=toolchain,
        report=report,
        parts=lambda: [part()],
        rerun=again,
        searches=True,
        words=_WORDS,
    ).run()
    times = [{"package": name, "seconds": its} for name, its in seconds.items()]
    return replace(outcome, data={**outcome.data, "packages": times})


def _folders(workspace: Workspace) -> dict[str, str]:
    """The packages by their folder from the root of the workspace."""
    return {
        os.path.relpath(each.manifest.parent, workspace.root): each.name
        for each in workspace.packages
    }


_WORDS = OutcomeWords(
    passed=lambda summary: f"{summary.counts} ({counted(summary.run.executed, 'doctest')})",
    failed=lambda summary: (
        f"{len(summary.run.having('failed'))} of {counted(summary.run.executed, 'doctest')} failed."
    ),
)


def _broken(
    context: Context,
    command: Command,
    completed: Completed,
    workspace: Workspace,
    packages: tuple[str, ...],
) -> CommandFailed:
    """Why it failed without a failed doctest; raises what says that the machine is at fault."""
    meaning = "The doctests do not compile or do not run."
    features = effective_features(context.settings_of(DoctestSettings).features, context.settings)
    step = broken_step(workspace, features, "doctest.features")
    unknown = unknown_packages(workspace, packages)
    if unknown:
        meaning, step = unknown, "Give --package the name of a member."
    elif packages and not _have_library(workspace, packages):
        meaning = f"{', '.join(packages)} has no library, so there is no doctest to run."
        step = "Leave --package out, or name a package with a library."
    return failure_of(context, command, completed, meaning, step)


def only(name: str, cases: Iterable[Case]) -> tuple[str, ...]:
    """The filters that leave one doctest of all ``cases``.

    Rustdoc splits what it hands to the harness at blanks, and each word is a filter of its own, so
    the whole name never arrives. The most telling word of it is taken, and others that have it too
    are skipped by a word of theirs. For a test without a name nothing is left out.
    """
    if name == UNNAMED:
        return ()
    others = [case.name for case in cases if case.name != name]
    word = min(name.split(), key=lambda each: sum(each in other for other in others))
    skipped: list[str] = []
    for other in others:
        if word in other and not any(each in other for each in skipped):
            skipped += [each for each in other.split() if each not in name][:1]
    return (word, *(part for each in skipped for part in ("--skip", each)))


def _why_none(workspace: Workspace, packages: tuple[str, ...]) -> str:
    off = "`doctest = false`, or a cdylib or staticlib"
    if packages:
        return f"no doctests in {', '.join(packages)} ({off})"
    kinds = {target.kind for package in workspace.packages for target in package.targets}
    if kinds & {"lib", "proc-macro"}:
        return f"no library of the workspace has doctests ({off})"
    return "no package of the workspace has a library target"


def _have_library(workspace: Workspace, packages: Collection[str]) -> bool:
    return any(
        target.doctested
        for package in workspace.packages
        if package.name in packages
        for target in package.targets
    )
