"""From changed files to affected packages, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.affected.manifest import meaning
from tasker_ci.sessions.affected.paths import in_target_folder, means_everything, means_nothing
from tasker_ci.text.file_reading import read_text
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.rust.workspace import Package, Workspace
    from tasker_ci.sessions.affected.reading import AffectedReading
    from tasker_ci.sessions.affected.settings import AffectedRule

ALL = "all"
"""The word of a rule for every package."""


class _Everything(Exception):
    """A path that affects every package; the text says why."""


@dataclass(kw_only=True)
class Affected:
    """What the changes affect."""

    everything: str | None = None
    """Why all packages are affected; None if only some are."""
    packages: dict[str, list[str]] = field(default_factory=dict)
    """The affected packages with their reasons; all of them where everything is affected."""
    left_out: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    without: dict[str, str] = field(default_factory=dict)
    """The changed files that affect no package by themselves, each with what it is."""
    compared: str | None = None
    """What the changes are counted from, for people; None where git cannot say."""

    def data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "everything": bool(self.everything),
            "reason": self.everything or "",
            "packages": [
                {"package": name, "reasons": reasons} for name, reasons in self.packages.items()
            ],
            "left_out": list(self.left_out),
            "changed": list(self.files),
        }


def all_affected(workspace: Workspace, why: str, files: Sequence[str] = ()) -> Affected:
    """Every package, for the same reason."""
    return Affected(
        everything=why,
        packages={package.name: [why] for package in workspace.packages},
        files=tuple(map(one_line, files)),
    )


@dataclass(kw_only=True)
class Decision:
    """Decides for one workspace; ``top`` is the folder that changed paths are relative to."""

    workspace: Workspace
    top: Path
    rules: Sequence[AffectedRule]
    reading: Callable[[], AffectedReading]
    """Reads the sources, once they are needed."""
    old: Callable[[str], str | None]
    """The content of a path at the base."""
    hidden_users: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each member those that depend on it, but not on its folder."""
    _found: dict[str, list[str]] = field(default_factory=dict)
    _passing: set[str] = field(default_factory=set)
    """The affected packages whose dependents are affected too."""
    _without: dict[str, str] = field(default_factory=dict)
    _in_code: bool = False
    """Whether more than documentation has changed."""

    def decide(self, files: Sequence[str]) -> Affected:
        """Return what changes of ``files`` affect."""
        try:
            for path in files:
                self._take(path)
        except _Everything as reason:
            return all_affected(self.workspace, str(reason), files)
        self._close()
        names = [package.name for package in self.workspace.packages]
        return Affected(
            packages={name: self._found[name] for name in names if name in self._found},
            left_out=tuple(name for name in names if name not in self._found),
            files=tuple(map(one_line, files)),
            without=self._without,
        )

    def _take(self, path: str) -> None:
        if self._by_rule(path):
            return
        touched = means_everything(path)
        if touched:
            raise _Everything(f"{one_line(path)} changed: {touched}")
        self._in_code |= not means_nothing(path)
        file = self.top / path
        if file.is_dir():
            raise _Everything(
                f"{one_line(path)} changed: a folder that git knows as one, like a submodule"
            )
        self._named(path, file)
        package = self._owner(file)
        if file.name == "Cargo.toml":
            self._manifest(path, file, package)
        elif package is not None and self._is_own(file, package):
            arrivals = self.reading().reach.arrivals.get(file.resolve())
            if not arrivals:  # deleted, or read by a test or a build script
                self._add(package.name, f"{one_line(path)} changed")
        elif (what := means_nothing(path)) is not None:
            self._without[one_line(path)] = what
        else:
            raise _Everything(f"{one_line(path)} changed, and nothing is known about it")

    def _by_rule(self, path: str) -> bool:
        for rule in self.rules:
            if not any(fnmatchcase(path, pattern) for pattern in rule.paths):
                continue
            if ALL in rule.affects:
                raise _Everything(f"{one_line(path)} changed: {rule.reason} (affected.rules)")
            for name in rule.affects:
                self._add(name, f"{one_line(path)} changed: {rule.reason} (affected.rules)")
            if not rule.affects:
                self._without[one_line(path)] = f"{rule.reason} (affected.rules)"
            return True
        return False

    def _named(self, path: str, file: Path) -> None:
        """Packages that compile, include or name the file, wherever it lies."""
        reading = self.reading()
        reach = reading.reach
        for arrival in reach.arrivals.get(file.resolve(), ()):
            self._add(
                arrival.package.name, f"{one_line(path)} changed", passes_on=arrival.in_product
            )
        for table in (reach.texts, reach.wanted):
            for package in table.get(file.resolve(), ()):
                self._add(package.name, f"{one_line(path)} changed, which it includes")
        folders = not means_nothing(path)
        for name, why, product in reading.mentioning(file, folders=folders):
            self._add(name, f"{one_line(path)} changed: {why}", passes_on=product)

    @cached_property
    def _folders(self) -> Mapping[Path, Package]:
        """The members by their folders."""
        return {package.manifest.parent: package for package in self.workspace.packages}

    def _owner(self, file: Path) -> Package | None:
        """The member in whose folder the file lies, unless another package is in between."""
        for folder in file.parents:
            if folder in self._folders:
                return self._folders[folder]
            if (folder / "Cargo.toml").is_file():
                return None
        return None

    def _is_own(self, file: Path, package: Package) -> bool:
        """Whether the file can matter to its package, and to others only as far as they name it."""
        inside = file.relative_to(package.manifest.parent)
        if in_target_folder(inside):
            return True
        if means_nothing(str(inside)):
            return False
        # What lies beside the sources of the package at the root may be anybody's.
        return package.manifest.parent != self.workspace.root

    def _manifest(self, path: str, file: Path, package: Package | None) -> None:
        is_root = file.parent == self.workspace.root
        if package is None or package.manifest != file or is_root:
            raise _Everything(f"{one_line(path)} changed: a manifest of more than one package")
        new = read_text(file, encoding="utf-8-sig") if file.is_file() else None
        means = meaning(self.old(path), new)
        if means == "everything":
            raise _Everything(
                f"{one_line(path)} changed: dependencies or features of the whole build"
            )
        if means == "package":
            self._add(package.name, f"{one_line(path)} changed")
        else:
            self._without[one_line(path)] = "its values are as they were"

    def _close(self) -> None:
        """Add what depends on what is affected, until nothing is added any more.

        What is affected in its tests alone passes nothing on, and what uses another package for its
        tests alone is affected in its tests alone.
        """
        reading = self.reading()
        for name, why in reading.anything.items():
            if self._in_code or name in reading.by_git:
                self._add(name, why, passes_on=name in reading.passing_on)
        before = -1
        while before != (before := len(self._found) + len(self._passing)):
            for package in self.workspace.packages:
                self._depends(package)
                for other, (why, product) in reading.programs.get(package.name, {}).items():
                    if other in self._found:
                        self._add(package.name, f"{why} of {other}", passes_on=product)

    def _depends(self, package: Package) -> None:
        for dependency in package.dependencies:
            member = self._folders.get(dependency.path)
            other = member.name if member else None
            if other is None or other not in self._passing:
                continue
            if dependency.kind == "dev":
                self._add(package.name, f"its tests depend on {other}", passes_on=False)
            else:
                self._add(package.name, f"depends on {other}")
        for other, users in self.hidden_users.items():
            if other in self._passing and package.name in users:
                self._add(package.name, f"depends on {other}, as Cargo.lock says")

    def _add(self, name: str, why: str, *, passes_on: bool = True) -> None:
        reasons = self._found.setdefault(name, [])
        if why not in reasons:
            reasons.append(why)
        if passes_on:
            self._passing.add(name)
