from __future__ import annotations

import pytest

from tasker_ci.foreign.bash.unknown import UNKNOWN
from tasker_ci.foreign.runners.make_words import (
    each_word,
    filtered,
    matches,
    split_arguments,
    substituted,
)


def test_arguments_are_cut_at_their_own_commas() -> None:
    assert split_arguments("a,$(call b,c),d") == ["a", "$(call b,c)", "d"]
    assert split_arguments("a,b,c", 2) == ["a", "b,c"]


@pytest.mark.parametrize(
    ("pattern", "word", "stem"),
    [("%.o", "a.o", "a"), ("lib%.a", "libx.a", "x"), ("a", "a", ""), ("%.o", "a.c", None)],
)
def test_the_stem_of_a_word(pattern: str, word: str, stem: str | None) -> None:
    assert matches(pattern, word) == stem


def test_words_are_changed_and_kept() -> None:
    assert substituted("%.c", "%.o", "a.c") == "a.o"
    assert substituted("%.c", "%.o", "a.h") == "a.h"
    assert each_word("a b", str.upper) == "A B"
    assert each_word(f"a {UNKNOWN}", str.upper) == UNKNOWN
    assert filtered(["%.c %.h", "a.c b.o c.h"], keep=True) == "a.c c.h"
    assert filtered(["%.c", "a.c b.o"], keep=False) == "b.o"
