"""From a call of cargo to what it selects in the workspaces of a repository."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.invocations.aliases import read_document
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.selections.compilation import Compilation, compilation_of, platform_of
from tasker_ci.foreign.selections.hack_features import hack_requests
from tasker_ci.foreign.selections.libtest_names import name_filter
from tasker_ci.foreign.selections.nextest_filters import nextest_filter
from tasker_ci.foreign.selections.packages import chosen_packages
from tasker_ci.foreign.selections.refusals import refusal_of
from tasker_ci.foreign.selections.root_manifest import (
    needed_by_registries,
    patched_packages,
    resolver_of,
)
from tasker_ci.foreign.selections.selection import BuildScripts, Selection, TestFilter
from tasker_ci.foreign.selections.targets import chosen_targets
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.feature_closure import FeatureClosure, feature_closure
from tasker_ci.rust.feature_requests import BuildKind, FeatureRequest, split_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.invocations.texts import Texts
    from tasker_ci.rust.workspace import Package, Workspace

_ROOT_MANIFEST = "Cargo.toml"
_OF_TESTS = frozenset({Action.TEST, Action.COMPILE_TESTS, Action.BENCH})


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What a call may select from."""

    texts: Texts
    workspaces: tuple[Workspace, ...]
    scripts: Mapping[Path, BuildScripts] = field(default_factory=dict)
    """By the root of a workspace; without one, what a build script sets is not known."""
    closures: dict[object, FeatureClosure] = field(default_factory=dict, compare=False, repr=False)
    """Those that are known: the legs of a job mostly want the same one."""


def selections_of(invocation: Invocation, repository: Repository) -> tuple[Selection | Opaque, ...]:
    """What a call selects; () for one that reaches no workspace of the repository."""
    installs = invocation.subcommand == ("install",)
    if invocation.command.around.elsewhere or installs:
        return ()
    if invocation.manifest_folder is None:
        if invocation.action not in _OF_TESTS:
            return ()
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
        compilation = compilation_of(invocation, self.repository.texts, self._root_manifest)
        chosen = chosen_packages(invocation, self.workspace, self.folder)
        selection = Selection(
            invocation=invocation,
            workspace=self.workspace,
            action=invocation.action,
            chosen=chosen,
            targets=chosen_targets(invocation),
            filter=self._filter(compilation),
            cfg=compilation.cfg,
            documentation_cfg=compilation.documentation,
            flags_known=compilation.flags_known,
            scripts=self.repository.scripts.get(self.workspace.root),
            toolchain=compilation.toolchain,
            opaque=(*invocation.opaque, *self._archived()),
        )
        if chosen.names is None:
            return (selection,)
        if invocation.subcommand[:1] == ("hack",):
            return tuple(self._with_hack(selection, compilation))
        if "--features" in invocation.unknown_values:
            return (selection,)
        request = FeatureRequest(
            names=split_features(invocation.values("--features")),
            everything=invocation.has("--all-features"),
            default=not invocation.has("--no-default-features"),
        )
        manifest = self.folder / _ROOT_MANIFEST
        own = (each.name for each in self.workspace.packages if each.manifest == manifest)
        return (self._built(selection, compilation, request, current=next(own, None)),)

    def _with_hack(self, selection: Selection, compilation: Compilation) -> Iterator[Selection]:
        """`cargo hack` calls cargo once for each package and each set of features."""
        chosen = selection.chosen
        for package in self.workspace.packages:
            if package.name not in (chosen.names or ()):
                continue
            manifest = self._manifest_of(package)
            private = self._published(manifest) in (False, [])
            if private and self.invocation.has("--ignore-private", "--no-private"):
                continue
            one = replace(selection, chosen=replace(chosen, names=frozenset({package.name})))
            requests = hack_requests(self.invocation, package, part(manifest, "features"))
            if requests is None:
                yield one
            for request in requests or ():
                yield self._built(one, compilation, request, current=package.name)

    def _published(self, manifest: Mapping[str, Any]) -> object:
        """The value of ``publish``; a package without a version is not published.

        https://doc.rust-lang.org/cargo/reference/manifest.html#the-publish-field
        """
        package = part(manifest, "package")
        given = package.get("publish", None if "version" in package else False)
        if isinstance(given, dict):
            given = part(part(self._root_manifest, "workspace"), "package").get("publish")
        return given

    def _built(
        self,
        selection: Selection,
        compilation: Compilation,
        request: FeatureRequest,
        *,
        current: str | None,
    ) -> Selection:
        """The same with the features that one build switches on."""
        key = (
            self.workspace.root,
            selection.chosen.names,
            request,
            selection.targets.with_tests,
            current,
            compilation.cfg,
            compilation.host,
            compilation.flags_known,
        )
        known = self.repository.closures
        if key not in known:
            tests = selection.targets.with_tests
            known[key] = self._closure(selection, compilation, request, current, with_tests=tests)
        closure = known[key]
        selection = replace(selection, closure=closure)
        return replace(selection, refusal=refusal_of(selection))

    def _closure(
        self,
        selection: Selection,
        compilation: Compilation,
        request: FeatureRequest,
        current: str | None,
        *,
        with_tests: bool,
    ) -> FeatureClosure:
        known = compilation.flags_known
        build = BuildKind(
            resolver=resolver_of(self._root_manifest, self._root_package),
            with_tests=with_tests,
            current=current,
            target=platform_of(compilation.cfg, flags_known=known),
            host=platform_of(compilation.host, flags_known=known),
            patched=self._patched,
            from_outside=self._from_outside,
        )
        members = {package.manifest for package in self.workspace.packages}
        others = {
            package.manifest: package
            for workspace in self.repository.workspaces
            for package in workspace.packages
            if package.manifest not in members
        }
        return feature_closure(
            self.workspace.packages,
            selection.chosen.names or (),
            request,
            build,
            beside=others.values(),
        )

    def _archived(self) -> tuple[Opaque, ...]:
        invocation = self.invocation
        if invocation.action is Action.TEST and invocation.has("--archive-file"):
            return (Opaque(invocation.command.place, "what its archive holds is not known"),)
        return ()

    def _filter(self, compilation: Compilation) -> TestFilter:
        invocation = self.invocation
        if "nextest" in invocation.subcommand:
            platform = platform_of(compilation.cfg, flags_known=compilation.flags_known)
            return nextest_filter(invocation, self.workspace, self.repository.texts, platform)
        found = name_filter(invocation.words, invocation.after_dashes)
        if "--" in invocation.unknown_values:
            return replace(found, unknown="what follows `--` is not known")
        if "" in invocation.unknown_values:
            return replace(found, unknown="the name of its tests is not known")
        return found

    def _manifest_of(self, package: Package) -> Mapping[str, Any]:
        return self._document(package.manifest.parent)

    @cached_property
    def _root_manifest(self) -> Mapping[str, Any]:
        return self._document(self.workspace.root)

    def _document(self, folder: Path) -> Mapping[str, Any]:
        root = self.repository.texts.root
        if not folder.is_relative_to(root):
            return {}
        path = PurePosixPath(folder.relative_to(root).as_posix()) / _ROOT_MANIFEST
        return read_document(self.repository.texts.text(path) or "")

    @cached_property
    def _root_package(self) -> Package | None:
        root = self.workspace.root
        found = (each for each in self.workspace.packages if each.manifest.parent == root)
        return next(found, None)

    @cached_property
    def _patched(self) -> Mapping[str, Path]:
        return patched_packages(self._root_manifest, self.workspace.root)

    @cached_property
    def _from_outside(self) -> frozenset[Path]:
        """The patched members on which packages of a registry depend, by the lock file."""
        root = self.repository.texts.root
        if not self._patched or not self.workspace.root.is_relative_to(root):
            return frozenset()
        path = PurePosixPath(self.workspace.root.relative_to(root).as_posix()) / "Cargo.lock"
        needed = needed_by_registries(self.repository.texts.text(path))
        found = {
            folder for name, folder in self._patched.items() if needed is None or name in needed
        }
        return frozenset(found)
