"""JUnit files: nextest's read with care, and one file written for all that a session ran."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.report.run import Case, CaseStatus, TestRun

if TYPE_CHECKING:
    from pathlib import Path

MAXIMUM_BYTES = 256 * 1024 * 1024
_SETUP_SCRIPT = "@setup-script:"
_AGAIN = "Run the session again; a report is written when the tests have run."
_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_junit(file: Path) -> TestRun:
    """Read the JUnit file of one nextest run.

    Raises `ReportError` when it is absent, empty, too large, or no JUnit document. A document type
    declaration is refused: the parser would expand its entities. Setup scripts are not tests.
    """
    from junitparser import JUnitXmlError
    from junitparser.xunit2 import JUnitXml

    content = _content(file)
    try:
        document = JUnitXml.fromstring(content)
    except (SyntaxError, ValueError, JUnitXmlError) as error:
        message = f"The report {file} is no JUnit document: {error}."
        raise ReportError(message, next_step=_AGAIN) from error
    # Attributes of the root are read from the element: junitparser's properties recompute them.
    root = document._elem  # noqa: SLF001
    return TestRun(
        cases=tuple(
            _case(suite.name or "", case)
            for suite in document
            if not (suite.name or "").startswith(_SETUP_SCRIPT)
            for case in suite
        ),
        seconds=_seconds(root.get("time")),
        started=_time(root.get("timestamp")),
    )


def _content(file: Path) -> bytes:
    """The file without the characters that XML cannot hold, which nextest lets through (U+FFFE)."""
    try:
        size = file.stat().st_size
        if size == 0 or size > MAXIMUM_BYTES:
            message = f"The report {file} cannot be used: it has {size} bytes."
            raise ReportError(message, next_step=_AGAIN)
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"There is no report at {file}, although the tests ran."
        raise ReportError(message, next_step=_AGAIN) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"The report {file} cannot be read: {error}."
        raise ReportError(message, next_step=_AGAIN) from error
    if "<!DOCTYPE" in text:
        message = f"The report {file} has a document type declaration, which is refused."
        raise ReportError(message, next_step=_AGAIN)
    return _printable(text).encode()


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
        seconds=_seconds(case._elem.get("time")),  # noqa: SLF001
        message=(failure.message or failure.type or "") if failure else "",
        output=(failure.text or "") if failure else "",
    )


def _tag(result: Any) -> str:
    tag: str = result._tag  # noqa: SLF001
    return tag


def _seconds(text: str | None) -> float:
    try:
        return float(text or 0.0)
    except ValueError:
        return 0.0


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
    from xml.etree import ElementTree as ET

    if base is None:
        root = ET.Element("testsuites", name="tasker-ci", time=f"{run.seconds:.3f}")
        if run.started is not None:
            root.set("timestamp", run.started.isoformat())
    else:
        root = ET.fromstring(_content(base))  # noqa: S314 - without a document type
    suites: dict[str, ET.Element] = {}
    for case in run.cases:
        name, owner = _printable(case.name), _printable(case.suite)
        suite = suites.setdefault(owner, ET.Element("testsuite", name=owner))
        element = ET.SubElement(
            suite, "testcase", name=name, classname=owner, time=f"{case.seconds:.3f}"
        )
        if case.status == "failed":
            failure = ET.SubElement(element, "failure", message=_printable(case.reason))
            failure.text = _printable(case.output)
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


def _printable(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return _UNPRINTABLE.sub("", text)
