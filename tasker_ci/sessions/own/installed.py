"""Sessions of installed packages: entry points of one group, found without importing anything."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tasker_ci.sessions.own.stages import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

GROUP = "tasker_ci.sessions"
"""A package has ``NAME = "package.module:function"`` in that group of its entry points."""


def installed_sessions(
    places: Iterable[str] | None = None,
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The functions of installed packages by the names of their sessions.

    Each is a pair of ``module:function`` and the package that brings it; two pairs are two packages
    with one name. ``places`` are the folders of `sys.path`; see `unusable_entries` too.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value, package in _entries(places):
        pairs = found.setdefault(name, [])
        if NAME.fullmatch(name) and (value, package) not in pairs:  # a folder may be named twice
            pairs.append((value, package))
    return {name: tuple(pairs) for name, pairs in sorted(found.items()) if pairs}


def unusable_entries(places: Iterable[str] | None = None) -> Mapping[str, str]:
    """Why an installed package brings no session, by the package."""
    return {
        package: f"{name!r} is no name for a session" if name else "its entry points are unreadable"
        for name, _, package in _entries(places)
        if not NAME.fullmatch(name)
    }


def _entries(places: Iterable[str] | None) -> Iterator[tuple[str, str, str]]:
    """Name, ``module:function`` and package of each entry point; "" where a package is broken."""
    places = sys.path if places is None else list(places)
    if not any(map(_has_group, places)):
        return
    from importlib.metadata import distributions

    for distribution in distributions(path=list(places)):
        package = distribution.metadata["Name"] or "a package without a name"
        try:
            points = distribution.entry_points.select(group=GROUP)
        except (TypeError, ValueError):  # whatever the parser of Python stumbles over
            yield "", "", package
            continue
        for point in points:
            yield point.name, point.value.partition("[")[0].strip(), package  # without extras


def _has_group(place: str) -> bool:
    """Whether a package in a folder brings such sessions.

    `importlib.metadata` reads and parses the entry points of every package, which takes as long as
    all else of a list of sessions.
    """
    wanted = f"[{GROUP}]".encode()
    try:
        with os.scandir(place or os.curdir) as entries:
            folders = [each.path for each in entries if each.name.endswith("-info")]
    except OSError:  # it is not there, or an archive
        return False
    for folder in folders:
        try:
            with open(f"{folder}/entry_points.txt", "rb", buffering=0) as file:  # noqa: PTH123 - by far the fastest of many
                if wanted in file.read():
                    return True
        except OSError:
            continue
    return False
