"""Find where a project spells out a variable of the environment table a second time.

Compose files and other YAML, Dockerfiles, shell scripts, `.env` files, Makefiles, justfiles and
cargo's configuration are read as text, line by line. A value that comes from elsewhere (``$NAME``,
``${NAME}``, an expression of GitHub's, a name alone) is no literal, and neither is an empty one;
the default in ``${NAME:-literal}`` is.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.foreign.literal_syntax import kind_of, literals, may_assign
from tasker_ci.process.git import SafeGit
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.git_names import QUOTED, git_names
from tasker_ci.workflows.files import is_ours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tasker_ci.process.command import Runner

LARGEST_BYTES = 1_000_000
"""Larger files are no configuration."""

_LEFT_OUT = {".git", ".hg", ".venv", "node_modules", "target"}
_ARCHIVE = ".github/workflows/archived/"
_GIT_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """One place; ``file`` is relative to the project root. The value may be secret: not kept."""

    file: str
    line: int
    name: str


@dataclass(frozen=True, kw_only=True)
class SpelledOut:
    """What was found, without what the settings allow."""

    found: tuple[Spelling, ...]
    idle: tuple[str, ...]
    """The entries of `environment.allow-literals` that allow nothing."""


def project_files(
    project_root: Path, runner: Runner, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """The project's own files: what git knows or would add, else all but what tools have made.

    Relative to the root, with slashes.
    """
    git = SafeGit(folder=project_root, runner=runner, environment=environment, timeout=_GIT_SECONDS)
    try:
        answer = git.run(*QUOTED, "ls-files", "--cached", "--others", "--exclude-standard")
    except Interrupted:
        raise
    except TaskerCIError:  # no git here, or one that does not answer
        return tuple(walked_files(project_root))
    if answer.exit_code:  # no repository
        return tuple(walked_files(project_root))
    return tuple(sorted({*git_names(answer.stdout)}))


def walked_files(project_root: Path) -> Iterator[str]:
    """Every file below the root, but for the folders of tools; in an order that never changes."""
    for folder, folders, names in os.walk(project_root):
        folders[:] = sorted(set(folders) - _LEFT_OUT)
        for name in sorted(names):
            yield (Path(folder) / name).relative_to(project_root).as_posix()


def spelled_out(
    project_root: Path, names: Collection[str], allowed: Sequence[str], files: Iterable[str]
) -> SpelledOut:
    """Return the places among ``files`` where one of ``names`` is assigned a literal.

    ``allowed`` are entries ``path`` or ``path:NAME``, patterns of `fnmatch` each. Files that `sync`
    wrote, and those it archived, are left out.
    """
    found: list[Spelling] = []
    used: set[str] = set()
    for spelling in _spellings(project_root, names, files):
        excused = [entry for entry in allowed if _allows(entry, spelling)]
        used.update(excused)
        if not excused:
            found.append(spelling)
    return SpelledOut(
        found=tuple(found), idle=tuple(entry for entry in allowed if entry not in used)
    )


def _allows(entry: str, spelling: Spelling) -> bool:
    path, colon, name = entry.rpartition(":")
    if colon and fnmatchcase(spelling.file, path) and fnmatchcase(spelling.name, name):
        return True
    return fnmatchcase(spelling.file, entry)


def _spellings(
    project_root: Path, names: Collection[str], files: Iterable[str]
) -> Iterator[Spelling]:
    if not names:
        return
    mentioned = re.compile("|".join(map(re.escape, names)).encode())
    for file in files:
        if file.startswith(_ARCHIVE) or not may_assign(file):
            continue
        content = _content(project_root / file)
        kind = kind_of(file, content.partition(b"\n")[0])
        if kind is None or b"\0" in content or not mentioned.search(content):
            continue
        text = content.decode(errors="replace")
        if not is_ours(text):
            for line, name in literals(text, kind, names):
                yield Spelling(file=file, line=line, name=name)


def _content(path: Path) -> bytes:
    """A regular file of a reasonable size; nothing of any other, and of one that went away."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
            return b""
        return read_bytes(path)
    except OSError:
        return b""
