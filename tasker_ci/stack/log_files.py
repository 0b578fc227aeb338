"""The logs of a stack's services: where they lie, and their last lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 256 * 1024


def log_file(folder: Path, service: str) -> Path:
    """The log of a service in a run's folder of logs."""
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', service)}.log"


def last_lines(file: Path, count: int) -> str:
    """The last ``count`` lines of a log; empty if there is none. Reads no more than 256 KiB."""
    try:
        with file.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - _TAIL_BYTES))
            text = log.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])
