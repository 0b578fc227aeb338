"""What a changed manifest of a member means."""

from __future__ import annotations

import tomllib
from typing import Literal

from tasker_ci.text.toml_documents import read_toml

_OWN = frozenset({"badges", "bench", "bin", "example", "lib", "lints", "package", "test"})
"""Tables that concern the package and what depends on it; all others change the whole build:
features and dependencies are unified over the workspace."""


def meaning(old: str | None, new: str | None) -> Literal["nothing", "package", "everything"]:
    """Compare two versions of a manifest, comments and layout aside."""
    if old is None or new is None:
        return "everything"
    try:
        before, after = read_toml(old), read_toml(new)
    except tomllib.TOMLDecodeError:
        return "everything"
    differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not differing:
        return "nothing"
    return "package" if differing <= _OWN else "everything"
