"""What jobs find from earlier runs, and which runs keep it for later ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.tools.sccache_statistics import READ_ONLY
from tasker_ci.workflows.checked import TOOLCHAIN, checked_all
from tasker_ci.workflows.model import expression

if TYPE_CHECKING:
    from tasker_ci.settings.model import Settings

PUSHED = "github.event_name == 'push'"
"""The runs that write caches: what they write, all others can read."""

STORING = {"SCCACHE_GHA_RW_MODE": expression(f"{PUSHED} && 'READ_WRITE' || '{READ_ONLY}'")}
"""sccache stores on pushes alone: nobody else reads what a pull request stores, which would push
out what all read."""


@dataclass(frozen=True, kw_only=True)
class DependencyCache:
    """The dependencies that a job finds compiled, and whether it is the one that keeps them."""

    key: str
    """What tells it from the others: who checks and who builds share no artefacts, and neither do
    two toolchains."""
    saved: str = "false"


def built(toolchain: str, *, saved: str = "false") -> DependencyCache:
    """The cache of what a toolchain builds."""
    return DependencyCache(key=f"build-{toolchain}", saved=saved)


def built_before(settings: Settings) -> DependencyCache:
    """What the unit tests have built, by the toolchain of the settings or else by their first."""
    toolchains = checked_all(
        settings.workflows.toolchains, TOOLCHAIN, setting="workflows.toolchains", what="toolchain"
    )
    own = settings.toolchain
    return built(own if own in toolchains else toolchains[0])


def checked_only(*, saved: bool = False) -> DependencyCache:
    """The cache of what is checked and not built."""
    return DependencyCache(key="check", saved=expression(PUSHED) if saved else "false")


def packages_of(lock: str) -> dict[str, str]:
    """What makes the action that brings Python keep pip's packages; a change of the lock is new."""
    return {"cache": "pip", "cache-dependency-path": lock}
