"""Targets: who runs their tests, and which of them nobody builds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.inventory.finding import Finding, Kind
from tasker_ci.selection import selectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.inventory.features import Switches
    from tasker_ci.rust.reach import Arrival
    from tasker_ci.settings.model import Settings
    from tasker_ci.workspace import Package, Target, Workspace

_TABLES = {"lib": "lib", "proc-macro": "lib", "custom-build": ""}


@dataclass(frozen=True, kw_only=True)
class Owners:
    """Which session runs a target's tests."""

    settings: Settings
    switches: Switches
    manifests: Mapping[Path, Mapping[str, Any]]

    def session(self, package: Package, target: Target) -> str:
        """`integration` if settings give the target to it, else `unit`."""
        chosen = selectors(self.settings.integration.targets)
        theirs = any(selector.matches(package, target) for selector in chosen)
        return "integration" if theirs else "unit"

    def lacking(self, package: Package, target: Target) -> tuple[str, ...]:
        """The required features that the session which would build the target lacks."""
        if target.tested:
            session = self.session(package, target)
            return tuple(
                feature
                for feature in target.required_features
                if not self.switches.on(session, package, feature)
            )
        return tuple(
            feature
            for feature in target.required_features
            if not self.switches.anywhere(package, feature)
        )

    def has_harness(self, package: Package, target: Target) -> bool:
        """Whether the compiler's own harness finds the target's tests (`harness` in a manifest)."""
        manifest = self.manifests.get(package.manifest.parent, {})
        key = _TABLES.get(target.kind, target.kind)
        table = manifest.get(key) if key else None
        tables = table if isinstance(table, list) else [table]
        return not any(
            isinstance(each, dict)
            and each.get("harness") is False
            and (key == "lib" or each.get("name") == target.name)
            for each in tables
        )

    def compiled(self, arrival: Arrival, *, test: bool, session: str = "") -> bool:
        """Whether what lies behind the arrival's conditions may be compiled."""
        package = arrival.package
        name = session or self.session(package, arrival.target)
        return all(
            condition.holds(
                test=test, feature=lambda feature: self.switches.on(name, package, feature)
            )
            is not False
            for condition in arrival.conditions
        )


def unbuilt_targets(workspace: Workspace, owners: Owners) -> Iterator[Finding]:
    """Targets behind features that no session switches on: cargo leaves them out in silence."""
    for package in workspace.packages:
        for target in package.targets:
            lacking = owners.lacking(package, target)
            if lacking:
                yield Finding(
                    kind=Kind.TARGET,
                    file=relative(target.source, workspace),
                    package=package.name,
                    reason=f"{described(target)} needs the feature {', '.join(lacking)}, which "
                    + (f"`{owners.session(package, target)}`" if target.tested else "no session")
                    + (" does not switch on" if target.tested else " switches on"),
                )


def described(target: Target) -> str:
    """``test end_to_end``, ``the library``, ``the build script``."""
    names = {
        "lib": "the library",
        "proc-macro": "the procedural macro",
        "custom-build": "the build script",
    }
    return names.get(target.kind) or f"{target.kind} {target.name}"


def relative(file: Path, workspace: Workspace) -> str:
    """The file as people write it."""
    return str(file.relative_to(workspace.root) if file.is_relative_to(workspace.root) else file)
