"""Which folder of a job's machine holds which repository."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import TOP
from tasker_ci.foreign.github.starts import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.github.uses import Use

_OWN_NAMES = ("github.repository", "github.event.", "github.head", "inputs.", "steps.", "needs.")
"""Expressions that name the repository itself, or a fork of it."""


class Folders:
    """Where `actions/checkout` put this repository and others."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.known: Mapping[PurePosixPath, bool] = {}
        """By folder below the job's workspace; whether it is this repository."""

    def check_out(self, use: Use) -> None:
        """Remember what a step checked out."""
        path = self.relative(use.text("path"))
        if path is not None:
            self.known = {**self.known, path: self._is_own(use)}

    def merge(self, other: Mapping[PurePosixPath, bool]) -> None:
        """Take the state for one of two: what may be this repository is it."""
        for path in self.known:
            if other.get(path, path == TOP):
                self.known = {**self.known, path: True}

    def find(self, written: str | None) -> tuple[PurePosixPath | None, frozenset[PurePosixPath]]:
        """The folder of the repository behind a path of the workspace, and the folders of others.

        None for the folder where the path is not known or outside.
        """
        root = max((each for each, own in self.known.items() if own), key=_depth, default=TOP)
        others = frozenset(
            each.relative_to(root)
            for each, own in self.known.items()
            if not own and each.is_relative_to(root)
        )
        path = self.relative(written)
        if path is None:
            return None, others
        nearest = max(
            (each for each in self.known if path.is_relative_to(each)), key=_depth, default=None
        )
        if nearest is None:
            # before any checkout, or beside all of them
            return (None, others) if any(self.known.values()) else (path, others)
        if self.known[nearest]:
            return path.relative_to(nearest), others
        return path, others | {path}

    def relative(self, written: str | None) -> PurePosixPath | None:
        """A path as it is from the workspace; None where it is not known or outside."""
        if written is None or "${{" in written:
            return None
        path = written.replace("\\", "/").strip()
        path = path.removeprefix(REPOSITORY).lstrip("/") if path.startswith(REPOSITORY) else path
        path = posixpath.normpath(path or ".")
        if path.startswith(("/", "~", "..", "$")) or ":" in path:
            return None
        return PurePosixPath(path)

    def _is_own(self, use: Use) -> bool:
        name = use.text("repository")
        if not name or any(each in name for each in _OWN_NAMES):
            return True
        if name.rpartition("/")[2].lower() == self.checkout.root.name.lower():
            return True
        manifest = self.checkout.text(PurePosixPath("Cargo.toml")) or ""
        said = f"{manifest}\n{self.checkout.git_configuration}".lower()
        return bool(re.search(rf"github\.com[/:]{re.escape(name.lower())}(?![\w-])", said))


def _depth(path: PurePosixPath) -> int:
    return len(path.parts)
