"""What a called workflow asks for beyond what its caller grants: with any, GitHub starts nothing.

https://github.com/actions/runner/issues/4151
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LEVELS = ("none", "read", "write")
_EVERYTHING = {"read-all", "write-all"}

_OWN = re.compile(r"(?:\./|\$/)(?P<path>\.github/workflows/[A-Za-z0-9._-]+\.ya?ml)")
"""What a job's `uses:` is that calls a workflow of the same repository."""

_DEEPEST = 10
"""So many workflows GitHub connects, the first caller among them."""


def asked_beyond(
    path: str, granted: Mapping[str, str], read: Callable[[str], Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Every file and ``scope: level`` in it that its caller does not hold, from ``path`` on.

    A job that says nothing takes what it is given, so it asks for nothing. One that calls another
    workflow of the repository hands on its own permissions, else those of its file, else what its
    file was given. ``read`` returns the workflow at a path.
    """
    seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    waiting = [(path, dict(granted), 2)]
    while waiting:
        place, held, depth = waiting.pop(0)
        key = (place, frozenset(held.items()))
        if key in seen or depth > _DEEPEST:
            continue
        seen.add(key)
        workflow = read(place)
        jobs = workflow.get("jobs")
        rows = [row for row in (jobs.values() if isinstance(jobs, dict) else ()) if _is_row(row)]
        for row in (workflow, *rows):
            for wanted in _beyond(row.get("permissions"), held):
                yield place, wanted
        for row in rows:
            called = _OWN.fullmatch(str(row.get("uses", "")))
            if called is not None:
                said = (row.get("permissions"), workflow.get("permissions"))
                handed = next((each for each in said if isinstance(each, dict)), held)
                levels = {str(scope): str(level) for scope, level in handed.items()}
                waiting.append((called["path"], levels, depth + 1))


def _is_row(row: Any) -> bool:
    return isinstance(row, dict)


def _beyond(asked: Any, granted: Mapping[str, str]) -> Iterator[str]:
    if isinstance(asked, str) and asked in _EVERYTHING:
        yield asked
    for scope, level in (asked if isinstance(asked, dict) else {}).items():
        held = granted.get(scope, "none")
        if level in _LEVELS and _LEVELS.index(level) > (
            _LEVELS.index(held) if held in _LEVELS else 0
        ):
            yield f"{scope}: {level}"
