"""Rows of the registry for the sessions that a project or an installed package brings."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from graphlib import CycleError
from typing import TYPE_CHECKING, Any

from tasker_ci.pipeline import in_order, in_pipeline_order
from tasker_ci.session import Holds, ProjectTool, Rows, Session
from tasker_ci.sessions.own.installed import installed_sessions
from tasker_ci.sessions.own.stages import FUNCTION, NAME, TABLE, own_stages
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.options import Description
    from tasker_ci.sessions.own.settings import OwnSession
    from tasker_ci.settings.model import Settings
    from tasker_ci.text.toml_lines import Key

_SHOWN = 60
"""So many characters of a command stand for a summary."""

_COMMAND = "tasker_ci.sessions.own.command:run_command"
_FUNCTION = "tasker_ci.sessions.own.function:run_function"
_DOUBLE = "tasker_ci.sessions.own.function:refuse_double"


class _Own:
    """See `OwnSessions`."""

    def listed(self, project_root: Path | None, rows: Rows) -> Rows:
        """``rows`` and what is named at ``project_root``, read without the rest of its settings."""
        named, notes = ({}, ()) if project_root is None else _sessions_at(project_root, rows)
        return _joined(rows, named, project_root, notes)

    def of(self, settings: Settings, rows: Rows) -> Rows:
        """``rows`` and what the settings have."""
        return _joined(rows, settings.table(TABLE), None, ())

    def problems(
        self, values: Mapping[Key, Any], in_file: Collection[Key], rows: Rows
    ) -> Iterable[tuple[Key, str]]:
        """What is wrong with such sessions among the ``values`` of settings, by their keys."""
        if not any(key[0] == TABLE for key in values):
            return ()
        from tasker_ci.sessions.own.problems import problems_of

        return problems_of(values, in_file, rows)


OWN = _Own()


def _sessions_at(
    project_root: Path, rows: Rows
) -> tuple[Mapping[str, OwnSession], tuple[str, ...]]:
    """The sessions of a settings file, unchecked, and why some are none."""
    from tasker_ci.text.file_reading import read_text

    file = project_root / SETTINGS_FILE
    try:
        text = read_text(file, encoding="utf-8-sig")
        if TABLE not in text:
            return {}, ()
        from tasker_ci.text.toml_documents import read_toml

        document = read_toml(text)
    except (OSError, ValueError) as error:  # of the text, or of TOML
        reason = getattr(error, "strerror", None) or str(error)
        note = f"{SETTINGS_FILE} cannot be read ({reason}): sessions of the project are missing."
        return {}, (note,)
    tables = document.get(TABLE, {})
    if not isinstance(tables, dict):
        tables = {TABLE: tables}
    if not tables:
        return {}, ()
    from tasker_ci.sessions.own.unchecked import own_session

    good = {
        name: own_session(each)
        for name, each in tables.items()
        if isinstance(each, dict) and NAME.fullmatch(name) and name not in rows.sessions
    }
    others = ", ".join(repr(name) for name in tables if name not in good)
    note = f"No session in {SETTINGS_FILE}: {others}. The session `settings` says why."
    return good, (note,) if others else ()


def _joined(
    rows: Rows,
    named: Mapping[str, OwnSession],
    project_root: Path | None,
    notes: tuple[str, ...],
) -> Rows:
    installed = installed_sessions()
    if not named and not installed:
        return replace(rows, notes=notes)
    own = {
        name: _row(name, named.get(name), installed.get(name, ()), project_root)
        for name in sorted({*named, *installed})
        if name not in rows.sessions
    }
    try:
        stages = in_order((*rows.stages, *own_stages(rows.stages, named.values())))
    except CycleError:  # the settings say so as soon as a session reads them
        stages = rows.stages
    doubles = {
        name: replace(rows.sessions[name], function=_DOUBLE, before=(name,), describe=_nothing)
        for name in installed
        if name in rows.sessions
    }
    sessions = in_pipeline_order({**rows.sessions, **doubles, **own}, stages)
    return replace(rows, sessions=sessions, stages=stages, notes=notes)


def _row(
    name: str,
    own: OwnSession | None,
    installed: tuple[tuple[str, str], ...],
    project_root: Path | None,
) -> Session:
    """One row; a session of a package is in the pipeline where the settings name a stage."""
    command = _words(own.command) if own else ()
    function = own.function if own else ""
    common: dict[str, Any] = {"tags": ("own",)}
    if own is not None:
        common |= {
            "stage": own.stage if own.pipeline else None,
            "compiles": None if own.compiles == "none" else own.compiles,
            "reports": bool(own.report),
            "services": own.services,
            "proves": Holds(outside="services" if own.services else "") if own.proves else None,
            "tool": ProjectTool(**vars(own.tool)) if own.tool.program else None,
        }
    summary = _summary(own.summary) if own else ""
    if command and not function:
        return Session(
            _COMMAND,
            summary or _called(command),
            before=(name,),
            passthrough=command[0],
            runs="the command of the settings",
            **common,
        )
    reference, package = (function, "") if function else (*installed, ("", ""))[0]
    called = f"Call {reference} of the package {package}." if package else f"Call {reference}."
    return Session(
        _FUNCTION,
        summary or called,
        before=(name,),
        passthrough="the function",
        runs="its function",
        # what is neither settings nor function of anybody: the settings say so, as soon as it runs
        describe=partial(_describe, name, function, project_root)
        if FUNCTION.fullmatch(function) or package
        else _nothing,
        **common,
    )


def _nothing() -> Description:
    from tasker_ci.options import Description

    return Description(text="", options=())


@cache
def _describe(name: str, function: str, project_root: Path | None) -> Description:
    """Ask the function what its flags are, in a process of its own."""
    from tasker_ci.sessions.own.function import describe

    return describe(name, function, project_root)


def _words(command: tuple[str, ...] | tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The words of a command, of the last where there are several; () for none."""
    last = command[-1] if command else ()
    return last if isinstance(last, tuple) else tuple(map(str, command))


def _called(command: tuple[str, ...]) -> str:
    import shlex

    from tasker_ci.text.foreign import one_line, shortened

    return f"Run {shortened(one_line(shlex.join(command)), _SHOWN)}."


def _summary(text: str) -> str:
    from tasker_ci.text.foreign import one_line

    return one_line(" ".join(text.split()))
