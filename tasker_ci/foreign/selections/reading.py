"""From a call of cargo to what it selects in the workspaces of a repository."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.invocations.aliases import read_document
from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.selections.compilation import Compilation, compilation_of, platform_of
from tasker_ci.foreign.selections.libtest_names import name_filter
from tasker_ci.foreign.selections.packages import chosen_packages
from tasker_ci.foreign.selections.refusals import refusal_of
from tasker_ci.foreign.selections.selection import BuildScripts, Selection, TestFilter
from tasker_ci.foreign.selections.targets import chosen_targets
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.feature_closure import (
    BuildKind,
    FeatureClosure,
    FeatureRequest,
    feature_closure,
    split_features,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.invocations.texts import Texts
    from tasker_ci.foreign.selections.packages import ChosenPackages
    from tasker_ci.foreign.selections.targets import ChosenTargets
    from tasker_ci.rust.workspace import Package, Workspace

_ROOT_MANIFEST = "Cargo.toml"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What a call may select from."""

    texts: Texts
    workspaces: tuple[Workspace, ...]
    scripts: Mapping[Path, BuildScripts] = field(default_factory=dict)
    """By the root of a workspace; without one, what a build script sets is not known."""


def selections_of(invocation: Invocation, repository: Repository) -> tuple[Selection | Opaque, ...]:
    """What a call selects; () for one that reaches no workspace of the repository."""
    around = invocation.command.around
    if around.elsewhere:
        return ()
    if invocation.manifest_folder is None:
        why = "the folder in which cargo starts is not known"
        return (Opaque(invocation.command.place, why),)
    folder = _manifest(invocation, repository.texts)
    if folder is None:
        return ()
    found = _workspace_of(folder, repository)
    if found is None:
        return ()
    reader = _Reader(invocation=invocation, repository=repository, workspace=found, folder=folder)
    return reader.read()


def _manifest(invocation: Invocation, texts: Texts) -> Path | None:
    """The folder of the nearest manifest, as cargo looks for it."""
    folder = invocation.manifest_folder or PurePosixPath()
    given = invocation.has("--manifest-path")
    for each in (folder,) if given else (folder, *folder.parents):
        if texts.text(each / _ROOT_MANIFEST) is not None:
            return texts.root / each
    return None


def _workspace_of(folder: Path, repository: Repository) -> Workspace | None:
    for workspace in repository.workspaces:
        if workspace.root == folder:
            return workspace
    for workspace in repository.workspaces:
        if any(package.manifest.parent == folder for package in workspace.packages):
            return workspace
    return None


@dataclass(frozen=True, kw_only=True)
class _Reader:
    invocation: Invocation
    repository: Repository
    workspace: Workspace
    folder: Path

    def read(self) -> tuple[Selection | Opaque, ...]:
        invocation = self.invocation
        manifest = self._root_manifest()
        compilation = compilation_of(invocation, self.repository.texts, manifest)
        chosen = chosen_packages(invocation, self.workspace, self.folder)
        targets = chosen_targets(invocation)
        selection = Selection(
            invocation=invocation,
            workspace=self.workspace,
            action=invocation.action,
            chosen=chosen,
            targets=targets,
            filter=self._filter(),
            cfg=compilation.cfg,
            documentation_cfg=compilation.documentation,
            flags_known=compilation.flags_known,
            scripts=self.repository.scripts.get(self.workspace.root),
            toolchain=compilation.toolchain,
            opaque=invocation.opaque,
        )
        if chosen.names is None or "--features" in invocation.unknown_values:
            return (selection,)
        request = FeatureRequest(
            names=split_features(invocation.values("--features")),
            everything=invocation.has("--all-features"),
            default=not invocation.has("--no-default-features"),
        )
        closure = self._closure(chosen, targets, request, compilation, manifest)
        selection = replace(selection, closure=closure)
        return (replace(selection, refusal=refusal_of(selection)),)

    def _filter(self) -> TestFilter | None:
        invocation = self.invocation
        if "--" in invocation.unknown_values:
            return None
        if "nextest" in invocation.subcommand and invocation.has(
            "--filterset", "--partition", "--run-ignored"
        ):
            return None
        return name_filter(invocation.words, invocation.after_dashes)

    def _root_manifest(self) -> Mapping[str, Any]:
        root = self.workspace.root.relative_to(self.repository.texts.root)
        text = self.repository.texts.text(PurePosixPath(root.as_posix()) / _ROOT_MANIFEST)
        return read_document(text or "")

    def _closure(
        self,
        chosen: ChosenPackages,
        targets: ChosenTargets,
        request: FeatureRequest,
        compilation: Compilation,
        manifest: Mapping[str, Any],
    ) -> FeatureClosure:
        own = [each for each in self.workspace.packages if each.manifest.parent == self.folder]
        known = compilation.flags_known
        build = BuildKind(
            resolver=resolver_of(manifest, self._root_package()),
            with_tests=targets.with_tests,
            current=own[0].name if own else None,
            target=platform_of(compilation.cfg, flags_known=known),
            host=platform_of(compilation.host, flags_known=known),
        )
        return feature_closure(self.workspace.packages, chosen.names or (), request, build)

    def _root_package(self) -> Package | None:
        root = self.workspace.root
        found = (each for each in self.workspace.packages if each.manifest.parent == root)
        return next(found, None)


def resolver_of(manifest: Mapping[str, Any], root_package: Package | None) -> str:
    """The version of the resolver that a workspace's root asks for, by itself or its edition.

    https://doc.rust-lang.org/cargo/reference/resolver.html#resolver-versions
    """
    for table in (part(manifest, "workspace"), part(manifest, "package")):
        if isinstance(table.get("resolver"), str):
            return str(table["resolver"])
    edition = root_package.edition if root_package else "2015"
    return "3" if edition >= "2024" else "2" if edition >= "2021" else "1"
