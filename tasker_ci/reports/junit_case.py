"""One test as a JUnit file has it, in the dialects of nextest, pytest, surefire and others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tasker_ci.reports.held_text import joined_texts
from tasker_ci.reports.markup import Markup, Pairs, properties_first
from tasker_ci.reports.run import QUARANTINED, Attempt, Case, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasker_ci.reports.held_text import Text
    from tasker_ci.reports.run import Suite

PASSED_TOO = "tasker-ci:passed"
"""The property of a merged report that stands for one more execution, which passed."""

APART = "tasker-ci:apart"
"""The property of a merged report that tells a test from another one of its identity."""

_OWN = {PASSED_TOO, APART}

_FAILURES = {"failure", "error"}
FLAKY = {"flakyFailure", "flakyError"}
RERUNS = {"rerunFailure", "rerunError", *FLAKY}
"""Executions that failed and did not decide; those of a test that passed are `FLAKY`."""

_FAILED = {"fail", "failed", "failure", "error", "errored", "broken"}
_NOT_RUN = {"notrun", "disabled", "suppressed", "skip", "skipped", "ignored", "pending"}
"""What `status` or `result` say of a test that has no element for it (googletest, CTest)."""

USUAL = frozenset({"name", "classname", "time", "timestamp"})
"""The attributes of a test that fields of a case hold."""

_MESSAGE = {"message"}
_OF_ATTEMPT = {"message", "time", "timestamp"}

_TIME = re.compile(r"[\d.,]+(?:[eE][+-]?\d{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_SHORT_CHARACTERS = 20
_ETERNITY = 1e10
"""No test takes so many seconds; what claims to has another unit or is damaged."""


def own_place(path: tuple[Suite, ...]) -> tuple[str, tuple[Suite, ...]]:
    """The suite of a test and its path, as a case has them."""
    suite = path[-1].name if path else ""
    return suite, () if len(path) == 1 and path[0].is_name_alone else path


def plain_case(
    place: tuple[str, tuple[Suite, ...]],
    attributes: Mapping[str, str],
    variant: str | None,
    begun: float | None,
    apart: str | None,
) -> Case:
    """A test that says nothing but its name and its times: it passed."""
    suite, path = place
    get = attributes.get
    classname = get("classname")
    return Case(
        suite,
        get("name") or "",
        "passed",
        number(get("time")) or 0.0,
        moment(get("timestamp")),
        classname if classname and classname != suite else None,
        variant,
        path,
        begun,
        apart,
    )


def read_case(
    path: tuple[Suite, ...],
    attributes: Mapping[str, str],
    children: tuple[Markup, ...],
    *,
    variant: str | None = None,
    begun: float | None = None,
    apart: str | None = None,
) -> Case:
    """Read a ``testcase`` of the suite at ``path``; all that it says is kept.

    ``begun`` is when the suite began, ``apart`` what tells it from a test that looks the same.
    """
    suite, path = place = own_place(path)
    if not children and attributes.keys() <= USUAL:
        return plain_case(place, attributes, variant, begun, apart)
    classname = attributes.get("classname") or attributes.get("class")
    tags = {each.tag for each in children}
    status: CaseStatus = "passed"
    told: Markup | None = None
    message = ""
    if tags & _FAILURES:
        status, told = "failed", next(each for each in children if each.tag in _FAILURES)
    elif "skipped" in tags:
        status, told = "skipped", next(each for each in children if each.tag == "skipped")
    else:
        status, message = _status_by_word(attributes)
    passed_at_last = status == "failed" and not tags.isdisjoint(FLAKY)
    reruns = [each for each in children if each.tag in RERUNS]
    if status == "passed" and reruns:
        status = "flaky"
    properties = [
        each for one in children if one.tag == "properties" for each in one.children
    ]  # fmt: skip
    if status == "failed" and any(each.get("name") == QUARANTINED for each in properties):
        status = "quarantined"
    return Case(
        suite=suite,
        path=path,
        classname=classname if classname and classname != suite else None,
        name=attributes.get("name") or "",
        status=status,
        seconds=number(attributes.get("time")) or 0.0,
        started=moment(attributes.get("timestamp")),
        begun=begun,
        variant=variant,
        message=(told.get("message") or told.get("type")) if told else message,
        output=told.text if told else "",
        error=told is not None and told.tag == "error",
        stdout=_joined(children, "system-out") if "system-out" in tags else "",
        stderr=_joined(children, "system-err") if "system-err" in tags else "",
        others=(
            *map(_attempt, reruns),
            *[_passed(each) for each in properties if each.get("name") == PASSED_TOO],
        ),
        passed_at_last=passed_at_last,
        attributes=_rest(attributes.items(), USUAL),
        details=_rest(told.attributes, _MESSAGE) if told else (),
        more=() if told and len(children) == 1 and not told.children else _more(children, told),
        apart=next((each.get("value") for each in properties if each.get("name") == APART), apart),
    )


def _status_by_word(attributes: Mapping[str, str]) -> tuple[CaseStatus, str]:
    """What a test without an element for it says of its end, and the reason if it failed."""
    for name in ("status", "result"):
        word = attributes.get(name, "").lower()
        if word in _FAILED:
            return "failed", f"{name} is {word}"
        if word in _NOT_RUN:
            return "skipped", ""
    return "passed", ""


def _joined(children: tuple[Markup, ...], tag: str) -> Text:
    """The texts of one kind; an element with more than a text is kept as it is."""
    plain = (each for each in children if each.tag == tag)
    return joined_texts(
        each.text for each in plain if each.text and not (each.attributes or each.children)
    )


def _rest(attributes: Iterable[tuple[str, str]], known: Collection[str]) -> Pairs:
    rest = [pair for pair in attributes if pair[0] not in known]
    return _shared(tuple(sorted(rest))) if rest else ()


@lru_cache(maxsize=1000)
def _shared(pairs: Pairs) -> Pairs:
    """The same value for all that are equal: most tests of a report say the same."""
    return pairs


def _more(children: tuple[Markup, ...], told: Markup | None) -> tuple[Markup, ...]:
    """The children that no field of a case holds."""
    return tuple(_further(children, told))


def _further(children: tuple[Markup, ...], told: Markup | None) -> Iterator[Markup]:
    for each in properties_first(children):
        if each.tag == "properties":
            kept = tuple(one for one in each.children if one.get("name") not in _OWN)
            if kept or each.text or each.attributes:
                yield Markup(each.tag, each.attributes, each.text, kept)
        elif each is told or each.tag in RERUNS:
            continue
        elif each.tag not in _STREAMS or each.attributes or each.children:
            yield each
    if told is not None and told.children:
        yield Markup(told.tag, (), "", told.children)


def _passed(element: Markup) -> Attempt:
    """An execution that passed, as a merged report writes it."""
    seconds, _, started = element.get("value").partition(" ")
    inner = element.children[0] if element.children else Markup("execution")
    return Attempt(
        status="passed",
        seconds=number(seconds) or 0.0,
        started=moment(started),
        message=inner.get("message"),
        output=inner.text,
        stdout=inner.texts("system-out"),
        stderr=inner.texts("system-err"),
        details=_rest(inner.attributes, _MESSAGE),
        more=tuple(each for each in inner.children if each.tag not in _STREAMS),
    )


_STREAMS = {"system-out", "system-err"}


def _attempt(element: Markup) -> Attempt:
    """An execution that did not decide: nextest's and surefire's reruns all failed."""
    trace = "" if element.text else element.texts("stackTrace")
    known = _STREAMS if element.text else {*_STREAMS, "stackTrace"}
    return Attempt(
        status="failed",
        seconds=number(element.get("time")) or 0.0,
        started=moment(element.get("timestamp")),
        message=element.get("message") or element.get("type"),
        output=element.text or trace,
        error=element.tag.endswith("Error"),
        stdout=element.texts("system-out"),
        stderr=element.texts("system-err"),
        details=_rest(element.attributes, _OF_ATTEMPT),
        more=tuple(each for each in element.children if each.tag not in known),
    )


def number(text: str | None) -> float | None:
    """A time in seconds; None if it is none.

    Older versions of surefire write a comma between thousands, others one before the fraction.
    """
    if text is None:
        return None
    return _short_number(text) if len(text) <= _SHORT_CHARACTERS else _number(text)


def _number(text: str) -> float | None:
    text = text.strip()
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


_short_number = lru_cache(maxsize=10_000)(_number)
"""Most reports round to milliseconds, so that the same times come again and again."""


def moment(text: str | None) -> float | None:
    """A time stamp in seconds since 1970; one without a zone is taken for UTC.

    None for what is none, and for one that nobody has set (gotestsum writes the year 1).
    """
    try:
        time = datetime.fromisoformat(text.strip()) if text else None
        if time is None:
            return None
        seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None
