"""Check a document of settings against the model, and say what is wrong with it, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin

from tasker_ci.settings.model import Variable
from tasker_ci.settings.value_types import (
    ValueMismatch,
    convert,
    describe,
    fields_of,
    table_entry,
)
from tasker_ci.text.nearest import did_you_mean, nearest
from tasker_ci.text.toml_lines import Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.settings.sources import Source
    from tasker_ci.text.toml_lines import Place

Setting = tuple[Key, Any, "Source"]
"""One value as a layer of settings gives it."""

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A key that holds a value, not a table of keys."""

    key: Key
    annotation: Any
    help: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, with its place."""

    source: Source
    text: str

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"


def leaves(model: Any) -> dict[Key, Leaf]:
    """Every key that a settings file can hold; entries of tables by the key of their table."""
    return {leaf.key: leaf for leaf in _leaves(model, ())}


def _leaves(model: Any, prefix: Key) -> Iterator[Leaf]:
    for name, field in fields_of(model).items():
        key = (*prefix, name)
        if is_dataclass(field.annotation):
            yield from _leaves(field.annotation, key)
        else:
            yield Leaf(key=key, annotation=field.annotation, help=field.help)


class DocumentCheck:
    """Reads the values of one layer; what is wrong is collected in ``problems``, never raised."""

    def __init__(
        self, layer: Source, problems: list[Problem], model: Any, *, lenient: bool = False
    ) -> None:
        self.layer = layer
        self._problems = problems
        self._model = model
        self._lenient = lenient

    def all_values(self, document: Mapping[str, Any]) -> Iterator[Setting]:
        """Every value of a document; a lenient check leaves out tables that the model has not."""
        known = fields_of(self._model)
        kept = {name: value for name, value in document.items() if name in known}
        yield from self.values(kept if self._lenient else document, self._model, ())

    def values(self, document: Mapping[str, Any], model: Any, prefix: Key) -> Iterator[Setting]:
        """Every value of a table whose keys are those of ``model``."""
        known = fields_of(model)
        for name, value in document.items():
            key = (*prefix, name)
            if name not in known:
                self._report(key, unknown(key, known, self._model))
                continue
            annotation = known[name].annotation
            if is_dataclass(annotation) or table_entry(annotation) is not None:
                yield from self._table(value, annotation, key)
            elif _is_list_of_tables(annotation) and isinstance(value, list):
                yield from self._tables(value, get_args(annotation)[0], key)
            else:
                yield from self._value(value, annotation, key)

    def entries(self, table: Mapping[str, Any], entry_type: Any, prefix: Key) -> Iterator[Setting]:
        """Every value of a table whose keys are the user's own: variables, tool versions."""
        for name, value in table.items():
            key = (*prefix, name)
            if entry_type is Variable:
                yield from self._variable(value, key)
            elif is_dataclass(entry_type) and value == {}:
                yield key, {}, self._source(key)  # there, and all as the model has it
            elif is_dataclass(entry_type):
                yield from self._table(value, entry_type, key)
            else:
                yield from self._value(value, entry_type, key)

    def _variable(self, value: Any, key: Key) -> Iterator[Setting]:
        if not _VARIABLE_NAME.fullmatch(key[-1]):
            text = f"{key[-1]!r} is no name for a variable (letters, digits and _ make one)."
            self._report(key, text)
        elif isinstance(value, str):
            yield from literal(value, key, self._source(key))
        elif not isinstance(value, dict):
            expected = ValueMismatch(f"a string or {describe(Variable)}")
            self._report(key, mismatch(key, expected, value))
        else:
            if "value" in value and "generator" not in value:
                source = self._source((*key, "value"))
                yield (
                    (*key, "generator"),
                    "",
                    source,
                )  # a literal replaces a lower layer's generator
            yield from self.values(value, Variable, key)

    def _table(self, value: Any, annotation: Any, key: Key) -> Iterator[Setting]:
        if not isinstance(value, dict):
            self._report(key, f"`{'.'.join(key)}` must be a table, not {shown(value)}.")
        elif is_dataclass(annotation):
            yield from self.values(value, annotation, key)
        else:
            yield from self.entries(value, table_entry(annotation), key)

    def _tables(self, items: list[Any], model: Any, key: Key) -> Iterator[Setting]:
        """A list of tables is one value, but what is wrong in it has a place of its own."""
        converted = []
        for position, item in enumerate(items):
            place: Place = (*key, position)
            if not isinstance(item, dict):
                self._report(place, mismatch(key, ValueMismatch(describe(model)), item))
                continue
            rows = dict(self._row(item, model, key, place))
            missing = [name for name in fields_of(model) if name not in item]
            if missing:
                names = ", ".join(f"`{name}`" for name in missing)
                self._report(place, f"`{'.'.join(key)}` lacks {names} here.")
            elif rows.keys() == fields_of(model).keys():
                converted.append(
                    model(**{field.name: rows[name] for name, field in fields_of(model).items()})
                )
        yield key, tuple(converted), self._source(key)

    def _row(
        self, item: Mapping[str, Any], model: Any, key: Key, place: Place
    ) -> Iterator[tuple[str, Any]]:
        known = fields_of(model)
        for name, value in item.items():
            if name not in known:
                self._report((*place, name), unknown((*key, name), known, self._model))
                continue
            try:
                yield name, convert(value, known[name].annotation)
            except ValueMismatch as error:
                self._report((*place, name), mismatch((*key, name), error, value))

    def _value(self, value: Any, annotation: Any, key: Key) -> Iterator[Setting]:
        try:
            yield key, convert(value, annotation), self._source(key)
        except ValueMismatch as error:
            self._report(key, mismatch(key, error, value))

    def _source(self, place: Place) -> Source:
        return replace(self.layer, key=place)

    def _report(self, place: Place, text: str) -> None:
        self._problems.append(Problem(source=self._source(place), text=text))


def literal(value: str, key: Key, source: Source) -> Iterator[Setting]:
    """A variable's value written alone; it replaces the generator of a lower layer."""
    yield (*key, "generator"), "", source
    yield (*key, "value"), value, source


def unknown(key: Key, known: Mapping[str, Any], model: Any) -> str:
    """What to say of a key that is not in ``known``: the nearest that is, here or elsewhere."""
    name = ".".join(key)
    table = ".".join((*key[:-1], ""))
    if hint := did_you_mean(name, [table + each for each in known], prefix=table):
        return f"`{name}` is not a setting.{hint}"
    names = _first_of_each_name(model)
    if elsewhere := nearest(key[-1], names, cutoff=0.8):
        return f"`{name}` is not a setting. Did you mean `{names[elsewhere]}`?"
    return f"`{name}` is not a setting; there is {', '.join(f'`{other}`' for other in known)}."


@cache
def _first_of_each_name(model: Any) -> Mapping[str, str]:
    """The last part of each setting's key, with the first whole key that ends with it."""
    found: dict[str, str] = {}
    for key in leaves(model):
        found.setdefault(key[-1], ".".join(key))
    return found


def mismatch(key: Key, error: ValueMismatch, value: Any) -> str:
    """What to say of a value that is not of its setting's type."""
    return f"`{'.'.join(key)}` must be {error}, not {shown(value)}."


def shown(value: Any) -> str:
    """A TOML value in words."""
    kinds = {bool: "the truth value", int: "the number", float: "the number", str: "the string"}
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an empty list" if not value else f"the list {value!r}"
    if isinstance(value, bool):
        return f"{kinds[bool]} {str(value).lower()}"
    return f"{kinds.get(type(value), 'the value')} " + (
        repr(value) if type(value) in kinds else str(value)
    )


def _is_list_of_tables(annotation: Any) -> bool:
    return get_origin(annotation) is tuple and is_dataclass(get_args(annotation)[0])
