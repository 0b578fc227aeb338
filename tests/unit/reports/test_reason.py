"""Why a test failed, in one line."""

from __future__ import annotations

import pytest

from tasker_ci.reports.places import find_panics
from tasker_ci.reports.reason import reason_of

PANIC = "\nthread 'a' panicked at src/lib.rs:1:2:\n"


def why(output: str, message: str = "") -> str:
    return reason_of(output, message, find_panics(output, message))


@pytest.mark.parametrize(
    ("output", "message", "reason"),
    [
        (f"printed before{PANIC}  boom  \nnote: more", "exit code 101", "boom"),
        ("warning: odd\n\x1b[31merror[E0425]\x1b[0m: not found\n", "", "error[E0425]: not found"),
        ("\n\n  the only words\n", "", "the only words"),
        ("error: of the compiler", "\n what the tool says\nand more", "what the tool says"),
        (" \n", "\t", "no message"),
    ],
)
def test_the_panic_comes_first_then_the_tool_then_what_was_printed(
    output: str, message: str, reason: str
) -> None:
    assert why(output, message) == reason


def test_a_long_reason_is_cut() -> None:
    cut = why(f"{PANIC}{'x' * 1000}")
    assert (len(cut), cut[-2:]) == (300, "x…")
