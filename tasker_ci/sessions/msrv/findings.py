"""What stands in the way of a promise: code, or a dependency that wants a newer Rust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.tools.first_errors import FirstErrors, Obstacle, told_by_cargo

if TYPE_CHECKING:
    from collections.abc import Iterator

_WANTS_NEWER = (
    re.compile(
        r"package `(?P<name>[\w-]+) v(?P<version>[^` ]+)[^`]*` cannot be (?:built|compiled) "
        r"because it requires rustc (?P<rust>[\d.]+) or newer"
    ),
    re.compile(r"(?m)^ +(?P<name>[\w-]+)@(?P<version>\S+) requires rustc (?P<rust>[\d.]+)"),
)
"""What cargo says before it compiles anything; the second since 1.81, of several packages."""


def obstacles_of(said: str, errors: FirstErrors) -> tuple[Obstacle, ...]:
    """What stands in the way: errors of the compiler, or else what cargo ``said`` before any."""
    found = tuple(errors.of_packages.values()) or tuple(_too_new(said))
    if found:
        return found
    return (told_by_cargo(said),)


def _too_new(said: str) -> Iterator[Obstacle]:
    for pattern in _WANTS_NEWER:
        for found in pattern.finditer(said):
            yield Obstacle(
                package=found["name"],
                release=found["version"],
                message=f"{found['name']} {found['version']} needs Rust {found['rust']}",
                needs=found["rust"],
            )
