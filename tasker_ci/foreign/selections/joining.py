"""Calls that are one together: the shards of one run, and a run of what another job built."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.selections.nextest_filters import ONE_SHARD, NextestFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.foreign.selections.selection import Selection

_SHARD = re.compile(r"(?P<kind>hash|count|slice):(?P<number>\d+)/(?P<of>\d+)")


def joined(selections: Iterable[Selection]) -> tuple[Selection, ...]:
    """The same selections, each shard as the whole where all shards of it are there.

    One that runs an archive has what the archive's job built, where one job alone built it.
    """
    found = tuple(selections)
    archives = [each for each in found if _builds_an_archive(each)]
    whole = tuple(_unpacked(each, archives) if runs_an_archive(each) else each for each in found)
    present: dict[object, set[int]] = defaultdict(set)
    for each in whole:
        shard = _shard(each)
        if shard:
            present[_run_of(each)].add(int(shard["number"]))
    return tuple(
        _as_a_whole(each) if (shard := _shard(each)) and _all_there(shard, present[_run_of(each)])
        else each
        for each in whole
    )  # fmt: skip


def _all_there(shard: re.Match[str], present: set[int]) -> bool:
    return present >= set(range(1, min(int(shard["of"]), 10_000) + 1))


def _shard(selection: Selection) -> re.Match[str] | None:
    given = selection.invocation.values("--partition")
    return _SHARD.fullmatch(given[-1]) if len(given) == 1 else None


def _run_of(selection: Selection) -> object:
    """What the shards of one run have in common."""
    invocation = selection.invocation
    flags = {name: values for name, values in invocation.flags.items() if name != "--partition"}
    shard = _shard(selection)
    kind = (shard["kind"], shard["of"]) if shard else ()
    own = (invocation.subcommand, tuple(sorted(flags.items())), invocation.words)
    tests = selection.filter
    rest = (tests.default, tests.names) if isinstance(tests, NextestFilter) else ()
    return (kind, own, invocation.after_dashes, rest, selection.chosen, selection.cfg)


def _as_a_whole(selection: Selection) -> Selection:
    tests = selection.filter
    if isinstance(tests, NextestFilter) and tests.doubt == ONE_SHARD:
        return replace(selection, filter=replace(tests, doubt=""))
    return selection


def runs_an_archive(selection: Selection) -> bool:
    """Whether a call runs what another one has built into an archive."""
    return selection.action is Action.TEST and selection.invocation.has("--archive-file")


def _builds_an_archive(selection: Selection) -> bool:
    names = {"archive", "nextest-archive"} & {*selection.invocation.subcommand}
    return bool(names) and selection.invocation.has("--archive-file")


def _archive(selection: Selection) -> str:
    given = selection.invocation.values("--archive-file")
    return PurePosixPath(given[-1]).name if given else ""


def _unpacked(selection: Selection, archives: Iterable[Selection]) -> Selection:
    name = _archive(selection)
    built = [each for each in archives if name and _archive(each) == name]
    contents = {
        (each.chosen, each.targets, str(each.closure), each.cfg, each.opaque) for each in built
    }
    if len(contents) != 1:
        return selection
    (one, *_) = built
    return replace(
        selection,
        workspace=one.workspace,
        chosen=one.chosen,
        targets=one.targets,
        closure=one.closure,
        cfg=one.cfg,
        flags_known=one.flags_known,
        opaque=one.opaque,
        refusal=one.refusal,
    )
