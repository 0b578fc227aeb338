"""A merged report on its way to all places: the screen, GitHub, a page, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command
from tasker_ci.reports.document_reading import NO_TESTS
from tasker_ci.reports.executions import by_status
from tasker_ci.reports.merge import NAME
from tasker_ci.reports.merged_file import write_merged
from tasker_ci.reports.page import BEGINNING as PAGE_BEGINNING
from tasker_ci.reports.page import write_page
from tasker_ci.reports.page_parts import Content, PageSession
from tasker_ci.reports.summary import Summary
from tasker_ci.reports.summary_markdown import markdown
from tasker_ci.reports.summary_screen import print_summary
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.rust.selection import selectors
from tasker_ci.rust.workspace import Workspace
from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.tests.public import DOCTESTS, Choice, UnitSettings, nextest_again
from tasker_ci.text.durations import duration
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.nextest import exactly
from tasker_ci.tools.report_files import repository_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tasker_ci.reports.merge import Labelled, Merged
    from tasker_ci.reports.run import Case
    from tasker_ci.sessions.history.record import Record
    from tasker_ci.sessions.history.report_sources import GivenReports

SLOWEST = 10
MAXIMUM_SUITES = 20
MAXIMUM_REMARKS = 10
PAGE, MERGED, MARKDOWN = "report.html", "junit.xml", "summary.md"

BEGINNINGS = {
    PAGE: PAGE_BEGINNING.encode(),
    MERGED: f'name="{NAME}"'.encode(),
    MARKDOWN: b"### report of ",
}
"""What stands near the beginning of each file that a report writes."""


@dataclass(frozen=True, kw_only=True)
class Views:
    """A merged report on its way to all places."""

    context: Context
    found: GivenReports
    merged: Merged
    folder: Path
    within: Path
    """What no file of the report may leave: the folder of --output, or the checkout."""

    def all(self) -> Outcome:
        """Write everything and print the summary; what failed is told, but no failure of ours."""
        reporter = self.context.reporter
        for file in self.found.passed_over:
            reporter.warning(f"{file} is no JUnit file; passed over.")
        if self.found.later:
            newest = self.found.later[0]
            what = one_line(f"{newest.session} ({newest.status})")
            when = f"{newest.started.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            reporter.warning(
                f"A newer run left no report: {what}, begun {when}. What follows is of one before."
            )
        proven = tuple(_proven(self.found.records))
        for line in proven:
            reporter.line(f"note: {line}")
        remarks = tuple(_remarks(self.found.reports))
        for remark in remarks[:MAXIMUM_REMARKS]:
            reporter.warning(one_line(remark))
        if len(remarks) > MAXIMUM_REMARKS:
            reporter.warning(
                f"{counted(len(remarks) - MAXIMUM_REMARKS, 'further remark')} in the report."
            )
        write_merged(self.merged, self.folder / MERGED, within=self.within)
        content = Content(
            merged=self.merged,
            sources=tuple(_named(each) for each in self.found.reports),
            origin=self._origin(),
            parts=tuple(self._parts()),
            remarks=(*proven, *remarks),
            rerun=self.rerun,
            place=self.shown_place,
        )
        write_page(content, self.folder / PAGE, now=datetime.now(UTC), within=self.within)
        summary = Summary(
            title=f"report of {counted(self.merged.reports, 'file')}",
            run=self.merged.run,
            build_seconds=None,
            report=self.folder / PAGE,
            rerun=self.rerun,
            slowest=SLOWEST,
            wall_known=self.merged.wall_seconds is not None,
            remarks=(*proven, *remarks),
        )
        write_file(self.folder / MARKDOWN, markdown(summary), within=self.within)
        if self.merged.run.cases:
            with reporter.foreign_output():
                reporter.table(_suites(self.merged))
        print_summary(summary, reporter, locate=self.place)
        reporter.line(f"merged JUnit file: {self.folder / MERGED}")
        told = f"{summary.counts} ({summary.times})"
        if not self.merged.run.cases:
            told = f"no test ran: {', '.join(map(_session, self.found.reports))} had none to run"
        return Outcome(summary=told, data=_Data(lambda: self._data(summary)))

    def _data(self, summary: Summary) -> dict[str, Any]:
        return {
            **summary.data(),
            "reports": [_named(each) for each in self.found.reports],
            "executions": self.merged.executions,
            "wall_seconds": self.merged.wall_seconds,
            "merged": str(self.folder / MERGED),
            "page": str(self.folder / PAGE),
            "markdown": str(self.folder / MARKDOWN),
        }

    def place(self, case: Case) -> str | None:
        """The file of a failure relative to the repository; None if it is not in it."""
        if case.location is None:
            return None
        return repository_path(self.context, self._workspace, case)

    def shown_place(self, case: Case) -> str | None:
        """File and line of a failure, as far as they are known."""
        file = self.place(case)
        return f"{file}:{case.location[1]}" if file and case.location else None

    def rerun(self, case: Case) -> str | None:
        """The line to type to run a test again; None where the report does not say how it ran."""
        if case.name in NO_TESTS:
            return None
        origins = self._origins.get(case.suite, [{}])
        origin = origins[0]
        session = origin.get("session", "")
        toolchain = origin.get("toolchain", "")
        if session == "coverage":  # which measures what these two run
            session = "doctest" if case.suite == DOCTESTS else "unit"
        plain = selectors(self.context.settings_of(UnitSettings).cargo_test)
        by_cargo_test = session == "unit" and any(each.owns(case.suite) for each in plain)
        if session in {"doctest", "examples"} or by_cargo_test:
            words = ("--toolchain", toolchain) if toolchain else ()
            return self.context.face.command_line(session, *words)
        if session in {"unit", "integration"}:
            choice = Choice(
                profile=origin.get("profile", "default"),
                toolchain=toolchain,
                partition=origin.get("partition", "") if len(origins) == 1 else "",
            )
            return nextest_again(self.context, session, choice, case)
        if origin.get("name") == "nextest-run":
            test = f"binary_id({exactly(case.suite)}) & test({exactly(case.name)})"
            words = ("cargo", "nextest", "run", *(() if case.is_script else ("-E", test)))
            return str(Command(argv=words, cwd=self.context.workspace, environment={}))
        return None

    @cached_property
    def _workspace(self) -> Workspace:
        return _workspace(self.context)

    @cached_property
    def _origins(self) -> Mapping[str, list[Mapping[str, str]]]:
        """What the roots of its reports say, by suite."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for each in self.found.reports:
            for suite in {case.suite for case in each.document.run.cases}:
                found.setdefault(suite, []).append(each.document.attributes)
        return found

    def _origin(self) -> str | None:
        record = next(iter(self.found.records), None)
        if record is None or record.commit is None:
            return None
        changed = " with changes" if record.dirty else ""
        branch = f" on {record.branch}" if record.branch else ""
        return f"commit {record.commit[:12]}{changed}{branch}"

    def _parts(self) -> Iterator[PageSession]:
        for record in sorted(self.found.records, key=lambda each: each.started):
            yield PageSession(name=record.title, status=record.status, seconds=record.seconds)


class _Data(Mapping[str, Any]):
    """What `--json` prints, made when somebody looks at it: it has every failure."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> dict[str, Any]:
        return self._make()

    def __getitem__(self, name: str) -> Any:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _session(report: Labelled) -> str:
    """The session that a report of ours is of, with its shard."""
    said = report.document.attributes
    return " ".join(filter(None, (said["session"], said.get("partition", ""))))


def _workspace(context: Context) -> Workspace:
    """The workspace, for the folders of its packages; without cargo only its root is known."""
    if (context.workspace / "Cargo.toml").is_file():
        try:
            return read_workspace(context, child_environment(context))
        except TaskerCIError:
            pass
    target = target_directory(context.workspace, context.environment)
    return Workspace(root=context.workspace, target_directory=target, packages=())


def _remarks(reports: Iterable[Labelled]) -> Iterator[str]:
    """What headers claim beyond their tests, and which texts are cut."""
    for each in reports:
        for claim in each.document.claims:
            yield f"{each.document.file}: {claim}."
        if each.document.cut:
            yield f"{each.document.file} is very large: its long texts are cut."


def _proven(records: Iterable[Record]) -> Iterator[str]:
    """Of which run a report is whose session did not run."""
    for each in records:
        if each.proven:
            commit = f" of {each.proven['commit']}" if each.proven.get("commit") else ""
            made = each.proven.get("made", "")
            yield (
                f"{each.session} was proven, and did not run again: its report is of the run "
                f"{each.proven.get('run', '')}{commit}, {made}"
            )


def _named(report: Labelled) -> str:
    file = str(report.document.file)
    return f"{report.label}: {file}" if report.label else file


def _suites(merged: Merged) -> Any:
    """The table for the screen: suites with failures first, then those that took longest."""
    rows = []
    for name, cases in merged.run.by_group.items():
        counts = by_status(cases)
        seconds = sum(case.seconds for case in cases if case.status != "skipped")
        flaky = sum(case.unstable for case in cases)
        rows.append((name, len(cases), counts, seconds, flaky))
    rows.sort(key=lambda row: (-row[2]["failed"], -row[3], row[0]))
    shown = tuple(
        (
            one_line(shortened(name, 100)),
            str(tests),
            *map(str, (counts["failed"], flaky, counts["skipped"])),
            duration(seconds),
        )
        for name, tests, counts, seconds, flaky in rows[:MAXIMUM_SUITES]
    )
    left = len(rows) - len(shown)
    title = f"{len(shown)} of {len(rows)} suites" if left else ""
    columns = ("suite", "tests", "failed", "flaky", "skipped", "time of tests")
    return Table(title=title, columns=columns, rows=shown)
