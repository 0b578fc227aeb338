"""The compiler of a workspace, as it speaks of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import ToolchainError
from tasker_ci.process.command import Command, Output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """What rustc says about itself."""

    release: str
    host: str
    llvm: str

    @property
    def nightly(self) -> bool:
        """Whether unstable options are allowed."""
        return self.release.endswith(("-nightly", "-dev"))

    @property
    def llvm_major(self) -> str:
        """The number that a distribution's packages of this LLVM have in their names."""
        return self.llvm.partition(".")[0]


def read_compiler(text: str) -> Compiler:
    """Read ``rustc -vV``. Raises `ToolchainError` if it is something else."""
    values = dict(re.findall(r"^([\w ]+): (.*)$", text, re.MULTILINE))
    try:
        return Compiler(release=values["release"], host=values["host"], llvm=values["LLVM version"])
    except KeyError as error:
        message = f"`rustc -vV` does not say its {error}."
        raise ToolchainError(message, next_step="Coverage needs rustc with LLVM.") from error


def ask_compiler(context: Context, environment: Mapping[str, str], toolchain: str) -> Compiler:
    """Ask the compiler of a toolchain. Raises `ToolchainError` if it does not start."""
    return read_compiler(ask_rustc(context, environment, toolchain, "-vV"))


def ask_rustc(
    context: Context, environment: Mapping[str, str], toolchain: str, *arguments: str
) -> str:
    """What rustc answers. Raises `ToolchainError` if it does not start."""
    chosen = (f"+{toolchain}",) if toolchain else ()
    command = Command(
        argv=("rustc", *chosen, *arguments), cwd=context.workspace, environment=environment
    )
    answer = context.runner.run(command, output=Output.CAPTURE)
    if answer.exit_code:
        raise ToolchainError(
            f"The Rust toolchain of this workspace does not start:\n{answer.stderr.strip()}",
            next_step="rustup toolchain install" + (f" {toolchain}" if toolchain else ""),
            exit_code=answer.exit_code,
        )
    return answer.stdout
