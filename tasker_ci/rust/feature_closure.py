"""Which features cargo switches on in each member of a workspace, for one build.

The rules are those of cargo's feature resolver; nothing is asked of cargo.
https://doc.rust-lang.org/cargo/reference/resolver.html#features
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.rust.feature_requests import requested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.rust.feature_requests import BuildKind, FeatureRequest
    from tasker_ci.rust.workspace import Package, Requirement, Target

Key = tuple["Path", bool]
"""The manifest of a package, and whether it is part of a program that runs while building."""

Edge = tuple["Requirement", "Package | None", Key | None]
"""A dependency, with its package where that is one of those that are followed."""


@dataclass(frozen=True, kw_only=True)
class FeatureClosure:
    """What is switched on."""

    on: Mapping[Key, frozenset[str]]
    """By manifest, once as part of what is built and once (True) as part of a program that runs
    while building; what is not built is absent."""
    perhaps: Mapping[Key, frozenset[str]]
    """Those that would be on too if what is not known were so."""
    refused: tuple[str, ...] = ()
    """Names of the request that no selected package has: cargo stops at them."""

    def of(self, package: Package, target: Target | None = None) -> frozenset[str]:
        """What is surely on in a member, as one of its targets is built."""
        return self.on.get(self._key(self.on, package, target), frozenset())

    def perhaps_of(self, package: Package, target: Target | None = None) -> frozenset[str]:
        """What may be on there beside that."""
        found = self.perhaps.get(self._key(self.perhaps, package, target), frozenset())
        return found - self.of(package, target)

    def builds(self, package: Package) -> bool:
        """Whether a member may be built at all, by itself or for another one."""
        return any((package.manifest, hosted) in self.perhaps for hosted in (False, True))

    @staticmethod
    def _key(table: Mapping[Key, frozenset[str]], package: Package, target: Target | None) -> Key:
        hosted = (package.manifest, True)
        of_host = target is not None and target.kind == "proc-macro" and hosted in table
        return hosted if of_host else (package.manifest, False)


def feature_closure(
    members: Iterable[Package],
    selected: Iterable[str],
    request: FeatureRequest,
    build: BuildKind,
    *,
    beside: Iterable[Package] = (),
) -> FeatureClosure:
    """Follow features from the selected members through all packages that are given.

    ``beside`` are packages in folders that are no members. What comes from a registry is not
    followed: it leads back to none of these, but for ``build.from_outside``.
    """
    own = tuple(members)
    roots, refused = requested(own, frozenset(selected), request, build)
    found = []
    for doubt in (False, True):
        walk = _Walk(packages=(*own, *beside), build=build, doubt=doubt)
        walk.follow(
            {package.manifest: roots[package.name] for package in own if package.name in roots}
        )
        found.append({key: frozenset(names) for key, names in walk.active.items()})
    return FeatureClosure(on=found[0], perhaps=found[1], refused=refused)


@dataclass(kw_only=True)
class _Walk:
    packages: tuple[Package, ...]
    build: BuildKind
    doubt: bool
    """Whether what is not known counts as so."""
    is_doubtful: bool = False
    """Whether something was not known."""
    roots: frozenset[Path] = frozenset()
    active: dict[Key, set[str]] = field(default_factory=dict)
    optional: dict[Key, set[str]] = field(default_factory=dict)
    """The optional dependencies that are on."""
    weak: dict[tuple[Key, str], set[str]] = field(default_factory=dict)
    """Features of those that are not on yet, which wait for them."""
    waiting: list[tuple[Key, str | None]] = field(default_factory=list)
    """A package with one thing to switch on, or None for the package itself."""
    seen: set[Key] = field(default_factory=set)
    _by_manifest: dict[Path, Package] = field(init=False)
    _folders: dict[Path, Package] = field(init=False)
    _edges: dict[Key, list[Edge]] = field(default_factory=dict)
    _named: dict[Key, dict[str, list[Edge]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_manifest = {package.manifest: package for package in self.packages}
        self._folders = {package.manifest.parent: package for package in self.packages}

    def follow(self, roots: Mapping[Path, Iterable[str]]) -> None:
        """Begin with what the command line switches on in the members that it selects."""
        self.roots = frozenset(roots)
        for manifest, names in roots.items():
            package = self._by_manifest[manifest]
            hosts = (False, True) if self.build.splits and _is_macro(package) else (False,)
            for hosted in hosts:
                self._enter((manifest, hosted), package, names)
        for package in self.packages if self.doubt else ():
            if package.manifest.parent in self.build.from_outside:
                for hosted in (False, True):
                    self._enter((package.manifest, hosted), package, package.features)
        while self.waiting:
            key, value = self.waiting.pop()
            if value is None:
                self._dependencies(key)
            else:
                self._value(key, value)

    def _enter(self, key: Key, package: Package, names: Iterable[str]) -> None:
        """A package becomes part of the build, with features."""
        self.active.setdefault(key, set())
        has = package.features
        self.waiting += [(key, name) for name in names if name != "default" or "default" in has]
        if key not in self.seen:
            self.seen.add(key)
            self.waiting.append((key, None))

    def _dependencies(self, key: Key) -> None:
        for requirement, package, other in self._edges_of(key):
            if not requirement.optional and package and other:
                self._enter(other, package, _asked(requirement))

    def _value(self, key: Key, value: str) -> None:
        """``feature``, ``dep:dependency``, ``dependency/feature`` or ``dependency?/feature``."""
        if value.startswith("dep:"):
            self._switch_on(key, value.removeprefix("dep:"))
            return
        first, slash, second = value.partition("/")
        if slash:
            self._of_dependency(key, first.removesuffix("?"), second, weak=first.endswith("?"))
            return
        if value not in self.active[key]:
            self.active[key].add(value)
            implied = self._by_manifest[key[0]].features.get(value, ())
            self.waiting += [(key, each) for each in implied]

    def _switch_on(self, key: Key, name: str) -> None:
        """An optional dependency."""
        on = self.optional.setdefault(key, set())
        late = self.weak.pop((key, name), set())
        if name in on and not late:
            return
        on.add(name)
        for requirement, package, other in self._edges_named(key, name):
            if package and other:
                self._enter(other, package, (*late, *_asked(requirement)))

    def _of_dependency(self, key: Key, name: str, feature: str, *, weak: bool) -> None:
        for requirement, package, other in self._edges_named(key, name):
            if requirement.optional:
                if weak and name not in self.optional.get(key, ()):
                    self.weak.setdefault((key, name), set()).add(feature)
                    continue
                self._switch_on(key, name)
                if not weak and name in self._by_manifest[key[0]].features:
                    self.waiting.append((key, name))
            if package and other:
                self.active.setdefault(other, set())
                self.waiting.append((other, feature))

    def _edges_named(self, key: Key, name: str) -> list[Edge]:
        """The dependencies of a package that its manifest calls by a name."""
        if key not in self._named:
            named = self._named[key] = {}
            for edge in self._edges_of(key):
                named.setdefault(edge[0].key, []).append(edge)
        return self._named[key].get(name, [])

    def _edges_of(self, key: Key) -> list[Edge]:
        """What a package depends on in this build; without a package where it is not given."""
        if key not in self._edges:
            self._edges[key] = list(self._read_edges(key))
        return self._edges[key]

    def _read_edges(self, key: Key) -> Iterator[Edge]:
        manifest, hosted = key
        for requirement in self._by_manifest[manifest].requirements:
            if requirement.kind == "dev" and not (manifest in self.roots and self._has_tests()):
                continue
            if not self._applies(requirement, hosted=hosted):
                continue
            package = self._package_of(requirement)
            if package is None:
                yield requirement, None, None
                continue
            for_host = self.build.splits and (
                hosted or requirement.kind == "build" or _is_macro(package)
            )
            yield requirement, package, (package.manifest, for_host)

    def _applies(self, requirement: Requirement, *, hosted: bool) -> bool:
        """Whether a dependency is for the platform that is built for."""
        if not self.build.splits or requirement.target is None:
            return True
        of_host = hosted or requirement.kind == "build"
        applies = (self.build.host if of_host else self.build.target)(requirement.target)
        if applies is None:
            self.is_doubtful = True
            return self.doubt
        return applies

    def _has_tests(self) -> bool:
        return self.build.with_tests or not self.build.splits

    def _package_of(self, requirement: Requirement) -> Package | None:
        folder = requirement.path or (
            self.build.patched.get(requirement.name) if requirement.from_registry else None
        )
        return self._folders.get(folder) if folder else None

    def result(self) -> dict[Key, frozenset[str]]:
        """What is on."""
        return {key: frozenset(names) for key, names in self.active.items()}


def _asked(requirement: Requirement) -> tuple[str, ...]:
    default = ("default",) if requirement.default_features else ()
    return (*requirement.features, *default)


def _is_macro(package: Package) -> bool:
    return any(target.kind == "proc-macro" for target in package.targets)
