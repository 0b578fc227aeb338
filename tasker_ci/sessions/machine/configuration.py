"""Look at what is in force: the settings with their sources, and the environment table."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import UsageError
from tasker_ci.screen.reporter import Table
from tasker_ci.sessions import settings_model
from tasker_ci.settings import environment as table
from tasker_ci.settings.documents import leaves
from tasker_ci.settings.output_variables import SET_VARIABLE, list_of
from tasker_ci.settings.schema import settings_schema
from tasker_ci.stack.kept import kept_values
from tasker_ci.text.log_masks import MASKED_LENGTH, add_mask, masks
from tasker_ci.text.masking import HIDDEN, passwords, says_secret, without_passwords
from tasker_ci.text.plurals import counted
from tasker_ci.tools.child_environment import ask_sccache, is_for_sccache
from tasker_ci.tools.places import tool_environment
from tasker_ci.workflows.environment import Format, data_of, render, shell_assignment, table_of
from tasker_ci.workflows.github_environment import append_assignments, check_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.tools.child_environment import Sccache

EnvFormat = Literal[Format, "github"]
"""The formats that print, and the one that writes."""


def settings(
    context: Context,
    *,
    explain: Annotated[bool, "Add what each setting is for."] = False,
    schema: Annotated[bool, "Print the JSON Schema of the settings file instead."] = False,
) -> Outcome:
    """Show the effective settings and where each value came from."""
    if schema:
        context.reporter.product(json.dumps(settings_schema(settings_model()), indent=2))
        return Outcome(summary="")
    rows = tuple(_rows(context))
    meanings = {".".join(key): leaf.help for key, leaf in leaves(settings_model()).items()}
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
    format: Annotated[  # noqa: A002 - the option's name
        EnvFormat,
        "How to print it; github writes it for the later steps of a job to the file that "
        "GITHUB_ENV names, with secrets, which are masked first.",
    ] = "shell",
    explain: Annotated[bool, "Add purpose and source of every value."] = False,
    reveal: Annotated[
        bool, "Print secret values too: those of a kept stack, else keys made for the occasion."
    ] = False,
) -> Outcome:
    """Print the environment that every session runs in.

    eval "$(tasker-ci env --format shell --reveal)" gives a shell the same environment.
    """
    if format == "github":
        return _for_later_steps(context, explain=explain, reveal=reveal)
    environment = tool_environment(context)
    path = environment["PATH"]
    rows = table.resolve(
        context.loaded,
        context.environment,
        with_secrets=True,
        make_keys=reveal,
        sccache=ask_sccache(context, environment).answers,
        kept=kept_values(context),
    )
    if format == "shell" and path != context.environment.get("PATH"):
        # The tools lie beside this Python: without it RUSTC_WRAPPER would name a stranger.
        context.reporter.product(shell_assignment("PATH", path))
    context.reporter.product(render(rows, format, explain=explain, reveal=reveal))
    return Outcome(summary="", data={"environment": data_of(rows, explain=explain, reveal=reveal)})


def _for_later_steps(context: Context, *, explain: bool, reveal: bool) -> Outcome:
    """Write to GITHUB_ENV what the job has not set itself; the table is printed without secrets."""
    if reveal:
        raise UsageError(
            "--format github prints no secret: a job's log is read by many.",
            next_step="Leave out --reveal; the later steps get the secrets all the same.",
        )
    check_table(table.variables(context.loaded))
    file = context.environment.get("GITHUB_ENV", "")
    if not file and not context.dry_run:
        raise UsageError(
            "GITHUB_ENV is not set, so there are no later steps to write for.",
            next_step="`--dry-run` shows what a step would write; a shell takes `--format shell`.",
        )
    rows, sccache = _rows_for_later_steps(context)
    written = {
        row.name: row.value
        for row in rows
        if row.value is not None and row.value != context.environment.get(row.name)
    }
    written |= {  # sccache that does not answer would fail every compilation
        name: value
        for name, value in sccache.variables.items()
        if value != context.environment.get(name)
    }
    for row in rows if not context.dry_run else ():
        if row.secret and row.value:
            whole = (row.value,) if row.name in written and row.value.strip() else ()
            for text in masks(row.value) or whole:
                context.reporter.instruction(add_mask(text))
        elif row.value:
            for text in passwords(row.value):
                if len(text) >= MASKED_LENGTH:
                    context.reporter.instruction(add_mask(text))
    if written:
        written[SET_VARIABLE] = list_of(context.set_before | written.keys())
    if not context.dry_run:
        append_assignments(Path(file), written)
    with context.reporter.foreign_output():  # a value may look like a command
        context.reporter.table(table_of(rows, explain=explain, reveal=False))
    return Outcome(
        summary="nothing was written"
        if context.dry_run
        else f"{counted(len(written), 'variable')} written",
        status=Status.SKIPPED if context.dry_run else Status.PASSED,
        data={
            "environment": data_of(rows, explain=explain, reveal=False),
            "written": list(written),
        },
    )


def _rows_for_later_steps(context: Context) -> tuple[tuple[table.EnvironmentRow, ...], Sccache]:
    """The table as the steps of a job get it, and what the sccache that they find answers."""
    job = {"CI": "true", "GITHUB_ACTIONS": "true", **context.environment}
    kept = kept_values(context)

    def rows(*, secrets: bool, sccache: bool) -> tuple[table.EnvironmentRow, ...]:
        return table.resolve(
            context.loaded,
            job,
            with_secrets=secrets,
            make_keys=secrets and not context.dry_run,
            sccache=sccache,
            kept=kept,
            for_steps=True,
        )

    # sccache's server keeps the environment that it was started in.
    values = table.values(rows(secrets=False, sccache=False))
    known = {name: value for name, value in values.items() if is_for_sccache(name)}
    sccache = ask_sccache(context, {**context.environment, **known})
    return rows(secrets=True, sccache=sccache.answers), sccache


def _rows(context: Context) -> Iterator[tuple[str, Any, str]]:
    variables = context.settings.environment.variables
    secret = {name for name, row in variables.items() if row.secret or says_secret(name)}
    for key, value in context.loaded.values.items():
        if key[:2] == ("environment", "variables"):
            if key[3] == "generator" and not value:
                continue
            if key[2] in secret and key[3] == "value":
                value = HIDDEN  # noqa: PLW2901 - hidden on its way to the screen
        yield ".".join(key), _shown(value), str(context.loaded.sources[key])


def _shown(value: Any) -> Any:
    """A value without the passwords in it, however deep they are."""
    plain = _plain(value)
    if isinstance(plain, dict):
        return {key: _shown(each) for key, each in plain.items()}
    if isinstance(plain, list):
        return [_shown(each) for each in plain]
    return without_passwords(plain) if isinstance(plain, str) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _text(value: Any) -> str:
    return json.dumps(_plain(value), default=str, ensure_ascii=False)
