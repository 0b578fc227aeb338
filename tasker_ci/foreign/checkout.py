"""The files of a repository that nobody trusts: listed by git, read with bounds."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.process.git import GitFailed, SafeGit
from tasker_ci.text.file_reading import MEBIBYTE, read_bytes
from tasker_ci.text.git_names import QUOTED, git_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping

    from tasker_ci.process.command import Runner

_MOST_TEXT = 4 * MEBIBYTE
_MOST_FILES = 500_000
_PASSED_OVER = {".git", "target", "node_modules"}


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A repository as its CI finds it; every path is from its root."""

    root: Path
    files: frozenset[PurePosixPath]
    """Tracked files and new ones that are not ignored."""
    _contents: dict[PurePosixPath, bytes | None] = field(
        default_factory=dict, repr=False, compare=False
    )
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def with_contents(
        self, contents: Mapping[PurePosixPath, bytes], without: Collection[PurePosixPath] = ()
    ) -> Checkout:
        """The same with other files: some have these contents, some are not there."""
        files = (self.files - frozenset(without)) | contents.keys()
        return Checkout(root=self.root, files=files, _contents=dict(contents))

    def has(self, path: PurePosixPath) -> bool:
        """Whether a file is there, also behind a link to a folder."""
        if path in self.files:
            return True
        if not any(folder in self.files for folder in path.parents):
            return False
        return self.is_file(path)

    def is_file(self, path: PurePosixPath) -> bool:
        """Whether a path of the list is a file in the work tree: no folder, pipe or lost link."""
        inside = self._inside(path)
        return self._contents.get(path) is not None or (inside is not None and inside.is_file())

    def has_folder(self, path: PurePosixPath) -> bool:
        """Whether a folder with files is there."""
        return path in self._folders

    def content(self, path: PurePosixPath) -> bytes | None:
        """The bytes of a file; None where it is none, lies outside, or is larger than 4 MiB."""
        if path not in self._contents:
            self._contents[path] = self._read(path)
        return self._contents[path]

    def text(self, path: PurePosixPath) -> str | None:
        """The text of a file with newlines as they are in Python; None as for `content`."""
        content = self.content(path)
        if content is None:
            return None
        return content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")

    def lines(self, path: PurePosixPath) -> list[str]:
        """The lines of that text; none where there is no text."""
        found: list[str] = self.once(("lines", path), lambda: (self.text(path) or "").split("\n"))
        return found

    def glob(self, pattern: str) -> tuple[PurePosixPath, ...]:
        """The files that a pattern matches, sorted; ``**`` stands for any folders."""
        found: tuple[PurePosixPath, ...] = self.once(
            ("pattern", pattern), lambda: tuple(self._matching(PurePosixPath(pattern).parts))
        )
        return found

    @cached_property
    def git_configuration(self) -> str:
        """What git's configuration of the clone says, such as where it came from; "" for none."""
        try:
            content = read_bytes(self._real_root / ".git" / "config", most=MEBIBYTE, own=True)
        except OSError:
            return ""
        return content.decode(errors="replace")

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once for this checkout and key."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _matching(self, parts: tuple[str, ...]) -> Iterator[PurePosixPath]:
        fixed = tuple(_until_wildcard(parts[:-1]))
        patterns = [None if part == "**" else _pattern(part) for part in parts[len(fixed) :]]
        for file in self.in_order:
            names = file.parts
            if names[: len(fixed)] == fixed and _matches(names[len(fixed) :], patterns):
                yield file

    @cached_property
    def _folders(self) -> frozenset[PurePosixPath]:
        found: set[PurePosixPath] = {PurePosixPath()}
        for file in self.files:
            for folder in file.parents:
                if folder in found:
                    break
                found.add(folder)
        return frozenset(found)

    @cached_property
    def in_order(self) -> tuple[PurePosixPath, ...]:
        """The files, sorted."""
        return tuple(sorted(self.files))

    @cached_property
    def _real_root(self) -> Path:
        return self.root.resolve()

    def _inside(self, path: PurePosixPath) -> Path | None:
        """Where a path leads to on this machine; None where that is outside."""
        if path.is_absolute() or ".." in path.parts or "\0" in str(path):
            return None
        try:
            real = (self._real_root / path).resolve()
        except (OSError, RuntimeError):  # links in a circle
            return None
        if not real.is_relative_to(self._real_root):
            return None
        return None if ".git" in real.relative_to(self._real_root).parts else real

    def _read(self, path: PurePosixPath) -> bytes | None:
        if (file := self._inside(path)) is None:
            return None
        try:
            return read_bytes(file, most=_MOST_TEXT)
        except OSError:
            return None


def read_checkout(root: Path, runner: Runner, environment: Mapping[str, str]) -> Checkout:
    """List the files of a repository; ``root`` may lie within one. Nothing of it is run."""
    names = _in_git(root, runner, environment) or [*_in_folder(root)]
    paths = (PurePosixPath(name) for name in names[:_MOST_FILES])
    return Checkout(
        root=root,
        files=frozenset(
            path for path in paths if not path.is_absolute() and ".." not in path.parts
        ),
    )


def _in_git(root: Path, runner: Runner, environment: Mapping[str, str]) -> list[str]:
    """What git lists; nothing where it cannot say."""
    git = SafeGit(folder=root, runner=runner, environment=environment)
    try:
        answer = git.ask(*QUOTED, "ls-files", "--cached", "--others", "--exclude-standard")
    except GitFailed:
        return []
    return [*dict.fromkeys(git_names(answer))]


def _in_folder(root: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        names += [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if name not in _PASSED_OVER and not (Path(folder) / name / "CACHEDIR.TAG").exists()
        )
        here = Path(folder).relative_to(root)
        for name in sorted(names):
            yield (here / name).as_posix()
            count += 1
        if count > _MOST_FILES:
            return


def _until_wildcard(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts:
        if any(letter in part for letter in "*?["):
            return
        yield part


def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part))


def _matches(parts: tuple[str, ...], patterns: list[re.Pattern[str] | None]) -> bool:
    """Whether names fit patterns one by one; None among these stands for any number of names."""
    count = patterns.count(None)
    if count <= 1:
        before = patterns.index(None) if count else len(patterns)
        after = len(patterns) - before - count
        if len(parts) < before + after or (not count and len(parts) != before):
            return False
        pairs = [*zip(parts, patterns[:before], strict=False)]
        if after:
            pairs += zip(parts[-after:], patterns[-after:], strict=True)
        return all(pattern and pattern.match(part) for part, pattern in reversed(pairs))
    reached = {0}
    for part in (*parts, None):
        place = 0
        while place < len(patterns):  # ``**`` may stand for nothing
            if place in reached and patterns[place] is None:
                reached.add(place + 1)
            place += 1
        if part is None:
            break
        reached = {
            place + (pattern is not None)
            for place in reached
            if place < len(patterns)
            and ((pattern := patterns[place]) is None or pattern.match(part))
        }
        if not reached:
            return False
    return len(patterns) in reached
