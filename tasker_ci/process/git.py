"""Call git so that it runs nothing that a repository names.

A clone brings its own configuration and attributes. Git would start programs out of them: a file
system monitor, hooks, filters, an external diff, a pager, helpers for credentials, a transport.
https://git-scm.com/docs/git#Documentation/git.txt-GITCONFIGCOUNT
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, MissingToolError
from tasker_ci.process.absent_programs import without_relative_folders
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.text.git_names import QUOTED, git_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.process.command import Runner

_OFF = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.askPass": "",
    "core.alternateRefsCommand": "false",
    "credential.helper": "",
    "log.showSignature": "false",
    "submodule.recurse": "false",
    "maintenance.auto": "false",
    "gc.auto": "0",
    "protocol.allow": "never",
    # a folder in the work tree that looks like a repository without one is none
    "safe.bareRepository": "explicit",
}
_KEPT = {
    "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT",
}  # fmt: skip
"""The user's own configuration and how far git looks for a repository. Others redirect it."""

_KEPT_PREFIXES = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # no object is fetched from a promisor's remote by a version that does not know the line above
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"
_BRANCHES = "refs/heads/"
_LINK = "160000"
_LARGEST_BYTES = 256 << 20
_ANSWER_SECONDS = 10.0
_LONGEST_SECONDS = 120.0
"""For a million files on a slow disk; git waits for a pipe among the files that it reads for ever.
"""

_DEEPEST = 8


class GitFailed(Exception):
    """Git is missing, or it does not answer; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where a work tree stands."""

    top: Path
    commit: str
    branch: str | None
    """None in the checkout of a tag, for example."""


@dataclass(frozen=True, kw_only=True)
class SafeGit:
    """Asks git in one folder."""

    folder: Path
    runner: Runner
    environment: Mapping[str, str]
    timeout: float = _LONGEST_SECONDS

    def run(
        self, *arguments: str, configuration: Mapping[str, str] | None = None, hooks: bool = False
    ) -> Completed:
        """Run git; raises what the runner raises. ``hooks`` lets git say where its hooks are."""
        command = git_command(
            *arguments,
            folder=self.folder,
            environment=self.environment,
            configuration=configuration,
            hooks=hooks,
        )
        return self.runner.run(command, output=Output.CAPTURE, timeout=self.timeout)

    def ask(self, *arguments: str, configuration: Mapping[str, str] | None = None) -> str:
        """Return what git prints. Raises `GitFailed`."""
        try:
            answer = self.run(*arguments, configuration=configuration)
        except MissingToolError as error:
            raise GitFailed("git is not installed") from error
        except CommandTimedOut as error:
            reason = f"git does not answer within {self.timeout:g} s"
            raise GitFailed(f"{reason}: a pipe in place of a `.gitignore` does that") from error
        if answer.exit_code:
            lines = answer.stderr.strip().splitlines() or [f"exit code {answer.exit_code}"]
            words = [word for word in arguments if word not in QUOTED]
            raise GitFailed(f"`git {' '.join(words[:3])}` failed ({lines[-1]})")
        return answer.stdout

    def top(self) -> Path:
        """The top of the work tree around the folder. Raises `GitFailed`, also if it is elsewhere.

        `core.worktree` in a clone's configuration may name any folder of the machine.
        """
        return self._checked(self.ask("rev-parse", "--show-toplevel").removesuffix("\n"))

    def head(self) -> Head:
        """The top, the last commit and its branch, all in one question.

        Raises `GitFailed`, also where there is no commit yet.
        """
        answer = self.ask("rev-parse", "--show-toplevel", "HEAD", "--symbolic-full-name", "HEAD")
        top, commit, name = answer.removesuffix("\n").rsplit("\n", 2)
        branch = name.removeprefix(_BRANCHES) if name.startswith(_BRANCHES) else None
        return Head(top=self._checked(top), commit=commit, branch=branch)

    def _checked(self, name: str) -> Path:
        top = Path(name)
        if not self.folder.resolve().is_relative_to(top.resolve()):
            raise GitFailed(f"the repository has its work tree elsewhere, in {top}")
        return top

    def differing(self, commit: str) -> list[str]:
        """The names at or below the top that differ from a commit, new ones too.

        Call it at the top. Files whose times changed are compared by content without filters, so
        one that a filter or a line end changes may count as differing. Raises `GitFailed`.
        """
        return sorted({*self._changed(commit, _DEEPEST), *self._new()})

    def _new(self) -> Iterator[str]:
        return git_names(self.ask(*QUOTED, "ls-files", "--others", "--exclude-standard"))

    def _changed(self, commit: str, depth: int) -> Iterator[str]:
        answer = self.ask(
            *QUOTED, "diff-index", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff",
            "--ignore-submodules=dirty", commit, "--",
            configuration=self._without_filters(),
        )  # fmt: skip
        for line in answer.split("\n"):
            facts, _, quoted = line.partition("\t")
            for name in git_names(quoted):
                if not self._is_as_before(facts.lstrip(":").split(" "), name):
                    yield name
        for line in self.ask(*QUOTED, "ls-files", "--stage").split("\n"):
            facts, _, quoted = line.partition("\t")
            if facts.startswith(_LINK) and depth:
                yield from (name for name in git_names(quoted) if self._is_touched(name, depth - 1))

    def _is_touched(self, name: str, depth: int) -> bool:
        """Whether a repository in the work tree has changes of its own, or cannot say."""
        folder = self.folder / name
        if folder.is_symlink() or not (folder / ".git").exists():
            return False
        inner = SafeGit(
            folder=folder,
            runner=self.runner,
            environment=self.environment,
            timeout=self.timeout,
        )
        try:
            if inner.top().resolve() != folder.resolve():
                return True
            return any(inner._new()) or any(inner._changed("HEAD", depth))
        except GitFailed:
            return True

    def _is_as_before(self, facts: list[str], name: str) -> bool:
        """Whether a file whose times differ holds what the commit has."""
        if len(facts) != 5:  # noqa: PLR2004 - two modes, two hashes, a letter
            return False
        old_mode, new_mode, old, new, _ = facts
        if old_mode != new_mode or new.strip("0") or not old.strip("0") or old_mode == _LINK:
            return False
        return _hash(self.folder / name, old) == old

    def _without_filters(self) -> Mapping[str, str]:
        """The configuration that switches every filter off. Raises `GitFailed`."""
        answer = self.run("config", "--name-only", "--get-regexp", _FILTERS)
        if "\N{REPLACEMENT CHARACTER}" in answer.stdout:
            raise GitFailed("the configuration names a filter that is no UTF-8")
        names = {key.rpartition(".")[0] for key in answer.stdout.split("\n") if key}
        return {
            f"{name}.{key}": "false" if key == "required" else ""
            for name in sorted(names)
            for key in ("clean", "smudge", "process", "required")
        }


def index_question(path: Path) -> tuple[Path, tuple[str, ...]] | None:
    """Where and how to ask git for ``path`` or a file below it in its index; None outside of git.

    The repository is the nearest one around ``path``, which may be a submodule. Its work tree is
    named here, because the configuration of a clone may name another one. The name is no pattern.
    """
    top = next((each for each in path.parents if os.path.lexists(each / ".git")), None)
    if top is None:
        return None
    place = (f"--git-dir={top / '.git'}", f"--work-tree={top}")
    return top, (*place, "ls-files", "-z", "--", f":(literal){path.relative_to(top)}")


def is_tracked(path: Path) -> bool:
    """Whether git has ``path`` in its index; also true where git cannot be asked.

    False outside of a repository. It starts git without a runner: values ask it too.
    """
    question = index_question(path)
    if question is None:
        return False
    command = git_command(*question[1], folder=question[0], environment=os.environ)
    try:
        answer = subprocess.run(  # the argument list and the environment are ours
            command.argv,
            cwd=command.cwd,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return True
    return answer.returncode != 0 or bool(answer.stdout)


def git_command(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str],
    configuration: Mapping[str, str] | None = None,
    hooks: bool = False,
) -> Command:
    """The command for git in ``folder``; ``configuration`` wins over all files.

    With ``hooks`` the question is about hooks, so that their folder is the configured one.
    """
    wanted = {key: value for key, value in _OFF.items() if not (hooks and key == "core.hooksPath")}
    return Command(
        argv=("git", "--no-pager", *arguments),
        cwd=folder,
        environment=_environment(environment, {**wanted, **(configuration or {})}),
    )


def _environment(given: Mapping[str, str], configuration: Mapping[str, str]) -> Mapping[str, str]:
    kept = {
        name: value
        for name, value in without_relative_folders(given).items()
        if not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    count = kept.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    return {**kept, **_FIXED, **dict(_pairs(configuration.items(), first))}


def _pairs(rows: Iterable[tuple[str, str]], first: int) -> Iterator[tuple[str, str]]:
    place = first
    for key, value in rows:
        yield f"GIT_CONFIG_KEY_{place}", key
        yield f"GIT_CONFIG_VALUE_{place}", value
        place += 1
    yield "GIT_CONFIG_COUNT", str(place)


def _hash(file: Path, like: str) -> str | None:
    """The name that git gives to a file's content; None for what is no file or link."""
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode):
            content = os.fsencode(file.readlink())
        elif stat.S_ISREG(status.st_mode) and status.st_size <= _LARGEST_BYTES:
            content = file.read_bytes()
        else:
            return None
    except OSError:
        return None
    kind = "sha1" if len(like) == 40 else "sha256"  # noqa: PLR2004 - digits of SHA-1
    made = hashlib.new(kind, b"blob %d\0" % len(content), usedforsecurity=False)
    made.update(content)
    return made.hexdigest()
