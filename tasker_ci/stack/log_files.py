"""The logs of a stack's services: where they lie, and their last lines."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import open_to_read

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 256 * 1024


def log_file(folder: Path, service: str) -> Path:
    """The log of a service in a run's folder of logs."""
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', service)}.log"


def last_lines(file: Path, count: int) -> str:
    """The last ``count`` lines of a log; empty if there is none. Reads no more than 256 KiB."""
    try:
        with open_to_read(file, own=True) as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - _TAIL_BYTES))
            text = log.read(_TAIL_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])


class FollowedLog:
    """A log that is read while it grows; no line comes twice, and none is lost in between."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._place = 0

    def last_lines(self, count: int) -> list[str]:
        """The last whole lines, to begin with."""
        with suppress(OSError):
            self._place = max(0, self._file.stat().st_size - _TAIL_BYTES)
        return self.new_lines()[-count:] if count > 0 else []

    def new_lines(self) -> list[str]:
        """The whole lines that were written since; none if the file is not there."""
        try:
            with open_to_read(self._file, own=True) as log:
                log.seek(self._place)
                whole, end, _ = log.read().rpartition(b"\n")
        except OSError:
            return []
        self._place += len(whole) + len(end)
        return whole.decode("utf-8", errors="replace").split("\n") if end else []
