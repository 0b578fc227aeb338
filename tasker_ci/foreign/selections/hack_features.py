"""The sets of features with which `cargo hack` calls cargo, for one package.

https://github.com/taiki-e/cargo-hack#usage
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from tasker_ci.rust.feature_requests import FeatureRequest, split_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.rust.workspace import Package

_MOST = 64
"""So many sets of one package are followed."""

_WITHOUT_NONE = ("--exclude-no-default-features", "--at-least-one-of", "--include-features")
_WITHOUT_ALL = (
    *("--exclude-all-features", "--include-features", "--exclude-features"),
    "--mutually-exclusive-features",
)
_UNKNOWN = frozenset(
    {
        *("--features", "--exclude-features", "--include-features", "--optional-deps", "--depth"),
        *("--group-features", "--mutually-exclusive-features", "--at-least-one-of", "--partition"),
    }
)


def hack_requests(
    invocation: Invocation, package: Package, explicit: Iterable[str]
) -> tuple[FeatureRequest, ...] | None:
    """What each call asks for; None where that is not known, or where it is too much.

    ``explicit`` are the features that the manifest itself has, without those of optional
    dependencies.
    """
    if invocation.unknown_values & _UNKNOWN or invocation.has("--partition"):
        return None
    names = split_features(invocation.values("--features"))
    if invocation.has("--ignore-unknown-features"):
        names = tuple(name for name in names if name in package.features)
    plain = FeatureRequest(
        names=names,
        everything=invocation.has("--all-features"),
        default=not invocation.has("--no-default-features"),
    )
    if not invocation.has("--each-feature", "--feature-powerset"):
        return (plain,)
    own = [*explicit]
    optional = [name for name in package.features if name not in own]
    units = _units(invocation, own, optional)
    sets = [*_sets(invocation, package, units)]
    if len(sets) > _MOST:
        return None
    if not sets and (invocation.has("--include-features") or not (own or optional)):
        return (plain,)
    found = [FeatureRequest(names=(*names, *each), default=False) for each in sets]
    if not invocation.has(*_WITHOUT_NONE):
        found.insert(0, FeatureRequest(names=names, default=False))
    if not invocation.has(*_WITHOUT_ALL) and not _is_among_them(invocation, own, optional):
        found.insert(0, FeatureRequest(names=names, everything=True))
    return tuple(found)


def _is_among_them(invocation: Invocation, own: Sequence[str], optional: Sequence[str]) -> bool:
    """Whether a call with all features would only repeat another one."""
    if invocation.has("--each-feature"):
        return not optional and len(own) <= 1
    every = invocation.has("--optional-deps") and not invocation.values("--optional-deps")
    return not optional or (every and not invocation.has("--depth"))


def _units(
    invocation: Invocation, own: Sequence[str], optional: Sequence[str]
) -> list[tuple[str, ...]]:
    """What is switched on together: a feature, or a group."""
    excluded = {
        *split_features(invocation.values("--exclude-features")),
        *split_features(invocation.values("--features")),
    }
    groups = _groups(invocation, "--group-features")
    excluded |= {name for group in groups for name in group}
    included = split_features(invocation.values("--include-features"))
    if included:
        return [(name,) for name in included if name not in excluded]
    names = [*own]
    if invocation.has("--optional-deps"):
        wanted = split_features(invocation.values("--optional-deps"))
        names += [name for name in optional if not wanted or name in wanted]
    return [*((name,) for name in names if name not in excluded), *groups]


def _sets(
    invocation: Invocation, package: Package, units: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    if invocation.has("--each-feature"):
        yield from units
        return
    depth = (*invocation.values("--depth"), str(len(units)))[0]
    most = min(int(depth) if depth.isdigit() else len(units), len(units))
    exclusive = [
        split_features([each]) for each in invocation.values("--mutually-exclusive-features")
    ]
    needed = [split_features([each]) for each in invocation.values("--at-least-one-of")]
    count = 0
    for size in range(1, most + 1):
        for chosen in combinations(units, size):
            names = tuple(name for unit in chosen for name in unit)
            reached = {name: _implied(package, name) for name in names}
            if _says_twice(chosen, reached) or _excludes(names, reached, exclusive):
                continue
            if all(_has_one(names, reached, group) for group in needed):
                yield names
            count += 1
            if count > _MOST:
                return


def _groups(invocation: Invocation, flag: str) -> list[tuple[str, ...]]:
    return [split_features([each]) for each in invocation.values(flag)]


def _implied(package: Package, name: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for each in package.features.get(waiting.pop(), ()):
            if not each.startswith("dep:") and each not in found and each != name:
                found.add(each)
                waiting.append(each)
    return frozenset(found)


def _says_twice(chosen: Sequence[tuple[str, ...]], reached: dict[str, frozenset[str]]) -> bool:
    """Whether one feature switches on what another unit is."""
    return any(set(unit) <= implied for implied in reached.values() for unit in chosen)


def _excludes(
    names: Sequence[str], reached: dict[str, frozenset[str]], groups: Sequence[tuple[str, ...]]
) -> bool:
    return any(
        sum(1 for name in names if name in group or reached[name] & {*group}) > 1
        for group in groups
    )


def _has_one(
    names: Sequence[str], reached: dict[str, frozenset[str]], group: tuple[str, ...]
) -> bool:
    return any(name in group or reached[name] & {*group} for name in names)
