"""Data as YAML: read back it is the same, and the same data gives the same bytes."""

from __future__ import annotations

import generation
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tasker_ci.text.yaml import Remarked, yaml_text

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.text(st.sampled_from("a \n\t#:-'\"{}[]|>&*!%@,?`\r")),
    st.sampled_from(["yes", "No", "on", "null", "~", "true", ".inf", "1.80", "017", "0o17", "1e3"]),
    st.sampled_from(["0x1F", "1_000", "12:30:45", "2026-01-01", "<<", "=", "---", "..."]),
    st.sampled_from(["", "- a", "a: b", "a #b"]),
)
DATA = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1),
    st.recursive(
        st.one_of(TEXTS, st.integers(0, 10**6), st.booleans(), st.none()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=5,
)


@given(data=DATA)
def test_what_is_written_is_read_back(data: dict[str, object]) -> None:
    text = yaml_text(data)

    assert generation.read(text) == data
    assert yaml_text(data) == text


@given(text=TEXTS)
def test_a_text_is_a_text_for_readers_of_yaml_1_1_too(text: str) -> None:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)

    assert reader.load(yaml_text({"value": text, "list": [text]})) == {
        "value": text,
        "list": [text],
    }


def test_a_key_below_the_top_is_a_text_for_them_too_and_a_plain_on_stays_on_top() -> None:
    jobs = {"yes": "a", "Off": "b", "12": "c", "test": "d"}
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)

    text = yaml_text({"on": "push", "jobs": jobs})

    assert text.startswith("on: push\n")
    assert reader.load(text)["jobs"] == jobs


def test_lines_are_a_block_and_nothing_is_folded() -> None:
    long = "word " * 100 + "end"

    assert yaml_text({"run": "first\nsecond\n", "line": long}) == (
        f"run: |\n  first\n  second\nline: {long}\n"
    )


def test_a_remark_stands_behind_its_value_in_a_mapping() -> None:
    data = {"steps": [{"uses": Remarked("a/b@c", "v1.2.3"), "name": "x"}], "last": "z"}

    assert yaml_text(data) == ("steps:\n  - uses: a/b@c # v1.2.3\n    name: x\nlast: z\n")


def test_equal_parts_are_written_twice_and_no_anchor_is_made() -> None:
    part = {"a": ["b"]}

    text = yaml_text({"one": part, "two": part})

    assert "&" not in text
    assert generation.read(text) == {"one": part, "two": part}


def test_nothing_is_a_key_without_a_value() -> None:
    assert yaml_text({"on": {"merge_group": None}}) == "on:\n  merge_group:\n"


@pytest.mark.parametrize("text", ["  indented\nfirst", "\nempty first", "trailing \n", "a\n\n\n"])
def test_blocks_keep_their_blanks(text: str) -> None:
    assert generation.read(yaml_text({"value": text})) == {"value": text}
