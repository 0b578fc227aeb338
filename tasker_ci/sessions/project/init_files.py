"""What `init` writes itself: the settings, noxfile.py and tasks.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.screen.short_lists import named, shortened, some
from tasker_ci.sessions import SESSIONS
from tasker_ci.sessions.project.initial.plugs import Plug, noxfile_plug, tasks_plug
from tasker_ci.sessions.project.initial.settings_text import literal, settings_text
from tasker_ci.sessions.project.sync import alone_in
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.toml import with_values
from tasker_ci.workflows.sync.applying import apply
from tasker_ci.workflows.sync.changes import compare_in_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.sessions.project.initial.settings_text import SettingsEntry

_MOST_SETTINGS = 4
_MOST_CHARACTERS = 50


@dataclass(frozen=True, kw_only=True)
class InitialFiles:
    """What becomes of each of the three."""

    settings: str
    """written, extended or unchanged."""
    text: bytes | None
    """All of the settings file as it will be; None if it stays as it is."""
    entries: tuple[SettingsEntry, ...]
    """What is written into it, or would be into that of a new project."""
    plugs: tuple[Plug, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The files that are written."""
        plugs = (plug.file for plug in self.plugs if plug.content is not None)
        return (*((SETTINGS_FILE,) if self.text is not None else ()), *plugs)

    def write(self, context: Context) -> None:
        """Write them all; how they were before is recorded first. Raises `AccessError`."""
        root = context.project_root
        contents = {plug.file: plug.content for plug in self.plugs}
        changes = [
            compare_in_place(root, PurePosixPath(name), content)
            for name, content in {SETTINGS_FILE: self.text, **contents}.items()
            if content is not None
        ]
        with alone_in(context):
            apply(root, changes)

    def lines(self) -> Iterator[str]:
        """A line for each file that is written, and for each thing to know about it."""
        settings = [shortened(_setting(entry), _MOST_CHARACTERS) for entry in self.entries]
        shown = some(settings, _MOST_SETTINGS, "; ")
        if self.text is not None:
            yield named(SETTINGS_FILE, shown or "nothing differs from the defaults")
        elif settings:
            yield named(SETTINGS_FILE, f"unchanged; a new one would have {shown}")
        for plug in self.plugs:
            if plug.action != "unchanged":
                yield named(plug.file, "; ".join((plug.action, *plug.notes)))

    def data(self) -> dict[str, Any]:
        """The same for `--json`."""
        return {
            "settings": self.settings,
            "entries": [
                {
                    "key": ".".join(entry.key),
                    "value": entry.value,
                    "reason": entry.reason,
                }
                for entry in self.entries
            ],
            "plugs": [
                {"file": plug.file, "action": plug.action, "notes": plug.notes, "own": plug.own}
                for plug in self.plugs
            ],
        }


def initial_files(
    root: Path, entries: Sequence[SettingsEntry], unset: Sequence[SettingsEntry], *, extend: bool
) -> InitialFiles:
    """Plan the files of a project; ``unset`` are the entries that its settings do not have.

    Settings that are there are only changed where ``extend`` asks for it. Raises `TomlError`.
    """
    file = root / SETTINGS_FILE
    plugs = tuple(plug(root, SESSIONS) for plug in (noxfile_plug, tasks_plug))
    if not file.is_file():
        text = settings_text(entries).encode()
        return InitialFiles(settings="written", text=text, entries=tuple(entries), plugs=plugs)
    if extend and unset:
        values = {entry.key: entry.value for entry in unset}
        text = with_values(read_bytes(file).decode(), values, name=SETTINGS_FILE).encode()
        return InitialFiles(settings="extended", text=text, entries=tuple(unset), plugs=plugs)
    return InitialFiles(settings="unchanged", text=None, entries=tuple(unset), plugs=plugs)


def _setting(entry: SettingsEntry) -> str:
    return f"{'.'.join(entry.key)} = {literal(entry.value)}"
