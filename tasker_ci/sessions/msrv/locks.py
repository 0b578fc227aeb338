"""Which Cargo.lock an old cargo is given: the project's own, or one for it alone.

Cargo before 1.78 reads no lock file of version 4, before 1.53 none of version 3, and before 1.84 no
``resolver = "3"``, which is "2" once there is a lock file. Without a lock file the newest versions
would be taken, which are seldom meant for an old Rust: the workspace's own cargo makes one there,
told to take what says that it is.
https://doc.rust-lang.org/cargo/reference/resolver.html#rust-version
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import WorkspaceError
from tasker_ci.process.command import Command, Output
from tasker_ci.text.cargo_progress import without_progress
from tasker_ci.text.file_reading import read_text
from tasker_ci.tools.linked_workspace import LOCK, link_workspace, linked_folder
from tasker_ci.tools.rust_programs import version_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Context

FALLBACK = {"CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS": "fallback"}
"""Has cargo take what says that it fits the Rust of the workspace."""

_READABLE = ((4, (1, 78, 0)), (3, (1, 53, 0)))
_THIRD_RESOLVER = (1, 84, 0)
_RESOLVER = re.compile(r"""(?m)^([ \t]*resolver[ \t]*=[ \t]*)["']3["']""")
_VERSION = re.compile(r"(?m)^version = (\d+)[ \t]*\r?\n")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Where cargo is started with which lock file."""

    root: Path
    folder: Path | None = None
    """The workspace as links; None: the project's own is read as it is."""
    name: str = ""
    """That of the links."""
    text: str | None = None
    """The lock file there; None where cargo makes it."""
    manifest: str = ""
    """The manifest of the workspace, as the old cargo reads it."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Cargo's arguments; the lock file of the project is never written."""
        if self.folder is None:
            return ("--locked",)
        return ("--manifest-path", str(self.folder / "Cargo.toml"))

    @property
    def told(self) -> str:
        """What lock file it is, for people."""
        if self.folder is None:
            return "the project's Cargo.lock"
        return "a lock file made for it" if self.text is None else "a copy of Cargo.lock"


def lock_for(
    environment: Mapping[str, str], root: Path, version: str, *, own: bool = False
) -> Lock:
    """The lock file for cargo of a ``version``; with ``own`` never the project's.

    Raises `OSError` and `UnicodeDecodeError` where the manifest cannot be read.
    """
    release = version_numbers(version)
    manifest = fitting = read_text(root / "Cargo.toml")
    if release < _THIRD_RESOLVER:
        fitting = _RESOLVER.sub(r'\1"2"', manifest)
    try:
        lock: str | None = read_text(root / LOCK)
    except OSError:
        lock = None
    readable = None if lock is None else readable_lock(lock, release)
    if not own and readable is not None and readable == lock and fitting == manifest:
        return Lock(root=root)
    name = f"msrv-{version}"
    folder = linked_folder(name, root, environment)
    return Lock(root=root, folder=folder, name=name, text=readable, manifest=fitting)


def make_lock(context: Context, environment: Mapping[str, str], lock: Lock, version: str) -> None:
    """Make the links with their lock file, if there are any.

    Raises `WorkspaceError` where cargo cannot resolve, and what `link_workspace` raises.
    """
    if lock.folder is None:
        return
    text = lock.text
    if text is None:
        own = {"Cargo.toml": read_text(lock.root / "Cargo.toml")}
        folder = link_workspace(lock.name, lock.root, environment, own)
        _resolve(context, environment, folder)
        text = readable_lock(read_text(folder / LOCK), version_numbers(version))
    files = {"Cargo.toml": lock.manifest, LOCK: text}
    link_workspace(lock.name, lock.root, environment, files)


def readable_lock(text: str, release: tuple[int, ...]) -> str:
    """A lock file as cargo of this release reads it: what is locked stays."""
    found = _VERSION.search(text)
    if found is None:
        return text
    given = int(found[1])
    fits = next((form for form, since in _READABLE if release >= since), 0)
    if given <= fits:
        return text
    line = f"version = {fits}\n" if fits else ""
    return f"{text[: found.start()]}{line}{text[found.end() :]}"


def _resolve(context: Context, environment: Mapping[str, str], folder: Path) -> None:
    toolchain = context.settings.toolchain
    command = Command(
        argv=(
            *("cargo", *((f"+{toolchain}",) if toolchain else ()), "generate-lockfile"),
            *("--manifest-path", str(folder / "Cargo.toml"), "--color", "never"),
        ),
        cwd=context.workspace,
        environment={**FALLBACK, **environment},
    )
    with context.reporter.running(str(command)):
        answer = context.runner.run(command, output=Output.CAPTURE)
    if answer.exit_code:
        raise WorkspaceError(
            "There is no Cargo.lock, and cargo cannot make one:\n"
            f"{without_progress(answer.stderr).strip()}",
            exit_code=answer.exit_code,
            next_step="Fix what cargo names. Without a network a committed Cargo.lock is needed.",
        )
