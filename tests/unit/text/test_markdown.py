"""Whatever a test is called or prints, it means nothing in Markdown. Judged by a real parser."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.markdown import cell, code, codes, escaped, table, within

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

HOSTILE = [
    "[a](https://evil.example)",
    "![a](https://evil.example/x.png)",
    "https://evil.example www.evil.example a@evil.example",
    "<img src=x onerror=alert(1)>",
    "</code></td><script>alert(1)</script>",
    "| a | b |",
    "`a` **b** __c__ ~~d~~ $e$ :tada: @somebody #1",
    "\\| \\` \\\\",
    "# a\n\n- b\n1. c\n> d\n\n```\ne\n```",
    "&lt;b&gt; &#60;b&#62;",
    "::error file=a::b\r\n::stop-commands::x",
    "\x1b]0;title\x07\x1b[2J\u202egnp.exe\u2028",
]


def rendered(text: str) -> str:
    return PARSER.render(table(("a", "b"), [(code(text), escaped(text))], title="t"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_just_text(text: str) -> None:
    assert cells(text) == [one_line(text), one_line(text)]


def cells(text: str) -> list[str]:
    body = rendered(text).partition("<tbody>")[2]
    first, second = body.split("<td>")[1:]
    inner = [each.partition("</td>")[0] for each in (first, second)]
    assert inner[0].startswith("<code>")
    assert inner[0].endswith("</code>")
    plain = [inner[0].removeprefix("<code>").removesuffix("</code>"), inner[1]]
    assert not any("<" in each or ">" in each for each in plain), "no element but our own"
    return [html.unescape(each) for each in plain]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@example("*a*")
@example(" a ")
@example("\u00a0")
def test_any_text_is_just_text(text: str) -> None:
    shown = one_line(text)
    # Markdown itself drops blanks at the edges of a cell.
    if shown.strip():
        assert [each.strip() for each in cells(text)] == [shown.strip()] * 2


@pytest.mark.parametrize(
    "text",
    ["https://a.example", "HTTP://b.example", "ftp://c.example", "www.d.example", "a@e.example"],
)
def test_nothing_in_a_text_begins_a_link(text: str) -> None:
    # Where GitHub begins one: https://github.github.com/gfm/#autolinks-extension-
    for shown in (escaped(text), code(f"{text} `it`")):
        assert not re.search(r"(https?|ftp)://|www\.|\w@\w", shown, re.IGNORECASE)
        assert text in html.unescape(shown)


@pytest.mark.parametrize("text", ["@somebody", "#12", ":tada:", "see me/it#1", "a $x$ b"])
def test_github_makes_nothing_of_a_text(text: str) -> None:
    # What GitHub adds to Markdown has no parser here: https://docs.github.com/get-started/writing-on-github
    shown = escaped(text)
    assert html.unescape(shown) == text
    assert not re.search(r"@|#\d{1,2}(?!\d|;)|:\w+:|\$.*\$", shown)


@pytest.mark.parametrize("text", ["core::it", "a_b", "1 $ and no more", "-x --y"])
def test_what_means_nothing_stays_readable(text: str) -> None:
    assert escaped(text) == text


def test_code_is_written_as_a_person_writes_it() -> None:
    assert code("core::it *all*") == "`core::it *all*`"
    assert code("a `b`") == "<code>a \\`b\\`</code>"
    assert codes(["a", "b"]) == "`a`, `b`"
    assert code("") == ""


def test_a_cell_has_all_lines_and_keeps_its_addresses() -> None:
    text = "see https://a.example\n*b*" + "x" * 400
    assert cell(text) == "see https://a.example<br>\\*b\\*" + "x" * 400


def test_a_bar_is_no_border_whoever_wrote_it() -> None:
    page = table(("a", "b"), [("`x|y` \\|", "p|q"), (cell("\\|"), cell("|"))])
    assert page.count("|") - page.count("\\|") == 3 * 4
    rows = PARSER.render(page).split("<tr>")[2:]
    assert [row.count("<td>") for row in rows] == [2, 2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain: ünïcode 日本", "plain: ünïcode 日本"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b[31mred\x9b0m", r"\x1b[31mred\x9b0m"),
        ("\u202eright to left\u200b", r"\u202eright to left\u200b"),
    ],
)
def test_what_draws_over_a_screen_is_spelled(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_long_text_is_cut() -> None:
    assert shortened("x" * 1000, 10) == "x" * 9 + "…"
    assert shortened("x" * 10, 10) == "x" * 10


def test_what_does_not_fit_is_said() -> None:
    lines = [f"line {number}" for number in range(1000)]
    text = within(lines, 200)
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("all of it is in the report.\n")
    assert len(text.encode()) < 300
    assert within(lines[:3], 200) == "line 0\nline 1\nline 2"
