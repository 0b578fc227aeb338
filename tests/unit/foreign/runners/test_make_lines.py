from __future__ import annotations

import pytest

from tasker_ci.foreign.runners.make_lines import (
    cut,
    is_rule,
    logical_lines,
    sides,
    until_endef,
    without_comment,
)


def test_lines_go_on_behind_a_backslash() -> None:
    text = "A = 1 \\\n  2\nall:\n\tone \\\n\ttwo\nend\\\\\nB = 3\n"
    assert [*logical_lines(text)] == [
        (1, "A = 1 2"),
        (3, "all:"),
        (4, "\tone \\\ntwo"),
        (6, "end\\\\"),
        (7, "B = 3"),
        (8, ""),
    ]


def test_a_definition_may_hold_another() -> None:
    lines = iter(enumerate(["a", "define inner", "b", "endef", "endef", "after"]))
    assert until_endef(lines) == "a\ndefine inner\nb\nendef"
    assert next(lines) == (5, "after")


@pytest.mark.parametrize(
    ("line", "rule"),
    [("test: A = b", True), ("A := b", False), ("A = b: c", False), ("$(X:.c=.o): A = b", True)],
)
def test_an_assignment_or_a_rule(line: str, *, rule: bool) -> None:
    assert is_rule(line) is rule


def test_parts_of_a_line() -> None:
    assert without_comment("a \\# b # c") == "a \\# b "
    assert cut("all: $(f ;) ; run; it", ";") == ("all: $(f ;) ", " run; it")
    assert sides("($(A),b)") == ("$(A)", "b")
    assert sides("\"a\" 'b'") == ("a", "b")
    assert sides("a b") is None
