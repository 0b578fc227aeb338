"""What git knows about a project. Where there is no git, or no repository, it knows nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.git import GitFailed, SafeGit, index_question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.process.command import Runner

_SECONDS = 30.0
_MAIN = ("main", "master", "trunk")


@dataclass(frozen=True, kw_only=True)
class Git:
    """Asks git in one folder."""

    runner: Runner
    environment: Mapping[str, str]
    folder: Path

    def answer(self, *arguments: str, hooks: bool = False) -> str | None:
        """What git prints, without the newline; None where it fails or is not there."""
        try:
            completed = self._git.run(*arguments, hooks=hooks)
        except TaskerCIError:
            return None
        return None if completed.exit_code else completed.stdout.rstrip("\n")

    def tracks(self, path: Path) -> bool | None:
        """Whether git has ``path`` or a file below it; None where it cannot say.

        Git cannot say where it is not installed, or the index is broken.
        """
        question = index_question(path)
        if question is None:
            return False
        answer = replace(self, folder=question[0]).answer(*question[1])
        return None if answer is None else bool(answer)

    def branch(self) -> str | None:
        """The branch that the repository is about: the remote's, main, master, trunk, or this."""
        remote = self.answer("symbolic-ref", "--short", "refs/remotes/origin/HEAD")
        if remote:
            return remote.partition("/")[2]
        local = self.answer("for-each-ref", "--format=%(refname:short)", "refs/heads") or ""
        for name in _MAIN:
            if name in local.splitlines():
                return name
        return self.answer("symbolic-ref", "--short", "HEAD") or None

    def ignores(self, path: Path) -> bool:
        """Whether a path is ignored; also true where there is no repository around it."""
        if self.answer("rev-parse", "--is-inside-work-tree") != "true":
            return True
        return self.answer("check-ignore", str(path)) is not None

    def hooks(self) -> Path | None:
        """The folder that git takes hooks from, links in it left; None where is no repository."""
        top = self.top()
        if top is None:
            return None
        # from the top, where git runs hooks: a relative core.hooksPath starts there
        path = replace(self, folder=top).answer("rev-parse", "--git-path", "hooks", hooks=True)
        return Path(os.path.normpath(top / path)) if path else None

    def own_folder(self, path: Path) -> Path | None:
        """Git's folder of this repository or its work tree, if ``path`` lies in one of them."""
        top = self.top()
        if top is None:
            return None
        common = replace(self, folder=top).answer("rev-parse", "--git-common-dir")
        known = [*([(top / common).resolve()] if common else []), top]
        return next((each for each in known if path.is_relative_to(each)), None)

    def hooks_setting(self) -> tuple[str, str] | None:
        """Scope (local, global, …) and value of core.hooksPath; None if it is not set."""
        text = self.answer("config", "--show-scope", "--get", "core.hooksPath", hooks=True)
        if not text:
            return None
        scope, _, value = text.partition("\t")
        return scope, value

    def top(self) -> Path | None:
        """The top of the work tree; None where `SafeGit.top` has none."""
        try:
            return self._git.top()
        except (GitFailed, TaskerCIError):
            return None

    @property
    def _git(self) -> SafeGit:
        return SafeGit(
            folder=self.folder,
            runner=self.runner,
            environment=self.environment,
            timeout=_SECONDS,
        )
