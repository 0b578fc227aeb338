"""Show test reports: on the screen, for GitHub, as one JUnit file and as a page."""

from __future__ import annotations

import gc
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ReportError, UsageError
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.text.file_reading import UnfitFile, open_to_read
from tasker_ci.tools.kept_folders import named_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasker_ci.reports.merge import Labelled

_HEAD_BYTES = 4096
"""What tells a report of ours from another file."""


def report(
    context: Context,
    *,
    junit: Annotated[
        tuple[str, ...],
        "A JUnit file or a folder of them, in place of the last run's; LABEL=PATH keeps its tests "
        "apart from those of the same name.",
    ] = (),
    output: Annotated[
        str | None, "The folder for the page, the merged JUnit file and the Markdown."
    ] = None,
) -> Outcome:
    """Show test reports: counts, failures, flaky and slow tests, as a page too.

    It reads the reports of the last run, or those of --junit.
    """
    if context.dry_run:
        return Outcome(summary="a report starts nothing", status=Status.SKIPPED)
    with _without_collector():
        return _tests(context, junit, output)


def _tests(context: Context, junit: tuple[str, ...], output: str | None) -> Outcome:
    from tasker_ci.reports.merge import merge
    from tasker_ci.sessions.history.report_sources import given_reports, last_run
    from tasker_ci.sessions.history.report_views import Views

    found = given_reports(context, junit) if junit else last_run(context)
    merged = merge(found.reports)
    if not (merged.run.cases or all(map(_nothing_ran, found.reports))):
        names = ", ".join(str(each.document.file) for each in found.reports)
        message = f"There is no test in {names}."
        raise ReportError(message, next_step="That is no result; look at the run that wrote it.")
    if output:
        folder, within = named_place(context, output)
        _check_output(folder)
    else:
        directory = target_directory(context.workspace, context.environment)
        folder, within = (
            directory / "tasker-ci" / "report",
            output_root(context.workspace, directory),
        )
    return Views(context=context, found=found, merged=merged, folder=folder, within=within).all()


def _check_output(folder: Path) -> None:
    """Raise `UsageError` for a folder that cannot be made, or has other files of these names."""
    from tasker_ci.sessions.history.report_views import BEGINNINGS

    step = "Give another folder: --output FOLDER"
    if any(each.exists() and not each.is_dir() for each in (folder, *folder.parents)):
        raise UsageError(f"{folder} cannot be made: a file is in its place.", next_step=step)
    for name, beginning in BEGINNINGS.items():
        with suppress(FileNotFoundError, NotADirectoryError):
            if not _begins(folder / name, beginning):
                message = f"{folder / name} is there already, and no report of tasker-ci."
                raise UsageError(message, next_step=step)


def _begins(file: Path, beginning: bytes) -> bool:
    """Whether a file is one that a report made; a link is refused where it would be written."""
    try:
        with open_to_read(file) as stream:
            head = stream.read(_HEAD_BYTES)
            return not head or beginning in head
    except (UnfitFile, IsADirectoryError):
        return False


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python from looking for cycles among hundreds of thousands of values without any."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _nothing_ran(report: Labelled) -> bool:
    """Whether it is of a session of ours, which keeps no report of zero tests that are a fault."""
    return "session" in report.document.attributes and not report.document.run.cases
