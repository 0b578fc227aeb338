"""What a green inventory proves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tasker_ci.reports.documents import read_document
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.session import Holds
from tasker_ci.tools.report_files import partial_mark

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context


def inventory_proves(context: Context) -> Holds:
    """What it found beside reports that name the same tests with the same results.

    Raises `ReportError` for a report that cannot be read.
    """
    target = target_directory(context.workspace, context.environment)
    folder = target / "tasker-ci" / "reports"
    files = sorted(file for name in ("unit", "integration") for file in folder.glob(f"{name}*.xml"))
    return Holds(read={f"the report {file.name}": _tests(file) for file in files})


def _tests(file: Path) -> str:
    """What a report says of its tests, without their times."""
    cases = sorted(
        f"{case.suite} {case.classname} {case.name} {case.status}"
        for case in read_document(file).run.cases
    )
    mark = partial_mark(file)
    part = mark.read_text("utf-8", "replace") if mark.is_file() else ""
    return hashlib.sha256("\n".join((part, *cases)).encode("utf-8", "replace")).hexdigest()
