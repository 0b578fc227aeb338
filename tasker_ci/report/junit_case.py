"""One test as a JUnit file has it, in the dialects of nextest, pytest and surefire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.report.run import Attempt, Case, CaseStatus

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

PASSED_TOO = "tasker-ci:passed"
"""The property of a merged report that stands for one more execution, which passed."""

_NOT_RUN = {"notrun", "disabled"}
"""The `status` by which googletest and CTest say that a test was left out, without ``skipped``."""

_TIME = re.compile(r"[\d.,]+(?:[eE][+-]?\d{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_ETERNITY = 1e10
"""No test takes so many seconds; what claims to has another unit or is damaged."""


def read_case(suite: str, classname: str, element: ET.Element) -> Case:
    """Read a ``testcase`` of ``suite``; ``classname`` is "" where it is the suite's name."""
    name = element.get("name") or ""
    seconds = number(element.get("time")) or 0.0
    started = moment(element.get("timestamp"))
    if not len(element):  # most tests pass, and have nothing to say
        ran = element.get("status") not in _NOT_RUN
        return Case(
            suite=suite, classname=classname, name=name, status="passed" if ran else "skipped",
            seconds=seconds, started=started,
        )  # fmt: skip
    from junitparser.xunit2 import TestCase

    case = TestCase.fromelem(element)  # type: ignore[no-untyped-call]
    results = case.result
    failure = next((each for each in results if _tag(each) in {"failure", "error"}), None)
    told = failure
    status: CaseStatus = "passed"
    if failure is not None:
        status = "failed"
    elif any(_tag(each) == "skipped" for each in results):
        status, told = "skipped", results[0]
    elif case.is_flaky:
        status = "flaky"
    elif element.get("status") in _NOT_RUN:
        status = "skipped"
    return Case(
        suite=suite,
        classname=classname,
        name=name,
        status=status,
        seconds=seconds,
        started=started,
        message=(told.message or told.type or "") if told else "",
        output=(told.text or "") if told else "",
        error=failure is not None and _tag(failure) == "error",
        stdout=case.system_out or "",
        stderr=case.system_err or "",
        others=(
            *(_attempt(each) for each in case.interim_result),
            *(_passed(each.value) for each in case.properties() if each.name == PASSED_TOO),
        ),
    )


def _passed(value: str | None) -> Attempt:
    seconds, _, started = (value or "").partition(" ")
    return Attempt(status="passed", seconds=number(seconds) or 0.0, started=moment(started))


def _attempt(result: Any) -> Attempt:
    """An execution that did not decide: nextest's and surefire's reruns all failed."""
    element = result._elem  # noqa: SLF001 - junitparser knows neither of its times
    return Attempt(
        status="failed",
        seconds=number(element.get("time")) or 0.0,
        started=moment(element.get("timestamp")),
        message=result.message or result.type or "",
        output=(result.text or "").strip() or result.stack_trace or "",
    )


def _tag(result: Any) -> str:
    tag: str = result._tag  # noqa: SLF001
    return tag


def number(text: str | None) -> float | None:
    """A time in seconds; None if it is none.

    Older versions of surefire write a comma between thousands, others one before the fraction.
    """
    text = (text or "").strip()
    if not _TIME.fullmatch(text):
        return None
    if "," in text:
        fraction = not _THOUSANDS.fullmatch(text)
        text = text.replace(".", "").replace(",", ".") if fraction else text.replace(",", "")
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < _ETERNITY else None


def time_of(text: str | None) -> datetime | None:
    """A time stamp; None if it is none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def moment(text: str | None) -> float | None:
    """A time stamp in seconds since 1970; one without a zone is taken for UTC."""
    time = time_of(text)
    if time is None:
        return None
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
