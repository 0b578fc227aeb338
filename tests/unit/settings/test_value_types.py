"""What the type of a setting means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import pytest

from tasker_ci.settings.value_types import (
    FreeTable,
    ValueMismatch,
    convert,
    describe,
    fields_of,
    from_text,
    schema,
    table_from_text,
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A table in a list."""

    some_id: Annotated[str, "Its name."]
    day: date


Word = Literal["all", "none"]
WordOrList = Word | tuple[str, ...]
WordOrTruth = Literal["auto"] | bool
NumberOrFree = int | FreeTable


def test_a_field_is_a_key_with_dashes_and_has_its_help_beside_it() -> None:
    field = fields_of(Entry)["some-id"]
    assert (field.name, field.annotation, field.help) == ("some_id", str, "Its name.")
    assert fields_of(Entry)["day"].help == ""


def test_a_field_that_may_be_absent_takes_what_it_takes_when_it_is_there() -> None:
    @dataclass(frozen=True)
    class Row:
        text: Annotated[str | None, "A text."] = None
        more: int | FreeTable | None = None

    assert {key: field.annotation for key, field in fields_of(Row).items()} == {
        "text": str,
        "more": NumberOrFree,
    }


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        ("a", str, "a"),
        (True, bool, True),
        (3, int, 3),
        ("all", Word, "all"),
        (["a", "b"], tuple[str, ...], ("a", "b")),
        ([], WordOrList, ()),
        ("none", WordOrList, "none"),
        (False, WordOrTruth, False),
        (2, NumberOrFree, 2),
        ({"a": [{"b": 1.5}]}, NumberOrFree, {"a": [{"b": 1.5}]}),
        (date(2030, 1, 1), date, date(2030, 1, 1)),
        (
            [{"some-id": "a", "day": date(2030, 1, 1)}],
            tuple[Entry, ...],
            (Entry(some_id="a", day=date(2030, 1, 1)),),
        ),
    ],
)
def test_a_toml_value_becomes_the_type(value: Any, annotation: Any, expected: Any) -> None:
    assert convert(value, annotation) == expected


@pytest.mark.parametrize(
    ("value", "annotation", "message"),
    [
        (1, str, "a string"),
        (1, bool, "true or false"),
        (True, int, "a whole number"),
        (1.0, int, "a whole number"),
        ("some", Word, '"all" or "none"'),
        (["all"], Word, '"all" or "none"'),
        ("some", WordOrList, '"all" or "none" or a list of strings'),
        (["a", 1], tuple[str, ...], "a list of strings"),
        ("maybe", WordOrTruth, '"auto" or true or false'),
        (datetime(2030, 1, 1, tzinfo=UTC), date, "a date"),
        ([{"some-id": "a"}], tuple[Entry, ...], "a list of tables with `some-id`, `day`"),
        ({"some-id": "a", "x": 1}, Entry, "a table with `some-id`, `day`, not `x`"),
        ({"some-id": "a"}, Entry, "a table with `some-id`, `day`; `day` is missing"),
        ("a", Entry, "a table with `some-id`, `day`"),
        (True, NumberOrFree, "a whole number or a table"),
        ([], NumberOrFree, "a whole number or a table"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_it_should_be(
    value: Any, annotation: Any, message: str
) -> None:
    with pytest.raises(ValueMismatch) as caught:
        convert(value, annotation)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "annotation", "expected"),
    [
        ("a b", str, "a b"),
        ("", str, ""),
        ("TRUE", bool, True),
        ("0", bool, False),
        ("12", int, 12),
        ("none", WordOrList, "none"),
        ("a, b,", WordOrList, ("a", "b")),
        ("", tuple[str, ...], ()),
        (' ["a,b"]', tuple[str, ...], ("a,b",)),
        ("3", NumberOrFree, 3),
        ('{a = "b"}', NumberOrFree, {"a": "b"}),
        (
            '[{some-id = "a", day = 2030-01-01}]',
            tuple[Entry, ...],
            (Entry(some_id="a", day=date(2030, 1, 1)),),
        ),
    ],
)
def test_a_text_is_read_as_the_type(text: str, annotation: Any, expected: Any) -> None:
    assert from_text(text, annotation) == expected


@pytest.mark.parametrize(
    ("text", "annotation", "message"),
    [
        ("yes", bool, "true or false"),
        ("many", int, "a whole number"),
        ("some", Word, '"all" or "none"'),
        ("maybe", WordOrTruth, '"auto" or true or false'),
        ("a", tuple[Entry, ...], "a list of tables with `some-id`, `day` as TOML"),
        ("[1]", tuple[str, ...], "a list of strings"),
    ],
)
def test_a_text_of_another_type_is_refused(text: str, annotation: Any, message: str) -> None:
    with pytest.raises(ValueMismatch) as caught:
        from_text(text, annotation)
    assert str(caught.value) == message


def test_a_broken_toml_text_is_told_with_the_parser_s_reason() -> None:
    with pytest.raises(ValueMismatch, match=r"a list of strings as TOML \(.*\)"):
        from_text("['a'", tuple[str, ...])


def test_a_table_is_read_from_toml() -> None:
    assert table_from_text('{a = "b"}', Mapping[str, str]) == {"a": "b"}
    for text in ("a", "1", "{"):
        with pytest.raises(ValueMismatch, match="a table of strings as TOML"):
            table_from_text(text, Mapping[str, str])


def test_descriptions() -> None:
    assert describe(Mapping[str, str]) == "a table of strings"
    assert describe(Mapping[str, Entry]) == "a table of tables with `some-id`, `day`"
    assert describe(Literal["", "a", "b"]) == '"a" or "b"'


def test_schemas() -> None:
    assert schema(WordOrTruth) == {"anyOf": [{"enum": ["auto"]}, {"type": "boolean"}]}
    assert schema(tuple[Entry, ...]) == {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "some-id": {"type": "string", "description": "Its name."},
                "day": {"type": "string", "format": "date"},
            },
            "required": ["some-id", "day"],
        },
    }
    assert schema(Mapping[str, str]) == {
        "type": "object",
        "additionalProperties": {"type": "string"},
    }


@pytest.mark.parametrize(("value", "annotation"), [("a\0b", str), (["a", "\0"], tuple[str, ...])])
def test_no_text_holds_nul(value: Any, annotation: Any) -> None:
    with pytest.raises(ValueMismatch):
        convert(value, annotation)
