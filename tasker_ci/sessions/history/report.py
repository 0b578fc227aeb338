"""Show test reports: on the screen, for GitHub, as one JUnit file and as a page."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ReportError
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.tools.kept_folders import check_output_folder, named_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.reports.merge import Labelled


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
    from tasker_ci.sessions.history.report_views import BEGINNINGS, Views

    found = given_reports(context, junit) if junit else last_run(context)
    merged = merge(found.reports)
    if not (merged.run.cases or all(map(_nothing_ran, found.reports))):
        names = ", ".join(str(each.document.file) for each in found.reports)
        message = f"There is no test in {names}."
        raise ReportError(message, next_step="That is no result; look at the run that wrote it.")
    if output:
        folder, within = named_place(context, output)
        check_output_folder(context, folder, "--output", BEGINNINGS)
    else:
        directory = target_directory(context.workspace, context.environment)
        folder, within = (
            directory / "tasker-ci" / "report",
            output_root(context.workspace, directory),
        )
    return Views(context=context, found=found, merged=merged, folder=folder, within=within).all()


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
