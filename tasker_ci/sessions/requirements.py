"""What sessions need of this machine, looked at before any of them starts.

A missing toolchain, component or tool, a manifest that cannot be read and a compiler that is too
old would fail one session after the other; they are one error, found here.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.absent_programs import GET_RUST, why_closed
from tasker_ci.cargo_configuration import CargoConfiguration
from tasker_ci.cargo_progress import without_progress
from tasker_ci.cargo_tools import find, installs_on_demand, tools_root, wanted_tools
from tasker_ci.errors import MissingToolError, TaskerCIError, ToolchainError, WorkspaceError
from tasker_ci.pipeline import stages_of, steps
from tasker_ci.process import Command, Completed, Output
from tasker_ci.process_runner import GET_LINKER
from tasker_ci.sessions.child_environment import child_environment
from tasker_ci.sessions.private_dependencies import fetch_dependencies
from tasker_ci.sessions.toolchains import (
    Chosen,
    chosen_toolchain,
    not_started,
    without_components,
)
from tasker_ci.settings.load import SETTINGS_FILE
from tasker_ci.workspace import Workspace, read_metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.sessions import Session

CARGO = "cargo"
MANIFEST = "manifest"
COMPILER = "compiler"
LINKER = "linker"
DEPENDENCIES = "dependencies"
COMPONENTS: Mapping[str, str] = {"rustfmt": "cargo-fmt", "clippy": "cargo-clippy"}
"""Components and the programs by which cargo runs them."""

_OLDEST_SHOWN = 3
"""Packages of one `rust-version` that a message names."""

_NO_LINKER = re.compile(r"linker `([^`]+)` not found")
_LINKED = '[package]\nname = "linked"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n'
_LOCK_VERSION = re.compile(r"lock file version `?(\d+)`?")


def requirements_of(
    sessions: Mapping[str, Session], names: Iterable[str], context: Context
) -> tuple[str, ...]:
    """What these sessions need; one that runs others needs what they need."""
    found: dict[str, None] = {}
    for name in names:
        session = sessions[name]
        walked = steps(sessions, stages_of(context.settings, images=False)) if session.walks else ()
        found |= dict.fromkeys(session.needs)
        found |= dict.fromkeys(need for step in walked for need in sessions[step.session].needs)
    return tuple(found)


def check_requirements(
    context: Context,
    needs: Collection[str],
    *,
    toolchain: str = "",
    packages: tuple[str, ...] = (),
) -> None:
    """Raise one error for all of ``needs`` that is missing; it has exit code 3.

    Dependencies are fetched if a build will have no token for them.
    ``toolchain`` is that of a flag, ``packages`` are those that a flag chooses, () for all.
    """
    problems = [*_missing_tools(context, needs)]
    environment = child_environment(context)
    if any(need in COMPONENTS or need in {CARGO, MANIFEST, COMPILER} for need in needs):
        examination = Examination.of(context, environment, toolchain)
        problems[:0] = examination.problems(needs, packages)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        kind = type(problems[0])
        raise kind(
            "\n".join(problem.message for problem in problems),
            next_step="\n".join(problem.next_step for problem in problems),
        )
    if DEPENDENCIES in needs:
        fetch_dependencies(context, environment)


def _missing_tools(context: Context, needs: Collection[str]) -> Iterator[TaskerCIError]:
    tools = [tool for name, tool in wanted_tools(context.loaded).items() if name in needs]
    root = tools_root(context.environment)
    missing = [tool for tool in tools if find(tool, context.environment, root) is None]
    if missing and not installs_on_demand(context):
        words = [word for tool in missing for word in ("--tool", tool.name)]
        yield MissingToolError(
            "\n".join(f"{tool.name} is not installed ({tool.purpose})." for tool in missing),
            next_step=context.face.command_line("tools", *words),
        )


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Asks Rust's programs in the workspace, as the commands of sessions would call them."""

    context: Context
    environment: Mapping[str, str]
    chosen: Chosen
    arguments: tuple[str, ...]
    """The toolchain as cargo's first argument (``+beta``), or nothing."""

    @classmethod
    def of(
        cls, context: Context, environment: Mapping[str, str], toolchain: str = ""
    ) -> Examination:
        """Examine with this environment; ``toolchain`` wins over the setting."""
        name = toolchain or context.settings.toolchain
        return cls(
            context=context,
            # no backtrace, because the answer is shown to people
            environment={**environment, "RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"},
            chosen=chosen_toolchain(context.loaded, context.workspace, environment, toolchain),
            arguments=(f"+{name}",) if name else (),
        )

    def problems(
        self, needs: Collection[str], packages: tuple[str, ...] = ()
    ) -> Iterator[TaskerCIError]:
        """Everything that is missing; without cargo nothing else can be asked."""
        workspace: Workspace | None = None
        answer = self.metadata() if MANIFEST in needs else self.ask("cargo", "--version")
        if answer.exit_code:
            absent = self.toolchain_problem()
            if absent is not None:
                yield absent
                return
            yield manifest_problem(self.context, answer)
        elif MANIFEST in needs:
            workspace = read_metadata(answer.stdout)
        missing = self.component_problem([each for each in COMPONENTS if each in needs])
        if missing is not None:
            yield missing
        if COMPILER in needs and workspace is not None:
            yield from self._compiler_problems(workspace, packages)
        if LINKER in needs and workspace is not None:
            unlinked = self.linker_problem()
            if unlinked is not None:
                yield unlinked

    def metadata(self) -> Completed:
        """What cargo says of the manifests; rustup may install the toolchain first."""
        return self.ask(
            "cargo", "metadata", "--no-deps", "--format-version", "1", "--color", "never"
        )

    def toolchain_problem(self) -> ToolchainError | None:
        """Why cargo itself does not start; None if it does."""
        answer = self.ask("cargo", "--version")
        if answer.exit_code == 0:
            return None
        return not_started(self.chosen, answer.stderr.strip(), COMPONENTS, self.environment)

    def component_problem(self, components: Collection[str]) -> ToolchainError | None:
        """Which of these components do not start; None if all do.

        The program is asked itself: `cargo clippy` may be an alias for something else.
        """
        answers = {each: self._starts(COMPONENTS[each]) for each in components}
        missing = {name: reason for name, reason in answers.items() if reason is not None}
        if not missing:
            return None
        for name in missing:
            closed = why_closed(COMPONENTS[name], self.environment.get("PATH", ""))
            if closed is not None:
                message = f"The program `{COMPONENTS[name]}` {closed[0]}."
                return ToolchainError(message, next_step=closed[1])
        reason = next(iter(missing.values()))
        return without_components(self.chosen, tuple(missing), reason, self.environment)

    def _starts(self, program: str) -> str | None:
        """What a program says instead of its version; None if it starts."""
        if shutil.which(program, path=self.environment.get("PATH", "")) is None:
            return "not on PATH"
        answer = self.ask(program, "--version")
        return answer.stderr.strip() or "no reason given" if answer.exit_code else None

    def _compiler_problems(
        self, workspace: Workspace, packages: tuple[str, ...]
    ) -> Iterator[TaskerCIError]:
        absent = absent_dependency(workspace)
        if absent is not None:
            yield absent
        compiler = self.compiler()
        if compiler is None:
            return
        wanted = {
            package.name: package.rust_version
            for package in workspace.packages
            if not packages or package.name in packages
        }
        ignored = "--ignore-rust-version" in self.context.passthrough
        too_old = None if ignored else self.age_problem(wanted, compiler)
        if too_old is not None:
            yield too_old
        lock = workspace.root / "Cargo.lock"
        if lock.is_file() and workspace.packages:
            yield from self._lock_problems(workspace)

    def compiler(self) -> str | None:
        """The version of the compiler that cargo would call; None if it does not say."""
        configuration = CargoConfiguration.read(self.context.workspace, self.environment)
        program = configuration.compiler
        answer = self.ask(program, "--version", chooses=program == "rustc")
        words = answer.stdout.split()[1:2]
        return words[0] if answer.exit_code == 0 and words else None

    def linker_problem(self) -> ToolchainError | None:
        """The error if rustc finds no linker; a program is built only where `cc` is not on PATH.

        cargo's configuration may name another one, so the workspace's own is asked.
        """
        if shutil.which("cc", path=self.environment.get("PATH", "")) is not None:
            return None
        with tempfile.TemporaryDirectory(prefix="tasker-ci-") as name:
            folder = Path(name)
            (folder / "src").mkdir()
            (folder / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
            manifest = folder / "Cargo.toml"
            manifest.write_text(_LINKED, encoding="utf-8")
            places = ("--manifest-path", str(manifest), "--target-dir", str(folder / "target"))
            answer = self.ask("cargo", "build", "--offline", "--color", "never", *places)
        found = _NO_LINKER.search(answer.stderr)
        if found is None:
            return None
        message = f"The linker `{found[1]}`, which rustc calls, is not installed."
        return ToolchainError(message, next_step=GET_LINKER)

    def age_problem(self, wanted: Mapping[str, str], compiler: str) -> ToolchainError | None:
        """The error if the ``compiler`` is older than what packages ask for, by their names."""
        there = _version(compiler)
        newer: dict[str, list[str]] = {}
        for name, version in sorted(wanted.items()):
            if version and _version(version) > there:
                newer.setdefault(version, []).append(name)
        if not newer:
            return None
        newest = max(newer, key=_version)
        wishes = "; ".join(
            f"{_named(names)} {'need' if len(names) > 1 else 'needs'} {version}"
            for version, names in sorted(newer.items(), key=lambda each: _version(each[0]))
        )
        source = f" ({self.chosen.by})" if self.chosen.by else ""
        message = f"Rust {compiler}{source} is too old: {wishes} (`rust-version`)."
        return ToolchainError(message, next_step=self._newer(newest))

    def _newer(self, version: str) -> str:
        if shutil.which("rustup", path=self.environment.get("PATH", "")) is None:
            return f"Install a newer Rust, for example with rustup: {GET_RUST}"
        if self.chosen.name in {"stable", "beta", "nightly"}:
            return f"rustup update {self.chosen.name}"
        if self.chosen.change:
            line = self.chosen.installation(COMPONENTS, version)
            return f"{line}\n{self.chosen.change.format(version)}."
        return "rustup update stable, or choose another toolchain with the setting `toolchain`."

    def _lock_problems(self, workspace: Workspace) -> Iterator[TaskerCIError]:
        """Why cargo cannot read Cargo.lock, asked without resolving or downloading anything."""
        answer = self.ask(
            "cargo", "pkgid", "--offline", "--color", "never", workspace.packages[0].name
        )
        if "failed to parse lock file" not in answer.stderr:
            return
        text = answer.stderr.strip()
        found = _LOCK_VERSION.search(text)
        if found is None:
            step = "Take Cargo.lock from version control, or write it anew: cargo generate-lockfile"
            yield WorkspaceError(f"cargo cannot read Cargo.lock:\n{text}", next_step=step)
            return
        source = f" ({self.chosen.by})" if self.chosen.by else ""
        message = (
            f"{workspace.root / 'Cargo.lock'} is of version {found[1]}, which this cargo{source} "
            "is too old for."
        )
        yield ToolchainError(message, next_step=self._newer("stable"))

    def ask(self, program: str, *arguments: str, chooses: bool = True) -> Completed:
        """Run one of Rust's programs in the workspace; what rustup installs meanwhile is shown.

        ``chooses`` says whether the program takes a toolchain as its first argument.
        """
        chosen = self.arguments if chooses else ()
        command = Command(
            argv=(program, *chosen, *arguments),
            cwd=self.context.workspace,
            environment=self.environment,
        )
        return self.context.runner.run(
            command, output=Output.CAPTURE, on_error_line=self._show_installation
        )

    def _show_installation(self, line: str) -> None:
        if line.startswith("info: "):  # rustup's, which may download for minutes
            self.context.reporter.output(line)


def absent_dependency(workspace: Workspace) -> WorkspaceError | None:
    """The error for path dependencies without a manifest; None if all have one.

    cargo reads them all for every build, optional ones as well, but not for `cargo metadata
    --no-deps`. A repository with submodules that nobody checked out is the usual cause.
    """
    absent = {
        dependency.path: f"{package.name} needs {dependency.name}, but there is no {manifest}."
        for package in workspace.packages
        for dependency in package.dependencies
        if not (manifest := dependency.path / "Cargo.toml").exists()
    }
    if not absent:
        return None
    step = "Get the folder, or correct `path` in the manifest."
    if (workspace.root / ".gitmodules").is_file():
        step = "git submodule update --init --recursive"
    return WorkspaceError("\n".join(absent.values()), next_step=step)


def manifest_problem(context: Context, answer: Completed) -> WorkspaceError:
    """The error for a `cargo metadata` that failed although cargo starts."""
    text = without_progress(answer.stderr).strip()
    message = f"cargo cannot read the workspace {context.workspace}:\n{text}"
    step = "Fix the manifest that cargo names."
    if not (context.workspace / "Cargo.toml").is_file():
        step = f"Set `workspace` in {SETTINGS_FILE} to the folder of the workspace's Cargo.toml."
    return WorkspaceError(message, next_step=step)


def _named(names: list[str]) -> str:
    """A few names, and how many others there are."""
    shown = ", ".join(names[:_OLDEST_SHOWN])
    others = len(names) - _OLDEST_SHOWN
    return shown if others <= 0 else f"{shown} and {others} more"


def _version(text: str) -> tuple[int, ...]:
    """``1.95.0-nightly`` as numbers that compare, three of them."""
    numbers = [int(part) for part in text.partition("-")[0].split(".") if part.isdigit()]
    return tuple([*numbers, 0, 0][:3])
