"""Digests of files, read once: a file whose stamp is known and old enough is not read again.

As git does it with its index: what was written so shortly before it was read that a later write
may bear the same time is read again each time.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.pipeline.proofs.listing import NotUnderstood, Stamp, new_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

_SLACK_NANOSECONDS = 2_000_000_000
"""The coarsest file system counts in steps of two seconds."""

_TIMES_ARE_TRUE = sys.platform != "win32"
"""Whether the system keeps the time of the last change, which no program can set back."""

_MOMENT = "\0moment"
"""Under that name stands when all of what is known was read."""

_CHUNK = 1 << 20
_SEARCHED_BYTES = 1 << 20
"""Code is shorter; what is longer is searched for no name."""

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_CLOEXEC", "O_BINARY", "O_NONBLOCK", "O_NOCTTY")
)


@dataclass(frozen=True)
class FileContent:
    """What is in a file."""

    digest: str
    names: tuple[str, ...] = ()
    """The names that were searched for and are in it."""


def stamp_of(status: os.stat_result) -> Stamp:
    """What tells two states of a file apart."""
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
        status.st_mode,
    )


@dataclass(kw_only=True)
class FileContents:
    """Reads files once; ``known`` is what an earlier run has kept, by path."""

    now: int
    """The time of the file system when this began, in nanoseconds."""
    names: re.Pattern[bytes]
    """What is searched for in files; another pattern needs another ``known``."""
    known: Mapping[str, list[Any]] = field(default_factory=dict)
    seen: dict[str, list[Any]] = field(default_factory=dict)
    """What is to be kept."""

    def of(self, path: str, status: os.stat_result) -> FileContent:
        """The content of a regular file, of which ``status`` was asked just now.

        Raises `NotUnderstood` where it cannot be read, or is written meanwhile.
        """
        kept = self.kept(path, status)
        if kept is not None:
            return FileContent(str(kept[0]), tuple(map(str, kept[1])))
        content = self._read(path, status)
        self._check_time(path, status, content)
        self.keep(path, status, [content.digest, list(content.names)])
        return content

    def done(self) -> None:
        """Note when everything was read: what is written later bears a later time."""
        self.seen[_MOMENT] = [[self.now]]

    def _check_time(self, path: str, status: os.stat_result, content: FileContent) -> None:
        """Raise `NotUnderstood` for a file that changed, but is no younger than the last look.

        Cargo goes by that time alone: what it would build is the old file.
        """
        before = self.known.get(path)
        moment = self.known.get(_MOMENT, [[0]])[0][0]
        if before is None or before[1][0] == content.digest or status.st_mtime_ns >= moment:
            return
        self.seen[path] = before  # so that the next look sees it too
        raise NotUnderstood(f"{path} has changed, but its time is old, and cargo goes by that")

    def kept(self, path: str, status: os.stat_result) -> list[Any] | None:
        """What was kept of a file in just this state; None where there is nothing."""
        row = self.seen.get(path) or self.known.get(path)
        if row is None or tuple(row[0]) != stamp_of(status):
            return None
        self.seen[path] = row
        value: list[Any] = row[1]
        return value

    def keep(self, path: str, status: os.stat_result, value: list[Any]) -> None:
        """Keep what was read of a file in this state, if no later write can bear its time."""
        newest = max(status.st_mtime_ns, status.st_ctime_ns)
        if _TIMES_ARE_TRUE and newest + _SLACK_NANOSECONDS < self.now:
            self.seen[path] = [list(stamp_of(status)), value]

    def _read(self, path: str, status: os.stat_result) -> FileContent:
        found, searched = new_digest(), b""
        try:
            descriptor = os.open(path, _FLAGS)
            with open(descriptor, "rb", buffering=0) as stream:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise NotUnderstood(f"{path} is no regular file")
                while chunk := stream.read(_CHUNK):
                    found.update(chunk)
                    if status.st_size <= _SEARCHED_BYTES:
                        searched += chunk
                after = os.fstat(descriptor)
        except OSError as error:
            raise NotUnderstood(unreadable(path, error)) from error
        if stamp_of(after) != stamp_of(status):
            raise NotUnderstood(f"{path} is being written")
        names = {name.decode("ascii", "replace") for name in self.names.findall(searched)}
        return FileContent(found.hexdigest(), tuple(sorted(names)))


def unreadable(path: str, error: OSError) -> str:
    """Why a file makes no proof, as a clause."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return f"{path} went away while it was looked at"
    return f"{path} cannot be read ({error.strerror or error})"
