"""A folder with all that is in it, to compare before and after."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Entry = tuple[bytes, int] | str


def tree(root: Path) -> dict[str, Entry]:
    """Every file with its bytes and mode, every link with its end, every folder."""
    found: dict[str, Entry] = {}
    for entry in sorted(root.rglob("*")):
        name = str(entry.relative_to(root))
        if entry.is_symlink():
            found[name] = os.fspath(entry.readlink())
        elif entry.is_dir():
            found[name] = "folder"
        else:
            found[name] = (entry.read_bytes(), stat.S_IMODE(entry.stat().st_mode))
    return found
