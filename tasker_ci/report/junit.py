"""JUnit files: nextest's read with care, and one file written for all that a session ran."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.report.run import Case, CaseStatus, TestRun

if TYPE_CHECKING:
    from pathlib import Path

MAXIMUM_BYTES = 256 * 1024 * 1024
_SETUP_SCRIPT = "@setup-script:"


def read_junit(file: Path) -> TestRun:
    """Read the JUnit file of one nextest run.

    Raises `ReportError` when it is absent, empty, too large, or no JUnit document. A document type
    declaration is refused: the parser would expand its entities. Setup scripts are not tests.
    """
    step = "Run the session again; a report is written when the tests have run."
    try:
        size = file.stat().st_size
    except FileNotFoundError as error:
        message = f"There is no report at {file}, although the tests ran."
        raise ReportError(message, next_step=step) from error
    if size == 0 or size > MAXIMUM_BYTES:
        message = f"The report {file} cannot be used: it has {size} bytes."
        raise ReportError(message, next_step=step)
    from junitparser import JUnitXmlError  # noqa: PLC0415 - imported where a report is read
    from junitparser.xunit2 import JUnitXml  # noqa: PLC0415

    if b"<!DOCTYPE" in file.read_bytes()[:4096]:
        message = f"The report {file} has a document type declaration, which is refused."
        raise ReportError(message, next_step=step)
    try:
        document = JUnitXml.fromfile(str(file))
    except (SyntaxError, ValueError, JUnitXmlError) as error:
        message = f"The report {file} is no JUnit document: {error}."
        raise ReportError(message, next_step=step) from error
    # Attributes of the root are read from the element: junitparser's properties recompute them.
    root = document._elem  # noqa: SLF001
    return TestRun(
        cases=tuple(
            _case(suite.name or "", case)
            for suite in document
            if not (suite.name or "").startswith(_SETUP_SCRIPT)
            for case in suite
        ),
        seconds=float(root.get("time") or 0.0),
        started=_time(root.get("timestamp")),
    )


def _case(suite: str, case: Any) -> Case:
    results = case.result
    failure = next((result for result in results if _tag(result) in {"failure", "error"}), None)
    status: CaseStatus = "passed"
    if failure is not None:
        status = "failed"
    elif any(_tag(result) == "skipped" for result in results):
        status = "skipped"
    elif case.is_flaky:
        status = "flaky"
    return Case(
        suite=suite,
        name=case.name or "",
        status=status,
        seconds=float(case._elem.get("time") or 0.0),  # noqa: SLF001
        message=" ".join(filter(None, (failure.message, failure.type))) if failure else "",
        output=(failure.text or "") if failure else "",
    )


def _tag(result: Any) -> str:
    tag: str = result._tag  # noqa: SLF001
    return tag


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def write_junit(run: TestRun, target: Path, *, base: Path | None = None) -> None:
    """Write ``run`` to ``target``; with ``base`` its suites are added to that document.

    The root of ``base`` keeps its name, uuid, timestamp and wall time. Written beside and moved
    into place, so that a reader never meets half a file.
    """
    from xml.etree import ElementTree as xml  # noqa: PLC0415 - ours to write, no stranger's text

    if base is None:
        root = xml.Element("testsuites", name="tasker-ci", time=f"{run.seconds:.3f}")
        if run.started is not None:
            root.set("timestamp", run.started.isoformat())
    else:
        root = xml.parse(base).getroot()
    suites: dict[str, xml.Element] = {}
    for case in run.cases:
        suite = suites.setdefault(case.suite, xml.Element("testsuite", name=case.suite))
        element = xml.SubElement(
            suite, "testcase", name=case.name, classname=case.suite, time=f"{case.seconds:.3f}"
        )
        if case.status == "failed":
            failure = xml.SubElement(element, "failure", message=_printable(case.reason))
            failure.text = _printable(case.output)
        elif case.status == "skipped":
            xml.SubElement(element, "skipped")
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
    xml.ElementTree(root).write(beside, encoding="utf-8", xml_declaration=True)
    beside.replace(target)


def _printable(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return "".join(
        character
        for character in text
        if character in "\t\n\r" or (" " <= character and character not in "\ufffe\uffff")
    )
