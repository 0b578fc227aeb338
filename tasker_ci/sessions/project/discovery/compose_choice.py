"""Which of several compose files is that of the tests."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.sessions.project.discovery.places import TASK_FILES, left_out
from tasker_ci.text.file_reading import read_text
from tasker_ci.workflows.files import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.sessions.project.discovery.compose_services import FoundCompose

_WORKFLOWS = ".github/workflows"
_LARGEST_BYTES = 256 * 1024
_DEPTH = 4
_WORD = re.compile(r"[a-z0-9]+")
_TESTS = {"test", "tests", "testing", "e2e", "integration", "it"}
_CI = {"ci"}
_PRODUCTION = {"prod", "production", "staging", "release", "deploy", "live"}
_DEVELOPMENT = {"dev", "development", "local", "devcontainer"}


@dataclass(frozen=True, kw_only=True)
class ComposeChoice:
    """The compose file that was chosen."""

    chosen: FoundCompose
    reason: str
    """A sentence; it names the others that would do too."""


def choose(project_root: Path, candidates: Sequence[FoundCompose]) -> ComposeChoice | None:
    """Return the file of the tests among those that have all that is needed; None without any.

    A name that says test counts most, then one that CI has, then that the project's own workflows,
    task files or scripts use it. A file for production comes last.
    """
    if not candidates:
        return None
    if len(candidates) == 1:
        return ComposeChoice(chosen=candidates[0], reason="The compose file of the services.")
    users = _users(project_root, [each.path for each in candidates])
    ranked = sorted(
        candidates,
        key=lambda each: (-_rank(each.path), -len(users[each.path]), len(each.path), each.path),
    )
    chosen, *others = ranked
    names = ", ".join(each.path for each in others)
    return ComposeChoice(
        chosen=chosen,
        reason=f"The compose file of the tests, {_why(chosen.path, users)}; {names} would do too.",
    )


def _rank(path: str) -> int:
    words = _words(path)
    if words & _PRODUCTION:
        return -1
    if words & _TESTS:
        return 3
    if words & _CI:
        return 2
    return 0 if words & _DEVELOPMENT else 1


def _why(path: str, users: dict[str, list[str]]) -> str:
    said = _words(path) & (_TESTS | _CI)
    if said:
        return f"by its name ({', '.join(sorted(said))})"
    if users[path]:
        return f"as {users[path][0]} uses it"
    if _words(path) & _PRODUCTION:
        return "though its name is of production"
    return "by its name, which says neither development nor production"


def _words(path: str) -> set[str]:
    place = PurePosixPath(path)
    return {*_WORD.findall(place.name.lower()), *_WORD.findall(place.parent.name.lower())}


def _users(root: Path, paths: list[str]) -> dict[str, list[str]]:
    """The files that mention each path; a name alone counts where only one file has it."""
    names = [PurePosixPath(path).name for path in paths]
    patterns = {
        path: re.compile(
            "|".join(
                rf"(?<![\w.-]){re.escape(text)}(?![\w.-])"
                for text in {path, *([name] if names.count(name) == 1 else [])}
            )
        )
        for path, name in zip(paths, names, strict=True)
    }
    found: dict[str, list[str]] = {path: [] for path in paths}
    for file in _own_files(root):
        text = _text(file)
        if is_ours(text):
            continue
        for path, pattern in patterns.items():
            if pattern.search(text):
                found[path].append(file.relative_to(root).as_posix())
    return found


def _own_files(root: Path) -> Iterator[Path]:
    yield from sorted((root / _WORKFLOWS).glob("*.y*ml"))
    for name, folders, files in os.walk(root):
        folder = Path(name)
        yield from (
            folder / each
            for each in sorted(files)
            if each in TASK_FILES or each.endswith((".sh", ".bash", ".just"))
        )
        deep = len(folder.relative_to(root).parts) >= _DEPTH
        folders[:] = [] if deep else sorted(each for each in folders if not left_out(folder / each))


def _text(file: Path) -> str:
    try:
        return read_text(file, most=_LARGEST_BYTES, errors="replace")
    except OSError:
        return ""
