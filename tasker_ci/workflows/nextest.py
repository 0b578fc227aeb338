"""The managed keys of nextest's configuration, edited in place.

The setting `nextest.profile` says what they are. A file that nobody has synced yet lacks our mark,
a comment on top, and is adopted first, so that it goes on doing what it did:

- What it says for a managed key becomes a setting, unless `.config/tasker-ci.toml` says something.
- What a profile inherits from another one of the file stays inherited: the key is put on the list
  `leave`, and is not written. A profile that the file lacks gets what is about reporting from the
  settings all the same; how its tests run (`retries`, timeouts, `test-threads`) stays inherited.
- What no profile of the file says is written as the settings have it, and told as ``added``.

From then on the settings rule: a managed key that is edited in the file is stale. Keys and profiles
that the settings do not name are never touched. Without the mark the file is adopted anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import AccessError, SettingsError, TomlError
from tasker_ci.settings.documents import leaves
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.generated_files import NextestProfile
from tasker_ci.settings.sources import Rank
from tasker_ci.settings.value_types import ValueMismatch, convert
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.toml import found, parsed, same, with_values
from tasker_ci.text.toml_documents import BYTE_ORDER_MARK
from tasker_ci.tools.nextest import Configuration, configuration_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.text.toml_lines import Key
    from tasker_ci.workflows.inputs import Inputs

MARK = (
    "# `tasker-ci sync` writes some keys here; change them in [nextest] of .config/tasker-ci.toml."
)
"""The comment by which a file is known that has been synced before."""

_NEW_FILE = (
    f"{MARK}\n"
    "# Other keys, profiles and comments may be added by hand, and stay.\n"
    "# `junit.path` is relative to target/nextest/<profile>.\n"
)
_LEAVE: Key = ("leave",)
_JUNIT: Key = ("junit", "path")
_MANAGED = {key: leaf.annotation for key, leaf in leaves(NextestProfile).items() if key != _LEAVE}
_HOW_TESTS_RUN = {("retries",), ("leak-timeout",), ("slow-timeout",), ("test-threads",)}


@dataclass(frozen=True, kw_only=True)
class NextestEdit:
    """nextest's configuration as it is and as it should be; both exact, to be kept as bytes."""

    path: PurePosixPath
    """The file that nextest will really read, relative to the project root."""
    before: str | None
    """None where there is no file."""
    text: str
    adopted: Mapping[Key, Any]
    """What the file says and the settings do not: to be written to the settings, and first."""
    added: tuple[str, ...]
    """The keys that a file which is adopted did not have, and gets: ``profile.ci.junit.path``."""
    remarks: tuple[str, ...] = ()
    """What is wrong with a path of a report, and what becomes of it."""


def nextest_file(inputs: Inputs) -> NextestEdit | None:
    """Return how the project's file should be edited; None where it is left alone altogether.

    Raises `TomlError` for a file that is no TOML or cannot be edited without harm, `SettingsError`
    for a key in `leave` that is none, and `AccessError` for a file that cannot be read.
    """
    if not inputs.loaded.settings.nextest.manage:
        return None
    file = configuration_file(inputs.project_root, inputs.workspace)
    path = PurePosixPath(os.path.relpath(file, inputs.project_root))
    before = _read(file, name=str(path))
    return edited(before, inputs.loaded, path=path)


def edited(before: str | None, loaded: LoadedSettings, *, path: PurePosixPath) -> NextestEdit:
    """The edit of a file with the text ``before``; raises what `nextest_file` raises for it."""
    name = str(path)
    model = parsed(before or "", name=name)
    is_new = before is not None and not is_marked(before)
    adopted = dict(_adopted(model, loaded)) if is_new else {}
    values = dict(_values(loaded, {**loaded.values, **adopted}))
    added = [".".join(key) for key in values if is_new and found(model, key) is None]
    return NextestEdit(
        path=path,
        before=before,
        text=_marked(with_values(_NEW_FILE if before is None else before, values, name=name)),
        adopted=adopted,
        added=tuple(added),
        remarks=tuple(_remarks(model, loaded, adopted)),
    )


def adopt_into_settings(text: str, adopted: Mapping[Key, Any]) -> str:
    """Return the text of the settings file with what was adopted; everything else in it stays.

    Raises `TomlError` for a text that is no TOML or cannot be edited without harm.
    """
    return with_values(text, adopted, name=SETTINGS_FILE)


def _values(loaded: LoadedSettings, settings: Mapping[Key, Any]) -> Iterator[tuple[Key, Any]]:
    """What the file has to say, by its keys."""
    for profile in loaded.settings.nextest.profile:
        left = _left(settings, profile)
        for key in _MANAGED:
            value = settings.get(_setting(profile, key))
            if value is not None and ".".join(key) not in left:
                yield ("profile", profile, *key), value


def _adopted(model: Mapping[str, Any], loaded: LoadedSettings) -> Iterator[tuple[Key, Any]]:
    """The settings that make a synced file do what this one does."""
    for profile in loaded.settings.nextest.profile:
        left = list(_left(loaded.values, profile))
        is_there = found(model, ("profile", profile)) is not None
        for key, annotation in _MANAGED.items():
            setting = _setting(profile, key)
            if ".".join(key) in left or _is_the_project_s(loaded, setting):
                continue
            wanted = loaded.values.get(setting)
            present = found(model, ("profile", profile, *key))
            if present is not None and _fits(present, annotation):
                if key == _JUNIT:
                    twice = Configuration(file=None, document=model).joined_twice(present, profile)
                    present = twice or present
                if not same(present, wanted):
                    yield setting, present
            elif present is not None:  # nextest will say what it thinks of it
                left.append(".".join(key))
            elif wanted is not None and (is_there or key in _HOW_TESTS_RUN):
                inherited = _inherited(model, profile, key)
                if inherited is not None and not same(inherited, wanted):
                    left.append(".".join(key))
        if len(left) > len(_left(loaded.values, profile)):
            yield _setting(profile, _LEAVE), tuple(left)


def _remarks(
    model: Mapping[str, Any], loaded: LoadedSettings, adopted: Mapping[Key, Any]
) -> Iterator[str]:
    """The paths of reports that nextest joins to a folder that they name already."""
    configuration = Configuration(file=None, document=model)
    for profile in loaded.settings.nextest.profile:
        key, setting = ("profile", profile, *_JUNIT), _setting(profile, _JUNIT)
        there, ours = found(model, key), {**loaded.values, **adopted}.get(setting)
        folder = f"{configuration.own_store}/{profile}"
        for path in dict.fromkeys(str(each) for each in (there, ours) if isinstance(each, str)):
            better = configuration.joined_twice(path, profile)
            if better and path != ours and ".".join(_JUNIT) not in _left(loaded.values, profile):
                yield (
                    f"nextest joins {'.'.join(key)} = {path!r} to {folder}, which makes "
                    f"{folder}/{path}. It becomes {ours!r}: the report is {folder}/{ours}."
                )
            elif better:
                yield (
                    f"nextest joins {'.'.join(key)} = {path!r} to {folder}, so the report is "
                    f"{folder}/{path}. {better!r} makes it {folder}/{better}."
                )


def _left(settings: Mapping[Key, Any], profile: str) -> tuple[str, ...]:
    setting = _setting(profile, _LEAVE)
    names: tuple[str, ...] = settings.get(setting, ())
    known = [".".join(key) for key in _MANAGED]
    for name in names:
        if name not in known:
            raise SettingsError(
                f"`{'.'.join(setting)}` names {name!r}; there is {', '.join(known)}.",
                next_step=f"Fix it in {SETTINGS_FILE}.",
            )
    return names


def _inherited(model: Mapping[str, Any], profile: str, key: Key) -> Any:
    """What a profile has from the profiles of the file that it inherits from; None: nothing."""
    visited = {profile}
    while profile != "default":
        parent = found(model, ("profile", profile, "inherits"))
        profile = parent if isinstance(parent, str) else "default"
        value = found(model, ("profile", profile, *key))
        if value is not None or profile in visited:
            return value
        visited.add(profile)
    return None


def _setting(profile: str, key: Key) -> Key:
    return ("nextest", "profile", profile, *key)


def _is_the_project_s(loaded: LoadedSettings, setting: Key) -> bool:
    source = loaded.sources.get(setting)
    return source is not None and source.rank >= Rank.FILE


def _fits(value: Any, annotation: Any) -> bool:
    try:
        convert(value, annotation)
    except ValueMismatch:
        return False
    return True


def is_marked(text: str) -> bool:
    """Whether the mark is among the comments that the file begins with."""
    for line in text.removeprefix(BYTE_ORDER_MARK).splitlines():
        if line.strip() == MARK:
            return True
        if line.strip() and not line.lstrip().startswith("#"):
            return False
    return False


def _marked(text: str) -> str:
    if is_marked(text):
        return text
    start = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    while text.startswith("#:", start) and "\n" in text[start:]:  # an editor's, on top or nowhere
        start = text.find("\n", start) + 1
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    is_apart = not text[start:].split("\n", 1)[0].strip()
    return f"{text[:start]}{MARK}{newline}{'' if is_apart else newline}{text[start:]}"


def _read(file: Path, *, name: str) -> str | None:
    try:
        content = read_bytes(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccessError(
            f"{name} cannot be read: {error.strerror}.", next_step="Make it a readable file."
        ) from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TomlError(
            f"{name}:{line}: this is no UTF-8, which TOML is written in.",
            next_step="Save the file as UTF-8.",
        ) from None
