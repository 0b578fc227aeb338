"""What the type of a setting means: check a value, read a text, describe it, JSON Schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from tasker_ci.text.toml_documents import read_toml


class FreeTable(dict[str, Any]):
    """A table whose keys are another program's: any TOML is allowed in it."""


class ValueMismatch(Exception):
    """A value that is not of the setting's type; the text says what was expected."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a settings dataclass."""

    name: str
    key: str
    annotation: Any
    help: str


def fields_of(model: Any) -> Mapping[str, Field]:
    """The fields of a settings dataclass by their key in the file (``require-database``).

    A field that may be None may be absent; no file can say None.
    """
    return _fields_of(model)


@cache  # reading the settings asks some hundred times, and resolving annotations is slow
def _fields_of(model: Any) -> Mapping[str, Field]:
    hints = get_type_hints(model, include_extras=True)
    result = {}
    for field in fields(model):
        annotation, text = hints[field.name], ""
        if get_origin(annotation) is Annotated:
            annotation, text = get_args(annotation)
        if _is_union(annotation):
            annotation = Union[  # noqa: UP007 - of as many as there are
                tuple(member for member in get_args(annotation) if member is not NoneType)
            ]
        key = field.name.replace("_", "-")
        result[key] = Field(name=field.name, key=key, annotation=annotation, help=text)
    return result


def table_entry(annotation: Any) -> Any:
    """The type of the entries of a ``Mapping[str, X]``; None for any other type."""
    return get_args(annotation)[1] if get_origin(annotation) is Mapping else None


def convert(value: Any, annotation: Any) -> Any:
    """Return a TOML value as the setting's type, or raise `ValueMismatch`."""
    if _is_union(annotation):
        for member in get_args(annotation):
            try:
                return convert(value, member)
            except ValueMismatch:
                continue
        raise ValueMismatch(describe(annotation))
    origin = get_origin(annotation)
    if origin is Literal:
        if isinstance(value, str) and value in get_args(annotation):
            return value
        raise ValueMismatch(describe(annotation))
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ValueMismatch(describe(annotation))
        try:
            return tuple(convert(item, get_args(annotation)[0]) for item in value)
        except ValueMismatch:
            raise ValueMismatch(describe(annotation)) from None
    if is_dataclass(annotation):
        return _convert_table(value, annotation)
    return _convert_plain(value, annotation)


def _convert_plain(value: Any, annotation: Any) -> Any:
    if annotation is FreeTable and isinstance(value, Mapping):
        return FreeTable(value)
    if type(value) is not annotation:  # not isinstance: True is an int, a datetime is a date
        raise ValueMismatch(describe(annotation))
    if isinstance(value, str) and "\0" in value:
        raise ValueMismatch("a text without NUL, which no path, argument or variable can hold")
    return value


def _convert_table(value: Any, model: Any) -> Any:
    if not isinstance(value, Mapping):
        raise ValueMismatch(describe(model))
    known = fields_of(model)
    for key in value:
        if key not in known:
            raise ValueMismatch(f"{describe(model)}, not `{key}`")
    for key in known:
        if key not in value:
            raise ValueMismatch(f"{describe(model)}; `{key}` is missing")
    return model(
        **{field.name: convert(value[key], field.annotation) for key, field in known.items()}
    )


def from_text(text: str, annotation: Any) -> Any:
    """Read a value as a variable or a flag spells it.

    Lists are separated by commas or written as a TOML array; truth is true, false, 1 or 0; tables
    are written as TOML. Raises `ValueMismatch`.
    """
    if _is_union(annotation):
        for member in get_args(annotation):
            try:
                return from_text(text, member)
            except ValueMismatch:
                continue
        raise ValueMismatch(describe(annotation))
    if annotation is bool:
        truth = {"true": True, "1": True, "false": False, "0": False}
        if text.lower() in truth:
            return truth[text.lower()]
        raise ValueMismatch(describe(annotation))
    if annotation is int:
        try:
            return int(text)
        except ValueError:
            raise ValueMismatch(describe(annotation)) from None
    if annotation is str or get_origin(annotation) is Literal:
        return convert(text, annotation)
    if text.lstrip().startswith(("[", "{")):
        try:
            return convert(read_toml(f"value = {text}")["value"], annotation)
        except tomllib.TOMLDecodeError as error:
            raise ValueMismatch(f"{describe(annotation)} as TOML ({error})") from None
    if get_origin(annotation) is tuple and not is_dataclass(get_args(annotation)[0]):
        return convert([item.strip() for item in text.split(",") if item.strip()], annotation)
    raise ValueMismatch(f"{describe(annotation)} as TOML")


def table_from_text(text: str, annotation: Any) -> dict[str, Any]:
    """Read a whole table as a variable or a flag spells it, its entries unchecked.

    Raises `ValueMismatch`.
    """
    try:
        table = read_toml(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ValueMismatch(f"{describe(annotation)} as TOML ({error})") from None
    if not isinstance(table, dict):
        raise ValueMismatch(f"{describe(annotation)} as TOML")
    return table


def describe(annotation: Any) -> str:
    """What a setting takes, in words: ``"allow" or "deny"``, ``a list of strings``."""
    if _is_union(annotation):
        return " or ".join(describe(member) for member in get_args(annotation))
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f'"{value}"' for value in get_args(annotation) if value)
    if origin is tuple:
        return "a list of " + _plural(get_args(annotation)[0])
    if origin is Mapping:
        return "a table of " + _plural(table_entry(annotation))
    if is_dataclass(annotation):
        keys = ", ".join(f"`{key}`" for key in fields_of(annotation))
        return f"a table with {keys}"
    return {
        str: "a string",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        date: "a date",
        FreeTable: "a table",
    }[annotation]


_PLURALS = {str: "strings", int: "whole numbers"}


def _plural(annotation: Any) -> str:
    if annotation in _PLURALS:
        return _PLURALS[annotation]
    text = describe(annotation)
    return "tables" + text.removeprefix("a table") if is_dataclass(annotation) else text


def schema(annotation: Any) -> dict[str, Any]:
    """The JSON Schema of a type."""
    if _is_union(annotation):
        return {"anyOf": [schema(member) for member in get_args(annotation)]}
    origin = get_origin(annotation)
    if origin is Literal:
        return {"enum": list(get_args(annotation))}
    if origin is tuple:
        member = get_args(annotation)[0]
        whole = {"required": list(fields_of(member))} if is_dataclass(member) else {}
        return {"type": "array", "items": schema(member) | whole}
    if origin is Mapping:
        entry = table_entry(annotation)
        value = schema(entry)
        if getattr(entry, "written_as_text", False):
            value = {"anyOf": [{"type": "string"}, value]}
        return {"type": "object", "additionalProperties": value}
    if is_dataclass(annotation):
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                key: schema(field.annotation) | ({"description": field.help} if field.help else {})
                for key, field in fields_of(annotation).items()
            },
        }
    names = {str: "string", bool: "boolean", int: "integer", float: "number", FreeTable: "object"}
    return (
        {"type": names[annotation]} if annotation in names else {"type": "string", "format": "date"}
    )


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in {UnionType, Union}
