"""Read the layers of settings, check every key, and say where each value came from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, is_dataclass
from difflib import get_close_matches
from importlib import resources
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import SettingsError
from tasker_ci.settings.model import Settings, Variable
from tasker_ci.settings.sources import Rank, Source
from tasker_ci.settings.value_types import (
    ValueMismatch,
    convert,
    describe,
    fields_of,
    from_text,
    table_entry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SETTINGS_FILE = ".config/tasker-ci.toml"
"""Where a project keeps its settings, relative to the project root."""

VARIABLE_PREFIX = "TASKER_CI_"
"""The setting ``audit.require-database`` is the variable ``TASKER_CI_AUDIT_REQUIRE_DATABASE``."""

Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LoadedSettings:
    """Settings with the source of every value, by its key."""

    settings: Settings
    values: Mapping[Key, Any]
    sources: Mapping[Key, Source]


@dataclass(frozen=True, kw_only=True)
class _Leaf:
    """A key that holds a value, not a table of keys."""

    key: Key
    annotation: Any
    help: str


@dataclass(frozen=True, kw_only=True)
class _Problem:
    source: Source
    text: str

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"


def load_settings(
    project_root: Path,
    environment: Mapping[str, str],
    flags: Iterable[tuple[str, str]] = (),
) -> LoadedSettings:
    """Return the effective settings of the project at ``project_root``.

    ``environment`` is read for ``TASKER_CI_*``; ``flags`` are pairs of a dotted key and its text.
    Raises `SettingsError` with every problem of every layer in one message.
    """
    problems: list[_Problem] = []
    file = project_root / SETTINGS_FILE
    upper = [
        *_file_layer(file, problems),
        *_text_layer(_variables(environment), Rank.VARIABLE, problems),
        *_text_layer(flags, Rank.FLAG, problems),
    ]
    preset = _preset_name(upper)
    layers = [*_resource_layer("defaults.toml", Source(rank=Rank.DEFAULT), problems)]
    if preset in presets():
        source = Source(rank=Rank.PRESET, name=preset)
        layers += _resource_layer(f"presets/{preset}.toml", source, problems)
    elif preset:
        source = next(source for key, _, source in reversed(upper) if key == ("preset",))
        names = ", ".join(f'"{name}"' for name in presets())
        problems.append(_Problem(source=source, text=f'preset "{preset}" does not exist; there is {names}.'))
    if problems:
        raise SettingsError(
            "Settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems),
            next_step="`tasker-ci settings --help` lists every key with its meaning.",
        )
    values: dict[Key, Any] = {}
    sources: dict[Key, Source] = {}
    for key, value, source in [*layers, *upper]:
        values[key] = value
        sources[key] = source
    return LoadedSettings(settings=_build(values), values=values, sources=sources)


def presets() -> tuple[str, ...]:
    """The names of the presets that come with the package."""
    folder = resources.files("tasker_ci") / "resources" / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir()))


def leaves() -> dict[Key, _Leaf]:
    """Every key that a settings file can hold; entries of tables by the key of their table."""
    return {leaf.key: leaf for leaf in _leaves(Settings, ())}


def _leaves(model: Any, prefix: Key) -> Iterator[_Leaf]:
    for name, field in fields_of(model).items():
        key = (*prefix, name)
        if is_dataclass(field.annotation):
            yield from _leaves(field.annotation, key)
        else:
            yield _Leaf(key=key, annotation=field.annotation, help=field.help)


def _resource_layer(
    name: str, source: Source, problems: list[_Problem]
) -> list[tuple[Key, Any, Source]]:
    text = resources.files("tasker_ci").joinpath("resources", name).read_text(encoding="utf-8")
    return list(_walk(tomllib.loads(text), Settings, (), source, problems))


def _file_layer(file: Path, problems: list[_Problem]) -> list[tuple[Key, Any, Source]]:
    source = Source(rank=Rank.FILE, name=SETTINGS_FILE)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        problems.append(_Problem(source=source, text=f"cannot be read: {error}"))
        return []
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(_Problem(source=source, text=f"is not valid TOML: {error}"))
        return []
    source = Source(rank=Rank.FILE, name=SETTINGS_FILE, text=text)
    return list(_walk(document, Settings, (), source, problems))


def _walk(
    document: Mapping[str, Any], model: Any, prefix: Key, layer: Source, problems: list[_Problem]
) -> Iterator[tuple[Key, Any, Source]]:
    known = fields_of(model)
    for name, value in document.items():
        key = (*prefix, name)
        source = Source(rank=layer.rank, name=layer.name, text=layer.text, key=key)
        if name not in known:
            problems.append(_Problem(source=source, text=_unknown(key, known)))
            continue
        annotation = known[name].annotation
        if is_dataclass(annotation) or table_entry(annotation) is not None:
            if not isinstance(value, dict):
                text = f"`{'.'.join(key)}` must be a table, not {_shown(value)}."
                problems.append(_Problem(source=source, text=text))
            elif is_dataclass(annotation):
                yield from _walk(value, annotation, key, layer, problems)
            else:
                yield from _walk_entries(value, table_entry(annotation), key, layer, problems)
            continue
        try:
            yield key, convert(value, annotation), source
        except ValueMismatch as mismatch:
            problems.append(_Problem(source=source, text=_mismatch(key, mismatch, value)))


def _walk_entries(
    entries: Mapping[str, Any], entry_type: Any, prefix: Key, layer: Source, problems: list[_Problem]
) -> Iterator[tuple[Key, Any, Source]]:
    """Walk a table whose keys are the user's own: variables, tool versions."""
    for name, value in entries.items():
        key = (*prefix, name)
        if entry_type is Variable and isinstance(value, str | dict):
            row = {"value": value} if isinstance(value, str) else value
            if "value" in row:
                row = {"generator": "", **row}  # a literal replaces a generator of a lower layer
            yield from _walk(row, entry_type, key, layer, problems)
            continue
        source = Source(rank=layer.rank, name=layer.name, text=layer.text, key=key)
        if isinstance(value, str):
            yield key, value, source
            continue
        expected = "a string" + (f" or {describe(entry_type)}" if entry_type is Variable else "")
        mismatch = ValueMismatch(expected)
        problems.append(_Problem(source=source, text=_mismatch(key, mismatch, value)))


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in environment.items():
        if name.startswith(VARIABLE_PREFIX):
            yield name, text


def _text_layer(
    pairs: Iterable[tuple[str, str]], rank: Rank, problems: list[_Problem]
) -> list[tuple[Key, Any, Source]]:
    """Read values spelled as text: the name of a variable, or the dotted key of a flag."""
    known = leaves()
    if rank is Rank.VARIABLE:
        names = {variable_name(key): leaf for key, leaf in known.items()}
    else:
        names = {".".join(key): leaf for key, leaf in known.items()}
    result = []
    for name, text in pairs:
        source = Source(rank=rank, name=name)
        leaf = names.get(name) or _entry_leaf(name, rank, known)
        if leaf is None:
            near = get_close_matches(name, names, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            problems.append(_Problem(source=source, text=f"there is no such setting.{hint}"))
            continue
        try:
            result.append((leaf.key, from_text(text, leaf.annotation), source))
        except ValueMismatch as mismatch:
            problems.append(_Problem(source=source, text=_mismatch(leaf.key, mismatch, text)))
    return result


def _entry_leaf(name: str, rank: Rank, known: Mapping[Key, _Leaf]) -> _Leaf | None:
    """The leaf for one entry of a table, such as the flag ``environment.variables.RUST_LOG``."""
    if rank is not Rank.FLAG:
        return None
    for key, leaf in known.items():
        prefix = ".".join(key) + "."
        if table_entry(leaf.annotation) is not None and name.startswith(prefix):
            entry = (*key, name.removeprefix(prefix))
            if table_entry(leaf.annotation) is Variable:
                entry = (*entry, "value")
            return _Leaf(key=entry, annotation=str, help=leaf.help)
    return None


def variable_name(key: Key) -> str:
    """The ``TASKER_CI_*`` variable of a setting."""
    return VARIABLE_PREFIX + "_".join(key).replace("-", "_").upper()


def _preset_name(layers: list[tuple[Key, Any, Source]]) -> str:
    return next((str(value) for key, value, _ in reversed(layers) if key == ("preset",)), "")


def _build(values: Mapping[Key, Any]) -> Settings:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        node = tree
        for part in key[:-1]:
            node = node.setdefault(part, {})
        node[key[-1]] = value
    result = _instance(Settings, tree)
    assert isinstance(result, Settings)
    return result


def _instance(model: Any, tree: Mapping[str, Any]) -> Any:
    arguments = {}
    for key, field in fields_of(model).items():
        entry = table_entry(field.annotation)
        if is_dataclass(field.annotation):
            arguments[field.name] = _instance(field.annotation, tree.get(key, {}))
        elif entry is Variable:
            arguments[field.name] = {
                name: Variable(**row) for name, row in tree.get(key, {}).items()
            }
        elif entry is not None:
            arguments[field.name] = dict(tree.get(key, {}))
        else:
            arguments[field.name] = tree[key]
    return model(**arguments)


def _unknown(key: Key, known: Mapping[str, Any]) -> str:
    name = ".".join(key)
    near = get_close_matches(key[-1], known, n=1)
    if near:
        return f"`{name}` is not a setting. Did you mean `{'.'.join((*key[:-1], near[0]))}`?"
    elsewhere = [
        ".".join(leaf) for leaf in leaves() if get_close_matches(key[-1], [leaf[-1]], cutoff=0.8)
    ]
    if elsewhere:
        return f"`{name}` is not a setting. Did you mean `{elsewhere[0]}`?"
    return f"`{name}` is not a setting; there is {', '.join(f'`{other}`' for other in known)}."


def _mismatch(key: Key, mismatch: ValueMismatch, value: Any) -> str:
    return f"`{'.'.join(key)}` must be {mismatch}, not {_shown(value)}."


def _shown(value: Any) -> str:
    kinds = {bool: "the truth value", int: "the number", float: "the number", str: "the string"}
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if not value else f"the list {value!r}"
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f"{kinds.get(type(value), 'the value')} {shown}"
