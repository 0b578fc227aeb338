"""The Rust files of a workspace for sessions that read them: with the cache, and what is unfit."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasker_ci.text.foreign import one_line
from tasker_ci.text.home_folder import NOWHERE, cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.context import Context
    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.sources import Sources
    from tasker_ci.rust.workspace import Workspace


@contextmanager
def reading(
    context: Context, workspace: Workspace, attributes: tuple[str, ...]
) -> Iterator[Sources]:
    """Read what targets may reach; what is known from an earlier run is not parsed.

    ``attributes`` make a function a test, beside those that everybody has. At the end what was
    read is kept, and no process is left that reads.
    """
    from tasker_ci.rust.kept_sources import SourceCache
    from tasker_ci.rust.sources import Sources

    caches = cache_folder(context.environment)
    kept = SourceCache(
        folder=caches / "tasker-ci" / "sources",
        checkout=context.project_root,
        workspace=workspace.root,
    )
    sources = Sources(attributes, None if caches == NOWHERE else kept)
    with without_collector():
        try:
            sources.prepare(workspace)
            yield sources
            sources.keep()
        finally:
            sources.close()


def not_read(context: Context, reach: Reach) -> None:
    """Warn of files that targets name and that cannot be read."""
    for file, reason in sorted(reach.unfit.items()):
        context.reporter.warning(f"{one_line(str(file))} is not read: {reason}.")


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause Python's search for cycles while much is read that is kept.

    There are none, and to look for them among a million new values takes a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
