"""Targets: who runs their tests, and which of them nobody builds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.conditions import all_of, any_of
from tasker_ci.rust.harness import target_table
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.cfg import Platforms
    from tasker_ci.rust.reach import Arrival
    from tasker_ci.rust.workspace import Package, Target, Workspace


@dataclass(frozen=True, kw_only=True)
class Owners:
    """Which session runs a target's tests: what each selects, read as one more CI."""

    selections: Mapping[str, tuple[Selection, ...]]
    """By session, once for each platform; those too that only build."""
    manifests: Mapping[Path, Mapping[str, Any]]
    platforms: Platforms | None = None
    """What the compiler sets; None if it does not say."""

    def session(self, package: Package, target: Target) -> str:
        """`integration` if its call means the target, else `unit`."""
        theirs = self.selections["integration"]
        return "integration" if any(each.means(package, target) for each in theirs) else "unit"

    def lacking(self, package: Package, target: Target) -> tuple[str, ...]:
        """The required features that the session which would build the target lacks."""
        said = self._required(package, target)
        return tuple(feature for feature, on in said.items() if on is False)

    def doubtful(self, package: Package, target: Target) -> tuple[str, ...]:
        """Those of which nobody can say before a build whether they are on."""
        return tuple(f for f, on in self._required(package, target).items() if on is None)

    def _required(self, package: Package, target: Target) -> Mapping[str, bool | None]:
        selections = self._of(package, target) if target.tested else self._every
        return {
            feature: any_of(each.switches_on(package, feature) for each in selections)
            for feature in target.required_features
        }

    def has_harness(self, package: Package, target: Target) -> bool:
        """Whether the compiler's own harness finds the target's tests (`harness` in a manifest)."""
        manifest = self.manifests.get(package.manifest.parent, {})
        return target_table(manifest, package, target).get("harness") is not False

    def compiled(self, arrival: Arrival, *, doctests: bool = False) -> bool | None:
        """Whether a session compiles what lies behind the arrival's conditions.

        None where that is not known before a build.
        """
        package, target = arrival.package, arrival.target
        selections = self.selections["doctest"] if doctests else self._of(package, target)
        return any_of(
            all_of(
                condition.holds(each.known(package, target, doctests=doctests))
                for condition in arrival.conditions
            )
            for each in selections
        )

    def targets(self, *, doctests: bool) -> tuple[str, ...]:
        """The triples for which sessions compile; () if the compiler does not say."""
        if self.platforms is None:
            return ()
        found = self.platforms.documentation if doctests else self.platforms.tests
        return tuple(cfg.target for cfg in found)

    def _of(self, package: Package, target: Target) -> tuple[Selection, ...]:
        """The calls of its session that mean a target."""
        own = self.selections[self.session(package, target)]
        return tuple(each for each in own if each.means(package, target)) or own

    @cached_property
    def _every(self) -> tuple[Selection, ...]:
        return tuple(each for selections in self.selections.values() for each in selections)


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
