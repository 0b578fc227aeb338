"""Everything that `init` finds in a project, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.exclusive_features import FeatureChoice, chosen_features
from tasker_ci.rust.toolchain_file import toolchain_file
from tasker_ci.sessions.project.discovery.compose_services import FoundCompose, found_compose
from tasker_ci.sessions.project.discovery.places import TASK_FILES
from tasker_ci.sessions.project.discovery.rust_code import RustFacts, rust_facts
from tasker_ci.sessions.project.discovery.service_needs import ServiceNeeds, service_needs
from tasker_ci.sessions.project.discovery.taken_over import TakenOver, taken_over
from tasker_ci.sessions.project.discovery.workflows import (
    FoundWorkflow,
    found_workflows,
    without_ours,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.rust.sources import Sources
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.project.discovery.places import Places

_MIGRATIONS = "migrations"


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """What a rust-toolchain file says."""

    file: str
    channel: str | None

    @property
    def nightly(self) -> bool:
        """Whether unstable features of the language can be used."""
        return self.channel is not None and self.channel.startswith("nightly")


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """A project as it was found. Paths in it start at the project root."""

    places: Places
    workspace: Workspace
    rust: RustFacts
    needs: ServiceNeeds
    """What the code asks for. To follow it takes most of the time, so it is done once."""
    features: FeatureChoice | None
    workflows: tuple[FoundWorkflow, ...]
    compose: tuple[FoundCompose, ...]
    nextest: str | None
    """nextest's configuration file."""
    toolchain: Toolchain | None
    migrations: tuple[str, ...]
    task_files: tuple[str, ...]
    """Files of other runners of tasks."""
    branch: str | None
    """The branch that the repository is about; None where there is no repository."""
    target_ignored: bool
    """Whether git ignores what cargo builds; true without a repository."""
    taken_over: TakenOver
    """What the workflows ask for that becomes settings."""
    hooks: tuple[str, ...] = ()
    """The git hooks that are there, by name."""

    @property
    def target_count(self) -> int:
        """How many test targets the workspace has."""
        return sum(1 for _ in self.workspace.tested())

    def data(self) -> dict[str, Any]:
        """All of it for `--json`."""
        return {
            "project_root": str(self.places.project_root),
            "workspace": self.places.workspace_path,
            "packages": [package.name for package in self.workspace.packages],
            "test_targets": [
                package.binary_id(target) for package, target in self.workspace.tested()
            ],
            "other_workspaces": [str(each) for each in self.places.others],
            "workflows": [
                {
                    "file": each.file,
                    "triggers": each.triggers,
                    "jobs": each.jobs,
                    "runs": each.commands,
                    "unread": each.unread or None,
                }
                for each in self.workflows
            ],
            "compose": [
                {"path": each.path, "services": [row.name for row in each.services]}
                for each in self.compose
            ],
            "nextest": self.nextest,
            "toolchain": self.toolchain.channel if self.toolchain else None,
            "migrations": self.migrations,
            "task_files": self.task_files,
            "branch": self.branch,
            "hooks": self.hooks,
            "own_harness": self.rust.own_harness,
            "features_left_out": dict(self.features.left_out) if self.features else {},
            "compiles_with_database": self.rust.compiles_with_database,
            "tests_with_database": self.rust.tests_with_database,
        }


def discover(
    places: Places,
    workspace: Workspace,
    checkout: Checkout,
    *,
    branch: str | None,
    target_ignored: bool,
    hooks: tuple[str, ...],
    sources: Sources | None = None,
) -> Discovery:
    """Look at a project. Starts no process; what git says is handed in.

    ``sources`` know what an earlier run has read.
    """
    root = places.project_root
    foreign = without_ours(checkout)
    toolchain = _toolchain(places)
    needs = service_needs(workspace, sources)
    binaries = [
        target.name
        for package in workspace.packages
        for target in package.targets
        if target.kind == "bin"
    ]
    return Discovery(
        places=places,
        workspace=workspace,
        rust=rust_facts(needs),
        needs=needs,
        features=chosen_features(
            workspace, needs.reach, nightly=bool(toolchain and toolchain.nightly)
        ),
        workflows=found_workflows(foreign),
        compose=found_compose(root, places.workspace, binaries),
        nextest=_first(root, workspace.root / ".config" / "nextest.toml"),
        toolchain=toolchain,
        migrations=_migrations(root, workspace),
        task_files=tuple(name for name in TASK_FILES if (root / name).is_file()),
        branch=branch,
        target_ignored=target_ignored,
        hooks=hooks,
        taken_over=taken_over(foreign),
    )


def _toolchain(places: Places) -> Toolchain | None:
    """What rustup would take for the workspace."""
    found = toolchain_file(places.workspace, last=places.project_root)
    if found is None:
        return None
    name = found.path.relative_to(places.project_root).as_posix()
    return Toolchain(file=name, channel=found.channel)


def _migrations(root: Path, workspace: Workspace) -> tuple[str, ...]:
    folders = dict.fromkeys(
        [root, workspace.root, *(package.manifest.parent for package in workspace.packages)]
    )
    return tuple(
        found for each in folders if (found := _first(root, each / _MIGRATIONS)) is not None
    )


def _first(root: Path, path: Path) -> str | None:
    return (
        path.relative_to(root).as_posix() if path.exists() and path.is_relative_to(root) else None
    )
