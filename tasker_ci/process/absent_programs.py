"""Where programs are looked for, and why one cannot be started: nowhere, or it may not be run."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GET_RUST = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
"""https://rustup.rs"""

_ANYBODY_RUNS = 0o111

ELSEWHERE = "Put it on another disk, or remount that one without `noexec`."


def without_relative_folders(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment whose PATH names no folder that is another one in each project.

    Nothing between two colons means the current folder, as ``.`` does. Where no folder is left,
    PATH names a place that holds no program.
    """
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    full = os.pathsep.join(folder for folder in folders if Path(folder).is_absolute())
    return {**environment, "PATH": full or os.devnull}


def why_absent(program: str, path: str) -> tuple[str, str]:
    """Why ``program`` is not started from the folders of ``path``: a clause, and the next step.

    ``program`` may be a path itself, which is looked up nowhere else.
    """
    return why_closed(program, path) or (
        "is not there" if os.sep in program else "is not on PATH",
        _how_to_get(program),
    )


def why_closed(program: str, path: str) -> tuple[str, str] | None:
    """The same for a program that lies there and cannot be run; None if it lies nowhere, or can."""
    if shutil.which(program, path=path) is not None:
        return None
    if os.sep in program:
        files = [Path(program)]
    else:
        files = [Path(folder) / program for folder in path.split(":") if folder]
    for file in files:
        try:
            if file.is_file():
                return _why_file_is_closed(file)
            if file.is_symlink():
                target = file.readlink()
                return f"is {file}, a link to {target}, which is not there", _how_to_get(program)
        except OSError:  # a folder that this user may not enter
            continue
    return None


def _why_file_is_closed(file: Path) -> tuple[str, str]:
    if is_noexec(file):
        return f"is {file}, on a disk that is mounted noexec", ELSEWHERE
    if file.stat().st_mode & _ANYBODY_RUNS and not os.access(file, os.W_OK):
        return (
            f"is {file}, which this user may not run",
            "Ask its owner, or put another one on PATH.",
        )
    return f"is {file}, which may not be run", f"chmod +x {shlex.quote(str(file))}"


def is_noexec(place: Path) -> bool:
    """Whether nothing may be run on the disk of a place that exists; False if nobody can say."""
    if sys.platform != "linux":  # no such call, or macOS, where the flag has no name
        return False
    try:
        return bool(os.statvfs(place).f_flag & os.ST_NOEXEC)
    except OSError:
        return False


def _how_to_get(program: str) -> str:
    if program in {"cargo", "rustc", "rustup"}:
        return f"Install Rust with rustup, then open a new shell: {GET_RUST}"
    return f"Install `{program}` or put it on PATH; `tasker-ci doctor` lists all that is missing."
