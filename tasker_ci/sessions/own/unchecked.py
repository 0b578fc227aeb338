"""What a table ``[sessions.NAME]`` says before anybody has checked it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.own.settings import OwnSession, OwnTool

if TYPE_CHECKING:
    from collections.abc import Mapping


def own_session(table: Mapping[str, Any]) -> OwnSession:
    """The settings of a session as far as its table has them; what has another type is left out.

    A session whose stage is no text is in no pipeline.
    """
    stage, compiles, tool = (table.get(key) for key in ("stage", "compiles", "tool"))
    named = stage is None or isinstance(stage, str)
    return OwnSession(
        command=_command(table.get("command")),
        function=str(table.get("function") or ""),
        summary=_text(table.get("summary")),
        stage=_text(stage) or OwnSession.stage,
        needs=_texts(table.get("needs")),
        pipeline=named and bool(table.get("pipeline", True)),
        compiles=compiles if compiles in ("check", "build") else "none",
        services=_texts(table.get("services")),
        report=_text(table.get("report")),
        proves=table.get("proves") is True,
        tool=_tool(tool) if isinstance(tool, dict) else OwnTool(),
    )


def _tool(table: Mapping[str, Any]) -> OwnTool:
    return OwnTool(program=str(table.get("program") or ""), install=_texts(table.get("install")))


def _command(value: Any) -> tuple[str, ...] | tuple[tuple[str, ...], ...]:
    if isinstance(value, list | tuple) and value and isinstance(value[-1], list | tuple):
        return tuple(map(_texts, value))
    return _texts(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
