"""The session down: what was kept ends, and what killed runs left."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ForeignPlace, Interrupted, TaskerCIError, UnsafePlace
from tasker_ci.process.session_marks import end_orphans, orphans
from tasker_ci.process.tree import named
from tasker_ci.sessions.services.lost_runs import lost_runs, without_folder
from tasker_ci.sessions.services.stacks import stack_of
from tasker_ci.stack.run_folder import Life
from tasker_ci.stack.stack_run import remove_run, runs_of
from tasker_ci.text.plurals import counted
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.report_files import hide_secrets

if TYPE_CHECKING:
    from tasker_ci.stack.base import Plan
    from tasker_ci.stack.run_folder import Run
    from tasker_ci.stack.run_records import Refused


def down(
    context: Context,
    *,
    all: Annotated[  # noqa: A002 - the option's name
        bool, "End as well what runs left that were killed."
    ] = False,
) -> Outcome:
    """End the services that were kept, and remove their data and keys.

    The images of a run go with their layers. What Docker's classic builder keeps of earlier stages
    and of builds that failed stays: it is a cache without name or label, so nobody can tell whose
    it is. `docker image prune` empties all of it.
    """
    left_running = _end_orphans(context) if all else ()
    runs = runs_of(context)
    wanted = {Life.KEPT, *((Life.ORPHANED,) if all else ())}
    lives = {run.name: run.life() for run in runs.all()}
    chosen = [run for run in runs.all() if lives[run.name] in wanted]
    if context.dry_run:
        for run in chosen:
            context.reporter.line(f"would end {run.name} ({lives[run.name]})")
        return Outcome(summary="nothing was started", status=Status.SKIPPED)
    refused = runs.refused()
    here = without_folder(context, runs) if all else []
    chosen += here
    problems: list[TaskerCIError] = []
    interruption: Interrupted | None = None
    ended: list[str] = []
    for run in chosen:
        try:
            context.runner.cancellation.guard(_nothing, partial(_end_shielded, context, run))
        except Interrupted as error:  # the run has ended all the same, and so will the others
            interruption = interruption or error
            continue
        except TaskerCIError as error:
            problems.append(error)
            continue
        ended.append(run.name)
        context.reporter.line(f"{run.name} is gone")
    for each in lost_runs(context, runs, here) if all else ():
        context.reporter.warning(f"left alone: {each}")
    for place in refused if all else ():
        _end_processes(context, place)
    problems += [_refusal(each) for each in refused]
    if interruption is not None:
        raise interruption
    if problems:
        for problem in problems[1:]:
            context.reporter.warning(f"{problem.message} {problem.next_step}".rstrip())
        raise problems[0]
    others = [name for name, life in lives.items() if life not in wanted]
    left = f"; left alone: {', '.join(others)}" if others else ""
    hint = ""
    if Life.ORPHANED in lives.values() and not all:
        hint = f" (`{context.face.command_line('down', '--all')}` ends what killed runs left)"
    return Outcome(
        summary=_summary(len(chosen), len(left_running)) + left + hint,
        data={"ended": ended, "left": others, "processes": list(left_running)},
    )


def _end_orphans(context: Context) -> tuple[str, ...]:
    """End what killed sessions of this project left running, or only say so in a dry run."""
    if context.dry_run:
        for process in orphans(context.project_root):
            context.reporter.line(f"would end what a killed session left: {named(process.pid)}")
        return ()
    left = end_orphans(context.project_root)
    for line in left:
        context.reporter.line(f"ended what a killed session left: {line}")
    return left


def _summary(stacks: int, processes: int) -> str:
    ended = [counted(stacks, "stack")] if stacks else []
    if processes:
        ended.append(f"{counted(processes, 'process', 'processes')} of killed sessions")
    return f"{' and '.join(ended)} ended" if ended else "nothing to end"


def _end_processes(context: Context, refused: Refused) -> None:
    """End the processes that carry the marks of this very folder: a run of ours started them.

    Those of another user's folder are his, whose processes root could end as well. So are those of
    a project that was moved away, of which a copy lies here.
    """
    from tasker_ci.stack.marked_runs import works_outside
    from tasker_ci.stack.native_stops import stop_marked
    from tasker_ci.stack.own_places import owner_of

    if owner_of(refused.folder) != os.geteuid():
        return
    if works_outside(refused.folder, context.workspace):  # of a project that lay here before
        return
    seconds = float(context.settings.integration.stop_seconds)
    stop_marked(refused.folder.name, homes={refused.folder}, seconds=seconds)


def _refusal(refused: Refused) -> ForeignPlace:
    """The error for a folder that has a name of ours and is not taken for ours."""
    return ForeignPlace(
        f"{refused.folder} is not taken for a run of ours: {refused.reason}. "
        "Nothing in it was removed, and nothing that it names was ended.",
        next_step=f"Look at it; if nobody needs it: rm -r '{refused.folder}'",
    )


def _nothing() -> None:
    """The work before a teardown that stands alone."""


def _end_shielded(context: Context, run: Run, _: BaseException | None) -> None:
    _end(context, run)


def _end(context: Context, run: Run) -> None:
    """Remove a run with all that belongs to it, by its record or by its name alone.

    That includes the command that a session was running when it was killed.
    """
    from tasker_ci.stack.native_leftovers import stop_leftovers
    from tasker_ci.stack.native_stops import kill_marked
    from tasker_ci.stack.postgresql_folder import temporary_folder

    plan, stack = stack_of(context, run)
    if stack is not None:
        if run.record.kind == "compose":
            kill_marked(run.name, homes={run.folder, plan.started_at.folder})
        try:
            remove_run(run, stack)
        finally:
            _hide_keys(context, plan)
        return
    seconds = context.settings.integration.stop_seconds
    stop_leftovers(
        run.folder,
        run=run.name,
        seconds=float(seconds),
        origin=plan.started_at.folder,
        temporary=temporary_folder(context.environment),
        impatient=lambda: context.runner.cancellation.impatient,
    )
    from tasker_ci.stack.compose import remove_stack, why_unavailable

    environment = child_environment(context)
    if not why_unavailable(context.runner, environment, context.workspace):
        workspace = plan.started_at.workspace
        remove_stack(context.runner, environment, run.name, workspace, stop_seconds=seconds)
    run.remove()


def _hide_keys(context: Context, plan: Plan) -> None:
    """Take a run's keys out of nextest's reports: it writes one when its session was killed."""
    for report in (plan.within / "nextest").glob("*/junit.xml"):
        with suppress(OSError, UnsafePlace):
            hide_secrets(context, report, plan.environment, within=plan.within)
