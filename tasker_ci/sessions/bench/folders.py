"""Where results of benchmarks lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.bench.settings import BenchSettings
from tasker_ci.tools.kept_folders import kept_folders

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context


def bench_folders(context: Context) -> tuple[Path, Path]:
    """The folder of the settings, and the one in its place.

    Raises `SettingsError` for a folder that is not ours to write and prune in.
    """
    return kept_folders(
        context, "bench.folder", context.settings_of(BenchSettings).folder, "bench-results"
    )
