"""Git repositories that tests make, with none but their own configuration."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import faces
import workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def variables(**more: str) -> dict[str, str]:
    """A clean environment, of git's variables too."""
    clean = {
        name: value
        for name, value in faces.clean_environment().items()
        if not name.startswith("GIT_")
    }
    person = {
        f"GIT_{role}_{part}": f"somebody@{part.lower()}"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    return {**clean, **person, **own, **more}


def git(folder: Path, *words: str, **more: str) -> str:
    """What git prints, without spaces around it; a failure fails the test."""
    ended = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=variables(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.strip()


def commit(folder: Path, message: str) -> str:
    """Commit all that is there; returns the hash of the tree."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD^{tree}")


def repository(folder: Path, files: Mapping[str, str], *, branch: str = "main") -> Path:
    """A committed repository with these files."""
    workspaces.write_files(folder, {".gitignore": "target\n", **files})
    git(folder, "init", "-q", "-b", branch)
    commit(folder, "first")
    return folder
