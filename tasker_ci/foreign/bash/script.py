"""A text that a shell is to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.places import Place


@dataclass(frozen=True, kw_only=True)
class Script:
    """A script of a step, a file or a recipe.

    What GitHub fills in (``${{ … }}``) is filled in as far as it is known; an expression that still
    stands there counts as an unknown text.
    """

    text: str
    place: Place
    """Its first line."""
    around: Surroundings
    exit_on_error: bool = True
    """Whether the shell was started with ``-e``."""
    pipefail: bool = False
    arguments: tuple[str | None, ...] = ()
    """``$1`` and those that follow; None for one that is not known."""
    path: PurePosixPath | None = None
    """The file that runs, from the root of the repository; None for a text of a step."""


class Files(Protocol):
    """The files of a repository."""

    def has(self, path: PurePosixPath) -> bool:
        """Whether a file is there."""

    def text(self, path: PurePosixPath) -> str | None:
        """What it holds; None where it cannot be read."""
