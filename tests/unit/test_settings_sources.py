"""The line of a key in a TOML text, though the parser keeps none."""

from __future__ import annotations

import pytest

from tasker_ci.settings.sources import Rank, Source, line_of

TEXT = '''\
# a comment with doc = 1 in it
workspace = "a"

[doc]
# another

warnings = "deny"

[unit]
cargo-test = [
    "one",  # a list over
    "two",
]
text = """
doc = 1
[audit]
"""
after = 1

[[audit.ignore]]
id = "RUSTSEC-1"

[[audit.ignore]]
id = "RUSTSEC-2"

[environment.variables]
A = { value = "x" }
B.value = "y"
"with.dot" = "z"
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("workspace",), 2),
        (("doc",), 4),
        (("doc", "warnings"), 7),
        (("unit", "cargo-test"), 10),
        (("unit", "text"), 14),
        (("unit", "after"), 18),
        (("audit", "ignore"), 20),
        (("audit", "ignore", 0, "id"), 21),
        (("audit", "ignore", 1), 23),
        (("audit", "ignore", 1, "id"), 24),
        (("environment", "variables", "A", "value"), 27),
        (("environment", "variables", "B"), 28),
        (("environment", "variables", "with.dot"), 29),
        (("audit",), 20),
        (("nowhere",), None),
        (("workspace", "deeper"), None),
    ],
)
def test_the_line_where_a_key_is_first_set(key: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TEXT, key) == line


def test_a_last_line_without_a_newline_counts() -> None:
    assert line_of("a = 1\nb = 2", ("b",)) == 2


def test_only_newlines_make_lines() -> None:
    assert line_of("a = '\x85\u2028'\nb = 2\n", ("b",)) == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Source(rank=Rank.DEFAULT), "default"),
        (Source(rank=Rank.PRESET, name="tasker"), "preset tasker"),
        (Source(rank=Rank.FILE, name="x.toml", text="\na = 1", key=("a",)), "x.toml:2"),
        (Source(rank=Rank.FILE, name="x.toml"), "x.toml"),
        (Source(rank=Rank.VARIABLE, name="TASKER_CI_A"), "variable TASKER_CI_A"),
        (Source(rank=Rank.FLAG, name="a.b"), "flag a.b"),
    ],
)
def test_a_source_names_itself(source: Source, expected: str) -> None:
    assert str(source) == expected
