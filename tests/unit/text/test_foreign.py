"""Foreign text is harmless wherever it is printed."""

from __future__ import annotations

import unicodedata

import pytest

from tasker_ci.text.foreign import colored, disarmed, one_line, plain, tabbed, without_sequences

HOSTILE = (
    "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\a", "\x1b[2J", "\x1bc", "\x9b2J", "\x07", "\x08",
    "\x7f", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\u202e", "\u2066",
    "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u3164", "\u115f", "\u034f",
    "\U000e0041", "\U000e0100", "\udcff", "\ud800", "\x00",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("shown", [one_line, tabbed, plain, without_sequences, colored])
def test_nothing_that_a_screen_obeys_or_hides_is_left(shown, text: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    for line in shown(f"a{text}b").split("\n"):
        assert all(each.isprintable() for each in line.replace("\x1b[0m", "")), repr(line)
        kinds = {unicodedata.category(each) for each in line.replace("\x1b[0m", "")}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        line.encode()


@pytest.mark.parametrize("text", ["plain", "Käse 🦀", "日本語", "a/b c.rs", "e\u0301", "✔\ufe0f"])
def test_what_is_seen_stays(text: str) -> None:
    assert {one_line(text), plain(text), colored(text), disarmed(text)} == {text}


def test_what_is_spelled_can_be_read() -> None:
    assert one_line("a\nb\t\x1b[1m\udcff\ud800\u202e") == r"a\nb\t\x1b[1m\xff\ud800\u202e"
    assert plain("a\r\nb\rc\td") == "a\nb\nc\td"


def test_a_tool_keeps_its_colours_and_nothing_else() -> None:
    assert colored("\x1b[1;31mred\x1b[0m \x1b[8mhidden\x1b[2J\x1b]0;t\x07") == (
        "\x1b[1;31mred\x1b[0m hidden\x1b[0m"
    )
    assert colored("\x1b[32mopen\nnext") == "\x1b[32mopen\x1b[0m\nnext"
    assert without_sequences("\x1b[1;31mred\x1b[0m") == "red"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\::error::x"),
        ("  ::error::x", r"  \::error::x"),
        ("a::b", "a::b"),
        ("a\n::stop-commands::t", "a\n\\::stop-commands::t"),
        ("see ##[add-mask]e", r"see ##\[add-mask]e"),
        ("\x1b[31m::error::x\x1b[0m", "\x1b[31m\\::error::x\x1b[0m"),
        ("## [title]", "## [title]"),
    ],
)
def test_no_line_is_a_command(text: str, shown: str) -> None:
    assert disarmed(text) == shown


@pytest.mark.parametrize(
    "before", ["\x1b[0;1m", "\x1b[38:5:9m", "\x1b]0;title\x07", "\x9b1m", "\x1b[K", "\x1b(B"]
)
def test_no_sequence_hides_the_beginning_of_a_command(before: str) -> None:
    # A terminal or log viewer that drops the sequence shows a line that begins with the command.
    assert disarmed(f"{before}::error::x") == f"{before}\\::error::x"
