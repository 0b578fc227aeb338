"""Where llvm-cov and llvm-profdata of the compiler's own LLVM are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError
from tasker_ci.sessions.coverage.settings import CoverageSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.tools.compiler import ask_rustc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.tools.compiler import Compiler

VARIABLES = {"llvm-cov": "LLVM_COV", "llvm-profdata": "LLVM_PROFDATA"}
"""The two programs, and the variables that tell cargo-llvm-cov where they are."""


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
    setting = context.settings_of(CoverageSettings).llvm
    if setting:
        expanded = os.path.expanduser(setting)  # noqa: PTH111 - it raises nothing
        folder = context.project_root / expanded
        found = _programs(folder)
        if not found:
            message = f"The setting `coverage.llvm` names {folder}, where {_names()} are not."
            raise MissingToolError(message, next_step=f"Fix it in {SETTINGS_FILE}.")
        return found
    sysroot = Path(ask_rustc(context, environment, toolchain, "--print", "sysroot").strip())
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
