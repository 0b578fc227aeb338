"""Write files whole or not at all."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError, UnsafePlace
from tasker_ci.text import file_writing
from tasker_ci.text.file_writing import PART, Staged
from tasker_ci.text.places import reached

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def settled(target: Path, within: Path | None) -> tuple[Path, Path]:
    """``target`` and the folder that it may not leave, both without links in their folders.

    A folder of a project may be a link within it, as GitHub's and nextest's are here and there.
    Without ``within`` it is the folder of the file. Raises `UnsafePlace` for a link that leads out
    of the project, or into what is git's.
    """
    try:
        folder = target.parent.resolve()
        top = folder if within is None else within.resolve()
    except (OSError, RuntimeError) as error:  # a circle of links
        raise UnsafePlace(f"{target} cannot be written: {error}.", next_step=_FOLDER) from error
    if not folder.is_relative_to(top) or ".git" in folder.relative_to(top).parts:
        message = f"{target} would be written to {folder}: a folder of its path is a link."
        raise UnsafePlace(message, next_step=_FOLDER)
    return folder / target.name, top


def stage(
    target: Path,
    content: bytes,
    *,
    mode: int | None = None,
    within: Path | None = None,
    anew: bool = False,
) -> Staged:
    """Write ``content`` beside ``target``, down to the disk; ``target`` itself stays as it is.

    ``mode`` are the permission bits it gets, else those of the old file (not if it is made
    ``anew``), or those that the umask leaves. Folders on the way are made. Raises `AccessError`
    with the file and the cause, `UnsafePlace` as `settled` does.
    """
    real, top = settled(target, within)
    with told(target):
        return file_writing.stage(real, content, within=top, mode=mode, flush=True, anew=anew)


def publish(part: Staged) -> None:
    """Put a staged text in its place. Raises `AccessError`."""
    with told(part.target):
        part.publish(flush=True)


@contextmanager
def staged(
    contents: Mapping[Path, tuple[bytes, int | None]], *, within: Path | None = None
) -> Iterator[Mapping[Path, Staged]]:
    """Stage many files; what the block does not publish is gone at its end.

    A disk without room is found here, before any file has changed.
    """
    with ExitStack() as stack:
        parts = {}
        for target, (content, mode) in contents.items():
            parts[target] = stage(target, content, mode=mode, within=within, anew=True)
            stack.callback(parts[target].withdraw)
        yield parts


def write_file(
    target: Path, content: bytes, *, mode: int | None = None, within: Path | None = None
) -> None:
    """Write a file whole or not at all. Raises `AccessError`; the old file stays then."""
    part = stage(target, content, mode=mode, within=within)
    try:
        publish(part)
    finally:
        part.withdraw()


def remove_file(target: Path, *, within: Path | None = None) -> None:
    """Remove a file. Raises `AccessError`, `UnsafePlace` as `settled` does."""
    real, top = settled(target, within)
    with told(target), suppress(FileNotFoundError), reached(real, top) as place:
        place.unlink()


def remove_empty_folders(folder: Path, root: Path) -> None:
    """Remove ``folder`` and those above it, up to ``root``, as long as they are empty."""
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def clear_parts(folder: Path) -> None:
    """Remove what a `sync` that was killed has left in ``folder``; call it with the lock held."""
    with suppress(OSError):
        for part in folder.glob(f".*{PART}"):
            with suppress(OSError):
                part.unlink()


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Turn the system's error within the block into one that names the file and the cause."""
    try:
        yield
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}."
        step = "Let this user write there, or make room. The file is what it was before."
        raise AccessError(message, next_step=step) from error


_FOLDER = "Replace the link by a folder."
