"""JUnit files: nextest's read with care, and one file written for all that a session ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.reports.documents import read_document
from tasker_ci.reports.junit_case import number
from tasker_ci.reports.merged_file import write_run
from tasker_ci.reports.run import joined
from tasker_ci.reports.xml_reading import AGAIN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.reports.run import TestRun


def read_junit(file: Path) -> TestRun:
    """Read the JUnit file that a session's tests have just written.

    Raises `ReportError` when it is absent or cannot be used.
    """
    if not file.exists():
        message = f"There is no report at {file}, although the tests ran."
        raise ReportError(message, next_step=AGAIN)
    return read_document(file).run


def write_junit(
    run: TestRun,
    target: Path,
    *,
    base: Path | None = None,
    attributes: Mapping[str, str] | None = None,
    within: Path | None = None,
) -> None:
    """Write ``run`` to ``target``; with ``base`` its suites are added to that document.

    The root of ``base`` keeps its name, uuid and timestamp, its wall time grows by that of ``run``,
    which came after it; it gets those of ``attributes`` that have a value. Written whole or not at
    all; ``within`` is the folder that the path may not leave. Long texts of a large ``base`` are
    cut.
    """
    if base is None:
        root = {"name": "tasker-ci", "time": f"{run.seconds:.3f}"}
        if run.started is not None:
            root["timestamp"] = run.started.isoformat()
    else:
        document = read_document(base)
        root = dict(document.attributes)
        if run.seconds:
            root["time"] = f"{(number(root.get('time')) or 0.0) + run.seconds:.3f}"
        run = joined((document.run, run))
    for name, value in (attributes or {}).items():
        if value:
            root[name] = value
    write_run(run, root, target, within=within)
