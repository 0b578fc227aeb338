"""Where `report` has its reports from: what a user names, or the last run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError, UsageError
from tasker_ci.reports.documents import NotJUnit, read_document
from tasker_ci.reports.held_text import TextStore
from tasker_ci.reports.merge import NAME, Labelled
from tasker_ci.sessions.history.folders import history_folders
from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import History
from tasker_ci.text.file_reading import open_to_read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.context import Context

_WITH_TESTS = {"coverage", "doctest", "examples", "integration", "unit"}
"""Sessions that leave a report when they get as far as their tests; `unit-ci` is one of `unit`."""

_STRANGERS = 10
"""After so many records of other runs no more of the last one is expected."""


@dataclass(frozen=True, kw_only=True)
class GivenReports:
    """Reports, and what is known of their run."""

    reports: tuple[Labelled, ...]
    records: tuple[Record, ...] = ()
    """The sessions of the run, where its history is known."""
    later: tuple[Record, ...] = ()
    """Sessions with tests of newer runs that left no report, the newest first."""
    passed_over: tuple[Path, ...] = field(default=())
    """XML files in a folder that are no JUnit."""


def given_reports(context: Context, words: tuple[str, ...]) -> GivenReports:
    """The reports that a user names; raises `ReportError` for one that is none.

    An empty path is a variable without a value, not the folder at hand: `UsageError`.
    """
    reports: list[Labelled] = []
    passed_over: list[Path] = []
    texts = TextStore()
    for word in words:
        path, label = _labelled(context.directory, word)
        if not word.strip() or word == f"{label or ''}=":
            message = f"--junit takes a file or a folder, not {word!r}."
            raise UsageError(message, next_step="Give `.` for the folder at hand.")
        if not path.is_dir():
            reports.append(Labelled(document=read_document(path, texts), label=label))
            continue
        before = len(reports)
        files = [file for file in sorted(path.rglob("*.xml")) if file.is_file()]
        for file in [each for each in files if not _is_own(each)] or files:
            try:
                reports.append(Labelled(document=read_document(file, texts), label=label))
            except NotJUnit:
                passed_over.append(file)
        if len(reports) == before:
            message = f"There is no JUnit file in {path}."
            raise ReportError(message, next_step="Give the folder that the tests wrote to.")
    return GivenReports(reports=tuple(reports), passed_over=tuple(passed_over))


def _labelled(directory: Path, word: str) -> tuple[Path, str | None]:
    """A path and its label; a path that has ``=`` in its name is a path."""
    label, equals, path = word.partition("=")
    if equals and label and not (directory / word).exists():
        return directory / path, label
    return directory / word, None


def _is_own(file: Path) -> bool:
    """Whether it is a merged file of ours, which holds what others in its folder hold.

    Where there are no others it is all that is left of them.
    """
    with open_to_read(file) as stream:
        return f'name="{NAME}"'.encode() in stream.read(200)


def last_run(context: Context) -> GivenReports:
    """The reports of the newest run that had tests, of all of its sessions."""
    folders = history_folders(context)
    later: list[Record] = []
    records = list(_records_of_last_run(History(folders=folders), later))
    if not records:
        step = f"Run {context.face.command_line('unit')} first, or give a file: --junit PATH"
        raise ReportError(f"No run with tests is recorded in {folders[0]}.", next_step=step)
    reports = []
    texts = TextStore()
    for record in records:
        if record.report:
            file = Path(record.report)
            if not file.is_file():
                message = f"The report of `{record.session}` is no longer at {file}."
                again = context.face.command_line(record.session)
                raise ReportError(message, next_step=f"Run it again: {again}")
            reports.append(Labelled(document=read_document(file, texts)))
    return GivenReports(reports=tuple(reports), records=tuple(records), later=tuple(later))


def _has_tests(session: str) -> bool:
    return session.partition("-")[0] in _WITH_TESTS


def _records_of_last_run(history: History, later: list[Record]) -> Iterator[Record]:
    """The records of the newest run that has a report, without their tests.

    Its sessions that ended before or after may have none; runs at once lie between them. ``later``
    gets those of newer runs that should have had one.
    """
    before: list[Record] = []
    run = None
    strangers = 0
    for read in history.records():
        record = replace(read, tests={})
        if run is None and not record.report:
            before.append(record)
        elif run is None:
            run = record.run
            later += [each for each in before if each.run != run and _has_tests(each.session)]
            yield from (each for each in before if each.run == run)
            yield record
        elif record.run == run:
            yield record
        else:
            strangers += 1
            if strangers == _STRANGERS:
                return
