"""Where llvm-cov and llvm-profdata of the compiler's own LLVM are."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError, ToolchainError
from tasker_ci.process import Command, Output
from tasker_ci.settings.load import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

VARIABLES = {"llvm-cov": "LLVM_COV", "llvm-profdata": "LLVM_PROFDATA"}
"""The two programs, and the variables that tell cargo-llvm-cov where they are."""


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
    return read_compiler(_rustc(context, environment, toolchain, "-vV"))


def llvm_variables(
    context: Context, environment: Mapping[str, str], compiler: Compiler, toolchain: str
) -> dict[str, str]:
    """The variables for cargo-llvm-cov; none where it finds the programs by itself.

    What the environment names wins, then the setting, then the toolchain's component
    ``llvm-tools``, then a distribution's LLVM of the compiler's own number: one profile format
    belongs to one LLVM. Raises `MissingToolError`, before cargo-llvm-cov would ask a person.
    """
    given = {name: environment[name] for name in VARIABLES.values() if environment.get(name)}
    if len(given) == len(VARIABLES):
        return {}
    setting = context.settings.coverage.llvm
    if setting:
        folder = context.project_root / Path(setting).expanduser()
        found = _programs(folder)
        if not found:
            message = f"The setting `coverage.llvm` names {folder}, where {_names()} are not."
            raise MissingToolError(message, next_step=f"Mend it in {SETTINGS_FILE}.")
        return found
    sysroot = Path(_rustc(context, environment, toolchain, "--print", "sysroot").strip())
    if _programs(sysroot / "lib" / "rustlib" / compiler.host / "bin"):
        return {}
    major = compiler.llvm_major
    found = _programs(Path(f"/usr/lib/llvm-{major}/bin")) or _on_path(environment, major)
    if found:
        return found
    chosen = f" --toolchain {toolchain}" if toolchain else ""
    raise MissingToolError(
        f"{_names()} are not there: rustc {compiler.release} wants those of LLVM {compiler.llvm}.",
        next_step=f"rustup component add llvm-tools{chosen}; or install LLVM {major}; or name a "
        "folder whose programs read the same profiles with the setting `coverage.llvm`.",
    )


def _names() -> str:
    return " and ".join(VARIABLES)


def _programs(folder: Path) -> dict[str, str]:
    """Both programs of a folder, or nothing."""
    found = {
        name: program
        for word, name in VARIABLES.items()
        if (program := shutil.which(word, path=str(folder)))
    }
    return found if len(found) == len(VARIABLES) else {}


def _on_path(environment: Mapping[str, str], major: str) -> dict[str, str]:
    """Both programs as Debian and its like name them (``llvm-cov-19``), or nothing."""
    found = {
        name: program
        for word, name in VARIABLES.items()
        if (program := shutil.which(f"{word}-{major}", path=environment.get("PATH", "")))
    }
    return found if len(found) == len(VARIABLES) else {}


def _rustc(
    context: Context, environment: Mapping[str, str], toolchain: str, *arguments: str
) -> str:
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
