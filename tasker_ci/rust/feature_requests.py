"""Which features a command line gives to which packages.

https://doc.rust-lang.org/cargo/reference/features.html#command-line-feature-options
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.rust.workspace import Package

Platform = Callable[[str], bool | None]
"""Whether a build is for what a ``cfg(…)`` or a triple of a manifest means; None if not known."""


@dataclass(frozen=True, kw_only=True)
class FeatureRequest:
    """What a command line asks for."""

    names: tuple[str, ...] = ()
    """Each alone, as ``--features`` spells it: ``a``, ``package/a``, ``dependency/a``."""
    everything: bool = False
    """``--all-features``."""
    default: bool = True
    """Not ``--no-default-features``."""


@dataclass(frozen=True, kw_only=True)
class BuildKind:
    """What else decides about features."""

    resolver: str = "2"
    with_tests: bool = True
    """Whether tests, examples or benchmarks are built, so that dev-dependencies count."""
    current: str | None = None
    """The package in whose folder cargo starts, to which resolver 1 gives the flags."""
    target: Platform = lambda _: None
    host: Platform = lambda _: None
    patched: Mapping[str, Path] = field(default_factory=dict)
    """Packages that ``[patch]`` takes from a folder, by name."""
    from_outside: frozenset[Path] = frozenset()
    """The folders of those that packages of a registry may depend on, with whatever features."""

    @property
    def splits(self) -> bool:
        """Whether build-dependencies, and platforms that are not built for, stand apart."""
        return self.resolver != "1"

    @property
    def each_gets_flags(self) -> bool:
        """Whether every selected package gets the flags, in place of the current one."""
        return self.current is None or self.resolver != "1"


def split_features(values: Iterable[str]) -> tuple[str, ...]:
    """The names in the values of ``--features``."""
    return tuple(name for value in values for name in value.replace(",", " ").split())


def requested(
    packages: tuple[Package, ...],
    selected: frozenset[str],
    request: FeatureRequest,
    build: BuildKind,
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """The members that the command line gives features to, each with those; and what is left."""
    members = {package.name: package for package in packages if package.name in selected}
    if build.each_gets_flags:
        taken: set[str] = set()
        roots = {
            name: [*_matching(package, request.names, taken), *_beside(package, request)]
            for name, package in members.items()
        }
        return roots, tuple(name for name in request.names if name not in taken)
    others = _for_others(packages, selected, request, build)
    roots = {
        name: [
            *others.get(name, ()),
            *_beside(package, FeatureRequest(everything=request.everything)),
        ]
        for name, package in members.items()
    }
    given = {f"{name}/{feature}" for name, features in others.items() for feature in features}
    for package in packages:
        if package.name == build.current:
            rest = [name for name in request.names if name not in given]
            roots[package.name] = [*rest, *_beside(package, request)]
    return roots, ()


def _beside(package: Package, request: FeatureRequest) -> Iterator[str]:
    """What a request asks for without naming it."""
    if request.default:
        yield "default"
    if request.everything:
        yield from package.features


def _matching(package: Package, names: Iterable[str], taken: set[str]) -> Iterator[str]:
    """Those of the request that a member has."""
    dependencies = {each.key for each in package.requirements}
    for name in names:
        first, slash, second = name.partition("/")
        if slash and first.removesuffix("?") in dependencies:
            taken.add(name)
            yield name
        elif slash and first.removesuffix("?") == package.name and second in package.features:
            taken.add(name)
            yield second
        elif not slash and name in package.features:
            taken.add(name)
            yield name


def _for_others(
    packages: tuple[Package, ...],
    selected: frozenset[str],
    request: FeatureRequest,
    build: BuildKind,
) -> dict[str, list[str]]:
    """With resolver 1: the ``member/feature`` of members that are not the current one."""
    found: dict[str, list[str]] = {}
    members = {package.name for package in packages} & selected
    for name in request.names:
        first, slash, second = name.partition("/")
        if slash and first in members and first != build.current:
            found.setdefault(first, []).append(second)
    return found
