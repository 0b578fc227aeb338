"""From the root file of each target to every file that its compilation reaches.

The rules are those of rustc's `expand/module.rs`: a file that is a target's root, is named
``mod.rs``, or is named by `#[path]` or `include!` looks for its modules beside itself, another one
in the folder of its own name.
https://doc.rust-lang.org/reference/items/modules.html#module-source-filenames
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.rust.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.rust.conditions import Condition
    from tasker_ci.rust.declarations import Include, Level, Module, SourceFile
    from tasker_ci.rust.workspace import Package, Target, Workspace


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One way by which a target reaches a file."""

    package: Package
    target: Target
    conditions: tuple[Condition, ...]
    """What has to hold for it."""
    modules: str | None = ""
    """The path of the file's module within the target, ``a::b``; "" for the root, None where a
    macro decides it."""

    @property
    def in_product(self) -> bool:
        """Whether it becomes part of what other packages may depend on, not of tests alone."""
        return self.target.kind in {"lib", "proc-macro", "custom-build"} and not any(
            condition.holds(_outside_of_tests) is False for condition in self.conditions
        )


def _outside_of_tests(name: str, value: str | None) -> bool | None:
    return False if (name, value) == ("test", None) else None


@dataclass(frozen=True)
class _Place:
    """A file with the rule for finding its modules."""

    file: Path
    relative: str = ""
    """The folder beside the file where its modules are; "" for the file's own folder."""
    conditions: tuple[Condition, ...] = ()
    """Of the `#[path]` that names it."""


@dataclass(kw_only=True)
class Reach:
    """What all targets of a workspace reach."""

    sources: dict[Path, SourceFile] = field(default_factory=dict)
    """By the file itself, as in all tables here: a link is followed."""
    arrivals: dict[Path, list[Arrival]] = field(default_factory=dict)
    texts: dict[Path, list[Package]] = field(default_factory=dict)
    """Files that are included as text or bytes, with the packages that do."""
    wanted: dict[Path, list[Package]] = field(default_factory=dict)
    """Files that a module or an `include!` names and that are not there."""
    unfit: dict[Path, str] = field(default_factory=dict)
    """Files that cannot be read, with the reason: pipes, devices, far too large ones."""


def reach_of(workspace: Workspace, sources: Sources | None = None) -> Reach:
    """Follow every target of the workspace; files that cannot be read are passed over."""
    walk = _Walk(reach=Reach(), sources=sources or Sources())
    for package in workspace.packages:
        for target in package.targets:
            walk.follow(package, target)
    return walk.reach


@dataclass(kw_only=True)
class _Walk:
    reach: Reach
    sources: Sources

    def follow(self, package: Package, target: Target) -> None:
        """Follow one target."""
        root = normal(target.source)
        seen: set[tuple[_Place, tuple[Condition, ...]]] = set()
        waiting: list[tuple[_Place, tuple[Condition, ...], str | None]] = [(_Place(root), (), "")]
        while waiting:
            place, conditions, modules = waiting.pop()
            if (place, conditions) in seen:
                continue
            seen.add((place, conditions))
            file = place.file if self.sources.is_regular(place.file) else place.file.resolve()
            source = self.source(file)
            if source is None:
                continue
            conditions = _joined(conditions, source.conditions)
            arrival = Arrival(
                package=package, target=target, conditions=conditions, modules=modules
            )
            arrivals = self.reach.arrivals.setdefault(file, [])
            if arrival not in arrivals:
                arrivals.append(arrival)
            for module in source.modules:
                places = [*module_places(place.file, place.relative, module)]
                if module.by_macro:
                    places += _of_callers(place.file, root, module)
                found = self._existing(places, package)
                inner = None if module.by_macro else _inner(modules, module.levels, module.name)
                for each in found:
                    more = (*module.conditions, *each.conditions)
                    waiting.append((each, _joined(conditions, more), inner))
            for include in source.includes:
                around = _inner(modules, include.levels)
                for each, under in self._included(place.file, include, package, conditions):
                    named = include.macro == "automod::dir"
                    inner = _inner(around, (), each.file.stem) if named else around
                    waiting.append((each, under, inner))

    def source(self, file: Path) -> SourceFile | None:
        """The file, read once; None if it is not there."""
        if file not in self.reach.sources:
            try:
                self.reach.sources[file] = self.sources.source(file)
            except FileNotFoundError:
                return None
            except OSError as error:
                self.reach.unfit[file] = error.strerror or str(error)
                return None
        return self.reach.sources[file]

    def _included(
        self, file: Path, include: Include, package: Package, conditions: tuple[Condition, ...]
    ) -> Iterator[tuple[_Place, tuple[Condition, ...]]]:
        base = package.manifest.parent if include.from_manifest else file.parent
        target = normal(base / include.path)
        conditions = _joined(conditions, include.conditions)
        if include.macro == "include":
            for place in self._existing([_Place(target)], package):
                yield place, conditions
        elif include.macro == "automod::dir":
            roots = {"mod.rs", "lib.rs", "main.rs"}
            for each in sorted(target.glob("*.rs")):
                if each.name not in roots:
                    yield _Place(each, each.stem), conditions
        elif target.exists():
            _add(self.reach.texts, target, package)
        else:
            _add(self.reach.wanted, target, package)

    def _existing(self, places: Iterable[_Place], package: Package) -> list[_Place]:
        places = list(places)
        known = self.sources.is_regular
        found = [place for place in places if known(place.file) or place.file.is_file()]
        if not found:
            for place in places:
                _add(self.reach.wanted, place.file, package)
                if place.file.exists() and not place.file.is_dir():
                    self.reach.unfit[place.file] = "it is no regular file"
        return found


def module_places(file: Path, relative: str, module: Module) -> Iterator[_Place]:
    """The files that ``mod name;`` in ``file`` may mean."""
    folder, beside = file.parent, relative
    for level in module.levels:
        if level.path is not None:
            folder, beside = folder / level.path, ""
        else:
            folder, beside = folder / beside / level.name, ""
    under = module.path_conditions or ((),) * len(module.paths)
    for path, conditions in zip(module.paths, under, strict=True):
        yield _Place(normal(folder / path), conditions=conditions)
    if not module.only_paths:
        around = normal(folder / beside if beside else folder)
        yield _Place(around / f"{module.name}.rs", module.name)
        yield _Place(around.joinpath(module.name, "mod.rs"))


def _of_callers(file: Path, root: Path, module: Module) -> Iterator[_Place]:
    """Where a module may be that a macro declares: beside any file above it, up to the root's.

    The macro's callers decide, and are not looked for.
    """
    for folder in file.parents:
        yield from module_places(folder / root.name, "", module)
        if folder == root.parent:
            break


def normal(path: Path) -> Path:
    """The path without ``..``, links left as they are."""
    return Path(os.path.normpath(path)) if ".." in path.parts else path


def _inner(modules: str | None, levels: Iterable[Level], *names: str) -> str | None:
    """The path of a module within another one."""
    if modules is None:
        return None
    return "::".join(filter(None, (modules, *(level.name for level in levels), *names)))


def _joined(
    conditions: tuple[Condition, ...], more: tuple[Condition, ...]
) -> tuple[Condition, ...]:
    return (*conditions, *(each for each in more if each not in conditions))


def _add(table: dict[Path, list[Package]], file: Path, package: Package) -> None:
    owners = table.setdefault(file.resolve(), [])
    if package not in owners:
        owners.append(package)
