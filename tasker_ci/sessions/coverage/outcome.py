"""What the coverage of a run is worth: its table, and the thresholds of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import SettingsError
from tasker_ci.screen.reporter import to_markdown
from tasker_ci.sessions.coverage.errors import CoverageTooLow
from tasker_ci.sessions.coverage.figures import OTHERS, Coverage, coverage_table
from tasker_ci.sessions.coverage.settings import CoverageSettings
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.rust.workspace import Workspace


_WITHOUT_LINES = " A package without any code of its own takes a threshold of 0."


def report_folder(workspace: Workspace) -> Path:
    """Where the reports of coverage are kept."""
    return workspace.target_directory / "tasker-ci" / "reports" / "coverage"


def check_thresholds(context: Context, workspace: Workspace) -> None:
    """Raise `SettingsError` for a threshold of a package that is none, or of no percentage."""
    settings = context.settings_of(CoverageSettings)
    names = {OTHERS, *(package.name for package in workspace.packages)}
    problems = [
        f"`coverage.packages.{name}`: no package of the workspace has this name"
        for name in settings.packages
        if name not in names
    ]
    thresholds = {"lines": settings.lines}
    thresholds |= {f"packages.{name}": least for name, least in settings.packages.items()}
    problems += [
        f"`coverage.{key}` must be from 0 to 100, not {least}"
        for key, least in thresholds.items()
        if not 0 <= least <= 100  # noqa: PLR2004 - percent
    ]
    if problems:
        raise SettingsError("; ".join(problems) + ".", next_step=f"Fix {SETTINGS_FILE}.")


def conclude_coverage(
    context: Context,
    coverage: Coverage,
    tests: Outcome,
    *,
    workspace: Workspace,
    doctests: bool,
) -> Outcome:
    """Print the table; raises `CoverageTooLow`."""
    table = coverage_table(coverage)
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    unmeasured = [row.name for row in coverage.packages if not row.lines.count]
    if unmeasured:
        context.reporter.warning(f"Nothing was measured of {', '.join(unmeasured)}.")
    if coverage.foreign:
        context.reporter.line(
            f"note: {', '.join(coverage.foreign)} belong to no package; all packages together "
            "count them."
        )
    folder = report_folder(workspace)
    files = {
        "page": folder / "html" / "index.html",
        "lcov": folder / "lcov.info",
        "figures": folder / "summary.json",
    }
    for name, file in files.items():
        context.reporter.line(f"{name}: {file}")
    data = {
        **coverage.as_data(),
        "doctests": doctests,
        **{name: str(file) for name, file in files.items()},
        "tests": dict(tests.data),
    }
    low = coverage.too_low
    if low:
        words = [
            f"{row.name}: {row.lines} of the lines, {row.least} % wanted, below by {row.below_by}"
            if row.lines.count
            else f"{row.name}: {row.least} % wanted, and {row.below_by}"
            for row in low
        ]
        for text in words:
            context.reporter.annotation("error", f"coverage of {text}")
        raise CoverageTooLow(
            f"Coverage is too low. {'; '.join(words)}.",
            next_step=f"Look at {files['page']} for what no test reaches."
            + ("" if all(row.lines.count for row in low) else _WITHOUT_LINES),
            data=data,
        )
    whole = coverage.whole
    if not whole.lines.count:
        message = "No line was measured: the tests that ran reach no code of the workspace."
        raise CoverageTooLow(message, next_step="Look at what cargo llvm-cov says.", data=data)
    return Outcome(
        summary=f"{whole.lines} of {whole.lines.count} lines, {tests.summary}",
        data=data,
        run=tests.run,
    )
