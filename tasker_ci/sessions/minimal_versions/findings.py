"""Which requirement is too low: as cargo says it, or as the compiler does."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import read_text
from tasker_ci.tools.compiler_messages import CompilerFinding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasker_ci.rust.lockfile import LockFile
    from tasker_ci.rust.workspace import Package, Workspace
    from tasker_ci.tools.first_errors import Obstacle

_REFUSED = re.compile(r"failed to select a version for `(?P<name>[\w-]+)`")
_WANTS = re.compile(r"required by package `(?P<name>[\w-]+) v(?P<version>[^\s`]+)")
_MEETING = re.compile(
    r"meet the requirements `(?P<requirement>[^`]+)`(?: \([^)]*\))? are: (?P<version>[^\s,]+)"
)
_CHOSEN = re.compile(r"previously selected package `(?P<name>[\w-]+) v(?P<version>[^\s`]+)")
_OURS = re.compile(
    r"satisfies dependency `[^`]*` of package `(?P<name>[\w-]+) v[^`]*\((?P<path>/[^`]*)\)`"
)
_WORD = re.compile(r"`([\w:-]+)`")


@dataclass(frozen=True, kw_only=True)
class TooLow:
    """One requirement that allows too old a version, or an error where that is not known."""

    message: str
    fix: str
    dependency: str = ""
    version: str = ""
    """The oldest, which was tried."""
    file: str = ""
    """Of the requirement or the error, relative to the workspace."""
    line: int = 0

    @property
    def place(self) -> str:
        """Its place for people, before the message."""
        return f"{self.file}:{self.line}: " if self.file else ""

    def as_finding(self) -> CompilerFinding:
        """As an annotation."""
        return CompilerFinding(
            level="error", code=None, message=self.message, file=self.file or None, line=self.line
        )

    def data(self) -> dict[str, Any]:
        """All of it for `--json`."""
        return {**vars(self)}


def refused_by_cargo(said: str, workspace: Workspace) -> TooLow | None:
    """The requirement that no other goes with; None where cargo says something else."""
    refused, chosen = _REFUSED.search(said), _CHOSEN.search(said)
    if refused is None or chosen is None or chosen["name"] != refused["name"]:
        return None
    name, version = chosen["name"], chosen["version"]
    wants, needed = _WANTS.search(said), _MEETING.search(said)
    members = {each.name: each for each in workspace.packages}
    asks = members.get(wants["name"]) if wants else None
    ours = _OURS.search(said, chosen.end())
    holder = members.get(ours["name"]) if ours else None
    if asks and holder and needed and _numbers(needed["version"]) < _numbers(version):
        # Both are direct: the lower of two members has to follow.
        file, line = _place(name, [asks], workspace)
        return TooLow(
            message=f"The requirement of {name} in {asks.name} allows {needed['version']}, and "
            f"{holder.name} needs {version}",
            fix=f"raise the requirement of `{name}` to {version}",
            dependency=name,
            version=needed["version"],
            file=file,
            line=line,
        )
    by = f"{wants['name']} {wants['version']}" if wants else "another package"
    other = needed["requirement"] if needed else "another version"
    file, line = _place(name, [holder] if holder else workspace.packages, workspace)
    return TooLow(
        message=f"The requirement of {name} allows {version}, and {by} needs {other}",
        fix=f"raise the requirement of `{name}` to {other.lstrip('^=~> ')}",
        dependency=name,
        version=version,
        file=file,
        line=line,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.split(r"[-+]", version)[0].split(".") if each.isdigit())


def found_by_compiler(
    obstacles: tuple[Obstacle, ...], workspace: Workspace, lock: LockFile
) -> Iterator[TooLow]:
    """What the compiler's errors say of requirements."""
    members = {package.name: package for package in workspace.packages}
    versions = {each.name: each.version for each in lock.packages if each.source}
    for obstacle in obstacles:
        own = members.get(obstacle.package)
        name = obstacle.package if own is None else _named_in(obstacle.message, own, versions)
        version = versions.get(name or "", "")
        if name and version and own is None:
            file, line = _place(name, workspace.packages, workspace)
            yield TooLow(
                message=f"{name} {version} does not compile itself: {obstacle.message}",
                fix=f"raise the requirement of `{name}`"
                if file
                else f"raise the requirement of what brings {name}: cargo tree --invert {name}",
                dependency=name,
                version=version,
                file=file,
                line=line,
            )
        elif name and version:
            yield TooLow(
                message=f"{obstacle.message}; {name} is {version} here",
                fix=f"raise the requirement of `{name}`{_written(name, own, workspace)}",
                dependency=name,
                version=version,
                file=obstacle.file,
                line=obstacle.line,
            )
        else:
            yield TooLow(
                message=obstacle.message,
                fix="raise the requirement of the dependency that lacks this",
                file=obstacle.file,
                line=obstacle.line,
            )


def _named_in(message: str, package: Package, versions: dict[str, str]) -> str | None:
    """The dependency of a package that an error names."""
    keys = {each.key.replace("-", "_"): each.name for each in package.requirements}
    for word in _WORD.findall(message):
        for step in word.split("::"):
            name = keys.get(step.replace("-", "_"))
            if name in versions:
                return name
    return None


def _written(name: str, package: Package | None, workspace: Workspace) -> str:
    file, line = _place(name, [package] if package else (), workspace)
    return f" in {file}:{line}" if file else ""


def _place(
    name: str, packages: tuple[Package, ...] | list[Package], workspace: Workspace
) -> tuple[str, int]:
    """Where a package requires ``name``: its manifest, or that of the workspace."""
    keys = {each.key for package in packages for each in package.requirements if each.name == name}
    manifests = [package.manifest for package in packages]
    for file in (*manifests, workspace.root / "Cargo.toml"):
        for key in sorted(keys):
            line = _line_of(file, key)
            if line:
                return os.path.relpath(file, workspace.root), line
    return "", 0


def _line_of(file: Path, key: str) -> int:
    """The line that requires ``key`` with a version of its own; 0 for none."""
    try:
        lines = read_text(file).splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    inline = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=\s*(?!.*\bworkspace\s*=\s*true)""")
    table = re.compile(rf"""\s*\[[^\]]*dependencies\.["']?{re.escape(key)}["']?\]""")
    inside = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("["):
            if table.match(line):
                return number
            inside = "dependencies" in line
        elif inside and inline.match(line):
            return number
    return 0
