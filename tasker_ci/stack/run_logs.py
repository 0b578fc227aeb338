"""Folders of logs: which of them we made, and which make room for newer ones."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from tasker_ci.errors import UnsafePlace
from tasker_ci.stack.own_places import RUN_NAME, first_link, inode_of, is_folder, owner_of
from tasker_ci.text.file_reading import read_own
from tasker_ci.text.file_removing import remove_tree
from tasker_ci.text.file_writing import PRIVATE, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTE = ".tasker-ci-run"
"""In a folder of logs, the file that says that we made it."""


def mark_logs(folder: Path, *, below: Path) -> None:
    """Note in a folder of logs that we made it: its run, and its number, which no clone knows.

    Without room for it the folder stays when others are pruned: no reason to fail a run.
    """
    note = json.dumps({"run": folder.name, "inode": inode_of(folder)})
    with suppress(OSError):
        write_file(folder / NOTE, note, within=below, mode=PRIVATE)


def prune_logs(
    logs: Path,
    *,
    below: Path,
    keep: int,
    living: frozenset[str],
    tracked: Callable[[Path], bool | None],
) -> None:
    """Remove all but the newest ``keep`` folders that we made, those of ``living`` runs never.

    ``below`` is the target directory: no link below it is followed. ``tracked`` says whether git
    has a file of a folder. What cannot be removed stays.
    """
    if first_link(logs, below=below):
        return
    try:
        folders = [each for each in logs.iterdir() if _made_by_us(each, tracked)]
        folders.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    except OSError:
        return
    for folder in folders[keep:]:
        if folder.name not in living:
            with suppress(OSError, UnsafePlace):
                remove_tree(folder, within=below, last=NOTE)


def _made_by_us(folder: Path, tracked: Callable[[Path], bool | None]) -> bool:
    """Whether it is a folder of logs that we made: a copy, or one of a clone, is none."""
    if not RUN_NAME.fullmatch(folder.name) or not is_folder(folder):
        return False
    try:
        note = json.loads(read_own(folder / NOTE))
    except (OSError, ValueError, RecursionError):
        return False
    ours = note == {"run": folder.name, "inode": inode_of(folder)}
    return bool(ours and owner_of(folder) == os.geteuid() and not tracked(folder))
