"""System V segments that a killed PostgreSQL leaves behind, known by owner and maker."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tasker_ci.stack.own_places import owner_of

_REMOVE = 0
"""IPC_RMID on Linux and on macOS."""

_STATUS = 2
"""IPC_STAT on Linux and on macOS."""

_LARGEST_STATUS = 512
_OWNER_OFFSET = 0 if sys.platform == "darwin" else 4
"""Where `struct ipc_perm` has its `uid`: Linux has the key before it."""

_TABLE = Path("/proc/sysvipc/shm")
_MOST_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What a server's pid file says of its segment."""

    maker: int
    key: int
    identifier: int


def read_segment(data: Path) -> Segment | None:
    """The segment with which a server guards its folder, by the pid file in it.

    The pid file is the server's, who may be another user than we, so its owner is not asked.
    https://www.postgresql.org/docs/current/storage-file-layout.html
    """
    try:
        descriptor = os.open(data / "postmaster.pid", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            lines = stream.read(_MOST_BYTES).decode("utf-8").splitlines()
        key, identifier = (int(word) for word in lines[6].split())
        return Segment(maker=abs(int(lines[0])), key=key, identifier=identifier)
    except (OSError, ValueError, IndexError):
        return None


def remove_segment(segment: Segment, *, owner: int) -> None:
    """Remove a segment that ``owner`` made and that nobody uses any more; else nothing.

    Key and id must still belong together. Linux also says which process made it and how many are
    attached: a forged pid file names one of somebody else.
    """
    with suppress(AttributeError, OSError, ctypes.ArgumentError):
        system = ctypes.CDLL(None)
        key, identifier = ctypes.c_int(segment.key), ctypes.c_int(segment.identifier)
        if system.shmget(key, ctypes.c_size_t(0), 0) != segment.identifier:
            return
        if _owner(system, identifier) != owner or not _is_abandoned(segment):
            return
        system.shmctl(identifier, _REMOVE, None)


def remove_segment_of(data: Path) -> None:
    """Remove the segment of the server that has this data folder, trusted by the folder's owner."""
    if segment := read_segment(data):
        remove_segment(segment, owner=owner_of(data))


def _owner(system: ctypes.CDLL, identifier: ctypes.c_int) -> int:
    """The user that a segment belongs to; -1 if it cannot be asked."""
    status = ctypes.create_string_buffer(_LARGEST_STATUS)
    if system.shmctl(identifier, _STATUS, status) != 0:
        return -1
    return ctypes.c_uint32.from_buffer(status, _OWNER_OFFSET).value


def _is_abandoned(segment: Segment) -> bool:
    """Whether the server itself made it and nothing is attached, where the system says so."""
    try:
        lines = _TABLE.read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    names = lines[0].split()
    for line in lines[1:]:
        row = dict(zip(names, map(int, line.split()), strict=False))
        if row.get("shmid") == segment.identifier:
            return row.get("cpid") == segment.maker and row.get("nattch") == 0
    return False
