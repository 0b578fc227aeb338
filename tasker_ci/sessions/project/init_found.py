"""What `init` found in a project, and what a person has to know about it: a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.screen.short_lists import shortened, some
from tasker_ci.sessions.project.initial.settings_text import tasker_compose
from tasker_ci.text.foreign import tabbed
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.project.discovery.project import Discovery
    from tasker_ci.sessions.project.discovery.workflows import FoundWorkflow

_MOST_NAMES = 5
_MOST_COMMAND = 40
_MOST_WORKFLOWS = 3
"""More are named on one line together."""


def found_lines(found: Discovery) -> Iterator[str]:
    """What was found; `--json` has all of it."""
    return (shortened(tabbed(line)) for line in _found(found))


def remarks(found: Discovery, *, preset: bool, has_settings: bool) -> Iterator[str]:
    """What a person has to know before the first run."""
    rust = found.rust
    compose = tasker_compose(found)
    if compose is not None and not preset and not has_settings:
        yield f"tasker-ci init --preset tasker   # sets up the services of {compose.path}"
    if rust.compiles_with_database and not preset:
        yield (
            f"Queries are checked while {_names(rust.compiles_with_database)} compile, and there "
            "is no .sqlx folder: run `cargo sqlx prepare --workspace`, or give the sessions a "
            "database (integration.database, clippy.services, unit.services)."
        )
    elif rust.tests_with_database and not preset:
        yield (
            f"Code of {_names(rust.tests_with_database)} reads DATABASE_URL. If tests need it, set "
            "it, or let a session start the database (integration.database, unit.services)."
        )
    nightly = found.toolchain is not None and found.toolchain.nightly
    if rust.only_nightly and not nightly:
        yield (
            f"{_names(rust.only_nightly)}: unstable features are used, and no rust-toolchain.toml "
            "asks for nightly. Write one."
        )
    if not found.target_ignored:
        yield "git does not ignore what cargo builds: add target/ to .gitignore."


def _found(found: Discovery) -> Iterator[str]:
    packages = [package.name for package in found.workspace.packages]
    where = found.places.workspace_path
    yield (
        f"{counted(len(packages), 'package')} ({_names(packages)}), "
        f"{counted(found.target_count, 'test target')}" + (f", in {where}" if where != "." else "")
    )
    if found.places.others:
        root = found.places.project_root
        others = [each.relative_to(root).as_posix() for each in found.places.others]
        yield f"other workspaces, which no session looks at: {_names(others)}"
    for parts in (_files(found), _callers(found)):
        if line := "; ".join(parts):
            yield line
    workflows = found.workflows
    if len(workflows) > _MOST_WORKFLOWS:
        jobs = counted(sum(len(each.jobs) for each in workflows), "job")
        names = _names([each.file for each in workflows])
        yield f"{counted(len(workflows), 'workflow')} with {jobs}: {names}"
    else:
        yield from map(_workflow, workflows)
    unread = [f"{each.file} ({each.unread})" for each in workflows if each.unread]
    if unread and len(workflows) > _MOST_WORKFLOWS:
        yield f"workflows that cannot be read: {some(unread, 2)}"
    if found.compose:
        files = [
            f"{each.path} ({each.unread or some([row.name for row in each.services], 3)})"
            for each in found.compose
        ]
        yield f"{counted(len(files), 'compose file')}: {some(files, 2)}"


def _files(found: Discovery) -> Iterator[str]:
    if found.toolchain:
        file, channel = found.toolchain.file, found.toolchain.channel
        yield f"toolchain {channel} ({file})" if channel else f"{file}, which names no toolchain"
    if found.nextest:
        yield f"nextest's configuration ({found.nextest})"
    if found.migrations:
        yield f"migrations ({some(found.migrations, 2)})"


def _callers(found: Discovery) -> Iterator[str]:
    if found.task_files:
        yield f"{', '.join(found.task_files)}, which can call the sessions"
    if found.hooks:
        yield f"git hooks ({_names(found.hooks)})"


def _workflow(each: FoundWorkflow) -> str:
    if each.unread:
        return f"workflow {each.file}: cannot be read, {each.unread}"
    cargo = [command for command in each.commands if command.startswith("cargo ")]
    rest = [command for command in each.commands if command not in cargo]
    starts = f" on {', '.join(each.triggers)}" if each.triggers else ""
    shown = [shortened(command, _MOST_COMMAND) for command in (*cargo, *rest)]
    runs = some(shown, 2, "; ") or "no command"
    return f"workflow {each.file}: {counted(len(each.jobs), 'job')}{starts}: {runs}"


def _names(names: tuple[str, ...] | list[str]) -> str:
    return some(names, _MOST_NAMES)
