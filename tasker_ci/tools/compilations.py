"""What sccache did while a run compiled."""

from __future__ import annotations

from dataclasses import replace
from shutil import which
from typing import TYPE_CHECKING, Any

from tasker_ci.context import RUN_VARIABLE
from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command, Output
from tasker_ci.text.plurals import counted
from tasker_ci.tools.child_environment import (
    PROBE_SECONDS,
    child_environment,
    wrapping_of,
)
from tasker_ci.tools.places import tool_environment
from tasker_ci.tools.sccache_statistics import (
    STATISTICS_ARGUMENTS,
    SccacheStatistics,
    parse_statistics,
    summary_line,
    write_warning,
)

if TYPE_CHECKING:
    from tasker_ci.context import Context


def read_counts(context: Context) -> SccacheStatistics | None:
    """The server's counts until now; None where compilations do not go through sccache.

    A server that sleeps is started, so that sessions side by side do not all start one. Here, for
    all sessions of a pipeline, a wrapper is named for which sccache is left out.
    """
    outside = {name: value for name, value in context.environment.items() if name != RUN_VARIABLE}
    context = replace(context, environment=outside)
    environment = child_environment(context, sccache=True)
    wrapping = wrapping_of(context, tool_environment(context))
    if not wrapping.program or not environment.get("RUSTC_WRAPPER"):
        return None
    command = Command(
        argv=(wrapping.program, *STATISTICS_ARGUMENTS),
        cwd=context.workspace,
        environment={**environment, **wrapping.environment},
    )
    try:
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=PROBE_SECONDS)
        return parse_statistics(answer.stdout)
    except TaskerCIError as error:
        context.reporter.warning(error.message)
        return None


def tell(context: Context, before: SccacheStatistics | None) -> dict[str, Any]:
    """Say how many compilations since ``before`` were hits; returns the same as data."""
    after = read_counts(context) if before is not None else None
    if before is None or after is None:
        context.reporter.line("sccache: not used")
        return {"used": False}
    counts = after.since(before)
    context.reporter.line(
        f"{summary_line(counts)} ({counted(counts.hits, 'hit')}, "
        f"{counted(counts.misses, 'miss', 'misses')}, "
        f"{counts.not_cacheable} not cacheable)"
    )
    warning = write_warning(counts, context.environment)
    if warning:
        context.reporter.warning(warning)
    return data_of(counts)


def data_of(counts: SccacheStatistics) -> dict[str, Any]:
    """Counts as they stand in documents and records."""
    return {
        "used": True,
        "hits": counts.hits,
        "misses": counts.misses,
        "hit_rate": counts.hit_rate,
        "not_cacheable": counts.not_cacheable,
        "write_errors": counts.write_errors,
    }


def count_silently(context: Context) -> SccacheStatistics | None:
    """The server's counts until now, for a record; None without a word where there are none.

    None also in a session that runs nothing of the project, which may name an sccache of its own.
    """
    if not context.runs_code:
        return None
    wrapping = wrapping_of(context, tool_environment(context))
    program, environment = wrapping.program, wrapping.environment
    if not program or which(program, path=environment["PATH"]) is None:
        return None
    command = Command(
        argv=(program, *STATISTICS_ARGUMENTS), cwd=context.workspace, environment=environment
    )
    try:
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=PROBE_SECONDS)
        return None if answer.exit_code else parse_statistics(answer.stdout)
    except TaskerCIError:
        return None
