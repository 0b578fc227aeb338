"""Room on the disk and in memory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.text.home_folder import HOW_TO_GET, NOWHERE, home_folder
from tasker_ci.tools.examination import broken, note, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tasker_ci.tools.examination import Finding

_GIB = 1024**3
LITTLE_DISK = 5 * _GIB
"""A middle-sized workspace's target directory takes as much."""
NO_DISK = 1 * _GIB
LITTLE_MEMORY = 2 * _GIB
"""Linking a large test binary takes as much."""
NO_MEMORY = _GIB // 2

_CGROUP = Path("/sys/fs/cgroup")


def free_disk(folder: Path) -> int:
    """The bytes that a user may still write where ``folder`` is or will be."""
    return shutil.disk_usage(_nearest(folder)).free


def is_writable(folder: Path) -> bool:
    """Whether this user may make files in ``folder``."""
    return os.access(folder, os.W_OK | os.X_OK)


def check_disk(
    folders: Mapping[str, Path], free: Callable[[Path], int] = free_disk
) -> Iterator[Finding]:
    """Room for what cargo writes: ``folders`` by purpose, one line for each file system."""
    seen: set[int] = set()
    for purpose, folder in folders.items():
        device = _nearest(folder).stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        room = free(folder)
        found = f"{room / _GIB:.1f} GiB free for {purpose} ({folder})"
        if room < NO_DISK:
            yield broken("disk", found, "cargo clean   (in the workspace), or make room")
        elif room < LITTLE_DISK:
            yield note("disk", f"only {found}", "cargo clean   (in the workspace), or make room")
        else:
            yield ok("disk", found)


def check_access(
    folders: Mapping[str, Path], writable: Callable[[Path], bool] = is_writable
) -> Iterator[Finding]:
    """Permission for what cargo writes: a line for each of ``folders`` that is closed."""
    for purpose, folder in folders.items():
        place = _nearest(folder)
        if not writable(place):
            found = f"this user may not write {purpose} ({folder}): {place} is closed"
            fix = "let this user write there, or set CARGO_TARGET_DIR or CARGO_HOME to another"
            yield broken("permission", found, fix)


def check_home(environment: Mapping[str, str]) -> Iterator[Finding]:
    """A line for a user without a home folder, which cargo, rustup, nox and our tools want."""
    if home_folder(environment) == NOWHERE:
        found = f"the user {_user()} has none: HOME is not set, and the system does not list them"
        yield broken("home folder", found, HOW_TO_GET)


def _user() -> int | str:
    return os.getuid() if hasattr(os, "getuid") else "of this process"


def available_memory(cgroup: Path = _CGROUP) -> int:
    """The bytes that new processes can have, a container's limit included (cgroup v2)."""
    import psutil

    available: int = psutil.virtual_memory().available
    try:
        limit = int((cgroup / "memory.max").read_text(encoding="ascii"))
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # no cgroup v2, or "max": no limit
        return available
    return min(available, max(0, limit - used))


def check_memory(available: int) -> Finding:
    """Room for compilers and linkers side by side."""
    found = f"{available / _GIB:.1f} GiB available"
    fewer = "Close other programs, or set CARGO_BUILD_JOBS=1."
    if available < NO_MEMORY:
        return broken("memory", found, fewer)
    if available < LITTLE_MEMORY:
        return note("memory", f"only {found}", fewer)
    return ok("memory", found)


def _nearest(folder: Path) -> Path:
    """The folder itself or its nearest parent that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
