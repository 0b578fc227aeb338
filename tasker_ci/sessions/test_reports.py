"""Where the reports of tests are kept, and one run of a kind at a time."""

from __future__ import annotations

import fcntl
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.context import Context
    from tasker_ci.report.run import Case
    from tasker_ci.workspace import Workspace


def report_file(workspace: Workspace, *parts: str) -> Path:
    """The report of one session, profile, toolchain and shard."""
    name = "-".join(re.sub(r"[^\w.]+", "-", part) for part in parts if part)
    return workspace.target_directory / "tasker-ci" / "reports" / f"{name}.xml"


@contextmanager
def alone(context: Context, report: Path) -> Iterator[None]:
    """Within the block no other run writes the same report; a wait for one is said."""
    folder = report.parent.parent / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{report.stem}.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            context.reporter.warning(f"Another run writes {report.name} now; waiting for its end.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def repository_path(context: Context, workspace: Workspace, case: Case) -> str:
    """The file of a case's panic relative to the project root; "" if it is not in the workspace.

    rustc names files relative to the workspace root, or to the package for code of a build script.
    """
    if case.location is None:
        return ""
    owner = case.suite.partition("::")[0]
    folders = [workspace.root]
    folders += [package.manifest.parent for package in workspace.packages if package.name == owner]
    for folder in folders:
        file = folder / case.location[0]
        if file.is_file() and file.resolve().is_relative_to(context.project_root.resolve()):
            return str(file.resolve().relative_to(context.project_root.resolve()))
    return ""
