"""What is wrong with the sessions of a project's settings, beyond the types of the values."""

from __future__ import annotations

import re
from graphlib import CycleError
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.pipeline import in_order
from tasker_ci.sessions.own.installed import installed_sessions
from tasker_ci.sessions.own.stages import FUNCTION, NAME, PACKAGE, TABLE, own_stages
from tasker_ci.sessions.own.unchecked import own_session
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tasker_ci.session import Rows
    from tasker_ci.text.toml_lines import Key

_RESERVED = frozenset({"drift", "success"})
"""Jobs of the orchestrator beside the stages."""


def problems_of(
    values: Mapping[Key, Any], in_file: Collection[Key], rows: Rows
) -> Iterator[tuple[Key, str]]:
    """Each problem with the key that it belongs to."""
    tables: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        if key[0] == TABLE and len(key) > 1:
            table = tables.setdefault(key[1], {})
            if len(key) == 3:  # noqa: PLR2004 - sessions.NAME.KEY
                table[key[2]] = value
            elif len(key) > 3:  # noqa: PLR2004
                table.setdefault(key[2], {})[key[3]] = value
    installed = installed_sessions()
    written = {key[1] for key in in_file if key[0] == TABLE and len(key) > 1}
    for name, table in tables.items():
        yield from _of_session(name, table, rows, values, has_package=name in installed)
        if name not in written and name not in installed:
            text = f"`{name}` is not in {SETTINGS_FILE}, which alone makes a session; add it there."
            yield (TABLE, name), text
        if name in rows.sessions:
            yield (TABLE, name), f"`{name}` is a session of tasker-ci; choose another name."
    yield from _of_stages(tables, rows)


def _of_session(
    name: str,
    table: Mapping[str, Any],
    rows: Rows,
    values: Mapping[Key, Any],
    *,
    has_package: bool,
) -> Iterator[tuple[Key, str]]:
    key = (TABLE, name)
    if not NAME.fullmatch(name):
        yield key, f"{name!r} is no name for a session (a-z, 0-9 and single hyphens make one)."
    command, function = table.get("command", ()), table.get("function", "")
    if command and function:
        yield key, f"`{name}` has both `command` and `function`; leave one out."
    elif not command and not function and not has_package:
        yield key, f"`{name}` needs `command` or `function`; no installed package brings it."
    lines = [command] if command and isinstance(command[0], str) else command
    if any(not line or not line[0] for line in lines):
        yield (*key, "command"), "a command begins with a program."
    if function and not FUNCTION.fullmatch(function):
        yield (*key, "function"), f"{function!r} is not of the form `package.module:name`."
    if re.match(rf"{PACKAGE}[.:]", function):
        text = f"{function!r} is in {PACKAGE}, which is no module of the project; move it."
        yield (*key, "function"), text
    for variable in table.get("environment", {}):
        if not variable or "=" in variable:
            yield (*key, "environment"), f"{variable!r} is no name for a variable."
    yield from _of_places(key, table)
    yield from _of_deadline(key, table, values)
    yield from _of_stage(key, table, rows, values)


def _of_places(key: Key, table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    path = PurePosixPath(table.get("directory", "."))
    if path.is_absolute() or ".." in path.parts:
        yield (*key, "directory"), "is a path within the workspace."
    tool = table.get("tool", {})
    if tool.get("install") and not tool.get("program"):
        yield key, f"`tool.install` of `{key[1]}` needs `tool.program`, by which it is found."
    report = PurePosixPath(table.get("report", ""))
    if report.is_absolute() or ".." in report.parts or (table.get("report") and not report.parts):
        yield (*key, "report"), "is a path or a glob within `directory`."
    elif any("**" in part and part != "**" for part in report.parts):
        yield (*key, "report"), "is no glob: `**` stands alone between slashes."


def _of_deadline(
    key: Key, table: Mapping[str, Any], values: Mapping[Key, Any]
) -> Iterator[tuple[Key, str]]:
    seconds = table.get("timeout-seconds", 1)
    minutes = values.get(("workflows", "minutes"), 0)
    if seconds < 1:
        yield (*key, "timeout-seconds"), "is at least 1."
    elif table.get("pipeline", True) and seconds > minutes * 60:
        text = f"GitHub ends the job after {minutes} minutes (`workflows.minutes`)."
        yield (*key, "timeout-seconds"), text


def _of_stage(
    key: Key, table: Mapping[str, Any], rows: Rows, values: Mapping[Key, Any]
) -> Iterator[tuple[Key, str]]:
    stage = table.get("stage", "quality")
    ours = {each.name: each for each in rows.stages}.get(stage)
    if (ours is not None and ours.closed) or stage in _RESERVED:
        yield (*key, "stage"), f"the stage `{stage}` is closed to other sessions; name another."
    elif not NAME.fullmatch(stage):
        yield (*key, "stage"), f"{stage!r} is no name for a stage (a-z, 0-9, single hyphens)."
    elif ours is not None and ours.only_with and not values.get(tuple(ours.only_with.split("."))):
        yield (*key, "stage"), f"there is no stage `{stage}` without `{ours.only_with}`."
    elif ours is not None and table.get("needs"):
        yield (*key, "needs"), f"the stage `{stage}` is of tasker-ci; what it needs is fixed."


def _of_stages(tables: Mapping[str, Mapping[str, Any]], rows: Rows) -> Iterator[tuple[Key, str]]:
    own = tuple(own_stages(rows.stages, map(own_session, tables.values())))
    known = {stage.name for stage in (*rows.stages, *own)}
    for name, table in tables.items():
        for need in table.get("needs", ()):
            if need not in known:
                yield (TABLE, name, "needs"), f"there is no stage `{need}`."
    try:
        in_order((*rows.stages, *own))
    except CycleError as error:
        circle = error.args[1]
        names = " -> ".join(reversed(circle))
        name = next(name for name, table in tables.items() if table.get("stage") in circle)
        yield (TABLE, name), f"stages wait for one another: {names}."
