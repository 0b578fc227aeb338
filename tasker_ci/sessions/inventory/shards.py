"""Which shards of a run there is no report of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHARD = re.compile(r"(?P<kind>[a-z]+):(?P<number>\d{1,4})/(?P<count>\d{1,4})")
"""What nextest takes: ``slice:1/4``."""

_RUN = ("session", "profile", "toolchain")


def missing_shards(reports: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """The shards that lack, each with the run it is of; ``reports`` are the attributes of roots.

    A run of which one report is whole lacks nothing, and so does one that was divided in two ways
    of which one is complete.
    """
    runs: dict[tuple[str, ...], dict[tuple[str, int], set[int]]] = {}
    whole = set()
    for attributes in reports:
        run = tuple(attributes.get(name, "") for name in _RUN)
        shard = _SHARD.fullmatch(attributes.get("partition", ""))
        if shard is None:
            whole.add(run)
            continue
        division = (shard["kind"], int(shard["count"]))
        runs.setdefault(run, {}).setdefault(division, set()).add(int(shard["number"]))
    return tuple(
        name
        for run, divisions in runs.items()
        if run not in whole
        for name in _lacking(run, divisions)
    )


def _lacking(
    run: tuple[str, ...], divisions: Mapping[tuple[str, int], set[int]]
) -> tuple[str, ...]:
    """The shards that lack of the division of which the fewest do."""
    title = " ".join(filter(None, (run[0], f"(toolchain {run[2]})" if run[2] else "")))
    lacking = [
        tuple(
            f"{kind}:{number}/{count}{f' of {title}' if title else ''}"
            for number in range(1, count + 1)
            if number not in there
        )
        for (kind, count), there in divisions.items()
    ]
    return min(lacking, key=len)
