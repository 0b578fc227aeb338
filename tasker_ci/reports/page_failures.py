"""The failures and the flaky tests of a page, each with all of its executions."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from tasker_ci.reports.charts import number
from tasker_ci.reports.held_text import HeldText, is_blank
from tasker_ci.reports.page_parts import MARKS, name_of, section, shown
from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.reports.held_text import Text
    from tasker_ci.reports.page_parts import Content
    from tasker_ci.reports.run import Case

MAXIMUM_FAILURES = 200
"""Failures with their output; more of them are in the table of all tests."""

MAXIMUM_FLAKY = 200
FIRST = 10
"""So many failures and flaky tests are in sight; the others unfold."""

OUTPUT_CHARACTERS = 20_000
"""Of one output; its middle is left out."""

OUTPUT_BYTES = 8 * 1024 * 1024
"""Of all outputs together."""


def failures(content: Content) -> Iterator[str]:
    """Every failure with what it printed; none without any."""
    failed = content.merged.run.having("failed")
    if not failed:
        return
    note = ""
    if len(failed) > MAXIMUM_FAILURES:
        note = f"The first {MAXIMUM_FAILURES}; all {number(len(failed))} are in the table below."
    yield section("failures", f"Failures ({number(len(failed))})", note)
    yield from _folded(_failure_items(content, failed[:MAXIMUM_FAILURES]), "failures")
    yield "</section>\n"


def quarantined(content: Content) -> Iterator[str]:
    """Every failure that is not red because its test is in quarantine, with what it printed."""
    found = content.merged.run.having("quarantined")
    if not found:
        return
    title = f"Failures in quarantine ({number(len(found))})"
    yield section("quarantined", title, "They failed, and are not red until their review.")
    yield from _folded(_failure_items(content, found[:MAXIMUM_FAILURES]), "failures in quarantine")
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
        texts = [(name, _middle_out(text)) for name, text in outputs if not is_blank(text)]
        room -= sum(len(text.encode("utf-8", "replace")) for _, text in texts)
        again = content.rerun(case)
        where = content.place(case) or ":".join(map(str, case.location or ()))
        head = (
            '<details class="failure"><summary><span class="what">'
            f'<span class="group">{shown(case.group)}</span> <b>{name_of(case)}</b></span>'
            f'<span class="why">{shown(case.reason)}</span>'
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


def _middle_out(text: Text) -> str:
    half = OUTPUT_CHARACTERS // 2
    if isinstance(text, HeldText) and text.size > 8 * OUTPUT_CHARACTERS:
        begin, between, end = text.middle_out(half)
    else:
        whole = str(text).strip("\n")
        if len(whole) <= OUTPUT_CHARACTERS:
            return whole
        begin, between, end = whole[:half], len(whole) - 2 * half, whole[-half:]
    return f"{begin}\n… {between} characters left out …\n{end}"


def _attempts(case: Case) -> str:
    """Every execution of a test in the order of time, as marks."""
    if not case.others:
        return ""
    executions = [(each.started, each.status, each.seconds) for each in case.others]
    # Its own comes last where times are the same.
    executions.append((case.started, case.last_result, case.seconds))
    executions.sort(key=lambda each: each[0] or 0.0)
    shown = "".join(
        f'<li class="{status}"><span aria-hidden="true">{MARKS[status]}</span> {status} '
        f"<small>{duration(seconds)}</small></li>"
        for _, status, seconds in executions[:50]
    )
    return f'<ol class="attempts">{shown}</ol>'


def flaky(content: Content) -> Iterator[str]:
    """Every test that both passed and failed."""
    found = content.merged.run.flaky
    if not found:
        return
    yield section(
        "flaky", f"Flaky tests ({number(len(found))})", "They both passed and failed in this run."
    )
    yield from _folded(map(_flaky_item, found[:MAXIMUM_FLAKY]), "flaky tests", _LIST)
    yield "</section>\n"


_LIST = ('<ul class="rows">', "</ul>")


def _flaky_item(case: Case) -> str:
    reason = next((each for each in case.others if each.status == "failed"), None)
    told = f'<span class="why">{shown(reason.reason)}</span>' if reason else ""
    return (
        f'<li><span class="what"><span class="group">{shown(case.group)}</span> '
        f"<b>{name_of(case)}</b></span>{told}{_attempts(case)}</li>"
    )
