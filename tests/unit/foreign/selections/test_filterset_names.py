from __future__ import annotations

import time

import pytest

from tasker_ci.foreign.selections.filterset_names import name_matches


@pytest.mark.parametrize(
    ("matcher", "value", "name", "expected"),
    [
        ("equal", "a", "a", True),
        ("equal", "a", "ab", False),
        ("contains", "b", "abc", True),
        ("glob", "a*", "abc", True),
        ("glob", "a*", "bac", False),
        ("glob", "a::{b,c}", "a::c", True),
        ("glob", "a{,::b}", "a", True),
        ("glob", "[!a]b", "cb", True),
        ("glob", "[!a]b", "ab", False),
        ("glob", "a?", "ab", True),
        ("glob", "**/b", "a/b", True),
        ("glob", "[a", "a", None),
        ("glob", "{a", "a", None),
        ("regex", "^a.*c$", "abc", True),
        ("regex", "b", "abc", True),
        ("regex", "(a|b)c", "bc", True),
        ("regex", "\\bx\\d+_[a-z]+$", "x12_a", True),
        ("regex", "(?i)ABC", "abc", True),
        ("regex", "[[:alpha:]]", "a", None),
        ("regex", "\\p{L}", "a", None),
        ("regex", "[a&&b]", "a", None),
        ("regex", "(a+)+$", "a", None),
        ("regex", "(?P<x>a)", "a", None),
        ("regex", "^a.*b.*$|^b.*c", "bxc", True),
        ("glob", "{a,b}{1,2}", "b2", True),
        ("glob", "{a,{b}}", "a", None),
        ("glob", "a" * 300, "a" * 300, None),
        ("regex", "a{2", "a", None),
        ("regex", "(", "a", None),
    ],
)
def test_whether_a_name_matches(matcher: str, value: str, name: str, expected: bool | None) -> None:
    assert name_matches(matcher, value, name) is expected


def test_no_pattern_takes_a_time_without_end() -> None:
    began = time.monotonic()
    name = "a" * 300
    for value in (
        "(a+)+b",
        ".*.*.*.*.*.*.*.*.*.*b",
        "a*a*a*a*a*a*a*a*a*b",
        "(a|a)*b",
        "(.*a){20}b",
    ):
        name_matches("regex", value, name)
        name_matches("glob", value, name)
    name_matches("glob", "*a" * 100 + "b", name)
    assert time.monotonic() - began < 5
