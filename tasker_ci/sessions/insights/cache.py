"""What was read stays on the disk: pages with their ETag, and for ever what cannot change."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import RECORD_BYTES, read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_VERSION = 1
"""Of what is kept; entries of another are not read."""


@dataclass(kw_only=True)
class Cache:
    """Entries by name in one folder; a folder that cannot be used is no error, but told once."""

    folder: Path | None
    """None: nothing is kept."""
    say: Callable[[str], None]
    _told: bool = False

    def load(self, name: str) -> Any:
        """The entry; None where there is none, or none that can be read."""
        if self.folder is None:
            return None
        with suppress(OSError, ValueError, RecursionError):
            entry = json.loads(read_text(self._file(name), most=RECORD_BYTES))
            if isinstance(entry, dict) and entry.get("version") == _VERSION:
                return entry.get("data") if entry.get("name") == name else None
        return None

    def store(self, name: str, data: Any) -> None:
        """Keep an entry; written beside and moved, so that nobody reads half of one."""
        if self.folder is None:
            return
        file = self._file(name)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            # Only for this user: what a private repository does is nobody else's business.
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as stream:
                json.dump({"version": _VERSION, "name": name, "data": data}, stream)
            beside.replace(file)
        except OSError as error:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            if not self._told:
                self._told = True
                self.say(f"What is read cannot be kept in {self.folder}: {error.strerror}.")

    def _file(self, name: str) -> Path:
        assert self.folder is not None  # noqa: S101 - its callers have looked
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"
