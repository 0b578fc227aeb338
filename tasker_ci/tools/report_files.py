"""Where the reports of tests are kept, and one run of a kind at a time."""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.locks import alone, lock_file
from tasker_ci.reports.junit import write_junit
from tasker_ci.reports.run import joined
from tasker_ci.text.file_removing import remove_file
from tasker_ci.text.file_writing import check_place, whole_file, write_file
from tasker_ci.tools.child_environment import run_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.process.command import Command
    from tasker_ci.reports.run import Case, TestRun
    from tasker_ci.rust.workspace import Workspace


def report_file(workspace: Workspace, *parts: str | None) -> Path:
    """The report of one session, profile, toolchain and shard: ``unit.ci.slice-1-4.xml``."""
    name = ".".join(re.sub(r"[^\w.]+", "-", part) for part in parts if part)
    return workspace.target_directory / "tasker-ci" / "reports" / f"{name}.xml"


def partial_mark(report: Path) -> Path:
    """The file beside a report that says which part of the tests was chosen."""
    return report.with_suffix(".partial")


def remove_stale(workspace: Workspace, *files: Path) -> None:
    """Remove what an earlier run left, so that none of it is taken for this one's.

    Raises `UnsafePlace` for a file that lies neither in the workspace nor where cargo builds:
    a `store.dir` or `junit.path` of the project's may name any file of the user's.
    """
    for stale in files:
        remove_file(stale, within=workspace.within(stale))


def mark_partial(workspace: Workspace, report: Path, *words: str) -> None:
    """Say beside a report that it is of a part of the tests; ``words`` that chose it, or none."""
    mark = partial_mark(report)
    if any(words):
        text = shlex.join(filter(None, words)) + "\n"
        write_file(mark, text, within=workspace.within(mark))
    else:
        remove_file(mark, within=workspace.within(mark))


def keep_results(
    context: Context,
    workspace: Workspace,
    report: Path,
    *,
    base: Path | None,
    others: Iterable[TestRun] = (),
    attributes: Mapping[str, str],
    part: tuple[str, ...],
) -> None:
    """Write the report of a run: nextest's file ``base`` as it is, with ``others`` added.

    ``attributes`` say where it comes from, ``part`` and the words for nextest what was chosen.
    """
    write_junit(
        joined(others), report, base=base, attributes=attributes, within=workspace.within(report)
    )
    mark_partial(workspace, report, *part, *context.passthrough)


def hide_secrets(
    context: Context, junit: Path, environment: Mapping[str, str], *, within: Path
) -> None:
    """Take the keys of a run out of the report that nextest wrote: workflows upload it.

    ``environment`` is what the tests got. Raises `OSError`.
    """
    secrets = run_secrets(context, environment)
    if not junit.is_file():
        return
    with junit.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        if all(secrets.known_hidden(line) == line for line in lines):
            return
    with (
        junit.open(encoding="utf-8", errors="surrogateescape", newline="") as lines,
        whole_file(junit, within=within) as file,
    ):
        for line in lines:
            file.write(secrets.known_hidden(line).encode("utf-8", "surrogateescape"))


@contextmanager
def one_at_a_time(
    context: Context, file: Path, *, within: Path, waiting: str | None = None
) -> Iterator[None]:
    """Within the block no other run writes ``file``; a wait for one is said (``waiting``).

    Locked is the file's place, because two target directories may share it (nextest's JUnit file).
    Raises `UnsafePlace` if the file lies outside ``within``, or a folder on the way is a link.
    """
    check_place(file.parent / "any", within=within)
    lock = lock_file(context.environment, "report", file)
    said = f"{waiting or f'Another run writes {file} now'}; waiting for its end."
    pause = context.runner.cancellation.pause
    with alone(lock, context.reporter.warning, said, pause=pause) as missing:
        if missing is not None:
            context.reporter.warning(f"{lock} cannot be locked ({missing}); going on without.")
        yield


def typed(context: Context, command: Command) -> str:
    """The line to type for a command that runs in the workspace, from where the user stands."""
    if context.directory.is_relative_to(context.workspace):
        return str(command)
    return f"cd {shlex.quote(str(context.workspace))} && {command}"


def repository_path(context: Context, workspace: Workspace, case: Case) -> str | None:
    """The file of a case's panic relative to the repository; None if it is not in the workspace.

    The repository is the checkout of a GitHub job, elsewhere the project root. rustc names files
    relative to the workspace root, or to the package for code of a build script.
    """
    if case.location is None:
        return None
    owner = case.suite.partition("::")[0]
    folders = [workspace.root]
    folders += [package.manifest.parent for package in workspace.packages if package.name == owner]
    found = (in_repository(context, folder / case.location[0]) for folder in folders)
    return next((name for name in found if name is not None), None)


def in_repository(context: Context, file: Path) -> str | None:
    """A file's path relative to the repository; None if it is no file of the repository."""
    checkout = context.environment.get("GITHUB_WORKSPACE", "")
    tops = [Path(checkout).resolve()] if checkout else []
    file = file.resolve()
    for top in (*tops, context.project_root.resolve()):
        if file.is_relative_to(top) and file.is_file():
            return file.relative_to(top).as_posix()
    return None
