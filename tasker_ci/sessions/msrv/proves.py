"""What a green check with the oldest Rust proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.session import Holds
from tasker_ci.tools.linked_workspace import LOCK

if TYPE_CHECKING:
    from tasker_ci.context import Context


def msrv_proves(context: Context) -> Holds:
    """All that it found; without a lock file it asks the registry what there is."""
    root = find_workspace_root(context.workspace) or context.workspace
    return Holds(outside="" if (root / LOCK).is_file() else "a registry")
