"""The report as one HTML page that needs nothing else: no network, no other file.

Whatever stands in names or outputs is escaped, and the page's policy lets no other script run than
its own, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING, Any

from tasker_ci.report import charts
from tasker_ci.report.charts import duration, number
from tasker_ci.report.markdown import shortened
from tasker_ci.report.merge import by_status
from tasker_ci.report.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.report.merge import Merged
    from tasker_ci.report.run import Case, CaseStatus

SLOWEST = 20
MAXIMUM_FAILURES = 200
"""Failures with their output; more of them are in the table of all tests."""

MAXIMUM_FLAKY = 200
FIRST = 10
"""So many failures and flaky tests are in sight; the others unfold."""

MAXIMUM_SUITES = 30
OUTPUT_CHARACTERS = 20_000
"""Of one output; its middle is left out."""

OUTPUT_BYTES = 8 * 1024 * 1024
"""Of all outputs together."""

_ORDER: tuple[CaseStatus, ...] = ("failed", "flaky", "passed", "skipped")
_MARKS = {"failed": "✕", "flaky": "≈", "passed": "✓", "skipped": "○"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One session of the run, for the head of the page."""

    name: str
    status: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a page shows."""

    merged: Merged
    sources: tuple[str, ...]
    """The files that were read."""
    origin: str = ""
    """Commit and branch, as far as they are known."""
    parts: tuple[Part, ...] = ()
    rerun: Callable[[Case], str] = field(default=lambda _: "")
    place: Callable[[Case], str] = field(default=lambda _: "")


def write_page(content: Content, target: Path, *, now: datetime) -> None:
    """Write the page; moved into place, so that a reader never meets half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8", errors="replace") as stream:
        for piece in _pieces(content, now):
            stream.write(piece)
    beside.replace(target)


def _pieces(content: Content, now: datetime) -> Iterator[str]:
    style, script = _resource("report.css"), _resource("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    counts = by_status(content.merged.run.cases)
    title = _verdict(counts)
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
    )
    yield from _head(content, counts, now)
    sections = {name: "".join(make(content)) for name, make in _SECTIONS.items()}
    links = "".join(
        f'<li><a href="#{name}">{name}</a></li>' for name, text in sections.items() if text
    )
    yield f'<nav aria-label="Parts of the page"><ul>{links}</ul></nav>\n'
    yield from sections.values()
    yield "</main>\n"
    yield f'<script type="application/json" id="data">{_data(content.merged.run.cases)}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _resource(name: str) -> str:
    return resources.files("tasker_ci").joinpath("resources", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _verdict(counts: Mapping[str, int]) -> str:
    executed = sum(counts.values()) - counts["skipped"]
    if counts["failed"]:
        return f"{number(counts['failed'])} of {number(executed)} tests failed"
    if not executed:
        return "No test ran"
    return f"All {number(executed)} tests passed" if executed > 1 else "The one test passed"


def _head(content: Content, counts: Mapping[str, int], now: datetime) -> Iterator[str]:
    merged = content.merged
    mood = "failed" if counts["failed"] else "flaky" if counts["flaky"] else "passed"
    began = merged.run.started
    told = [
        f"Tests began {_time(began)}" if began else "",
        content.origin,
        f"page made {_time(now)}",
    ]
    yield (
        f'<header class="{mood}"><p class="mark" aria-hidden="true">{_MARKS[mood]}</p><div>'
        f"<h1>{escape(_verdict(counts))}</h1>"
        f"<p>{' · '.join(escape(each) for each in told if each)}</p></div></header>\n"
    )
    yield charts.status_bar({each: counts[each] for each in _ORDER})
    total = sum(case.seconds for case in merged.run.cases if case.status != "skipped")
    wall = merged.wall_seconds
    cards = [
        ("passed", number(counts["passed"] + counts["flaky"]), "passed", ""),
        ("failed", number(counts["failed"]), "failed", ""),
        ("flaky", number(counts["flaky"]), "flaky", "counted as passed"),
        ("skipped", number(counts["skipped"]), "skipped", ""),
        ("", "no data" if wall is None else duration(wall), "wall time", "building not included"),
        (
            "",
            duration(total),
            "of tests in all",
            f"{total / wall:.1f} at once on average" if wall and total else "",
        ),
    ]
    yield '<ul class="cards">'
    for kind, value, name, more in cards:
        small = f"<small>{escape(more)}</small>" if more else ""
        yield f'<li class="{kind}"><b>{value}</b><span>{name}</span>{small}</li>'
    yield "</ul>\n"
    if content.parts:
        yield '<ul class="parts" aria-label="Sessions of the run">'
        for part in content.parts:
            yield (
                f'<li class="{_mood(part.status)}"><span>{escape(part.name)}</span> '
                f"{escape(part.status)} · {duration(part.seconds)}</li>"
            )
        yield "</ul>\n"
    names = "".join(f"<li><code>{escape(source)}</code></li>" for source in content.sources[:500])
    many = f"{merged.reports} report{'s' * (merged.reports != 1)}"
    yield (
        f"<details><summary>From {many}, {number(merged.executions)} executions of "
        f"{number(len(merged.run.cases))} tests</summary><ul>{names}</ul></details>\n"
    )


def _mood(status: str) -> str:
    return status if status in {"passed", "failed", "skipped"} else "flaky"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _section(identity: str, title: str, note: str = "") -> str:
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<section id="{identity}"><h2>{escape(title)}</h2>{told}\n'


def _failures(content: Content) -> Iterator[str]:
    failed = content.merged.run.having("failed")
    if not failed:
        return
    note = ""
    if len(failed) > MAXIMUM_FAILURES:
        note = f"The first {MAXIMUM_FAILURES}; all {number(len(failed))} are in the table below."
    yield _section("failures", f"Failures ({number(len(failed))})", note)
    yield from _folded(_failure_items(content, failed[:MAXIMUM_FAILURES]), "failures")
    yield "</section>\n"


def _folded(items: Iterator[str], what: str, around: tuple[str, str] = ("", "")) -> Iterator[str]:
    """The first items in sight, the others behind a word that unfolds them."""
    begin, end = around
    yield from (begin, *islice(items, FIRST), end)
    others = list(items)
    if others:
        many = f"{number(len(others))} more {what}"
        yield f'<details class="more"><summary>{many}</summary>{begin}{"".join(others)}{end}'
        yield "</details>\n"


def _failure_items(content: Content, failed: Sequence[Case]) -> Iterator[str]:
    room = OUTPUT_BYTES
    for case in failed:
        outputs = [
            ("", case.output),
            ("standard output", case.stdout),
            ("standard error", case.stderr),
        ]
        texts = [(name, _middle_out(text.strip("\n"))) for name, text in outputs if text.strip()]
        room -= sum(len(text.encode("utf-8", "replace")) for _, text in texts)
        again = content.rerun(case)
        where = content.place(case) or ":".join(map(str, case.location or ()))
        head = (
            '<details class="failure"><summary><span class="what">'
            f'<span class="group">{escape(case.group)}</span> <b>{_name(case)}</b></span>'
            f'<span class="why">{escape(case.reason)}</span>'
            f'<span class="where">{escape(where)}</span></summary>\n'
        )
        parts = [head]
        if case.unstable:
            parts.append('<p class="note">It passed in another execution.</p>')
        if again:
            parts.append(f'<p class="again"><code>{escape(again)}</code></p>')
        for name, text in texts if room > 0 else ():
            title = f"<h3>{name}</h3>" if name else ""
            parts.append(f'{title}<pre tabindex="0">{escape(text)}</pre>')
        if room <= 0:
            said = "Its output is in the merged report: there is no room here."
            parts.append(f'<p class="note">{said}</p>')
        yield f"{''.join(parts)}{_attempts(case)}</details>\n"


def _middle_out(text: str) -> str:
    if len(text) <= OUTPUT_CHARACTERS:
        return text
    half = OUTPUT_CHARACTERS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def _name(case: Case) -> str:
    """The name with places where a browser may break it."""
    text = escape(shortened(case.name, 400)) or "(no name)"
    return text.replace("::", "::<wbr>").replace("_", "_<wbr>")


def _attempts(case: Case) -> str:
    """Every execution of a test in the order of time, as marks."""
    if not case.others:
        return ""
    own: CaseStatus = "passed" if case.status == "flaky" else case.status
    executions = [(each.started, each.status, each.seconds) for each in case.others]
    executions.append((case.started, own, case.seconds))  # the last where times are the same
    executions.sort(key=lambda each: each[0] or 0.0)
    shown = "".join(
        f'<li class="{status}"><span aria-hidden="true">{_MARKS[status]}</span> {status} '
        f"<small>{duration(seconds)}</small></li>"
        for _, status, seconds in executions[:50]
    )
    return f'<ol class="attempts">{shown}</ol>'


def _flaky(content: Content) -> Iterator[str]:
    flaky = [case for case in content.merged.run.cases if case.unstable]
    if not flaky:
        return
    yield _section(
        "flaky", f"Flaky tests ({number(len(flaky))})", "They both passed and failed in this run."
    )
    yield from _folded(map(_flaky_item, flaky[:MAXIMUM_FLAKY]), "flaky tests", _LIST)
    yield "</section>\n"


_LIST = ('<ul class="rows">', "</ul>")


def _flaky_item(case: Case) -> str:
    reason = next((each for each in case.others if each.status == "failed"), None)
    told = f'<span class="why">{escape(reason.reason)}</span>' if reason else ""
    return (
        f'<li><span class="what"><span class="group">{escape(case.group)}</span> '
        f"<b>{_name(case)}</b></span>{told}{_attempts(case)}</li>"
    )


def _slowest(content: Content) -> Iterator[str]:
    slowest = content.merged.run.slowest(SLOWEST)
    if not slowest:
        return
    yield _section("slowest", "Slowest tests")
    yield '<ol class="rows bars">'
    for case in slowest:
        yield (
            f'<li><span class="what"><span class="group">{escape(case.group)}</span> '
            f"<b>{_name(case)}</b></span>"
            f"{charts.amount_bar(case.seconds / slowest[0].seconds, case.status)}"
            f'<span class="value">{duration(case.seconds)}</span></li>'
        )
    yield "</ol></section>\n"


def _durations(content: Content) -> Iterator[str]:
    rows = charts.histogram(content.merged.run.cases)
    if not rows:
        return
    most = max(count for _, count in rows)
    yield _section("durations", "Durations", "How many tests took how long.")
    yield '<ul class="histogram">'
    for label, count in rows:
        yield (
            f"<li><span>{escape(label)}</span>{charts.amount_bar(count / most, 'neutral')}"
            f'<span class="value">{number(count)}</span></li>'
            if count
            else f'<li><span>{escape(label)}</span><span></span><span class="value">0</span></li>'
        )
    yield "</ul></section>\n"


def _timeline(content: Content) -> Iterator[str]:
    line = timeline(content.merged.run.cases)
    if not line.bars or line.seconds <= 0:
        yield _section("timeline", "Timeline", "No data: the reports do not say when a test began.")
        yield "</section>\n"
        return
    notes = ["One row for each test that ran at the same time."]
    if line.cuts:
        notes.append("Pauses are cut out.")
    if line.unknown:
        notes.append(f"{number(line.unknown)} executions have no start in their report.")
    if line.lanes > charts.MAXIMUM_LANES:
        notes.append(f"The first {charts.MAXIMUM_LANES} of {line.lanes} rows.")
    yield _section("timeline", "Timeline", " ".join(notes))
    yield charts.lanes(line)
    if not line.cuts:
        yield charts.axis(line.seconds)
    yield "</section>\n"


def _suites(content: Content) -> Iterator[str]:
    groups: dict[str, list[Case]] = {}
    for case in content.merged.run.cases:
        groups.setdefault(case.group, []).append(case)
    if len(groups) < 2:  # noqa: PLR2004 - one suite is the whole, which stands above
        return
    ordered = sorted(groups.items(), key=_weight)
    note = ""
    if len(ordered) > MAXIMUM_SUITES:
        note = f"The {MAXIMUM_SUITES} with most failures and time, of {number(len(ordered))}."
    yield _section("suites", f"Suites ({number(len(ordered))})", note)
    yield '<ul class="rows suites">'
    for name, cases in ordered[:MAXIMUM_SUITES]:
        counts = by_status(cases)
        told = ", ".join(f"{number(counts[each])} {each}" for each in _ORDER if counts[each])
        seconds = sum(case.seconds for case in cases if case.status != "skipped")
        yield (
            f'<li><span class="what"><b>{escape(shortened(name, 400)) or "(no name)"}</b></span>'
            f"{charts.status_bar({each: counts[each] for each in _ORDER})}"
            f'<span class="value">{told} · {duration(seconds)}</span></li>'
        )
    yield "</ul></section>\n"


def _weight(group: tuple[str, Sequence[Case]]) -> tuple[int, float, str]:
    name, cases = group
    failed = sum(case.status == "failed" for case in cases)
    return -failed, -sum(case.seconds for case in cases), name


def _table(content: Content) -> Iterator[str]:
    cases = content.merged.run.cases
    counts = by_status(cases)
    yield _section("tests", f"All tests ({number(len(cases))})")
    yield (
        '<noscript><p class="note">Searching needs JavaScript; everything above does not.</p>'
        '</noscript><form class="filter" hidden><label>Search <input type="search" id="search" '
        'autocomplete="off" spellcheck="false" placeholder="words of the name or suite"></label>'
        '<fieldset><legend class="hidden">Results</legend>'
    )
    for status in _ORDER:
        if counts[status]:
            yield (
                f'<label class="chip {status}"><input type="checkbox" checked value="{status}">'
                f"<span>{status} <small>{number(counts[status])}</small></span></label>"
            )
    yield (
        '</fieldset><label>Order <select id="order"><option value="status">failures first'
        '</option><option value="time">slowest first</option><option value="name">by name</option>'
        '</select></label></form><p id="found" class="note" aria-live="polite"></p>'
        '<div class="scroll"><table hidden><thead><tr><th scope="col">Result</th>'
        '<th scope="col">Test</th><th scope="col">Time</th></tr></thead><tbody></tbody></table>'
        '</div><button type="button" id="more" hidden>Show more</button></section>\n'
    )


def _data(cases: Iterable[Case]) -> str:
    """All tests for the page's script: names of groups once, times in seconds."""
    groups: dict[str, int] = {}
    rows: list[list[Any]] = [
        [
            _ORDER.index(case.status),
            groups.setdefault(case.group, len(groups)),
            shortened(case.name, 1000),
            round(case.seconds, 4),
        ]
        for case in cases
    ]
    document = {"statuses": _ORDER, "groups": list(groups), "rows": rows}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c")  # nothing can end the element, or begin a comment in it


_SECTIONS: Mapping[str, Callable[[Content], Iterator[str]]] = {
    "failures": _failures,
    "flaky": _flaky,
    "slowest": _slowest,
    "durations": _durations,
    "timeline": _timeline,
    "suites": _suites,
    "tests": _table,
}
