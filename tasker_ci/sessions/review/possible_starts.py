"""What a call may select whose folder is not known: from each folder, what it would select there.

``find -name Cargo.toml | xargs cargo test --manifest-path`` and a folder from an output of another
job are such calls. What they would select from no folder at all they do not run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.selections.reading import selections_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.selections.reading import Repository
    from tasker_ci.foreign.selections.selection import Selection

_OF_FOLDERS = {"--manifest-path", "-C"}
_MOST = 2000
"""So many selections are looked at; a call of a larger repository stays unread."""


@dataclass(kw_only=True)
class PossibleStarts:
    """The folders of a repository in which cargo may start."""

    repository: Repository
    _known: dict[object, tuple[Selection, ...] | None] = field(default_factory=dict)
    _left: int = _MOST

    def selections(self, invocation: Invocation) -> tuple[Selection, ...] | None:
        """What a call may select; () for one that was asked before, None where it may be anything.

        Legs of a job mostly make the same call.
        """
        others = invocation.unknown_values - _OF_FOLDERS
        if invocation.manifest_folder is not None or invocation.opaque or others:
            return None
        variables = frozenset(invocation.environment.items())
        machine = invocation.command.around.run.machine
        key = (invocation.command.text, invocation.toolchain, variables, machine)
        if key not in self._known:
            self._known[key] = self._from_each(invocation)
            return self._known[key]
        return None if self._known[key] is None else ()

    def _from_each(self, invocation: Invocation) -> tuple[Selection, ...] | None:
        folders = [*dict.fromkeys(self._folders())]
        self._left -= len(folders)
        if self._left < 0:
            return None
        found: list[Selection] = []
        for folder in folders:
            there = replace(invocation, manifest_folder=folder, unknown_values=frozenset())
            for each in selections_of(there, self.repository):
                if isinstance(each, Opaque) or each.opaque:
                    return None
                found.append(each)
        return tuple(found)

    def _folders(self) -> Iterator[PurePosixPath]:
        root = self.repository.texts.root
        manifests: Iterable[PurePosixPath] = (
            PurePosixPath(folder.relative_to(root).as_posix())
            for workspace in self.repository.workspaces
            for folder in (
                workspace.root,
                *(package.manifest.parent for package in workspace.packages),
            )
            if folder.is_relative_to(root)
        )
        yield from manifests
