"""Which doctests a run may skip, told by words: the build stays that of the whole workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.workspace import Workspace


def words_to_skip(workspace: Workspace, reach: Reach, left_out: Collection[str]) -> tuple[str, ...]:
    """For each package of ``left_out`` the folder of its library, as the doctests' names have it.

    A name begins with the file, relative to the workspace, and a word skips every name that it is
    a part of. So a folder that a name of another package may have in it is no word, and neither is
    one with a blank, where rustdoc would split it: such doctests run.
    """
    named = tuple(_named_by_others(workspace, reach, frozenset(left_out)))
    words = []
    for package in workspace.packages:
        if package.name not in left_out:
            continue
        for target in package.targets:
            word = _relative(target.source.parent, workspace) + "/"
            plain = word != "./" and not word.startswith("/") and not set(word) & set(" \t\n")
            if target.doctested and plain and not any(word in name for name in named):
                words.append(word)
    return tuple(dict.fromkeys(words))


def _named_by_others(workspace: Workspace, reach: Reach, left_out: frozenset[str]) -> Iterator[str]:
    """The files of the packages that are not left out, and the paths that their sources give."""
    for file, arrivals in reach.arrivals.items():
        if all(arrival.package.name in left_out for arrival in arrivals):
            continue
        yield _relative(file, workspace)
        source = reach.sources[file]
        yield from (include.path for include in source.includes)
        yield from (path for module in source.modules for path in module.paths)


def _relative(path: Path, workspace: Workspace) -> str:
    return str(path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path)
