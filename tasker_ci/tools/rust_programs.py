"""Rust's programs, asked before a session needs them: what is missing, and how to get it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.errors import ToolchainError, WorkspaceError
from tasker_ci.process.absent_programs import GET_RUST, why_closed
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.process.system_limits import limits_here
from tasker_ci.rust.cargo_configuration import CargoConfiguration
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.cargo_progress import without_progress
from tasker_ci.tools.toolchains import (
    Chosen,
    chosen_toolchain,
    not_started,
    without_components,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Package

COMPONENTS: Mapping[str, str] = {"rustfmt": "cargo-fmt", "clippy": "cargo-clippy"}
"""Components and the programs by which cargo runs them."""

_NOT_FOUND = 127
_OLDEST_SHOWN = 3
"""Packages of one `rust-version` that a message names."""


@dataclass(frozen=True, kw_only=True)
class RustPrograms:
    """Rust's programs in the workspace, called as the commands of sessions call them."""

    context: Context
    directory: Path
    environment: Mapping[str, str]
    chosen: Chosen
    arguments: tuple[str, ...]
    """The toolchain as cargo's first argument (``+beta``), or nothing."""
    start: Callable[[Command], Completed]
    """Runs a command and captures what it prints."""

    @classmethod
    def of(
        cls,
        context: Context,
        environment: Mapping[str, str],
        toolchain: str | None = None,
        *,
        directory: Path | None = None,
        start: Callable[[Command], Completed] | None = None,
    ) -> RustPrograms:
        """The programs in this environment; ``toolchain`` wins over the setting.

        They run in the workspace, or in ``directory``. What rustup installs meanwhile is shown,
        unless ``start`` runs the commands.
        """
        name = toolchain or context.settings.toolchain
        return cls(
            context=context,
            directory=directory or context.workspace,
            # no backtrace, because the answer is shown to people
            environment={**environment, "RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"},
            chosen=chosen_toolchain(context.loaded, context.workspace, environment, toolchain),
            arguments=(f"+{name}",) if name else (),
            start=start or partial(_run, context),
        )

    def command(self, program: str, *arguments: str, chooses: bool = True) -> Command:
        """A call of one of the programs.

        ``chooses`` says whether the program takes a toolchain as its first argument.
        """
        return Command(
            argv=(program, *(self.arguments if chooses else ()), *arguments),
            cwd=self.directory,
            environment=self.environment,
        )

    def ask(self, program: str, *arguments: str, chooses: bool = True) -> Completed:
        """Run one of the programs; see `command`."""
        return self.start(self.command(program, *arguments, chooses=chooses))

    def cargo_version(self) -> Command:
        """The question whether cargo itself starts."""
        return self.command("cargo", "--version")

    def metadata(self) -> Command:
        """The question for the manifests; rustup may install the toolchain first."""
        return self.command(
            "cargo", "metadata", "--no-deps", "--format-version", "1", "--color", "never"
        )

    def component_version(self, component: str) -> Command:
        """The question whether a component starts.

        The program is asked itself: `cargo clippy` may be an alias for something else.
        """
        return self.command(COMPONENTS[component], "--version")

    def toolchain_problem(self) -> ToolchainError | None:
        """Why cargo itself does not start; None if it does."""
        answer = self.start(self.cargo_version())
        return None if answer.exit_code == 0 else self.not_started(answer)

    def not_started(self, answer: Completed) -> ToolchainError:
        """The error for this answer in place of cargo's version."""
        reason = answer.stderr.strip()
        return _limited("The Rust toolchain", reason) or not_started(
            self.chosen, reason, COMPONENTS, self.environment
        )

    def component_answers(self, components: Iterable[str]) -> dict[str, Completed]:
        """What these components say to the question for their version."""
        return {
            each: self.start(self.component_version(each))
            if self.has(COMPONENTS[each])
            else Completed(exit_code=_NOT_FOUND, seconds=0, stderr="not on PATH")
            for each in components
        }

    def component_problem(self, answers: Mapping[str, Completed]) -> ToolchainError | None:
        """The error for the components that did not start; None if all did."""
        reasons = {name: each.stderr.strip() for name, each in answers.items() if each.exit_code}
        if not reasons:
            return None
        for name in reasons:
            closed = why_closed(COMPONENTS[name], self.environment.get("PATH", ""))
            if closed is not None:
                message = f"The program `{COMPONENTS[name]}` {closed[0]}."
                return ToolchainError(message, next_step=closed[1])
        reason = next(iter(reasons.values())) or "no reason given"
        return _limited(" and ".join(reasons), reason) or without_components(
            self.chosen, tuple(reasons), reason, self.environment
        )

    def has(self, program: str) -> bool:
        """Whether a program is there."""
        return shutil.which(program, path=self.environment.get("PATH", "")) is not None

    @property
    def compiler(self) -> str:
        """The compiler that cargo calls: what its configuration names, if it may be started."""
        if not self.context.runs_code:
            return "rustc"
        return CargoConfiguration.read(self.context.workspace, self.environment).compiler

    def compiler_version(self) -> Command:
        """The question for the compiler's version."""
        return self.command(self.compiler, "--version", chooses=self.compiler == "rustc")

    def release_in(self, answer: Completed) -> str | None:
        """The compiler's version in its answer, as ``1.95.0``; None if it does not say."""
        words = answer.stdout.split()[1:2]
        return words[0] if answer.exit_code == 0 and words else None

    def age_problem(self, packages: Collection[Package], compiler: str) -> ToolchainError | None:
        """The error if the ``compiler`` is older than packages ask for."""
        there = version_numbers(compiler)
        newer: dict[str, list[str]] = {}
        for name, version in sorted((each.name, each.rust_version) for each in packages):
            if version and version_numbers(version) > there:
                newer.setdefault(version, []).append(name)
        if not newer:
            return None
        newest = max(newer, key=version_numbers)
        wishes = "; ".join(
            f"{_named(names)} {'need' if len(names) > 1 else 'needs'} {version}"
            for version, names in sorted(newer.items(), key=lambda each: version_numbers(each[0]))
        )
        message = f"Rust {compiler}{self.source} is too old: {wishes} (`rust-version`)."
        return ToolchainError(message, next_step=self.newer(newest))

    @property
    def source(self) -> str:
        """Who chose the toolchain, in brackets; empty for rustup's default."""
        return f" ({self.chosen.by})" if self.chosen.by else ""

    def newer(self, version: str) -> str:
        """How to get this ``version``, or the newest for ``stable``."""
        if not self.has("rustup"):
            return f"Install a newer Rust, for example with rustup: {GET_RUST}"
        if self.chosen.name in {"stable", "beta", "nightly"}:
            return f"rustup update {self.chosen.name}"
        if self.chosen.change:
            line = self.chosen.installation(COMPONENTS, version)
            return f"{line}\n{self.chosen.change.format(version)}."
        return "rustup update stable, or choose another toolchain with the setting `toolchain`."


def manifest_problem(context: Context, answer: Completed) -> WorkspaceError:
    """The error for a `cargo metadata` that failed although cargo starts."""
    text = without_progress(answer.stderr).strip()
    message = f"cargo cannot read the workspace {context.workspace}:\n{text}"
    step = "Fix the manifest that cargo names."
    if not (context.workspace / "Cargo.toml").is_file():
        step = (
            f"Set `workspace` in {SETTINGS_FILE} to the folder of the workspace's Cargo.toml, "
            "or make a package: cargo init"
        )
    return WorkspaceError(message, next_step=step)


def version_numbers(text: str) -> tuple[int, ...]:
    """``1.95.0-nightly`` as numbers that compare, three of them."""
    numbers = [int(part) for part in text.partition("-")[0].split(".") if part.isdigit()]
    return tuple([*numbers, 0, 0][:3])


def _limited(what: str, reason: str) -> ToolchainError | None:
    """The error for programs that do not start because this user may take too little."""
    found = limits_here()
    if found is None or "not installed" in reason:
        return None
    limits, step = found
    message = f"{what} may not start for want of resources. {limits}.\n{reason}"
    return ToolchainError(message, next_step=step)


def _run(context: Context, command: Command) -> Completed:
    def show_installation(line: str) -> None:
        if line.startswith("info: "):  # rustup's, which may download for minutes
            context.reporter.output(line)

    return context.runner.run(command, output=Output.CAPTURE, on_error_line=show_installation)


def _named(names: list[str]) -> str:
    """A few names, and how many others there are."""
    shown = ", ".join(names[:_OLDEST_SHOWN])
    others = len(names) - _OLDEST_SHOWN
    return shown if others <= 0 else f"{shown} and {others} more"
