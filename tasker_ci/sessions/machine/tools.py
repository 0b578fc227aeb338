"""What a machine needs for the other sessions: the external tools, and sccache's cache."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import (
    AccessError,
    InstallationFailed,
    MissingToolError,
    TaskerCIError,
    UsageError,
)
from tasker_ci.process.command import Command, Output, check
from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.machine.project_tools import (
    bring_project_tool,
    install_command,
    project_tools,
)
from tasker_ci.sessions.machine.tool_row import ToolRow
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.plurals import are
from tasker_ci.tools.child_environment import child_environment, is_of_project, wrapping_of
from tasker_ci.tools.compiler_wrapper import SCCACHE
from tasker_ci.tools.installation import install, planned_commands, receipt_of
from tasker_ci.tools.kept_folders import named_place
from tasker_ci.tools.pins import unknown_tool, wanted_tools
from tasker_ci.tools.places import (
    ToolPlace,
    found_tool,
    tool_environment,
    tools_root,
    version_command,
    version_of,
)
from tasker_ci.tools.sccache_statistics import (
    STATISTICS_ARGUMENTS,
    SccacheStatistics,
    in_bytes,
    parse_statistics,
    percent,
    write_warning,
)
from tasker_ci.tools.sccache_storage import empty, refuse_foreign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.tools.pins import Tool


def tools(
    context: Context,
    *,
    tool: Annotated[
        tuple[str, ...], "This tool instead of those in the setting `tools.names`."
    ] = (),
    force: Annotated[bool, "Install again what is there already."] = False,
) -> Outcome:
    """Find, verify and install the external tools in their pinned versions."""
    pins = wanted_tools(context.loaded)
    own = project_tools(context)
    for name in tool:
        if name not in pins and name not in own:
            known = [*pins, *own]
            raise UsageError(
                unknown_tool(name, known), next_step=f"The tools are {', '.join(known)}."
            )
    names = tuple(dict.fromkeys(tool or context.settings.tools.names))
    wanted = [pins[name] for name in names if name in pins]
    of_project = [own[name] for name in names if name not in pins]
    if context.dry_run:
        planned = _planned(context, wanted, force=force)
        return context.preview(*planned, *(install_command(context, each) for each in of_project))
    rows = [_bring(context, each, force=force) for each in wanted]
    rows += [bring_project_tool(context, each, force=force) for each in of_project]
    context.reporter.table(
        Table(
            columns=(
                *("tool", "wanted", "found", "where"),
                *("how it got there", "how it was verified"),
            ),
            rows=tuple(row.cells for row in rows),
        )
    )
    data = {"tools": [row.document for row in rows]}
    problems = [row.problem for row in rows if row.problem]
    if problems:
        steps = dict.fromkeys(problem.next_step for problem in problems)
        raise InstallationFailed(
            "\n".join(problem.message for problem in problems),
            next_step="\n        ".join(steps),
            data=data,
        )
    here = [*map(str, wanted), *(each.program for each in of_project)]
    listed = ", ".join(here) or "nothing"
    return Outcome(summary=f"{listed} {are(len(rows) or 1)} here", data=data)


def _planned(context: Context, wanted: Iterable[Tool], *, force: bool) -> list[Command]:
    root = tools_root(context.environment)
    environment = tool_environment(context)
    commands: list[Command] = []
    for tool in wanted:
        found = found_tool(context, tool)
        if found is not None and not force:
            commands.append(version_command(tool, found.path, environment, context.directory))
        else:
            commands += planned_commands(context, tool, root=root)
    return commands


def _bring(context: Context, tool: Tool, *, force: bool) -> ToolRow:
    """Make sure that one tool is here in the wanted version; a failure becomes part of the row."""
    root = tools_root(context.environment)
    found = found_tool(context, tool)
    seen = "-"
    if found is not None:
        try:
            environment = tool_environment(context)
            seen = version_of(tool, found.path, context.runner, environment, context.directory)
        except MissingToolError as error:
            seen = "does not run"
            context.reporter.output(error.message, "yellow")
        if tool.accepts(seen) and not force:
            ours = found.place is ToolPlace.FOLDER
            way, verified = receipt_of(found.path.parent.parent)
            context.reporter.line(f"{tool} is already there: {found.path}")
            return ToolRow(
                tool=tool.name,
                wanted=tool.version,
                found=seen,
                where=str(found.path),
                how=f"already there ({way if ours else found.place})",
                verified=verified if ours else "not installed by `tools`",
            )
        if not tool.accepts(seen):
            context.reporter.line(f"{tool} is wanted, {found.path} is {seen}.")
    try:
        installed = install(context, tool, root=root, force=force)
    except InstallationFailed as error:
        return ToolRow(
            tool=tool.name,
            wanted=tool.version,
            found=seen,
            where=str(found.path) if found else "-",
            how="could not be installed",
            problem=error,
        )
    state = "installed now" if installed.fresh else "installed by another run"
    return ToolRow(
        tool=tool.name,
        wanted=tool.version,
        found=tool.version_from(installed.way),
        where=str(installed.path),
        how=f"{state} ({installed.way})",
        verified=installed.verified,
    )


def cache(
    context: Context,
    *,
    stats: Annotated[bool, "Show the statistics; the default."] = False,
    clear: Annotated[bool, "Empty the cache on this machine's disk."] = False,
    output: Annotated[str, "Write the statistics into this file too, as JSON."] = "",
) -> Outcome:
    """Show sccache's statistics, or empty its cache."""
    if clear and (stats or output):
        flag = "--stats" if stats else "--output"
        message = f"{flag} and --clear exclude one another: an empty cache has no statistics."
        raise UsageError(message, next_step="Choose one of them.")
    wrapping = wrapping_of(context, tool_environment(context))
    program = wrapping.program or SCCACHE
    if is_of_project(context, program):
        message = f"sccache is {program} here, a program of the project, and none of it is started."
        raise MissingToolError(message, next_step="Put sccache on PATH and name it without a path.")
    outside, environment = Path(context.directory.anchor), child_environment(context)
    ask = Command(argv=(program, *STATISTICS_ARGUMENTS), cwd=outside, environment=environment)
    stop = Command(argv=(program, "--stop-server"), cwd=outside, environment=environment)
    if wrapping.told:
        context.reporter.line(f"note: {wrapping.told}")
    if context.dry_run:
        return context.preview(ask, *((stop,) if clear else ()))
    statistics = _read(context, ask)
    if clear:
        return _clear(context, statistics, stop)
    outcome = _show(context, statistics)
    if output:
        _write(context, output, outcome)
    return outcome


def _read(context: Context, command: Command) -> SccacheStatistics:
    try:
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=60)
    except MissingToolError as error:
        step = context.face.command_line("tools", "--tool", "sccache")
        raise MissingToolError(error.message, next_step=step) from error
    if answer.exit_code:
        context.reporter.output(answer.stderr.strip())
    check(answer, command, next_step=context.face.command_line("doctor"))
    return parse_statistics(answer.stdout)


def _show(context: Context, statistics: SccacheStatistics) -> Outcome:
    rows = (
        ("compile requests", str(statistics.requests)),
        ("of these not cacheable", str(statistics.not_cacheable)),
        ("hits", str(statistics.hits)),
        ("misses", str(statistics.misses)),
        ("hit rate", percent(statistics)),
        ("write errors", str(statistics.write_errors)),
        ("cache location", statistics.location),
        ("cache size", in_bytes(statistics.size)),
    )
    context.reporter.table(Table(columns=("since sccache's server started", ""), rows=rows))
    warning = write_warning(statistics, context.environment)
    if warning:
        context.reporter.warning(warning)
    rate = statistics.hit_rate
    return Outcome(
        summary=f"hit rate {percent(statistics)}" if rate is not None else "no data on hits",
        data={"statistics": {**asdict(statistics), "hit_rate": rate}},
    )


def _write(context: Context, output: str, outcome: Outcome) -> None:
    file, within = named_place(context, output)
    try:
        file.parent.stat()  # a folder that is not there is a typing error
        text = json.dumps(outcome.data["statistics"], indent=2) + "\n"
        write_file(file, text, within=None if within == file else within)
    except OSError as error:
        message = f"The statistics cannot be written to {file}: {error.strerror}."
        raise AccessError(message, next_step="Name a file that can be written.") from error


def _clear(context: Context, statistics: SccacheStatistics, stop: Command) -> Outcome:
    folder = statistics.local_folder
    if folder is None:
        message = (
            f"The cache is not a folder on this machine ({statistics.location}), "
            "and sccache has no command that empties it."
        )
        raise TaskerCIError(message, next_step="Empty it where it lies, with that service's means.")
    if not folder.is_dir():
        return Outcome(
            summary=f"{folder} does not exist, nothing to remove",
            data={"freed": 0, "folder": str(folder)},
        )
    refuse_foreign(folder)
    context.reporter.command(str(stop))
    context.runner.run(stop, output=Output.CAPTURE, timeout=60)  # fails where no server runs
    freed = empty(folder)
    return Outcome(
        summary=f"removed {folder}, {in_bytes(freed)} freed",
        data={"freed": freed, "folder": str(folder)},
    )
