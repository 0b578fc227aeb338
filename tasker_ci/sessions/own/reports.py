"""The JUnit files of a session of the project's own, as one report that counts with the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.reports.documents import read_document
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.reports.held_text import TextStore
from tasker_ci.reports.junit import write_junit
from tasker_ci.reports.merge import Labelled, merge
from tasker_ci.reports.summary import Summary
from tasker_ci.reports.summary_screen import print_summary
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.text.file_removing import remove_file
from tasker_ci.tools.report_files import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Context, Outcome
    from tasker_ci.errors import TaskerCIError

_Seen = tuple[int, int, int]
"""Inode, time of the last change in nanoseconds, and size."""


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The files that a session is to write, and what was there before."""

    context: Context
    session: str
    folder: Path
    pattern: str
    before: Mapping[Path, _Seen]
    """So a report of an earlier run is never taken for one of this."""

    @classmethod
    def expected(cls, context: Context, session: str, folder: Path, pattern: str) -> Reports:
        """Look at what is there before the session runs, and remove its kept report."""
        reports = cls(
            context=context,
            session=session,
            folder=folder,
            pattern=pattern,
            before=_seen(folder, pattern),
        )
        remove_file(reports.file, within=reports.within)
        return reports

    @property
    def file(self) -> Path:
        """Where the report is kept."""
        return self._target / "tasker-ci" / "reports" / f"{self.session}.xml"

    @property
    def within(self) -> Path:
        """The folder that it may not leave."""
        return output_root(self.context.workspace, self._target)

    @property
    def _target(self) -> Path:
        return target_directory(self.context.workspace, self.context.environment)

    def written(self) -> list[Path]:
        """The files that this run wrote or changed."""
        after = _seen(self.folder, self.pattern)
        return [file for file, seen in after.items() if self.before.get(file) != seen]

    def keep(self, environment: Mapping[str, str]) -> Summary:
        """Write the report of the run and show it. Raises `ReportError` where there is none."""
        files = self.written()
        if not files:
            raise ReportError(
                f"`{self.session}` wrote no report at {self.folder / self.pattern}.",
                next_step=f"Correct `report` in [sessions.{self.session}], or what writes it.",
            )
        texts = TextStore()
        merged = merge(Labelled(document=read_document(file, texts)) for file in files)
        write_junit(merged.run, self.file, attributes={"session": self.session}, within=self.within)
        hide_secrets(self.context, self.file, environment, within=self.within)
        summary = Summary(
            title=self.session,
            run=merged.run,
            build_seconds=None,
            report=self.file,
            rerun=lambda _: None,
            wall_known=merged.wall_seconds is not None,
        )
        print_summary(summary, self.context.reporter, locate=lambda _: None)
        return summary


def with_tests(
    error: TaskerCIError, reports: Reports | None, environment: Mapping[str, str]
) -> TaskerCIError:
    """The failure of a session with what its report says of the tests, where it wrote one."""
    if reports is None or not reports.written():
        return error
    try:
        summary = reports.keep(environment)
    except ReportError:
        return error
    return TestsFailed(
        f"{error.message} {summary.counts}.",
        exit_code=error.exit_code,
        next_step=error.next_step,
        data={**summary.data(), **error.data},
        run=summary.run,
    )


def with_report(
    outcome: Outcome, reports: Reports | None, environment: Mapping[str, str]
) -> Outcome:
    """The outcome of a session with its report, where it is to write one.

    Raises `TestsFailed` if the session says that all is well, and its report does not.
    """
    if reports is None:
        return outcome
    summary = reports.keep(environment)
    data = {**summary.data(), **outcome.data}
    if summary.run.having("failed"):
        raise TestsFailed(
            f"`{reports.session}` passed, but its report has failures: {summary.counts}.",
            next_step=f"Look at {summary.report}.",
            data=data,
            run=summary.run,
        )
    return replace(outcome, summary=outcome.summary or summary.counts, data=data, run=summary.run)


def _seen(folder: Path, pattern: str) -> dict[Path, _Seen]:
    result = {}
    for file in sorted(folder.glob(pattern)):
        if file.is_file() and file.resolve().is_relative_to(folder):
            status = file.stat()
            result[file] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return result
