"""Which members need others by ways that their manifests do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.sessions.affected.changes import Uncertain
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasker_ci.rust.lockfile import LockedPackage, LockFile
    from tasker_ci.rust.workspace import Package, Workspace

_REDIRECTING = ("patch", "replace")


def hidden_users(workspace: Workspace) -> Mapping[str, frozenset[str]]:
    """For each member those that depend on it, but not on its folder.

    `[patch]` puts a member in the place of a package of a registry, which others need as well; and
    a package that is no member may need one. Cargo.lock knows; without one that is uncertain as
    soon as there is a table or a package of that kind: raises `Uncertain`.
    """
    from tasker_ci.rust.lockfile import read_lock

    try:
        text = read_text(workspace.root / "Cargo.lock", most=RECORD_BYTES)
    except FileNotFoundError:
        _refuse(workspace)
        return {}
    except (OSError, ValueError) as error:
        raise Uncertain(f"Cargo.lock cannot be read ({error})") from error
    try:
        lock = read_lock(text)
    except ReportError as error:
        raise Uncertain(error.message) from error
    members = {package.name: package for package in workspace.packages}
    found: dict[str, frozenset[str]] = {}
    for locked in lock.packages:
        member = None if locked.source else members.get(locked.name)
        if member is not None:
            found[member.name] = frozenset(_users(lock, locked, member, members))
    return found


def _users(
    lock: LockFile,
    start: LockedPackage,
    member: Package,
    members: Mapping[str, Package],
) -> Iterator[str]:
    """Go up the dependents, through all that are no members, to the first that are."""
    waiting, seen = [start], {start}
    while waiting:
        package = waiting.pop()
        for dependent in lock.dependents.get(package, frozenset()):
            user = None if dependent.source else members.get(dependent.name)
            if user is None:
                if dependent not in seen:
                    seen.add(dependent)
                    waiting.append(dependent)
            elif package is not start or not _names_folder(user, member.manifest.parent):
                yield user.name


def _names_folder(user: Package, folder: Path) -> bool:
    return any(dependency.path == folder for dependency in user.dependencies)


def _refuse(workspace: Workspace) -> None:
    manifest = workspace.root / "Cargo.toml"
    tables = read_tables(manifest)
    redirecting = next((name for name in _REDIRECTING if name in tables), "")
    if redirecting:
        raise Uncertain(f"there is no Cargo.lock to say whom [{redirecting}] concerns")
    folders = {package.manifest.parent for package in workspace.packages}
    for package in workspace.packages:
        for dependency in package.dependencies:
            if dependency.path not in folders:
                why = f"there is no Cargo.lock to say what {dependency.name} depends on"
                raise Uncertain(f"{why}, which is no member")
