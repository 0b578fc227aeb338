"""The external tools, what installs them, and sccache."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, MissingToolError, ReportError
from tasker_ci.sessions import rows_of
from tasker_ci.tools.compiler_wrapper import SCCACHE, lies_within, plan_wrapping
from tasker_ci.tools.examination import broken, note, ok, reason
from tasker_ci.tools.installers import python_installer
from tasker_ci.tools.on_demand import installs_on_demand
from tasker_ci.tools.pins import wanted_tools
from tasker_ci.tools.places import found_tool, version_command, version_of
from tasker_ci.tools.sccache_statistics import (
    STATISTICS_ARGUMENTS,
    parse_statistics,
    summary_line,
    write_warning,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.process.command import Command
    from tasker_ci.rust.cargo_configuration import Given
    from tasker_ci.tools.compiler_wrapper import Wrapping
    from tasker_ci.tools.examination import Examination, Finding
    from tasker_ci.tools.pins import Tool


def planned(examination: Examination) -> Iterator[Command]:
    """The commands that the checks of this module run where all is well."""
    context = examination.context
    for tool in _expected(examination):
        found = found_tool(context, tool)
        if found is not None:
            yield version_command(tool, found.path, examination.environment, examination.directory)
    wrapping = _wrapping(examination)
    if wrapping.program:
        yield examination.command(wrapping.program, "rustc", "-vV")
        yield examination.command(wrapping.program, *STATISTICS_ARGUMENTS)


def check_tools(examination: Examination) -> Iterator[Finding]:
    """Every tool that this machine should have."""
    for tool in _expected(examination):
        yield check_tool(examination, tool)


def check_tool(examination: Examination, tool: Tool) -> Finding:
    """Whether one tool is there, starts, and is the wanted version.

    A newer one is only a note: it can do what its predecessor could.
    """
    context = examination.context
    fix = context.face.command_line("tools", "--tool", tool.name)
    found = found_tool(context, tool)
    if found is None:
        return _missing(examination, tool, fix)
    try:
        version = version_of(
            tool, found.path, context.runner, examination.environment, examination.directory
        )
    except (MissingToolError, CommandTimedOut) as error:
        return broken(tool.name, error.message, fix)
    if tool.accepts(version):
        return ok(tool.name, f"{version} ({found.path})")
    text = f"{version} instead of {tool.version} ({found.path})"
    if _order(version) > _order(tool.version):
        return note(tool.name, f"newer: {text}", fix)
    return broken(tool.name, f"too old: {text}", fix)


def _missing(examination: Examination, tool: Tool, fix: str) -> Finding:
    if tool.name == "sccache":
        return note(tool.name, "not installed: compilations are not cached", fix)
    if installs_on_demand(examination.context):
        return note(tool.name, "not installed; a session that needs it installs it", fix)
    return broken(tool.name, f"not installed ({tool.purpose})", fix)


def check_installers(examination: Examination) -> Iterator[Finding]:
    """What the ways of the setting `tools.order` need."""
    order = examination.context.settings.tools.order
    if "wheel" in order:
        installer = python_installer(examination.environment)
        if installer:
            name = "uv" if installer[1] == "pip" else "pip"
            yield ok("uv or pip", f"{name} ({installer[0]})")
        else:
            found = "neither uv nor pip: tools come slowly or not at all"
            kind = note if len(order) > 1 else broken
            yield kind("uv or pip", found, "python -m ensurepip")
    if "binstall" in order:
        where = examination.where("cargo-binstall")
        if where is not None:
            yield ok("cargo-binstall", where)
        else:
            pin = wanted_tools(examination.context.loaded)["cargo-binstall"]
            found = "not installed; only needed where no wheel fits this machine"
            fix = f"cargo install --locked --version {pin.version} {pin.crate}"
            yield note("cargo-binstall", found, fix)


def check_sccache(examination: Examination) -> Iterator[Finding]:
    """Whether sccache answers as cargo asks it, and whether it can store what it caches.

    Without an answer a session compiles without it. Where the process or cargo's configuration
    asks for it, every compilation that somebody starts by hand fails.
    """
    wrapping = _wrapping(examination)
    if wrapping.told:
        yield ok("sccache server", f"not asked: {wrapping.told}")
        return
    context = examination.context
    roots = (context.project_root, context.workspace)
    path = examination.environment.get("PATH", "")
    if wrapping.program and lies_within(roots, wrapping.program, path):
        yield note("sccache server", f"not asked: {wrapping.program} is a program of the project")
        return
    if not wrapping.program:
        switched_off = examination.context.settings.sccache == "off"
        by = "the setting `sccache`" if switched_off else "an empty wrapper in cargo's settings"
        yield ok("sccache server", f"switched off by {by}")
        return
    asked = wrapping.asked
    if not examination.has(wrapping.program):
        if asked:
            found = f"{asked.source} is {wrapping.program}, which is not installed"
            yield broken("sccache server", f"{found}: plain cargo compiles nothing", _unset(asked))
        return
    # Outside of the workspace, with plain rustc: what a clone names is not started.
    examination = replace(examination, directory=Path(examination.directory.anchor))
    answer = examination.ask(wrapping.program, "rustc", "-vV")
    if answer.exit_code:
        text = reason(answer)
        if examination.ask("rustc", "-vV").exit_code:
            yield note("sccache server", "not checked: rustc itself does not start")
        elif asked:
            found = f"{asked.source} is {wrapping.program}, which does not start"
            yield broken(
                "sccache server", f"{found}: plain cargo compiles nothing\n{text}", _unset(asked)
            )
        else:
            found = f"does not start, compilations are not cached\n{text}"
            yield note("sccache server", found, "sccache --start-server   (says more)")
        return
    yield _stored(examination, wrapping.program)
    if beside := wrapping.beside:
        found = f"not asked around {beside.program} ({beside.source}), which is of the project"
        yield note(
            "sccache server", f"{found}; a session asks and goes on without sccache if it must"
        )


def _wrapping(examination: Examination) -> Wrapping:
    setting = examination.context.settings.sccache
    return plan_wrapping(
        examination.directory,
        examination.environment,
        default=None if setting == "off" else SCCACHE,
    )


def _unset(asked: Given) -> str:
    """What makes cargo compile without the wrapper that a place asks for."""
    variable = asked.source.removeprefix("the variable ")
    return f"unset {variable}" if variable != asked.source else f"Remove {asked.source}."


def _stored(examination: Examination, program: str) -> Finding:
    answer = examination.ask(program, *STATISTICS_ARGUMENTS)
    try:
        statistics = parse_statistics(answer.stdout)
    except ReportError as error:
        return note("sccache server", f"answers, but {error.message}", error.next_step)
    warning = write_warning(statistics, examination.environment)
    if warning:
        fix = "Check who owns that folder and how full its disk is, then sccache --stop-server"
        return note("sccache server", warning, fix)
    return ok("sccache server", f"answers; {summary_line(statistics).partition(': ')[2]} so far")


def _expected(examination: Examination) -> list[Tool]:
    """The tools of the setting, and the optional ones that sessions of the pipeline need."""
    context = examination.context
    tools = wanted_tools(context.loaded)
    names = dict.fromkeys(context.settings.tools.names)
    rows = rows_of(context.settings).in_pipeline(context.settings, context.workspace)
    needs = (need for row in rows.sessions.values() if row.stage for need in row.needs)
    names |= dict.fromkeys(need for need in needs if need in tools and tools[need].optional)
    return [tools[name] for name in names]


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))
