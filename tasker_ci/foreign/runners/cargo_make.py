"""`cargo make`: tasks of Makefile.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.command import Commands
    from tasker_ci.foreign.runners.follower import Call, Follower
    from tasker_ci.foreign.runners.wrappers import Words


def cargo_make_called(call: Call, follower: Follower, words: Words) -> Commands | None:
    """What a task runs."""
    del follower, words
    return call.opaque("`cargo make` is not read yet")
