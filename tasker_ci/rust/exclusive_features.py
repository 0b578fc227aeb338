"""Which features of a workspace cannot all be on: told by the code, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from tasker_ci.rust.conditions import Condition
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.selection import is_enabled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tasker_ci.rust.declarations import SourceFile
    from tasker_ci.rust.reach import Arrival, Reach
    from tasker_ci.rust.workspace import Package, Workspace
    from tasker_ci.settings.cargo_features import Features

_KNOWN = {
    "rustc-dep-of-std": "builds within rustc's own tree alone",
    "no-panic": "links in optimised builds alone",
}
"""Features that mean the same in every crate that has them."""

Own = tuple[str, str]
"""A package and one of its features."""


@dataclass(frozen=True, kw_only=True)
class FeatureChoice:
    """The features that sessions can switch on together."""

    names: tuple[str, ...]
    """As the setting `features` spells them."""
    left_out: Mapping[str, str]
    """Those that are not among them, each with the reason."""


def chosen_features(workspace: Workspace, reach: Reach, *, nightly: bool) -> FeatureChoice | None:
    """All features but those that a stable compiler or the code itself refuses.

    None if nothing is refused: then `"all"` is right, today and after the next feature. With
    ``nightly`` the compiler takes what is unstable.
    """
    refused: dict[Own, str] = {}
    for package in workspace.packages:
        for name, reason in _refused(package, reach, nightly=nightly):
            refused.setdefault((package.name, name), reason)
    if not refused:
        return None
    _spread(workspace, refused)
    several = len(workspace.packages) > 1

    def spelled(own: Own) -> str:
        return f"{own[0]}/{own[1]}" if several else own[1]

    names = tuple(
        spelled((package.name, name))
        for package in workspace.packages
        for name in sorted(package.features)
        if name != "default" and (package.name, name) not in refused
    )
    return FeatureChoice(
        names=names, left_out={spelled(own): reason for own, reason in refused.items()}
    )


def refused_together(workspace: Workspace, features: Features) -> bool:
    """Whether a `compile_error!` of the workspace comes with these features, and by them."""
    reach = reach_of(workspace)
    for package in workspace.packages:
        enabled = {name for name in package.features if is_enabled(name, package, features)}
        if any(error.comes(enabled) and any(error.features) for error in _errors(package, reach)):
            return True
    return False


def exclusive_pairs(workspace: Workspace, reach: Reach) -> dict[str, tuple[str, ...]]:
    """The pairs of features that the code of a package refuses beside each other.

    By the names of the packages that have any, each pair as ``a,b``. A pair counts where the error
    comes with both of them alone, and with neither alone.
    """
    found: dict[str, dict[str, None]] = {}
    for package in workspace.packages:
        for error in _errors(package, reach):
            names = sorted({name for names in error.features for name in names})
            own = [name for name in names if name in package.features]
            if error.comes(()) or any(error.comes({name}) for name in own):
                continue
            pairs = (pair for pair in combinations(own, 2) if error.comes(pair))
            for pair in pairs:
                found.setdefault(package.name, {})[",".join(pair)] = None
    return {name: tuple(pairs) for name, pairs in found.items()}


@dataclass(frozen=True)
class _Error:
    """A `compile_error!` in the sources of a package."""

    own: tuple[Condition, ...]
    """What decides about it where it stands."""
    around: tuple[Condition, ...]
    """What decides whether its file is compiled."""

    def comes(self, features: Collection[str]) -> bool:
        """Whether it comes with these features, in tests or without them, whatever else is set."""
        whole = Condition("all", parts=(*self.around, *self.own))
        return any(_holds(whole, features, test=test) for test in (False, True))

    @property
    def features(self) -> Iterator[tuple[str, ...]]:
        """The features that decide about it: where it stands, then those around too."""
        own = [name for each in self.own for name in _features_in(each)]
        around = [name for each in self.around for name in _features_in(each)]
        yield tuple(dict.fromkeys(own))
        yield tuple(dict.fromkeys((*own, *around)))


def _holds(condition: Condition, features: Collection[str], *, test: bool = False) -> bool:
    """Whether features alone make a condition hold."""

    def known(name: str, value: str | None) -> bool | None:
        if name == "feature" and value is not None:
            return value in features
        return test if (name, value) == ("test", None) else None

    return condition.holds(known) is True


def _features_in(condition: Condition) -> Iterator[str]:
    return (value for name, value in condition.names() if name == "feature" and value)


def _refused(package: Package, reach: Reach, *, nightly: bool) -> Iterator[tuple[str, str]]:
    yield from ((name, reason) for name, reason in _KNOWN.items() if name in package.features)
    if not nightly:
        for source, _ in _sources(package, reach):
            for condition in source.unstable:
                yield from (
                    (name, "needs a nightly compiler") for name in _alone(package, condition)
                )
    yield from _exclusive(package, _errors(package, reach))


def _sources(package: Package, reach: Reach) -> Iterator[tuple[SourceFile, Arrival]]:
    """The files of a package, each as often as something leads to it."""
    for file, arrivals in reach.arrivals.items():
        for arrival in arrivals:
            if arrival.package is package and arrival.target.kind not in {"custom-build", "bench"}:
                yield reach.sources[file], arrival


def _errors(package: Package, reach: Reach) -> list[_Error]:
    found = (
        _Error(
            tuple(each for each in refusal if each not in arrival.conditions), arrival.conditions
        )
        for source, arrival in _sources(package, reach)
        for refusal in source.refusals
    )
    return list(dict.fromkeys(found))


def _alone(package: Package, condition: Condition) -> Iterator[str]:
    """The features each of which is enough for a condition."""
    for name in _features_in(condition):
        alone = _holds(condition, {name}) and not _holds(condition, ())
        if alone and name in package.features:
            yield name


def _exclusive(package: Package, errors: list[_Error]) -> Iterator[tuple[str, str]]:
    """The features that the code refuses to have beside each other, but for the default ones.

    Where none of them is on by default, none is taken, unless the code wants one.
    """
    everything = frozenset(package.features)
    default = _by_default(package)
    wrong = [error for error in errors if error.comes(everything)]
    for error in wrong:
        group: list[str] = []
        dropped: list[str] = []
        for names in error.features:
            group = [name for name in names if name in everything]
            dropped = [name for name in group if name not in default]
            if dropped:
                break
        left = everything.difference(dropped)
        if any(each.comes(left) and each not in wrong for each in errors):
            dropped = dropped[1:]
        others = ", ".join(name for name in group if name not in dropped) or "another of its kind"
        yield from ((name, f"does not go together with {others}") for name in dropped)


def _by_default(package: Package) -> frozenset[str]:
    waiting, seen = ["default"], {"default"}
    while waiting:
        for implied in package.features.get(waiting.pop(), ()):
            if implied not in seen:
                seen.add(implied)
                waiting.append(implied)
    return frozenset(seen)


def _spread(workspace: Workspace, refused: dict[Own, str]) -> None:
    """Add every feature that switches on one that is refused."""
    grown = True
    while grown:
        grown = False
        for package in workspace.packages:
            for name, implied in package.features.items():
                own = (package.name, name)
                reason = next((each for each in implied if _own(package, each) in refused), None)
                if own not in refused and name != "default" and reason is not None:
                    refused[own] = f"switches on {reason}"
                    grown = True


def _own(package: Package, implied: str) -> Own:
    other, slash, feature = implied.partition("/")
    return (other.removesuffix("?"), feature) if slash else (package.name, implied)
