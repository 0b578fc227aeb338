"""What nextest lists, held against the reports of `unit` and `integration`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError, TaskerCIError
from tasker_ci.process.command import Output
from tasker_ci.process.git_repository import Git
from tasker_ci.reports.documents import read_document
from tasker_ci.reports.run import joined
from tasker_ci.rust.selection import selectors
from tasker_ci.sessions.history.public import given_reports
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.listed import missing_tests, read_list
from tasker_ci.sessions.inventory.shards import missing_shards
from tasker_ci.sessions.inventory.targets import relative
from tasker_ci.sessions.tests.public import (
    Choice,
    UnitSettings,
    integration_scope,
    nextest_command,
    nextest_configuration,
    unit_scope,
    usual_profile,
)
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.nextest import listing
from tasker_ci.tools.report_files import partial_mark, report_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.reports.documents import Document
    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.workspace import Package, Target, Workspace
    from tasker_ci.sessions.inventory.listed import ListedTest

_SESSIONS = ("unit", "integration")
_COMPILES = "it compiles; add --build if this project's code may run"
_OLDER = "a source is newer"
_SHARD = re.compile(r"(?P<kind>[a-z]+)-(?P<number>\d+)-(?P<count>\d+)")
"""How the name of a report has its shard."""


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """What one session's tests are held against."""

    session: str
    reports: tuple[Document, ...]
    targets: tuple[tuple[Package, Target], ...]


def compared(
    context: Context,
    workspace: Workspace,
    reach: Reach,
    list_file: str | None,
    report_files: Sequence[str],
    *,
    builds: bool,
    passed_over: list[str],
) -> Iterator[InventoryFinding]:
    """The tests of the last runs, or of given reports, that nextest lists and that they lack.

    The reports of several shards count together. Raises `ReportError` for a given file that cannot
    be used. Without a list nextest is asked only if it ``builds``. ``passed_over`` gets those
    sessions whose report is older than a source.
    """
    if report_files:
        comparisons = [_given(context, workspace, report_files)]
    else:
        comparisons = [*_last_runs(context, workspace, reach, passed_over)]
    for each in comparisons:
        if list_file is not None:
            listed: tuple[ListedTest, ...] | None = read_list(_text(context.directory / list_file))
        elif builds:
            listed = _list_now(replace(context, runs_code=True), each.session)
        else:
            listed = None
            reporter = context.reporter
            reporter.line(f"note: nextest is not asked for its list ({_COMPILES}).")
        if listed is not None:
            yield from _held_against(context, workspace, listed, each)


def _held_against(
    context: Context,
    workspace: Workspace,
    listed: tuple[ListedTest, ...],
    comparison: _Comparison,
) -> Iterator[InventoryFinding]:
    run = joined(report.run for report in comparison.reports)
    absent = missing_shards(report.attributes for report in comparison.reports)
    if absent:
        yield InventoryFinding(
            kind=Kind.REPORT,
            file=relative(comparison.reports[0].file, workspace),
            reason=f"no report of the shard {', '.join(absent)} is given, so which of its tests "
            "ran is not known",
        )
    if run.having("failed"):  # which ends a run early, as it is asked to
        note = "after a failure a test without a result is no finding"
        context.reporter.line(f"note: {note}.")
    if absent or run.having("failed"):
        listed = tuple(test for test in listed if test.left_out)
    yield from missing_tests(listed, run, workspace, comparison.targets)


def _given(context: Context, workspace: Workspace, words: Sequence[str]) -> _Comparison:
    """The reports that a user names, files or folders, and the sessions that they are of.

    A report that does not say its session may be of both.
    """
    found = given_reports(context, tuple(words)).reports
    ours = [
        each.document
        for each in found
        if each.document.attributes.get("session", "") in {"", *_SESSIONS}
    ]
    if not ours:
        message = f"None of the reports is of {' or '.join(_SESSIONS)}."
        raise ReportError(message, next_step="Give those that nextest's tests have left.")
    known = {document.attributes.get("session", "") for document in ours}
    sessions = _SESSIONS if "" in known else tuple(sorted(known))
    return _Comparison(
        session="",
        reports=tuple(ours),
        targets=tuple(_nextest_targets(context, workspace, *sessions)),
    )


def _nextest_targets(
    context: Context, workspace: Workspace, *sessions: str
) -> Iterator[tuple[Package, Target]]:
    """The targets whose tests nextest runs in these sessions."""
    plain = selectors(context.settings_of(UnitSettings).cargo_test)
    integration = selectors(context.settings.integration.targets)
    for package, target in workspace.tested():
        if any(each.matches(package, target) for each in plain):
            continue
        theirs = any(each.matches(package, target) for each in integration)
        if ("integration" if theirs else "unit") in sessions:
            yield package, target


def _last_runs(
    context: Context, workspace: Workspace, reach: Reach, passed_over: list[str]
) -> Iterator[_Comparison]:
    """The reports of whole runs that are newer than every source; says why one is passed over."""
    newest = max(
        [file.stat().st_mtime for file in reach.sources if file.exists()]
        + [package.manifest.stat().st_mtime for package in workspace.packages],
        default=0.0,
    )
    profile = usual_profile(context)
    git = Git(runner=context.runner, environment=context.environment, folder=context.workspace)
    for session in _SESSIONS:
        targets = tuple(_nextest_targets(context, workspace, session))
        if not targets:
            continue
        report = report_file(workspace, session, profile, context.settings.toolchain)
        why = _why_not(report, newest, git)
        files = [] if not why else [*_shards(report, newest, git)]
        if files:
            reports = tuple(read_document(file) for file in files)
            absent = missing_shards(each.attributes for each in reports)
            why = f"there is none of the shard {', '.join(absent)}" if absent else None
        elif not why:
            reports = (read_document(report),)
        if why:
            if why == _OLDER:
                passed_over.append(session)
            context.reporter.line(f"note: the report of `{session}` is not looked at ({why}).")
            continue
        yield _Comparison(session=session, reports=reports, targets=targets)


def _why_not(report: Path, newest: float, git: Git, *, shard: str | None = None) -> str | None:
    """Why a report of all tests, or of a whole ``shard``, is passed over; None if it is not.

    One that git tracks is of no run here, and no reason to build what a stranger's clone brings.
    """
    if not report.is_file():
        return "there is none"
    if git.tracks(report):
        return "it came with the repository"
    mark = partial_mark(report)
    part = _text(mark).strip() if mark.exists() else ""
    if part != (f"--partition {shard}" if shard else ""):
        return f"it is of a part of the tests: {part}"
    return _OLDER if report.stat().st_mtime < newest else None


def _shards(report: Path, newest: float, git: Git) -> Iterator[Path]:
    """The reports of shards beside the place of that of the whole run, those that count."""
    for file in sorted(report.parent.glob(f"{report.stem}.*.xml")):
        shard = _SHARD.fullmatch(file.stem.removeprefix(f"{report.stem}."))
        name = f"{shard['kind']}:{shard['number']}/{shard['count']}" if shard else ""
        if name and not _why_not(file, newest, git, shard=name):
            yield file


def _list_now(context: Context, session: str) -> tuple[ListedTest, ...] | None:
    """Ask nextest, which has built everything for the report; None if it cannot say."""
    scope = integration_scope(context) if session == "integration" else unit_scope(context)
    if not session:
        scope = replace(scope, own="", foreign="")
    configuration = nextest_configuration(replace(context, passthrough=()))
    configuration.write_store()
    command = nextest_command(
        context,
        Choice(profile=usual_profile(context)),
        configuration,
        child_environment(context, sccache=True),
        scope,
    )
    asked = replace(command, argv=(*listing(command.argv), "--message-format", "json"))
    try:
        answer = context.runner.run(asked, output=Output.CAPTURE)
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
        return read_text(file, most=RECORD_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}."
        raise ReportError(message, next_step="Give the path of a file that is there.") from error
