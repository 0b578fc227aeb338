"""What cargo itself says it would build: its unit graph, without compiling anything."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.rust.workspace import read_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.rust.workspace import Workspace

Unit = tuple[str, str, str]
"""Package, kind of target, its name."""


@dataclass(frozen=True, kw_only=True)
class UnitGraph:
    """The tests of a build."""

    tests: dict[Unit, frozenset[str]]
    """Targets that are built as tests, with the features of each."""
    doctests: frozenset[str]
    """Packages whose documentation rustdoc would test."""


def metadata(root: Path) -> Workspace:
    """What `cargo metadata --no-deps` says."""
    return read_metadata(_cargo(root, "metadata --no-deps --offline --format-version 1"))


def unit_graph(folder: Path, command: str) -> UnitGraph | None:
    """What a command of cargo's would build; None where cargo refuses it."""
    before, dashes, after = command.partition(" -- ")
    flags = "--offline --unit-graph -Z unstable-options"
    try:
        text = _cargo(folder, f"{before} {flags}{dashes}{after}")
    except subprocess.CalledProcessError:
        return None
    document = json.loads(text)
    units = document["units"]
    tests, doctests = {}, set()
    for place in document["roots"]:
        unit = units[place]
        target = unit["target"]
        package = _name(unit["pkg_id"])
        kind = target["kind"][0]
        name = (package, "lib" if kind.endswith("lib") else kind, target["name"])
        if unit["mode"] == "test":
            tests[name] = frozenset(unit["features"])
        elif unit["mode"] == "doctest":
            doctests.add(package)
    return UnitGraph(tests=tests, doctests=frozenset(doctests))


def _name(identifier: str) -> str:
    """``path+file:///folder/a#0.1.0`` or ``…#name@0.1.0``."""
    address, _, fragment = identifier.partition("#")
    return fragment.partition("@")[0] if "@" in fragment else address.rpartition("/")[2]


def _cargo(folder: Path, command: str) -> str:
    return subprocess.run(
        ["cargo", *shlex.split(command)],
        cwd=folder,
        env={**os.environ, "RUSTC_BOOTSTRAP": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
