"""Sessions of installed packages: entry points of one group, found without importing anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUP = "tasker_ci.sessions"
"""A package has ``NAME = "package.module:function"`` in that group of its entry points."""


def installed_sessions(
    places: Iterable[str] | None = None,
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The functions of installed packages by the names of their sessions.

    Each is a pair of ``module:function`` and the package that brings it; two pairs are two packages
    with one name. ``places`` are the folders of `sys.path`.
    """
    places = sys.path if places is None else list(places)
    found: dict[str, list[tuple[str, str]]] = {}
    if not any(map(_has_group, places)):
        return {}
    from importlib.metadata import distributions

    for distribution in distributions(path=list(places)):
        for point in distribution.entry_points:
            if point.group == GROUP:
                pair = (point.value, distribution.metadata["Name"] or "a package without a name")
                if pair not in found.setdefault(point.name, []):  # a folder may be named twice
                    found[point.name].append(pair)
    return {name: tuple(pairs) for name, pairs in sorted(found.items())}


def _has_group(place: str) -> bool:
    """Whether a package in a folder brings such sessions.

    `importlib.metadata` reads and parses the entry points of every package, which takes as long as
    all else of a list of sessions.
    """
    wanted = f"[{GROUP}]".encode()
    try:
        folders = [each for each in Path(place).iterdir() if each.name.endswith("-info")]
    except OSError:  # it is not there, or an archive
        return False
    for folder in folders:
        try:
            if wanted in (folder / "entry_points.txt").read_bytes():
                return True
        except OSError:
            continue
    return False
