"""Cargo.lock: which crate of the workspace brings a locked package in, and on which line it is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True)
class LockedPackage:
    """One package of the lock file; what lies on this machine has no source."""

    name: str
    version: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class LockFile:
    """The packages of a Cargo.lock and who depends on whom."""

    packages: tuple[LockedPackage, ...]
    dependents: Mapping[LockedPackage, frozenset[LockedPackage]]
    text: str

    def pulled_in_by(self, name: str, version: str) -> tuple[str, ...]:
        """The names of the crates without a source through which a package gets into the build.

        The walk goes up the dependents and ends at the first such crate: who depends on that one
        has no say in the matter.
        """
        found: set[str] = set()
        waiting = [
            package
            for package in self.packages
            if (package.name, package.version) == (name, version)
        ]
        seen = set(waiting)
        while waiting:
            for dependent in self.dependents.get(waiting.pop(), frozenset()) - seen:
                seen.add(dependent)
                if dependent.source:
                    waiting.append(dependent)
                else:
                    found.add(dependent.name)
        return tuple(sorted(found))

    def line_of(self, name: str, version: str) -> int:
        """The 1-based line on which a package begins; 0 if it is not there."""
        entry = re.search(
            rf'^name = "{re.escape(name)}"\r?\nversion = "{re.escape(version)}"',
            self.text,
            re.MULTILINE,
        )
        return self.text.count("\n", 0, entry.start()) + 1 if entry else 0


def read_lock(text: str) -> LockFile:
    """Read a Cargo.lock of any version; raises `ReportError` if it is none."""
    try:
        document = read_toml(text)
        # Before 2017 the root package stood in a table of its own.
        tables = [*([document["root"]] if "root" in document else []), *document.get("package", ())]
        packages = [_package(table) for table in tables]
        by_name: dict[str, list[LockedPackage]] = {}
        for package in packages:
            by_name.setdefault(package.name, []).append(package)
        dependents: dict[LockedPackage, set[LockedPackage]] = {}
        for package, table in zip(packages, tables, strict=True):
            for dependency in _resolved(table.get("dependencies", ()), by_name):
                dependents.setdefault(dependency, set()).add(package)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        message = f"Cargo.lock cannot be read ({error!r})."
        raise ReportError(
            message, next_step="`cargo generate-lockfile` writes a new one."
        ) from error
    return LockFile(
        packages=tuple(packages),
        dependents={package: frozenset(users) for package, users in dependents.items()},
        text=text,
    )


def _package(table: Mapping[str, Any]) -> LockedPackage:
    return LockedPackage(table["name"], table["version"], table.get("source"))


def _resolved(
    dependencies: Iterable[str], by_name: Mapping[str, Sequence[LockedPackage]]
) -> Iterator[LockedPackage]:
    """The packages that entries such as ``rand``, ``rand 0.8.5`` or ``rand 0.8.5 (source)`` mean.

    Cargo writes as much as it takes to be unambiguous.
    """
    for entry in dependencies:
        name, _, rest = entry.partition(" ")
        version, _, source = rest.partition(" ")
        for package in by_name.get(name, ()):
            if version in {"", package.version} and source.strip("()") in {"", package.source}:
                yield package
