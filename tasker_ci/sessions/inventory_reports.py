"""What nextest lists, held against the reports of `unit` and `integration`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import Interrupted, ReportError, TaskerCIError
from tasker_ci.inventory.listed import missing_tests, read_list
from tasker_ci.nextest import listing, read_configuration
from tasker_ci.process import Output
from tasker_ci.report.run import joined
from tasker_ci.selection import selectors
from tasker_ci.sessions.nextest_choice import Choice, integration_scope, unit_scope, usual_profile
from tasker_ci.sessions.nextest_run import nextest_command
from tasker_ci.sessions.test_reports import partial_mark, report_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.inventory.finding import Finding
    from tasker_ci.inventory.listed import ListedTest
    from tasker_ci.rust.reach import Reach
    from tasker_ci.workspace import Package, Target, Workspace


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """What one session's tests are held against."""

    session: str
    reports: tuple[Path, ...]
    targets: tuple[tuple[Package, Target], ...]


def compared(
    context: Context,
    workspace: Workspace,
    environment: Mapping[str, str],
    reach: Reach,
    list_file: str | None,
    report_files: Sequence[str],
) -> Iterator[Finding]:
    """The tests of the last runs, or of given reports, that nextest lists and that they lack.

    Raises `ReportError` for a given file that cannot be used.
    """
    from tasker_ci.report.junit import read_junit

    if report_files:
        targets = tuple(_nextest_targets(context, workspace, "unit", "integration"))
        files = tuple(context.directory / file for file in report_files)
        comparisons = [_Comparison(session="", reports=files, targets=targets)]
    else:
        comparisons = [*_last_runs(context, workspace, reach)]
    for each in comparisons:
        if list_file is not None:
            listed: tuple[ListedTest, ...] | None = read_list(_text(context.directory / list_file))
        else:
            listed = _list_now(context, environment, each.session)
        if listed is not None:
            run = joined(read_junit(file) for file in each.reports)
            if run.having("failed"):  # which ends a run early, as it is asked to
                listed = tuple(test for test in listed if test.left_out)
                note = "after a failure a test without a result is no finding"
                context.reporter.line(f"note: {note}.")
            yield from missing_tests(listed, run, workspace, each.targets)


def _nextest_targets(
    context: Context, workspace: Workspace, *sessions: str
) -> Iterator[tuple[Package, Target]]:
    """The targets whose tests nextest runs in these sessions."""
    plain = selectors(context.settings.unit.cargo_test)
    integration = selectors(context.settings.integration.targets)
    for package, target in workspace.tested():
        if any(each.matches(package, target) for each in plain):
            continue
        theirs = any(each.matches(package, target) for each in integration)
        if ("integration" if theirs else "unit") in sessions:
            yield package, target


def _last_runs(context: Context, workspace: Workspace, reach: Reach) -> Iterator[_Comparison]:
    """The reports of whole runs that are newer than every source; says why one is passed over."""
    newest = max(
        [file.stat().st_mtime for file in reach.sources if file.exists()]
        + [package.manifest.stat().st_mtime for package in workspace.packages],
        default=0.0,
    )
    profile = usual_profile(context)
    for session in ("unit", "integration"):
        targets = tuple(_nextest_targets(context, workspace, session))
        if not targets:
            continue
        report = report_file(workspace, session, profile, context.settings.toolchain)
        why = ""
        if not report.is_file():
            why = "there is none"
        elif partial_mark(report).exists():
            why = f"it is of a part of the tests: {_text(partial_mark(report)).strip()}"
        elif report.stat().st_mtime < newest:
            why = "a source is newer"
        if why:
            context.reporter.line(f"note: the report of `{session}` is not looked at ({why}).")
            continue
        yield _Comparison(session=session, reports=(report,), targets=targets)


def _list_now(
    context: Context, environment: Mapping[str, str], session: str
) -> tuple[ListedTest, ...] | None:
    """Ask nextest, which has built everything for the report; None if it cannot say."""
    scope = integration_scope(context) if session == "integration" else unit_scope(context)
    if not session:
        scope = replace(scope, own="", foreign="")
    command = nextest_command(
        context,
        Choice(profile=usual_profile(context)),
        read_configuration(context.project_root, context.workspace, ()),
        environment,
        scope,
    )
    asked = replace(command, argv=(*listing(command.argv), "--message-format", "json"))
    try:
        answer = context.runner.run(asked, output=Output.CAPTURE)
    except Interrupted:
        raise
    except TaskerCIError as error:
        context.reporter.line(f"note: nextest cannot list the tests ({error.message})")
        return None
    if answer.exit_code:
        reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        context.reporter.line(f"note: nextest cannot list the tests ({reason.strip()}).")
        return None
    return read_list(answer.stdout)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}."
        raise ReportError(message, next_step="Give the path of a file that is there.") from error
