"""The line of a key in a TOML text, though the parser keeps none."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.settings.sources import Rank, Source, line_of
from tasker_ci.text import toml_lines
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def _grown(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of every key as a parser without positions tells it: by a growing document."""

    def paths(value: Any, prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
        if prefix:
            yield prefix
        inner = value.items() if isinstance(value, dict) else ()
        for key, item in enumerate(value) if isinstance(value, list) else inner:
            yield from paths(item, (*prefix, key))

    lines = text.split("\n")
    found: dict[tuple[str | int, ...], int] = {}
    start = 1
    for end in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("\n".join(lines[:end]) + "\n")
        except tomllib.TOMLDecodeError:
            continue
        for key in paths(document):
            found.setdefault(key, start)
        start = end + 1
    return found


STRINGS = '''\
a = """ ["quoted"] \\""" " ""
# no comment {
b = 1"""
c = "[\\"[#{"  # [ {
d = """"""
e = """one quote at the end""""
f = """"two, and two at the beginning"""""
g = [  # ]
  "]", \'"#\', {h = [1, {i = "\\\\"}]},
]
"j]" = {k.l = 1, "m.n" = {}}
[ o . "p]" ]  # [q]
r.s.t = 1
[[o.u]]
[[ o.u.v ]]
w = 1
[[o.u.v]]
w = 2
[o.u.x]
[[o.u]]
[[o.u.v]]
[o.u.v.y]
z = []'''

LITERALS = """\
a = '''
[b] # " \\'''
c = ''''one'''''
d = '\\'
e = ['''
[''',
[]]
"""


@pytest.mark.parametrize("text", [TEXT, STRINGS, LITERALS, ""])
def test_every_key_has_the_line_of_its_statement(text: str) -> None:
    expected = _grown(text)
    assert {key: line_of(text, key) for key in expected} == expected


def test_the_lines_of_many_keys_are_found_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"key-{number} = [\n{number},\n]\n" for number in range(2000))
    characters = 0

    def counted(statement: str, **limits: int) -> dict[str, Any]:
        nonlocal characters
        characters += len(statement)
        return read_toml(statement, **limits)

    monkeypatch.setattr(toml_lines, "read_toml", counted)
    assert line_of(text, ("key-1999", 0)) == 3 * 1999 + 1
    assert characters == len(text)


def test_a_key_of_as_many_parts_as_are_read_costs_no_more_than_it_says() -> None:
    deep = ".".join(["a"] * 199)
    assert line_of(f"[{deep}]\n[b]\n{deep} = 1\n", ("b", "a")) == 3


def test_one_of_thousands_is_refused_before_anybody_asks_for_its_line() -> None:
    deep = ".".join(["a"] * 2000)
    with pytest.raises(tomllib.TOMLDecodeError, match="nested too deeply"):
        read_toml(f"[{deep}]\n[b]\n{deep} = 1\n")
