"""Values set in somebody else's TOML: what was not asked for stays as it is, byte for byte."""

from __future__ import annotations

import copy
import math
import tomllib
from datetime import UTC, date, datetime, time
from types import NoneType
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tasker_ci.errors import TomlError
from tasker_ci.text.toml import found, same, with_values
from tasker_ci.text.toml_editing import rendered


def after(text: str, key: str, value: Any) -> str:
    return with_values(text, {tuple(key.split(".")): value}, name="x.toml")


@pytest.mark.parametrize(
    ("before", "key", "value", "expected"),
    [
        pytest.param("", "a.b", 1, "[a]\nb = 1\n", id="nothing there"),
        pytest.param("# c", "a.b", 1, "# c\n\n[a]\nb = 1", id="no newline at the end"),
        pytest.param("x = 1", "b", 1, "x = 1\nb = 1", id="a key on top, likewise"),
        pytest.param(
            "x = 1\n[t]\ny = 1\n", "b", 2, "x = 1\nb = 2\n[t]\ny = 1\n", id="a key on top"
        ),
        pytest.param(
            "# of all\n[t]\ny = 1\n",
            "b",
            2,
            "# of all\n\nb = 2\n\n[t]\ny = 1\n",
            id="the first on top",
        ),
        pytest.param("[a]\nb=1#c\n", "a.b", 2, "[a]\nb=2#c\n", id="a value"),
        pytest.param("[a]\nb = 0x01\n", "a.b", 1, "[a]\nb = 0x01\n", id="a value of that meaning"),
        pytest.param("[a]\nb = 1.0\n", "a.b", 1, "[a]\nb = 1\n", id="a value of another type"),
        pytest.param("[a]\nb = true\n", "a.b", 1, "[a]\nb = 1\n", id="the truth is no number"),
        pytest.param('"a"."b" = 1\n', "a.b", 2, '"a"."b" = 2\n', id="a key in quotes"),
        pytest.param(
            "[ a . 'b' ]\nc = 1\n", "a.b.c", 2, "[ a . 'b' ]\nc = 2\n", id="a wide header"
        ),
        pytest.param(
            "[a]\nb = '''\n[a]\nb = 1\n'''\nc = 1\n",
            "a.c",
            2,
            "[a]\nb = '''\n[a]\nb = 1\n'''\nc = 2\n",
            id="a text that looks like a table",
        ),
        pytest.param(
            '[a]\nb = """x\\""""" # "\nc = 1\n',
            "a.c",
            2,
            '[a]\nb = """x\\""""" # "\nc = 2\n',
            id="quotes before the closing ones",
        ),
        pytest.param(
            "[a]\nb = [ # ]\n  '[', # c\n]\n[c]\nd = 1\n",
            "a.e",
            2,
            "[a]\nb = [ # ]\n  '[', # c\n]\ne = 2\n[c]\nd = 1\n",
            id="a list over some lines",
        ),
        pytest.param(
            "[a]\n  b = 1 # c\n\n# of d\n[d]\n",
            "a.e",
            2,
            "[a]\n  b = 1 # c\n  e = 2\n\n# of d\n[d]\n",
            id="behind the last key, as far from the margin",
        ),
        pytest.param(
            "[a] # c\n[a.b]\nx = 1\n", "a.e", 2, "[a] # c\ne = 2\n[a.b]\nx = 1\n", id="empty table"
        ),
        pytest.param(
            "x = 1\n# of b\n[a.b]\ny = 1\n",
            "a.e",
            2,
            "x = 1\n\n[a]\ne = 2\n\n# of b\n[a.b]\ny = 1\n",
            id="a table that only its own tables name",
        ),
        pytest.param(
            "[p.a]\nx = 1\n# y = 2\n\n# of t\n[t]\nz = 1\n\n[p.b]\n\n[u]\n",
            "p.c.k",
            2,
            "[p.a]\nx = 1\n# y = 2\n\n# of t\n[t]\nz = 1\n\n[p.b]\n\n[p.c]\nk = 2\n\n[u]\n",
            id="a new table behind the last of its kind",
        ),
        pytest.param(
            "[p.a]\nx = 1\n# y = 2\n\n[[p.a.l]]\nz = 1\n",
            "p.a.j.k",
            2,
            "[p.a]\nx = 1\n# y = 2\n\n[p.a.j]\nk = 2\n\n[[p.a.l]]\nz = 1\n",
            id="a table in a table, before its lists",
        ),
        pytest.param(
            "[p.a]\nx = 1\n# of l\n[[p.a.l]]\nz = 1\n",
            "p.a.j.k",
            2,
            "[p.a]\nx = 1\n\n[p.a.j]\nk = 2\n\n# of l\n[[p.a.l]]\nz = 1\n",
            id="a comment stays with what it stands on",
        ),
        pytest.param(
            "p.a.x = 1 # c\nq = 1\n", "p.a.y", 2, "p.a.x = 1 # c\np.a.y = 2\nq = 1\n", id="dots"
        ),
        pytest.param("[p]\na.x = 1\n", "p.a.y", 2, "[p]\na.x = 1\na.y = 2\n", id="dots in a table"),
        pytest.param("p.a.x = 1\n", "p.b.y", 2, "p.a.x = 1\n\n[p.b]\ny = 2\n", id="dots aside"),
        pytest.param("p = {a={}}\n", "p.a.y", 2, "p = {a={ y = 2 }}\n", id="empty braces"),
        pytest.param(
            "p = { a = { x = [1, { z = 2 }] } } # c\n",
            "p.a.y",
            2,
            "p = { a = { x = [1, { z = 2 }], y = 2 } } # c\n",
            id="braces",
        ),
        pytest.param("p = { a.x = 1 }\n", "p.a.y", 2, "p = { a.x = 1, a.y = 2 }\n", id="both"),
        pytest.param(
            "p = { a.x = 1 }\n", "p.b.y", 2, "p = { a.x = 1, b.y = 2 }\n", id="both aside"
        ),
        pytest.param(
            "[a.t] # c\nx = 1 # d\ny = 2\n# e\n",
            "a.t",
            {"x": 3, "z": 4},
            "[a.t] # c\nx = 3 # d\nz = 4\n# e\n",
            id="a table with a header, key by key",
        ),
        pytest.param(
            "[a.t] # c\nx = 1 # d\ny = 2\n\n[b]\n",
            "a.t",
            5,
            " # c\n # d\n\n[b]\n\n[a]\nt = 5\n",
            id="a table becomes a number",
        ),
        pytest.param(
            "[[l]]\n[l.a]\nx = 1\n[[l]]\n[l.a]\nx = 2\n",
            "a.x",
            3,
            "[[l]]\n[l.a]\nx = 1\n[[l]]\n[l.a]\nx = 2\n\n[a]\nx = 3\n",
            id="tables in lists are others",
        ),
    ],
)
def test_only_what_is_asked_for_changes(before: str, key: str, value: Any, expected: str) -> None:
    result = after(before, key, value)
    assert result == expected
    assert found(tomllib.loads(result), tuple(key.split("."))) == value
    assert after(result, key, value) == result
    for newline in ("\r\n", "\n"):
        for mark in ("\ufeff", ""):
            assert after(mark + before.replace("\n", newline), key, value) == (
                mark + result.replace("\n", newline if "\n" in before else "\n")
            )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("p = { a.x = 1 }\n", 1, id="dots in braces that are no table any more"),
        pytest.param("q = 1\np = { a.x = 1, a.y = 2 }\n", 2, id="the same below another line"),
        pytest.param("[[l]]\nx = 1\n[t]\n[[l]]\nx = 2\n", 3, id="a list with a table in between"),
        pytest.param("[[l]]\n[t]\n[l.s]\n", 2, id="a table of a list, likewise"),
        pytest.param("[l]\n[[ l.s ]]\n[[l.s]]\n", 2, id="a list with blanks in its brackets"),
        pytest.param(f"[{'a.' * 120}b]\n", 1, id="more parts than tomlkit reads"),
    ],
)
def test_a_document_that_tomlkit_would_spoil_is_refused_with_the_line(text: str, line: int) -> None:
    with pytest.raises(TomlError) as caught:
        with_values(text, {("p", "a"): 2, ("l", "b c"): [True]}, name="x.toml")
    assert caught.value.message == f"x.toml:{line}: `p.a` cannot be set without harm to this line."
    assert caught.value.exit_code == 2
    assert caught.value.next_step.startswith('Set `p.a = 2`, `l."b c" = [true]` by hand. Or ')


def test_what_is_set_already_is_no_edit_of_a_document_that_tomlkit_would_spoil() -> None:
    text = "[[l]]\n[p]\na = 2\n[[l]]\n"
    assert after(text, "p.a", 2) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a = 1\nb = \n", "x.toml:2: this is no TOML: Invalid value", id="no value"),
        pytest.param("a = 1\n[b\n", "x.toml:2: this is no TOML: Expected", id="no header"),
        pytest.param("a = 1\n\nb = '''\n", "x.toml:4: this is no TOML: ", id="no end"),
        pytest.param("a = 1\n\np = 3\n", "x.toml:3: `p` must be a table.", id="no table"),
        pytest.param("[p]\na = []\n", "x.toml:2: `p.a` must be a table.", id="a list"),
        pytest.param("\n[[p.a]]\n", "x.toml:2: `p.a` must be a table.", id="a list of tables"),
    ],
)
def test_what_cannot_be_edited_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TomlError) as caught:
        after(text, "p.a.x", 1)
    assert caught.value.message.startswith(message)


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(st.characters(codec="utf-8")),
        st.dates(),
        st.times(),
        st.datetimes(),
        st.datetimes(timezones=st.just(UTC)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(value=VALUES)
def test_every_value_is_read_as_it_was_written(value: Any) -> None:
    line = f"value = {rendered(value)}"
    assert "\n" not in line
    assert same(tomllib.loads(line)["value"], value)


def test_values_of_different_types_are_different() -> None:
    values = [1, 1.0, True, "1", date(1, 1, 1), datetime(1, 1, 1), time(1), [], {}, [1], {"a": 1}]  # noqa: DTZ001
    for one in values:
        assert [same(one, other) for other in values].count(True) == 1
    assert same(math.nan, math.nan)
    assert not same({"a": 1}, {"a": 1, "b": 1})
    assert not same([1], [1, 1])


NAMES = st.sampled_from(["a", "b", "p-q", "7", "x.y", "é", ""])
LEAVES = st.sampled_from(
    ["1", "0x1F", "1.5e3",
     "nan", "true", '"a # \\" b"', "'[a]'", '"""\n[a]\nb = 1\n"""', "''''q'''",
     '"""x\\\n  y"""""', "1979-05-27 07:32:00Z", "[]", "[ 1, # c0\n 2 ]", "[{ a = 1 }, ']']", "{}",
     "{ a = 1, b = { a.b = '}' } }"]
)  # fmt: skip
NOISE = st.sampled_from(["", "", "", "\n", "# c1\n", "\n  # c2 [a]\n\n", "\t# b = 1\n"])
ENDS = st.sampled_from(["", "", " # c3", "\t# 'c4", "#"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """TOML as people write it: tables, lists of tables, dots, braces, comments between all."""
    text = ""
    for _ in range(draw(st.integers(0, 7))):
        keys = [name if name.isalnum() and name.isascii() else f'"{name}"'
                for name in draw(st.lists(NAMES, min_size=1, max_size=3))]  # fmt: skip
        key = draw(st.sampled_from([".", " . "])).join(keys)
        line = (
            draw(st.sampled_from([f"[{key}]", f"[ {key} ]", f"[[{key}]]", "", "", ""]))
            or f"{key}{draw(st.sampled_from([' = ', '=']))}{draw(LEAVES)}"
        )
        longer = text + draw(NOISE) + draw(st.sampled_from(["", "  "])) + line + draw(ENDS) + "\n"
        try:
            tomllib.loads(longer)
        except tomllib.TOMLDecodeError:
            continue
        text = longer
    text += draw(NOISE)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.removesuffix("\n").removesuffix("\r") if draw(st.booleans()) else text


KEYS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)


@settings(max_examples=400)
@given(text=documents(), key=KEYS, value=st.one_of(st.integers(0, 2), st.just({"a": 1, "b": 2})))
def test_any_document_keeps_everything_but_the_value(
    text: str, key: tuple[str, ...], value: Any
) -> None:
    model = tomllib.loads(text)
    before = copy.deepcopy(found(model, key))
    try:
        result = with_values(text, {key: value}, name="x.toml")
    except TomlError:
        # A value stands in the way of a table, a table between braces should be none, or tomlkit
        # does not even write the document as it is.
        ways = [found(model, key[:length]) for length in range(1, len(key))]
        assert (
            isinstance(before, dict)
            or any(not isinstance(way, dict | NoneType) for way in ways)
            or tomlkit.dumps(tomlkit.parse(text)) != text
        )
        return
    assert found(tomllib.loads(result), key) == value
    assert with_values(result, {key: value}, name="x.toml") == result
    if before is None:  # one piece was put in
        assert any(
            text[:place] == result[:place] and result.endswith(text[place:])
            for place in range(len(text) + 1)
        )
    for comment in ("c0", "c1", "c2 [a]", "c3", "'c4", "b = 1"):
        if not isinstance(before, dict | list):
            assert result.count(f"# {comment}") == text.count(f"# {comment}")
        elif comment != "c0":  # which may stand in the list that is replaced
            assert result.count(f"# {comment}") >= text.count(f"# {comment}")
