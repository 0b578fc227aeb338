"""Read the layers of settings, check every key, and say where each value came from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, is_dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import SettingsError
from tasker_ci.settings.documents import (
    DocumentCheck,
    Leaf,
    Problem,
    Setting,
    leaves,
    mismatch,
)
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.model import Settings, Variable
from tasker_ci.settings.output_variables import SET_VARIABLE
from tasker_ci.settings.sources import Rank, Source
from tasker_ci.settings.value_types import (
    ValueMismatch,
    fields_of,
    from_text,
    table_entry,
    table_from_text,
)
from tasker_ci.text.file_reading import read_text
from tasker_ci.text.nearest import did_you_mean
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.text.toml_lines import Key

    ProblemsOf = Callable[[Mapping[Key, Any], Collection[Key]], Iterable[tuple[Key, str]]]

VARIABLE_PREFIX = "TASKER_CI_"
"""The setting ``audit.require-database`` is the variable ``TASKER_CI_AUDIT_REQUIRE_DATABASE``."""

PROVEN_VARIABLE = f"{VARIABLE_PREFIX}PROVEN"
"""Whether green runs count as proofs in this run: `on` or `off`; no setting."""


@dataclass(frozen=True, kw_only=True)
class LoadedSettings:
    """Settings with the source of every value, by its key."""

    settings: Settings
    values: Mapping[Key, Any]
    sources: Mapping[Key, Source]


def load_settings(
    project_root: Path,
    environment: Mapping[str, str],
    flags: Iterable[tuple[str, str]] = (),
    *,
    model: type[Settings],
    problems_of: ProblemsOf = lambda _values, _in_file: (),
) -> LoadedSettings:
    """Return the effective settings of the project at ``project_root``.

    ``environment`` is read for ``TASKER_CI_*``; ``flags`` are pairs of a dotted key and its text.
    ``model`` has the tables of all families. A table of a preset that it does not have is left out.
    ``problems_of`` says what is wrong with values of the right type, by their keys; it gets those
    that stand in a file, too.
    Raises `SettingsError` with every problem of every layer in one message.
    """
    problems: list[Problem] = []
    file = project_root / SETTINGS_FILE
    upper = [
        *_file_layer(file, model, problems),
        *_text_layer(_variables(environment), Rank.VARIABLE, model, problems),
        *_text_layer(flags, Rank.FLAG, model, problems),
    ]
    preset = _preset_name(upper)
    layers = _default_layer(model, problems)
    if preset in presets():
        source = Source(rank=Rank.PRESET, name=preset)
        layers += _resource_layer(f"presets/{preset}.toml", source, model, problems)
    elif preset:
        source = next(source for key, _, source in reversed(upper) if key == ("preset",))
        names = ", ".join(f'"{name}"' for name in presets())
        problems.append(
            Problem(source=source, text=f'preset "{preset}" does not exist; there is {names}.')
        )
    values: dict[Key, Any] = {}
    sources: dict[Key, Source] = {}
    for key, value, source in [*layers, *upper]:
        values[key] = value
        sources[key] = source
    in_file = {key for key, _, source in [*layers, *upper] if source.rank <= Rank.FILE}
    problems += [
        Problem(source=_source_of(key, sources), text=text)
        for key, text in problems_of(values, in_file)
    ]
    if problems:
        raise SettingsError(
            "Settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems),
            next_step="Fix these places; the README of tasker-ci has the table of all settings.",
        )
    return LoadedSettings(settings=_build(values, model), values=values, sources=sources)


def _source_of(key: Key, sources: Mapping[Key, Source]) -> Source:
    """Where a key, or the first of its table, stands."""
    return next(source for each, source in sources.items() if each[: len(key)] == key)


def default_settings(model: type[Settings]) -> LoadedSettings:
    """The defaults alone, for what works without the settings of a project."""
    layer = _default_layer(model, [])
    values = {key: value for key, value, _ in layer}
    sources = {key: source for key, _, source in layer}
    return LoadedSettings(settings=_build(values, model), values=values, sources=sources)


def presets() -> tuple[str, ...]:
    """The names of the presets that come with the package."""
    folder = resources.files("tasker_ci") / "resources" / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir()))


def _default_layer(model: type[Settings], problems: list[Problem]) -> list[Setting]:
    """The defaults: of the kernel from its file, of a family's table from its model."""
    source = Source(rank=Rank.DEFAULT)
    own = fields_of(Settings)
    tables = {key: field for key, field in fields_of(model).items() if key not in own}
    return [
        *_resource_layer("defaults.toml", source, model, problems),
        *(
            ((name, *key), value, source)
            for name, table in tables.items()
            if table_entry(table.annotation) is None  # a table of the user's own names is empty
            for key, value in _defaults_of(table.annotation)
        ),
    ]


def _defaults_of(table: Any) -> Iterator[tuple[Key, Any]]:
    defaults = table()
    for key, field in fields_of(table).items():
        if table_entry(field.annotation) is None:  # a table of the user's own names is empty
            yield (key,), getattr(defaults, field.name)


def _resource_layer(
    name: str, source: Source, model: type[Settings], problems: list[Problem]
) -> list[Setting]:
    text = resources.files("tasker_ci").joinpath("resources", name).read_text(encoding="utf-8")
    check = DocumentCheck(source, problems, model, lenient=True)
    return list(check.all_values(read_toml(text)))


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error)


def _file_layer(file: Path, model: type[Settings], problems: list[Problem]) -> list[Setting]:
    source = Source(rank=Rank.FILE, name=SETTINGS_FILE)
    try:
        text = read_text(file, encoding="utf-8-sig")  # some editors begin with a byte order mark
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(source=source, text=f"cannot be read: {_reason(error)}"))
        return []
    try:
        document = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(source=source, text=f"is not valid TOML: {error}"))
        return []
    source = Source(rank=Rank.FILE, name=SETTINGS_FILE, text=text)
    return list(DocumentCheck(source, problems, model).all_values(document))


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in environment.items():
        if name.startswith(VARIABLE_PREFIX) and name not in {SET_VARIABLE, PROVEN_VARIABLE}:
            yield name, text


def _text_layer(
    pairs: Iterable[tuple[str, str]], rank: Rank, model: type[Settings], problems: list[Problem]
) -> list[Setting]:
    """Read values spelled as text: the name of a variable, or the dotted key of a flag."""
    spell = variable_name if rank is Rank.VARIABLE else ".".join
    names = {spell(key): leaf for key, leaf in leaves(model).items()}
    result: list[Setting] = []
    for name, text in pairs:
        source = Source(rank=rank, name=name)
        leaf = names.get(name) or (_entry_leaf(name, model) if rank is Rank.FLAG else None)
        if leaf is None:
            prefix = VARIABLE_PREFIX if rank is Rank.VARIABLE else ""
            hint = did_you_mean(name, names, prefix=prefix)
            problems.append(Problem(source=source, text=f"there is no such setting.{hint}"))
            continue
        try:
            result += _read(leaf, text, DocumentCheck(source, problems, model))
        except ValueMismatch as error:
            problems.append(Problem(source=source, text=mismatch(leaf.key, error, text)))
    return result


def _read(leaf: Leaf, text: str, check: DocumentCheck) -> Iterable[Setting]:
    entry = table_entry(leaf.annotation)
    if entry is not None:
        return check.entries(table_from_text(text, leaf.annotation), entry, leaf.key)
    if leaf.annotation is Variable:
        return check.entries({leaf.key[-1]: text}, Variable, leaf.key[:-1])
    return [(leaf.key, from_text(text, leaf.annotation), check.layer)]


def _entry_leaf(name: str, model: type[Settings]) -> Leaf | None:
    """The leaf for one entry of a table: ``environment.variables.RUST_LOG``, also ``….secret``."""
    for key, leaf in leaves(model).items():
        prefix = ".".join(key) + "."
        entry = table_entry(leaf.annotation)
        if entry is None or not name.startswith(prefix):
            continue
        own, dot, part = name.removeprefix(prefix).partition(".")
        if not is_dataclass(entry) or not dot:
            own = name.removeprefix(prefix)
            return Leaf(key=(*key, own), annotation=entry, help=leaf.help)
        inner = leaves(entry).get(tuple(part.split(".")))
        if inner is not None:
            return replace(inner, key=(*key, own, *inner.key))
    return None


def variable_name(key: Key) -> str:
    """The ``TASKER_CI_*`` variable of a setting."""
    return VARIABLE_PREFIX + "_".join(key).replace("-", "_").upper()


def _preset_name(layers: list[Setting]) -> str:
    return next((str(value) for key, value, _ in reversed(layers) if key == ("preset",)), "")


def _build(values: Mapping[Key, Any], model: type[Settings]) -> Settings:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        node = tree
        for part in key[:-1]:
            node = node.setdefault(part, {})
        if value == {}:  # an entry without keys takes nothing from a lower layer's
            node.setdefault(key[-1], {})
        else:
            node[key[-1]] = value
    settings: Settings = _instance(model, tree)
    return settings


def _instance(model: Any, tree: Mapping[str, Any]) -> Any:
    arguments = {}
    for key, field in fields_of(model).items():
        entry = table_entry(field.annotation)
        if is_dataclass(field.annotation):
            arguments[field.name] = _instance(field.annotation, tree.get(key, {}))
        elif is_dataclass(entry):
            arguments[field.name] = {
                name: _entry(entry, row) for name, row in tree.get(key, {}).items()
            }
        elif entry is not None:
            arguments[field.name] = dict(tree.get(key, {}))
        else:
            arguments[field.name] = tree[key]
    return model(**arguments)


def _entry(model: Any, row: Mapping[str, Any]) -> Any:
    """One row of a table of the user's own names; what it leaves out has a default in the model."""
    known = fields_of(model)
    return model(
        **{
            known[key].name: (
                _entry(known[key].annotation, value)
                if is_dataclass(known[key].annotation)
                else value
            )
            for key, value in row.items()
        }
    )
