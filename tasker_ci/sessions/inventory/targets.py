"""Targets: who runs their tests, and which of them nobody builds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.cfg import is_custom
from tasker_ci.rust.conditions import all_of, any_of
from tasker_ci.rust.harness import target_table
from tasker_ci.rust.selection import selectors
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.rust.build_scripts import BuildScripts
    from tasker_ci.rust.cfg import CompilerCfg, Platforms
    from tasker_ci.rust.conditions import Known
    from tasker_ci.rust.reach import Arrival
    from tasker_ci.rust.selection import Selector
    from tasker_ci.rust.workspace import Package, Target, Workspace
    from tasker_ci.sessions.inventory.features import Switches
    from tasker_ci.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class Owners:
    """Which session runs a target's tests."""

    settings: Settings
    switches: Switches
    manifests: Mapping[Path, Mapping[str, Any]]
    scripts: BuildScripts
    platforms: Platforms | None = None
    """What the compiler sets; None if it does not say."""

    def session(self, package: Package, target: Target) -> str:
        """`integration` if settings give the target to it, else `unit`."""
        theirs = any(selector.matches(package, target) for selector in self._chosen)
        return "integration" if theirs else "unit"

    @cached_property
    def _chosen(self) -> tuple[Selector, ...]:
        return tuple(selectors(self.settings.integration.targets))

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
        return target_table(manifest, package, target).get("harness") is not False

    def compiled(self, arrival: Arrival, *, test: bool, session: str | None = None) -> bool | None:
        """Whether a session compiles what lies behind the arrival's conditions.

        None where that is not known before a build.
        """
        name = session or self.session(arrival.package, arrival.target)
        return any_of(
            all_of(
                condition.holds(self._known(name, arrival.package, cfg, test=test))
                for condition in arrival.conditions
            )
            for cfg in self.cfgs(name) or (None,)
        )

    def cfgs(self, session: str) -> tuple[CompilerCfg, ...]:
        """What the compiler sets in a session, for each target; () if it does not say."""
        if self.platforms is None:
            return ()
        return self.platforms.documentation if session == "doctest" else self.platforms.tests

    def _known(
        self, session: str, package: Package, cfg: CompilerCfg | None, *, test: bool
    ) -> Known:
        def known(name: str, value: str | None) -> bool | None:
            if name == "feature" and value is not None:
                return self.switches.on(session, package, value)
            if value is None and name in {"test", "doc", "doctest"}:
                return test if name == "test" else session == "doctest"
            said = None if cfg is None else cfg.sets(name, value)
            if said is not None or cfg is None or not is_custom(name):
                return said
            return None if self.scripts.may_set(package, name) else False

        return known


def unbuilt_targets(workspace: Workspace, owners: Owners) -> Iterator[InventoryFinding]:
    """Targets behind features that no session switches on: cargo leaves them out in silence."""
    for package in workspace.packages:
        for target in package.targets:
            lacking = owners.lacking(package, target)
            if lacking:
                yield InventoryFinding(
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
    inside = file.is_relative_to(workspace.root)
    return one_line(str(file.relative_to(workspace.root) if inside else file))
