"""All inputs of the sessions of a project, taken at one moment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.git_repository import Git
from tasker_ci.rust.cargo_configuration import CargoConfiguration, target_directory
from tasker_ci.sessions.history.public import history_folders
from tasker_ci.sessions.pipeline.proofs.cargo_notes import read_notes
from tasker_ci.sessions.pipeline.proofs.contents import FileContents
from tasker_ci.sessions.pipeline.proofs.elsewhere import (
    cargo_home,
    files_named_by,
    leading_out,
    looked_for,
)
from tasker_ci.sessions.pipeline.proofs.listing import Listing, NotUnderstood, digest_of
from tasker_ci.sessions.pipeline.proofs.machine import (
    compiler_answers,
    machine_listing,
    own_files,
    own_version,
    programs_listing,
)
from tasker_ci.sessions.pipeline.proofs.repository import repository_listing, repository_top
from tasker_ci.sessions.pipeline.proofs.trees import Trees
from tasker_ci.sessions.pipeline.proofs.variables import (
    LEFT_OUT,
    NAMED,
    OURS,
    variables_listing,
)
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from tasker_ci.context import Context

NOTED = "elsewhere"
"""The part of which a build says more each time: what cargo notes of files elsewhere."""

_OWN_FOLDERS = (".tasker-ci/history", ".tasker-ci/bench")
_TRACKED = "\0tracked"
"""Tells whether git has files of a folder from what else is known of the index."""

_UNREAD = frozenset({"HISTFILE", "LS_COLORS"})
"""Variables that name files of which nobody's result depends: what was typed, colours."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """The inputs at one moment, by part."""

    parts: Mapping[str, Listing]
    taken: float
    """By the clock that only goes forward."""
    began: int
    """By the clock of the file system, in nanoseconds, before anything was read."""


@dataclass(kw_only=True)
class ProjectInputs:
    """Takes fingerprints of what sessions of this project depend on."""

    context: Context
    known: Mapping[str, list[Any]]
    """What is known of files from earlier runs."""
    clock: Callable[[], float]
    file_time: Callable[[], int]
    """The time of the file system, in nanoseconds."""
    seen: dict[str, list[Any]] = field(default_factory=dict)
    """What is known of files now, to be kept."""

    def take(self, folders: Iterable[Path] = ()) -> Fingerprint:
        """Look at everything; ``folders`` are what sessions say they read elsewhere.

        Raises `NotUnderstood`: then nothing can be proven.
        """
        taken, began = self.clock(), self.file_time()
        contents = FileContents(now=began, names=NAMED, known=self.seen or self.known)
        root = self._root
        excluded = self._excluded(contents)
        tree = Trees(
            contents=contents,
            excluded=excluded,
            root=root,
            is_tracked=lambda folder: self._is_tracked(folder, contents),
        )
        tree.add([root])
        targets = {*tree.targets, *filter(os.path.isdir, self._targets)}
        notes = read_notes(sorted(targets), contents, root)
        around = Trees(contents=contents, excluded=excluded | {root}, root=root)
        around.add(looked_for(Path(root), self.context.environment))
        around.add(map(str, self._configurations()))
        around.add(self._named_files())
        noted = Trees(
            contents=contents,
            excluded=excluded | {root, *self._immutable},
            root=root,
            with_folders=True,
        )
        noted.add(self._noted(notes.paths, tree))
        noted.add(map(str, folders))
        self._add_packages(tree, noted, contents)
        own = Trees(contents=contents, excluded=frozenset(), root="")
        own.add(own_files())
        named = tree.names | noted.names | (notes.variables & LEFT_OUT)
        parts = {
            "files": tree.listing(),
            "git": self._git(contents),
            NOTED: noted.listing(),
            "surroundings": around.listing(),
            "toolchain": self._compiler,
            "programs": programs_listing(
                self._environment,
                self._compiler.items["sysroot"],
                excluded | {root},
                self.context.workspace,
            ),
            "variables": variables_listing(self.context.environment, named),
            "settings": self._settings,
            "machine": machine_listing(),
            "tasker-ci": Listing({"version": own_version(), **own.items}, own.stamps),
        }
        contents.done()
        self.seen = contents.seen
        return Fingerprint(parts=parts, taken=taken, began=began)

    @cached_property
    def _environment(self) -> dict[str, str]:
        return child_environment(self.context)

    @cached_property
    def _compiler(self) -> Listing:
        """Asked once: what decides about the answer is among the other parts."""
        return compiler_answers(self.context, self._environment)

    @cached_property
    def _root(self) -> str:
        """The repository, or what stands for it, by its real path."""
        project = Path(os.path.realpath(self.context.project_root))
        workspace = Path(os.path.realpath(self.context.workspace))
        top = repository_top(project)
        if top is None:
            top = Path(os.path.commonpath([project, workspace]))
        if not workspace.is_relative_to(top) or top == Path(top.anchor):
            raise NotUnderstood(f"{workspace} does not lie in {top}")
        return str(top)

    @cached_property
    def _targets(self) -> tuple[str, ...]:
        """Where cargo builds, by real paths."""
        context = self.context
        found = [target_directory(context.workspace, self._environment)]
        if context.met.manifests is not None:
            found.append(context.met.manifests.target_directory)
        configuration = CargoConfiguration.read(context.workspace, self._environment)
        built = configuration.find("build.build-dir", variables=["CARGO_BUILD_BUILD_DIR"])
        if built is not None:
            text = str(built.value).replace("{workspace-root}", str(context.workspace))
            if "{" in text:
                raise NotUnderstood(f"`build.build-dir` is {built.value}")
            found.append(built.folder / text)
        return tuple(dict.fromkeys(os.path.realpath(each) for each in found))

    def _excluded(self, contents: FileContents) -> frozenset[str]:
        """What is no input, by real paths. Raises `NotUnderstood` where it holds what is one."""
        context, root = self.context, self._root
        ours = [*(context.project_root / name for name in _OWN_FOLDERS), *history_folders(context)]
        found = {*self._targets, *(os.path.realpath(each) for each in ours)}
        packages = context.met.manifests.packages if context.met.manifests else ()
        held = [root, str(context.workspace), *(str(each.manifest) for each in packages)]
        for folder in found:
            for each in held:
                if (os.path.realpath(each) + os.sep).startswith(folder + os.sep):
                    raise NotUnderstood(f"{each} lies in {folder}, where cargo builds")
        for folder in self._targets:
            within = folder.startswith(root + os.sep) and os.path.isdir(folder)
            if within and self._is_tracked(folder, contents):
                raise NotUnderstood(f"git has files of {folder}, where cargo builds")
        return frozenset(found)

    def _is_tracked(self, folder: str, contents: FileContents) -> bool:
        """Whether git has files of a folder of the repository; yes where it cannot say."""
        root, index = Path(self._root), os.path.join(self._root, ".git", "index")
        if not (root / ".git").exists():
            return False
        status = os.stat(index) if os.path.isfile(index) else None
        row = None if status is None else contents.kept(f"{folder}{_TRACKED}", status)
        if row is None:
            context = self.context
            git = Git(runner=context.runner, environment=context.environment, folder=root)
            row = [git.tracks(Path(folder)) is not False]
            if status is not None:
                contents.keep(f"{folder}{_TRACKED}", status, row)
        return bool(row[0])

    @cached_property
    def _immutable(self) -> frozenset[str]:
        """Sources that Cargo.lock has the digests of; cargo does not look at them again either."""
        home = os.path.realpath(cargo_home(self._environment))
        return frozenset({f"{home}/registry", f"{home}/git"})

    def _named_files(self) -> list[str]:
        """The files that variables and settings name."""
        context = self.context
        values = [
            value
            for name, value in self._environment.items()
            if name not in OURS | LEFT_OUT | _UNREAD
        ]
        texts = map(str, context.loaded.values.values())
        return sorted({*files_named_by(values), *files_named_by(texts)})

    def _noted(self, paths: Iterable[str], tree: Trees) -> list[str]:
        """What cargo noted, as absolute paths; a relative one may begin at any package."""
        root = self._root
        starts = [str(self.context.workspace), *_packages(tree, root)]
        immutable = tuple(each + os.sep for each in self._immutable)
        found: set[str] = set()
        for path in paths:
            if os.path.isabs(path):
                whole = os.path.normpath(path)
                if not whole.startswith(immutable):  # nearly all of them
                    found.add(whole)
                continue
            for start in starts:
                whole = os.path.normpath(os.path.join(start, path))
                outside = not (whole + os.sep).startswith(root + os.sep)
                if outside and os.path.lexists(whole):
                    found.add(whole)
        return sorted(found)

    def _add_packages(self, tree: Trees, noted: Trees, contents: FileContents) -> None:
        """Read what manifests name outside, and what the manifests there name in turn."""
        root = self._root
        known: set[str] = set()
        wanted = {os.path.join(root, name) for name in tree.items if _is_manifest(name)}
        wanted |= {name for name in map(str, self._configurations()) if os.path.isfile(name)}
        while wanted:
            known |= wanted
            noted.add(sorted({*leading_out(sorted(wanted), root, contents)}))
            wanted = {name for name in noted.items if _is_manifest(name)} - known

    def _configurations(self) -> list[Path]:
        configuration = CargoConfiguration.read(self.context.workspace, self._environment)
        return [file for file, _ in configuration.files]

    def _git(self, contents: FileContents) -> Listing:
        root = Path(self._root)
        if not (root / ".git").exists():
            return Listing()
        return repository_listing(self.context, root, contents)

    @cached_property
    def _settings(self) -> Listing:
        """The effective settings, by digests: values may be secret."""
        return Listing(
            {
                ".".join(key): digest_of(repr(value))
                for key, value in self.context.loaded.values.items()
                if key[0] != "proven"
            }
        )


def _is_manifest(name: str) -> bool:
    return os.path.basename(name) == "Cargo.toml" or name.endswith(
        (".cargo/config.toml", ".cargo/config")
    )


def _packages(tree: Trees, root: str) -> list[str]:
    return [os.path.dirname(os.path.join(root, name)) for name in tree.items if _is_manifest(name)]
