"""The report as one HTML page that needs nothing else: no network, no other file.

Whatever stands in names or outputs is escaped, and the page's policy lets no other script run than
its own, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from tasker_ci.reports import charts
from tasker_ci.reports.charts import number
from tasker_ci.reports.page_charts import durations, slowest, suites, when
from tasker_ci.reports.page_failures import failures, flaky, quarantined
from tasker_ci.reports.page_parts import MARKS, ORDER, Content, section
from tasker_ci.text.durations import duration
from tasker_ci.text.file_writing import whole_file
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.reports.run import CaseStatus, TestRun

MAXIMUM_REMARKS = 20
TITLE_CHARACTERS = 1000

BEGINNING = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
)
"""How every page of ours begins, also one of an earlier version."""


def write_page(
    content: Content, target: Path, *, now: datetime, within: Path | None = None
) -> None:
    """Write the page whole; ``within`` is the folder that its path may not leave."""
    with whole_file(target, within=within) as stream:
        stream.writelines(piece.encode("utf-8", "replace") for piece in _pieces(content, now))


def _pieces(content: Content, now: datetime) -> Iterator[str]:
    style, script = _resource("report.css"), _resource("report.js")
    policy = f"'{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    counts = _counts(content.merged.run)
    title = _verdict(counts)
    yield (
        f'{BEGINNING}{policy}">\n'
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
    yield f'<script type="application/json" id="data">{_data(content.merged.run)}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _counts(run: TestRun) -> Mapping[CaseStatus, int]:
    return {status: run.count(status) for status in ORDER}


def _resource(name: str) -> str:
    return resources.files("tasker_ci").joinpath("resources", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _verdict(counts: Mapping[CaseStatus, int]) -> str:
    executed = sum(counts.values()) - counts["skipped"]
    if counts["failed"]:
        return f"{number(counts['failed'])} of {number(executed)} tests failed"
    if not executed:
        return "No test ran"
    if counts["quarantined"]:
        told = f"{number(counts['quarantined'])} of {number(executed)} tests failed in quarantine"
        return f"{told}, no other"
    return f"All {number(executed)} tests passed" if executed > 1 else "The one test passed"


def _head(content: Content, counts: Mapping[CaseStatus, int], now: datetime) -> Iterator[str]:
    merged = content.merged
    odd = counts["flaky"] or counts["quarantined"]
    mood = "failed" if counts["failed"] else "flaky" if odd else "passed"
    began = merged.run.started
    told = [
        f"Tests began {_time(began)}" if began else None,
        content.origin,
        f"page made {_time(now)}",
    ]
    yield (
        f'<header class="{mood}"><p class="mark" aria-hidden="true">{MARKS[mood]}</p><div>'
        f"<h1>{escape(_verdict(counts))}</h1>"
        f"<p>{' · '.join(escape(each) for each in told if each)}</p></div></header>\n"
    )
    flaky = len(merged.run.flaky)
    yield charts.status_bar(counts, flaky)
    total = sum(case.seconds for case in merged.run.cases if case.status != "skipped")
    wall = merged.wall_seconds
    held = merged.run.in_quarantine
    red = number(counts["quarantined"])
    quarantine = [("flaky", number(len(held)), "in quarantine", f"{red} failed")] if held else []
    cards = [
        ("passed", number(counts["passed"] + counts["flaky"]), "passed", ""),
        ("failed", number(counts["failed"]), "failed", ""),
        *quarantine,
        ("flaky", number(flaky), "flaky", "passed and failed"),
        ("skipped", number(counts["skipped"]), "skipped", ""),
        ("", "no data" if wall is None else duration(wall), "wall time", "building not included"),
        (
            "",
            duration(total),
            "of tests in all",
            f"{total / wall:.1f} at once on average" if wall and total >= wall else "",
        ),
    ]
    yield '<ul class="cards">'
    for kind, value, name, more in cards:
        small = f"<small>{escape(more)}</small>" if more else ""
        mark = "" if value == "0" else kind
        yield f'<li class="{mark}"><b>{value}</b><span>{name}</span>{small}</li>'
    yield "</ul>\n"
    if content.parts:
        yield '<ul class="parts" aria-label="Sessions of the run">'
        for part in content.parts:
            yield (
                f'<li class="{_mood(part.status)}"><span>{escape(part.name)}</span> '
                f"{escape(part.status)} · {duration(part.seconds)}</li>"
            )
        yield "</ul>\n"
    for remark in content.remarks[:MAXIMUM_REMARKS]:
        yield f'<p class="note">{escape(one_line(remark))}</p>\n'
    names = "".join(f"<li><code>{escape(source)}</code></li>" for source in content.sources[:500])
    many = counted(merged.reports, "report")
    yield (
        f"<details><summary>From {many}, {number(merged.executions)} executions of "
        f"{number(len(merged.run.cases))} tests</summary><ul>{names}</ul></details>\n"
    )


def _mood(status: str) -> str:
    return status if status in {"passed", "failed", "skipped"} else "flaky"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _table(content: Content) -> Iterator[str]:
    cases = content.merged.run.cases
    counts = {**_counts(content.merged.run), "flaky": len(content.merged.run.flaky)}
    yield section("tests", f"All tests ({number(len(cases))})")
    yield (
        '<noscript><p class="note">Searching needs JavaScript; everything above does not.</p>'
        '</noscript><form class="filter" hidden><label>Search <input type="search" id="search" '
        'autocomplete="off" spellcheck="false" placeholder="words of the name or suite"></label>'
        '<fieldset><legend class="hidden">Results</legend>'
    )
    for status in ORDER:
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


def _data(run: TestRun) -> str:
    """All tests for the page's script: names of groups once, times in seconds.

    A row with a fifth value is flaky, although it failed at last.
    """
    groups: dict[str, int] = {}
    places = {group: groups.setdefault(one_line(group), len(groups)) for group in run.by_group}
    statuses = {status: number for number, status in enumerate(ORDER)}
    titles = [case.title if case.which else case.name for case in run.cases]
    rows = ",".join(
        f"[{statuses[case.status]},{places[group]},{title},{_rounded(case.seconds)}]"
        if case.status != "failed" or not case.unstable
        else f"[{statuses[case.status]},{places[group]},{title},{_rounded(case.seconds)},1]"
        for case, group, title in zip(run.cases, run.groups, _spelled(titles), strict=True)
    )
    document = {"statuses": ORDER, "groups": list(groups)}
    text = f'{_JSON.encode(document)[:-1]},"rows":[{rows}]}}'
    return text.replace("<", "\\u003c")  # nothing can end the element, or begin a comment in it


_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def _spelled(titles: Sequence[str]) -> Iterable[str]:
    """Each title as a string of JSON."""
    whole = "".join(titles)
    odd = '"' in whole or "\\" in whole or max(map(len, titles), default=0) > TITLE_CHARACTERS
    if whole.isascii() and whole.isprintable() and not odd:  # one look at all, as a rule
        return (f'"{title}"' for title in titles)
    return (_JSON.encode(one_line(shortened(title, TITLE_CHARACTERS))) for title in titles)


@lru_cache(maxsize=10_000)
def _rounded(seconds: float) -> str:
    return repr(round(seconds, 4))


_SECTIONS: Mapping[str, Callable[[Content], Iterator[str]]] = {
    "failures": failures,
    "quarantined": quarantined,
    "flaky": flaky,
    "slowest": slowest,
    "durations": durations,
    "timeline": when,
    "suites": suites,
    "tests": _table,
}
