"""Folders of the checkout that keep something, and their place where the checkout is read-only."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from tasker_ci.cargo_configuration import target_directory

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context


_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def is_closed(error: OSError) -> bool:
    """Whether the place may not be written at all, by permission or because it is read-only."""
    return error.errno in _CLOSED


def history_folders(context: Context) -> tuple[Path, Path]:
    """Where records of runs lie: the folder of the settings, and the one in its place."""
    return _places(context, context.settings.history.folder, "history")


def bench_folders(context: Context) -> tuple[Path, Path]:
    """Where results of `bench` lie: the folder of the settings, and the one in its place."""
    return _places(context, context.settings.bench.folder, "bench-results")


def _places(context: Context, folder: str, name: str) -> tuple[Path, Path]:
    directory = target_directory(context.workspace, context.environment)
    return context.project_root / folder, directory / "tasker-ci" / name
