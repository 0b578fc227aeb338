"""The environment of what a session runs: the table, our tools, sccache where it answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from tasker_ci.cargo_tools import tool_environment
from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.process import Command, Output
from tasker_ci.settings import environment as table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

PROBE_SECONDS = 30.0
"""How long sccache may take to answer; it starts its server in 0.3 s."""


def child_environment(
    context: Context, *, secrets: bool = False, sccache: bool = False, **extra: str
) -> dict[str, str]:
    """The environment of a child: this process, the table, our tools first on PATH, ``extra``.

    ``secrets`` hands over the run's keys (only to sessions that run the workspace's own code),
    ``sccache`` lets compilations go through sccache if it answers.
    """
    base = tool_environment(context)
    answers = sccache and sccache_answers(context, base)
    rows = table.resolve(
        context.loaded,
        context.environment,
        with_secrets=secrets,
        make_keys=secrets and not context.dry_run,
        sccache=answers,
    )
    shown_only = {row.name: "" for row in rows if row.secret and row.value is None}
    result = {**base, **(shown_only if context.dry_run else {}), **table.values(rows), **extra}
    if sccache and not answers and wraps_with_sccache(context.environment):
        result["RUSTC_WRAPPER"] = ""  # set by somebody before us, and would fail every compilation
    return result


def _without_sccache(context: Context) -> dict[str, str]:
    """The table for the question whether sccache answers: its server keeps what it started with."""
    rows = table.resolve(
        context.loaded, context.environment, with_secrets=False, make_keys=False, sccache=False
    )
    return table.values(rows)


def wraps_with_sccache(environment: Mapping[str, str]) -> bool:
    """Whether the process was told to compile through sccache, by whatever path."""
    return PurePath(environment.get("RUSTC_WRAPPER", "")).name == "sccache"


def sccache_answers(context: Context, environment: Mapping[str, str]) -> bool:
    """Whether sccache can wrap rustc here; says so when it cannot and goes on without.

    `sccache rustc -vV` is what cargo asks first: 0 when a server runs or starts
    (`--start-server` fails when one runs already).
    """
    given = wraps_with_sccache(context.environment)
    if not given and (context.settings.sccache == "off" or "RUSTC_WRAPPER" in context.environment):
        return False
    if context.dry_run:
        return True
    environment = {**environment, **_without_sccache(context)}
    compiler = Command(argv=("rustc", "-vV"), cwd=context.workspace, environment=environment)
    wrapper = environment.get("RUSTC_WRAPPER") or "sccache"
    probe = replace(compiler, argv=(wrapper, *compiler.argv))
    try:
        answer = context.runner.run(probe, output=Output.CAPTURE, timeout=PROBE_SECONDS)
        if answer.exit_code == 0:
            return True
        if context.runner.run(compiler, output=Output.CAPTURE, timeout=PROBE_SECONDS).exit_code:
            return False  # the compiler itself does not start: no fault here, and cargo says so
    except Interrupted:
        raise
    except TaskerCIError as error:
        context.reporter.warning(f"{error.message} Compiling without sccache.")
        return False
    reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    context.reporter.warning(f"sccache does not answer ({reason}). Compiling without it.")
    return False
