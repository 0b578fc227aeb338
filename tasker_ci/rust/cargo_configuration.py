"""Cargo's configuration as cargo reads it: variables, then files, the nearest first.

`cargo config get` is unstable, so the files are read here
(https://doc.rust-lang.org/cargo/reference/config.html). A file that cannot be read counts as empty:
cargo itself reports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from tasker_ci.process.git import is_tracked
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BUILT_IN = frozenset({
    "add", "bench", "build", "check", "clean", "config", "doc", "fetch", "fix", "generate-lockfile",
    "help", "info", "init", "install", "locate-project", "login", "logout", "metadata", "new",
    "owner", "package", "pkgid", "publish", "read-manifest", "remove", "report", "run", "rustc",
    "rustdoc", "search", "test", "tree", "uninstall", "update", "vendor", "verify-project",
    "version", "yank",
})  # fmt: skip
"""Cargo's own subcommands, which no alias can replace."""

EXTERNAL = ("audit", "llvm-cov", "nextest", "fmt", "clippy")
"""Subcommands of ours that are programs of their own, which an alias can hide."""

_DEEPEST = 20
"""So many files may include one another; cargo refuses a circle."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A value of the configuration and the place that gives it."""

    value: Any
    source: str
    """For people: ``the variable RUSTC_WRAPPER``, ``build.rustc-wrapper in .cargo/config.toml``."""
    folder: Path
    """Relative paths start here."""

    @property
    def program(self) -> str:
        """The value as cargo starts it: a bare name is looked for on PATH, nothing if empty."""
        text = self.value if isinstance(self.value, str) else ""
        return str(self.folder / text) if "/" in text else text

    @property
    def words(self) -> str:
        """An alias as one line."""
        return " ".join(map(str, self.value)) if isinstance(self.value, list) else str(self.value)

    @property
    def renaming(self) -> str:
        """What to do with an alias that hides a subcommand."""
        variable = self.source.removeprefix("the variable ")
        return (
            "Rename the alias; cargo itself will refuse it in a later release."
            if variable == self.source
            else f"unset {variable}"
        )


@dataclass(frozen=True, kw_only=True)
class CargoConfiguration:
    """The configuration of one workspace for one environment."""

    workspace: Path
    environment: Mapping[str, str]
    files: tuple[tuple[Path, Mapping[str, Any]], ...]
    """The strongest first."""

    @classmethod
    def read(cls, workspace: Path, environment: Mapping[str, str]) -> CargoConfiguration:
        """Read all files that count for ``workspace``."""
        files = tuple(cargo_configurations(workspace, environment))
        return cls(workspace=workspace, environment=environment, files=files)

    def find(self, key: str, *, variables: Iterable[str] = ()) -> Given | None:
        """The value of a dotted key; ``variables`` are its own, which are stronger than all."""
        words = key.split(".")
        generic = "CARGO_" + "_".join(words).upper().replace("-", "_")
        for name in (*variables, generic):
            if name in self.environment:
                source = f"the variable {name}"
                return Given(value=self.environment[name], source=source, folder=self.workspace)
        for file, document in self.files:
            value: Any = document
            for word in words:
                value = value.get(word) if isinstance(value, dict) else None
            if value is not None:
                source = f"{key} in {self.shown(file)}"
                return Given(value=value, source=source, folder=file.parent.parent)
        return None

    def shown(self, file: Path) -> str:
        """The path of a configuration file for people: relative if it lies in the workspace."""
        near = file.is_relative_to(self.workspace)
        return str(file.relative_to(self.workspace) if near else file)

    @property
    def wrapper(self) -> Given | None:
        """What wraps every call of the compiler; a value without a program switches it off."""
        return self.find("build.rustc-wrapper", variables=["RUSTC_WRAPPER"])

    @property
    def workspace_wrapper(self) -> Given | None:
        """What wraps the compiler for members of the workspace."""
        return self.find("build.rustc-workspace-wrapper", variables=["RUSTC_WORKSPACE_WRAPPER"])

    @property
    def compiler(self) -> str:
        """The compiler as cargo starts it."""
        given = self.find("build.rustc", variables=["RUSTC"])
        return (given.program if given else "") or "rustc"

    @property
    def target_names(self) -> tuple[str, ...]:
        """What `build.target` names: triples, and files that specify a target."""
        given = self.find("build.target")
        names: Any = () if given is None else given.value
        if given is not None and isinstance(names, str):
            # Of a variable cargo takes each word for a target.
            names = names.split() if given.source.startswith("the variable") else [names]
        return tuple(
            name
            for name in (names if isinstance(names, list) else ())
            if isinstance(name, str) and name
        )

    @property
    def targets(self) -> tuple[str, ...]:
        """What `build.target` names, as folders: a specification counts by the stem of its file."""
        return tuple(
            PurePath(name).stem if name.endswith(".json") else name for name in self.target_names
        )

    def alias(self, subcommand: str) -> Given | None:
        """The alias that runs in place of a subcommand; cargo ignores one for its own."""
        return None if subcommand in BUILT_IN else self.find(f"alias.{subcommand}")

    @property
    def compiler_environment(self) -> dict[str, str]:
        """What the table `[env]` sets for the compiler and its wrappers."""
        result: dict[str, str] = {}
        for file, document in self.files:
            for name, row in part(document, "env").items():
                table = row if isinstance(row, dict) else {"value": row}
                value = table.get("value")
                if name in result or not isinstance(value, str):
                    continue
                if name in self.environment and not table.get("force"):
                    continue
                result[name] = str(file.parent.parent / value) if table.get("relative") else value
        return result


def target_directory(workspace: Path, environment: Mapping[str, str]) -> Path:
    """Where cargo builds, without asking it: the variable, cargo's configuration, or ``target``.

    https://doc.rust-lang.org/cargo/reference/config.html#buildtarget-dir
    """
    for name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"):
        if environment.get(name):
            return workspace / environment[name]
    for file, document in cargo_configurations(workspace, environment):
        setting = part(document, "build").get("target-dir")
        if isinstance(setting, str):
            return file.parent.parent / setting
    return workspace / "target"


def output_root(workspace: Path, directory: Path) -> Path:
    """The folder that nothing of ours in a target directory may leave, through no link.

    The workspace, or the target directory where a user put that elsewhere on purpose: by a
    setting of cargo, or by a link that git does not bring along.
    """
    if not directory.is_relative_to(workspace):
        return directory
    return directory if directory.is_symlink() and not is_tracked(directory) else workspace


def cargo_configurations(
    workspace: Path, environment: Mapping[str, str]
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Cargo's configuration files for ``workspace`` and what is in them, the strongest first.

    A file comes before those that it includes, of which the last is the strongest.
    https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure
    """
    folders = [folder / ".cargo" for folder in (workspace, *workspace.parents)]
    if environment.get("CARGO_HOME"):
        folders.append(workspace / environment["CARGO_HOME"])
    elif environment.get("HOME"):
        folders.append(Path(environment["HOME"]) / ".cargo")
    for folder in dict.fromkeys(folders):
        names = ("config", "config.toml")  # cargo takes the first where both exist
        file = next((folder / name for name in names if (folder / name).is_file()), None)
        if file is not None:
            yield from _with_included(file, _DEEPEST)


def _with_included(file: Path, depth: int) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    document = read_tables(file)
    yield file, document
    included = document.get("include")
    for row in reversed(included if isinstance(included, list) and depth else []):
        name = row.get("path") if isinstance(row, dict) else row
        if isinstance(name, str):
            yield from _with_included(file.parent / name, depth - 1)


def sets_variables(workspace: Path) -> bool:
    """Whether the project's files set variables for the compiler: the table `[env]`."""
    return any(part(document, "env") for _, document in cargo_configurations(workspace, {}))


def starts_for_network(workspace: Path) -> bool:
    """Whether the project's files name programs that cargo starts to reach a registry."""
    for _, document in cargo_configurations(workspace, {}):
        registries = (part(document, "registry"), *part(document, "registries").values())
        tables = [table for table in registries if isinstance(table, dict)]
        named = any(
            key in table
            for table in tables
            for key in ("credential-provider", "global-credential-providers")
        )
        if (
            named
            or "credential-alias" in document
            or part(document, "net").get("git-fetch-with-cli")
        ):
            return True
    return False


def part(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table within a document; empty if there is none."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}
