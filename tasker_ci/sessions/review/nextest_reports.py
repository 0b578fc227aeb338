"""Where nextest writes its JUnit reports, by its configuration.

https://nexte.st/docs/machine-readable/junit/
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasker_ci.foreign.checkout import Checkout

_STORE = "target/nextest"
_GLOB = re.compile(r"\*\*/?|\*|\?|\[[^\]]*\]")


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """What one ``.config/nextest.toml`` says of reports."""

    folder: PurePosixPath
    """The root of the workspace."""
    store: str = _STORE
    paths: Mapping[str, str] = field(default_factory=dict)
    """`junit.path` as written, by profile."""
    inherits: Mapping[str, str] = field(default_factory=dict)
    file: PurePosixPath | None = None
    lines: tuple[str, ...] = ()

    def report(self, profile: str) -> str | None:
        """The report of a profile from the root of the repository; None where it writes none."""
        path, name, seen = None, profile, {profile}
        while path is None:
            path = self.paths.get(name)
            parent = self.inherits.get(name, "default")
            if parent in seen:
                break
            seen.add(parent)
            name = parent
        return None if not path else str(self.folder / self.store / profile / path)

    def is_joined_twice(self, profile: str) -> bool:
        """Whether the profile's own path begins as the folder does that it is joined with."""
        store = PurePosixPath(self.store).parts[:1]
        return PurePosixPath(self.paths.get(profile, "")).parts[:1] == store

    def place(self, profile: str) -> Place:
        """The line that says it."""
        wanted = self.paths[profile]
        within = False
        for number, line in enumerate(self.lines, 1):
            if line.lstrip().startswith("["):
                within = f"profile.{profile}" in line
            if within and wanted in line and not line.lstrip().startswith("#"):
                return Place(self.file or PurePosixPath(), number)
        return Place(self.file or PurePosixPath(), 1)


def report_settings(checkout: Checkout) -> Iterator[ReportSettings]:
    """What each configuration of nextest in a repository says."""
    for file in checkout.in_order:
        if file.name != "nextest.toml" or file.parent.name != ".config":
            continue
        text = checkout.text(file) or ""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        profiles = _table(document.get("profile"))
        yield ReportSettings(
            folder=file.parent.parent,
            store=str(_table(document.get("store")).get("dir", _STORE)),
            paths={
                name: path
                for name, table in profiles.items()
                if isinstance(path := _table(_table(table).get("junit")).get("path"), str)
            },
            inherits={
                name: parent
                for name, table in profiles.items()
                if isinstance(parent := _table(table).get("inherits"), str)
            },
            file=file,
            lines=tuple(text.split("\n")),
        )


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def covers(patterns: Sequence[str], path: str) -> bool:
    """Whether a step that takes patterns, or folders, takes this file."""
    taken = False
    for pattern in patterns:
        excluded = pattern.startswith("!")
        plain = pattern.removeprefix("!").rstrip("/")
        if _matches(plain, path):
            taken = not excluded
    return taken


def _matches(pattern: str, path: str) -> bool:
    parts: list[str] = []
    end = 0
    for found in _GLOB.finditer(pattern):
        parts.append(re.escape(pattern[end : found.start()]))
        sign = found[0]
        if sign.startswith("**"):
            parts.append("(?:.*/)?" if sign.endswith("/") else ".*")
        elif sign == "*":
            parts.append("[^/]*")
        else:
            parts.append("[^/]" if sign == "?" else sign)
        end = found.end()
    parts.append(re.escape(pattern[end:]))
    return re.fullmatch("".join(parts) + "(?:/.*)?", path) is not None
