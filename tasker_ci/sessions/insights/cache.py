"""What was read stays on the disk: pages with their ETag, and for ever what cannot change."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import UnsafePlace
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.text.file_writing import PRIVATE, make_private_folder, write_file

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
        """Keep an entry, whole."""
        if self.folder is None:
            return
        text = json.dumps({"version": _VERSION, "name": name, "data": data})
        try:
            # Only for this user: what a private repository does is nobody else's business.
            make_private_folder(self.folder)
            write_file(self._file(name), text, mode=PRIVATE)
        except (OSError, UnsafePlace) as error:
            if not self._told:
                self._told = True
                reason = error.strerror if isinstance(error, OSError) else error.message
                self.say(f"What is read cannot be kept in {self.folder}: {reason}.")

    def _file(self, name: str) -> Path:
        assert self.folder is not None  # noqa: S101 - its callers have looked
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"
