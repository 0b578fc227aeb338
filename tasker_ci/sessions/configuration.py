"""Look at what is in force: the settings with their sources, and the environment table."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.cargo_tools import tool_environment
from tasker_ci.context import Context, Outcome
from tasker_ci.generate.environment import Format, data_of, render, shell_assignment
from tasker_ci.reporter import Table
from tasker_ci.sessions.cargo import sccache_answers
from tasker_ci.settings import environment as table
from tasker_ci.settings.documents import leaves
from tasker_ci.settings.schema import settings_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


def settings(
    context: Context,
    *,
    explain: Annotated[bool, "Add what each setting is for."] = False,
    schema: Annotated[bool, "Print the JSON Schema of the settings file instead."] = False,
) -> Outcome:
    """Show the effective settings and where each value came from."""
    if schema:
        context.reporter.product(json.dumps(settings_schema(), indent=2))
        return Outcome(summary="")
    rows = tuple(_rows(context))
    meanings = {".".join(key): leaf.help for key, leaf in leaves().items()}
    columns = ("setting", "value", "source", *(("meaning",) if explain else ()))
    shown = tuple(
        (key, _text(value), source, *((meanings.get(key, ""),) if explain else ()))
        for key, value, source in rows
    )
    context.reporter.table(Table(columns=columns, rows=shown))
    return Outcome(
        summary="",
        data={
            "project_root": str(context.project_root),
            "settings": {
                key: {"value": _plain(value), "source": source} for key, value, source in rows
            },
        },
    )


def env(
    context: Context,
    *,
    format: Annotated[Format, "How to print it."] = "shell",  # noqa: A002 - the option's name
    explain: Annotated[bool, "Add purpose and source of every value."] = False,
    reveal: Annotated[bool, "Print secret values too; keys are made where absent."] = False,
) -> Outcome:
    """Print the environment that every session runs in.

    eval "$(tasker-ci env --format shell --reveal)" gives a shell the same environment.
    """
    environment = tool_environment(context)
    path = environment["PATH"]
    rows = table.resolve(
        context.loaded,
        context.environment,
        with_secrets=True,
        make_keys=reveal,
        sccache=sccache_answers(context, environment),
    )
    if format == "shell" and path != context.environment.get("PATH"):
        # The tools lie beside this Python: without it RUSTC_WRAPPER would name a stranger.
        context.reporter.product(shell_assignment("PATH", path))
    context.reporter.product(render(rows, format, explain=explain, reveal=reveal))
    return Outcome(summary="", data={"environment": data_of(rows, explain=explain, reveal=reveal)})


def _rows(context: Context) -> Iterator[tuple[str, Any, str]]:
    secret = {name for name, row in context.settings.environment.variables.items() if row.secret}
    for key, value in context.loaded.values.items():
        if key[:2] == ("environment", "variables"):
            if key[3] == "generator" and not value:
                continue
            if key[2] in secret and key[3] == "value":
                value = "***"  # noqa: PLW2901 - hidden on its way to the screen
        yield ".".join(key), value, str(context.loaded.sources[key])


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _text(value: Any) -> str:
    return json.dumps(_plain(value), default=str, ensure_ascii=False)
