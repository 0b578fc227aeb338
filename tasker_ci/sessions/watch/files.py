"""Which changed files are a reason to run again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.git import SafeGit
from tasker_ci.rust.cargo_configuration import target_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasker_ci.context import Context

_FOLDERS = frozenset(
    {".git", ".hg", ".jj", ".svn", ".idea", ".tasker-ci", "__pycache__", "node_modules"}
)
_OF_EDITORS = re.compile(r".*~|\.#.*|#.*#|\.?.*\.sw[a-z]|.*\.(tmp|bak)|4913|\.DS_Store", re.DOTALL)
"""What an editor writes beside a file while it is saved."""

_TAG = "CACHEDIR.TAG"
_MOST = 200
"""So many files are asked for in git; of more at once (another branch) all count."""

PATIENCE = 20
"""After so many runs in a row that one and the same file cut off, it does so no more."""


@dataclass(kw_only=True)
class ChangedFiles:
    """Says which of the changed files count, in one project."""

    root: Path
    targets: tuple[Path, ...]
    is_ignored: Callable[[list[Path]], set[Path]]
    """Which of some files git ignores."""
    tired_of: set[Path] = field(default_factory=set)
    """Files that only count while nothing runs: what runs writes them."""
    _row: tuple[frozenset[Path], int] = (frozenset(), 0)

    @classmethod
    def of(cls, context: Context) -> ChangedFiles:
        """The files of the project of a context."""
        git = SafeGit(
            folder=context.project_root, runner=context.runner, environment=context.environment
        )

        def is_ignored(files: list[Path]) -> set[Path]:
            try:
                answer = git.run("check-ignore", "-z", "--", *map(str, files))
            except TaskerCIError:
                return set()
            return {Path(name) for name in answer.stdout.split("\0") if name}

        return cls(
            root=context.project_root,
            targets=(target_directory(context.workspace, context.environment),),
            is_ignored=is_ignored,
        )

    def counting(self, paths: Iterable[Path], *, running: bool) -> list[Path]:
        """Those of ``paths`` that are a reason to run again, sorted.

        While something runs, what git ignores is none: what runs has written it.
        """
        found = sorted({path for path in paths if self._counts(path)})
        if not running or not found:
            return found
        left = [path for path in found if path not in self.tired_of]
        if left and len(left) <= _MOST:
            ignored = self.is_ignored(left)
            left = [path for path in left if path not in ignored]
        return left

    def cut_off(self, paths: Iterable[Path]) -> set[Path]:
        """Note what cut a run off; returns the files of which that is enough."""
        names = frozenset(paths)
        row = self._row[1] + 1 if names == self._row[0] else 1
        self._row = (names, row)
        if row < PATIENCE:
            return set()
        self.tired_of |= names
        return set(names)

    def ended(self) -> None:
        """Note that a run came to its end."""
        self._row = (frozenset(), 0)

    def shown(self, path: Path) -> str:
        """A path for people."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def _counts(self, path: Path) -> bool:
        if any(path.is_relative_to(target) for target in self.targets):
            return False
        if not path.is_relative_to(self.root):
            return True
        parts = path.relative_to(self.root).parts
        if not _FOLDERS.isdisjoint(parts) or (parts and _OF_EDITORS.fullmatch(parts[-1])):
            return False
        folders = (self.root.joinpath(*parts[:count]) for count in range(1, len(parts)))
        return path.name != _TAG and not any((folder / _TAG).is_file() for folder in folders)
