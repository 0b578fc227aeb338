"""The three faces of a session as real processes: how they are called, what they leave behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import turns

if TYPE_CHECKING:
    from collections.abc import Mapping

FACES = ("nox", "invoke", "tasker-ci")
"""The names of the programs, which the tests take as parameters."""

MARK = "TASKER_TESTS_RUN"
"""The variable by which every process of one run is found again."""

_FOREIGN = (
    "CARGO_",
    "GITHUB_",
    "INVOKE_",
    "JWT_",
    "NEXTEST",
    "NOX_",
    "PYTEST_",
    "RUST",
    "SCCACHE_",
    "TASKER_",
)
_FOREIGN_NAMES = {
    "API_KEY",
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "DATABASE_URL",
    "FORCE_COLOR",
    "LOG_LEVEL",
    "NO_COLOR",
}
_KEPT = {"CARGO_HOME", "RUSTUP_HOME", "RUSTUP_AUTO_INSTALL", "RUSTUP_TOOLCHAIN"}


_NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would change a session, and ``more``.

    The programs of this Python come first on PATH, as in an activated environment; sccache is off,
    because its server would outlive the test. Nothing leaves bytecode beside a noxfile.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not (name.startswith(_FOREIGN) or name in _FOREIGN_NAMES)
    }
    path = f"{sysconfig.get_path('scripts')}:{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "TASKER_CI_SCCACHE": "off", **_NO_BYTECODE, **more}


def command_line(face: str, session: str, *arguments: str) -> list[str]:
    """What a person types for a session."""
    if face == "nox":
        separator = ["--"] if arguments else []
        return ["nox", "-s", session, *separator, *arguments]
    return [face, session, *arguments]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


def run(
    argv: list[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    *,
    timeout: float = 120,
) -> Ended:
    """Run a program to its end, nothing on its standard input.

    A face is found beside this Python, whatever PATH the environment has. What looks at the runs
    of all projects waits for its turn.
    """
    program = shutil.which(argv[0], path=sysconfig.get_path("scripts")) or argv[0]
    with turns.whole_machine() if turns.looks_at_all_projects(argv) else nullcontext():
        completed = subprocess.run(
            [program, *argv[1:]],
            cwd=cwd,
            env=clean_environment() if environment is None else environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    return Ended(exit_code=completed.returncode, stdout=completed.stdout, stderr=completed.stderr)


def processes_of(run_name: str) -> dict[int, str]:
    """The living processes that have ``run_name`` in their environment, with their command lines.

    sccache's server is left out: it is shared and outlives who started it.
    """
    mark = f"{MARK}={run_name}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environment = (folder / "environ").read_bytes()
            words = (folder / "cmdline").read_bytes().split(b"\0")
            state = (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if (
            mark in environment.split(b"\0")
            and state != "Z"
            and Path(words[0].decode()).name != "sccache"
        ):
            found[int(folder.name)] = b" ".join(words).decode(errors="replace")
    return found
