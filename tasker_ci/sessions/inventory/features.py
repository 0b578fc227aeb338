"""Which features a session switches on, as cargo resolves them for the whole workspace."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.rust.selection import is_enabled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.rust.workspace import Package
    from tasker_ci.settings.cargo_features import Features


TREE = ("--edges", "normal,dev,build", "--prefix", "none", "--format", "{p}|{f}")
"""How `cargo tree` prints a package and its features on one line."""

_FOLDER = re.compile(r"^\S+ v\S+(?: \(proc-macro\))? \((.+)\)$")


@dataclass(kw_only=True)
class Switches:
    """The features of every session.

    A feature can also be switched on by another member that depends on the package; only cargo
    knows, and is asked once for each choice of features. Where it cannot say, the package's own
    manifest decides.
    """

    chosen: Mapping[str, Features]
    """What each session is given, by its name."""
    ask: Callable[[Features], Mapping[str, frozenset[str]] | None]
    """Cargo's answer for such features: those of every package by its manifest; None if none."""
    _answers: dict[Features, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def on(self, session: str, package: Package, feature: str) -> bool:
        """Whether ``session`` switches a feature of the package on."""
        features = self.chosen[session]
        if is_enabled(feature, package, features):
            return True
        if features not in self._answers:
            self._answers[features] = self.ask(features) or {}
        return feature in self._answers[features].get(str(package.manifest), ())

    def anywhere(self, package: Package, feature: str) -> bool:
        """Whether any session switches it on."""
        return any(self.on(session, package, feature) for session in self.chosen)


def read_resolved(text: str) -> Mapping[str, frozenset[str]]:
    """The features of every package in a folder, by manifest, from the lines of `cargo tree`.

    `cargo metadata` does not do: it counts what other platforms' dependencies switch on.
    """
    found: dict[str, frozenset[str]] = {}
    for line in text.splitlines():
        package, bar, features = line.removesuffix(" (*)").rpartition("|")
        folder = _FOLDER.search(package)
        if bar and folder:
            manifest = str(Path(folder[1]) / "Cargo.toml")
            names = frozenset(filter(None, features.split(",")))
            found[manifest] = found.get(manifest, frozenset()) | names
    return found
