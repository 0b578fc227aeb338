"""Whether the disk was full while a command ran: a failed build names many reasons but that one."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tasker_ci.process.command import Completed


LITTLE = 64 * 1024**2
"""Less counts as full: a linker can fill the rest between two looks, and removes it as it fails."""

_SAID = re.compile(
    r"No space left on device|Disk quota exceeded|disk is full|\(os error (?:28|122)\)"
)
"""What programs say: ENOSPC and EDQUOT in the words of C and of Rust."""


def says_full(text: str) -> bool:
    """Whether a program's output says that a disk is full."""
    return _SAID.search(text) is not None


class DiskWatch:
    """An `on_tick` of a runner: remembers the least room that each of some folders had."""

    def __init__(
        self,
        folders: Iterable[Path],
        look: Callable[[Path], os.statvfs_result] | None = None,
    ) -> None:
        self._least: dict[Path, int] = {}
        self._folders = tuple(dict.fromkeys(folders))
        self._look = look or getattr(os, "statvfs", None)

    def __call__(self, _pid: int = 0, _age: float = 0) -> None:
        """Look once."""
        for folder in self._folders:
            place = next(
                (each for each in (folder, *folder.parents) if os.path.lexists(each)), folder
            )
            try:
                found = self._look(place) if self._look is not None else None
            except OSError:
                continue
            if found is None:
                continue
            # A file system without a fixed number of files says zero of zero.
            none_left = found.f_files > 0 and found.f_favail == 0
            free = 0 if none_left else found.f_bavail * found.f_frsize
            self._least[folder] = min(free, self._least.get(folder, free))

    def short(self) -> str | None:
        """Where there was hardly any room, as a sentence without its stop; None if nowhere."""
        self()
        folder = min(self._least, key=self._least.__getitem__, default=None)
        if folder is None or self._least[folder] >= LITTLE:
            return None
        free = self._least[folder]
        left = "Nothing was" if free == 0 else f"Only {free / 1024**2:.1f} MiB were"
        return f"{left} free on the disk of {folder}"

    def seen(self, completed: Completed) -> Completed:
        """How a command ended, with what was seen if it failed."""
        if not completed.exit_code:
            return completed
        return replace(completed, short_of_room=self.short())
