"""The table of actions and runner images that are no longer there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = re.compile(r"v?(\d+(?:\.\d+){0,2})$")
_COMMENT = re.compile(r"#\s*(?:tag=)?(v?\d+(?:\.\d+){0,2})\b")
_PARTS = 3


@dataclass(frozen=True, kw_only=True)
class DeadAction:
    """One row of ``resources/dead-actions.toml``, which explains every field."""

    state: str
    why: str
    instead: str
    before: int | None = None
    patched: tuple[tuple[int, ...], ...] = ()

    def means(self, version: tuple[int, ...] | None) -> bool:
        """Whether a version is dead; None is one that is not known."""
        if self.state == "archived":
            return True
        if version is None:
            return False
        if self.before is not None and version[0] < self.before:
            return True
        return len(version) == _PARTS and any(
            version[0] == patched[0] and version < patched for patched in self.patched
        )


def dead_action(uses: str, line: str) -> DeadAction | None:
    """The row of an action that is dead; ``line`` may say the version of a hash in a comment."""
    name, _, reference = uses.partition("@")
    found = _VERSION.match(reference)
    if found is None and re.fullmatch(r"[0-9a-f]{40}", reference):
        found = _COMMENT.search(line)
    written = found[1].removeprefix("v") if found else None
    version = tuple(map(int, written.split("."))) if written else None
    rows = _actions().get(name.lower(), ())
    return next((row for row in rows if row.means(version)), None)


def gone_since(label: str) -> str | None:
    """When GitHub removed a runner image; None for one that is there."""
    since = _table()["runners"].get(label.lower())
    return None if since is None else str(since)


@cache
def _actions() -> Mapping[str, tuple[DeadAction, ...]]:
    found: dict[str, tuple[DeadAction, ...]] = {}
    for row in _table()["actions"]:
        action = DeadAction(
            state=row["state"],
            why=row["why"],
            instead=row["instead"],
            before=row.get("before"),
            patched=tuple(tuple(map(int, each.split("."))) for each in row.get("patched", ())),
        )
        for name in row["names"]:
            found[name.lower()] = (*found.get(name.lower(), ()), action)
    return found


@cache
def _table() -> dict[str, Any]:
    text = files("tasker_ci").joinpath("resources", "dead-actions.toml").read_text("utf-8")
    return tomllib.loads(text)
