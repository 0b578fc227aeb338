"""The files that differ from a base, as git says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.process.git import GitFailed, SafeGit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.process.command import Runner


class Uncertain(Exception):
    """Git cannot say what has changed, or nothing has; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs from the last commit that base and work tree have in common."""

    top: Path
    """The repository's work tree."""
    base: str
    """What was asked for."""
    commit: str
    files: tuple[str, ...]
    """Relative to ``top``: changed, new, deleted; a renamed file by both its names."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Asks git about the repository around ``folder``."""

    folder: Path
    runner: Runner
    environment: Mapping[str, str]

    def changes_since(self, base: str) -> Changes:
        """Compare the work tree, uncommitted and new files too; raises `Uncertain`."""
        try:
            top = self._git().top()
        except GitFailed as error:
            raise Uncertain(str(error)) from error
        try:
            self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
        except Uncertain as error:
            raise Uncertain(f"git does not know the base {base!r}") from error
        try:
            commit = self._line("merge-base", "--end-of-options", base, "HEAD")
        except Uncertain as error:
            shallow = self._line("rev-parse", "--is-shallow-repository") == "true"
            why = "the clone is shallow" if shallow else "they share no history"
            raise Uncertain(f"{base} and HEAD have no common commit ({why})") from error
        try:
            files = replace(self._git(), folder=top).differing(commit)
        except GitFailed as error:
            raise Uncertain(str(error)) from error
        if not files:
            raise Uncertain(f"nothing differs from {base}")
        return Changes(top=top, base=base, commit=commit, files=tuple(files))

    def named(self, files: Iterable[Path]) -> Changes:
        """Just these files, against the last commit; raises `Uncertain`."""
        commit = self._line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        try:
            top = self._git().top()
        except GitFailed as error:
            raise Uncertain(str(error)) from error
        names = []
        for file in files:
            if not file.is_relative_to(top):
                raise Uncertain(f"{file} is not in the repository")
            names.append(file.relative_to(top).as_posix())
        return Changes(top=top, base="the named files", commit=commit, files=tuple(names))

    def default_base(self) -> str:
        """The main branch of the remote; raises `Uncertain` if there is none."""
        for name in ("origin/HEAD", "origin/main", "origin/master"):
            try:
                self.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            except Uncertain:
                continue
            return name
        raise Uncertain("there is no base: neither origin/HEAD, origin/main nor origin/master")

    def content(self, commit: str, file: str) -> str | None:
        """A file as it was; None if it was not there."""
        try:
            return self.ask("cat-file", "blob", f"{commit}:{file}")
        except Uncertain:
            return None

    def _line(self, *arguments: str) -> str:
        return self.ask(*arguments).strip()

    def ask(self, *arguments: str) -> str:
        """Run git; raises `Uncertain` with its message."""
        try:
            return self._git().ask(*arguments)
        except GitFailed as error:
            raise Uncertain(str(error)) from error

    def _git(self) -> SafeGit:
        return SafeGit(folder=self.folder, runner=self.runner, environment=self.environment)


def candidates(flag: str | None, setting: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The bases to take, best first; raises `Uncertain` where everything has to run.

    On GitHub only a pull request has changes to count: main and the merge queue run everything.
    """
    if flag:
        yield flag
        return
    event = environment.get("GITHUB_EVENT_NAME", "")
    if event and event not in {"pull_request", "pull_request_target"}:
        raise Uncertain(f"the event {event} runs everything")
    if environment.get("GITHUB_BASE_REF"):
        yield f"origin/{environment['GITHUB_BASE_REF']}"
    elif setting:
        yield setting
