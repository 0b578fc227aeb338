"""JUnit files: nextest's read with care, and one file written for all that a session ran."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.report.documents import AGAIN, printable, read_document, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.report.run import TestRun


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
) -> None:
    """Write ``run`` to ``target``; with ``base`` its suites are added to that document.

    The root of ``base`` keeps its name, uuid and timestamp, its wall time grows by that of ``run``,
    which came after it; it gets those of ``attributes`` that have a value. Written beside and moved
    into place, so that a reader never meets half a file.
    """
    from xml.etree import ElementTree as ET

    if base is None:
        root = ET.Element("testsuites", name="tasker-ci", time=f"{run.seconds:.3f}")
        if run.started is not None:
            root.set("timestamp", run.started.isoformat())
    else:
        root = read_tree(base)
        if run.seconds:
            root.set("time", f"{float(root.get('time') or 0.0) + run.seconds:.3f}")
    for name, value in (attributes or {}).items():
        if value:
            root.set(name, printable(value))
    suites: dict[str, ET.Element] = {}
    for case in run.cases:
        name, owner = printable(case.name), printable(case.suite)
        suite = suites.setdefault(owner, ET.Element("testsuite", name=owner))
        element = ET.SubElement(
            suite, "testcase", name=name, classname=owner, time=f"{case.seconds:.3f}"
        )
        if case.status == "failed":
            failure = ET.SubElement(element, "failure", message=printable(case.reason))
            failure.text = printable(case.output)
        elif case.status == "skipped":
            ET.SubElement(element, "skipped")
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
        suite.set("errors", "0")
        root.append(suite)
    for name, path in (
        ("tests", "testsuite/testcase"),
        ("failures", "testsuite/testcase/failure"),
        ("skipped", "testsuite/testcase/skipped"),
        ("errors", "testsuite/testcase/error"),
    ):
        root.set(name, str(len(root.findall(path))))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    ET.ElementTree(root).write(beside, encoding="utf-8", xml_declaration=True)
    beside.replace(target)
