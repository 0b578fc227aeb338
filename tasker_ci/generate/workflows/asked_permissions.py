"""What a called workflow asks for beyond what its caller grants: with any, GitHub starts nothing.

https://github.com/actions/runner/issues/4151
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LEVELS = ("none", "read", "write")
_EVERYTHING = {"read-all", "write-all"}


def asked_beyond(workflow: Mapping[str, Any], granted: Mapping[str, str]) -> Iterator[str]:
    """Every ``scope: level`` of the workflow or of its jobs that ``granted`` does not hold.

    A job that says nothing takes what it is given, so it asks for nothing.
    """
    jobs = workflow.get("jobs")
    rows = [workflow, *(jobs.values() if isinstance(jobs, dict) else ())]
    for row in rows:
        asked = row.get("permissions") if isinstance(row, dict) else None
        if isinstance(asked, str) and asked in _EVERYTHING:
            yield asked
        for scope, level in (asked if isinstance(asked, dict) else {}).items():
            if level in _LEVELS and _LEVELS.index(level) > _LEVELS.index(
                granted.get(scope, "none")
            ):
                yield f"{scope}: {level}"
