"""Services for people who keep them while they work: up, down, ps, logs."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ForeignPlace, Interrupted, TaskerCIError, UnsafePlace, UsageError
from tasker_ci.process.session_marks import end_orphans, orphans
from tasker_ci.process.tree import named
from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.services.kept_beside import alone_in_keeping, already_up
from tasker_ci.sessions.services.lost_runs import lost_runs, without_folder
from tasker_ci.stack.choice import make_stack, with_flags
from tasker_ci.stack.kept import kept_run
from tasker_ci.stack.log_files import FollowedLog, log_file
from tasker_ci.stack.run import (
    Request,
    ensure_migration_tool,
    planned_commands,
    remove_run,
    runs_of,
    with_stack,
)
from tasker_ci.stack.runs import Life
from tasker_ci.text.plurals import are, counted
from tasker_ci.tools import flags
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.report_files import hide_secrets

if TYPE_CHECKING:
    from tasker_ci.stack.base import Plan, Stack
    from tasker_ci.stack.run_records import Refused
    from tasker_ci.stack.runs import Run

_FOLLOW_SECONDS = 0.25
_NO_SERVICES = "the settings name no services (integration.services, integration.database.service)"


def up(
    context: Context,
    *,
    stack: flags.StackKind = None,
    no_build: flags.NoBuild = False,
    timeout: flags.Timeout = None,
    ports: flags.Ports = None,
) -> Outcome:
    """Start the services, wait until they are healthy, migrate, and leave them running."""
    integration = context.settings.integration
    settings = with_flags(integration, stack=stack, ports=ports, timeout=timeout)
    if not (settings.services or settings.database.service):
        return Outcome(summary=_NO_SERVICES, status=Status.SKIPPED)
    if (up_already := already_up(context, settings)) is not None:
        return up_already
    ensure_migration_tool(context, settings)
    environment = child_environment(context, secrets=True, sccache=True)
    request = Request(session="up", settings=settings, build=not no_build, keep=True)
    if context.dry_run:
        return context.preview(*planned_commands(context, request, environment))
    with alone_in_keeping(context):
        if (up_already := already_up(context, settings)) is not None:
            return up_already
        return with_stack(context, request, environment, lambda plan: _is_up(context, plan))


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
            context.runner.guard(_nothing, partial(_end_shielded, context, run))
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
    from tasker_ci.stack.native_processes import stop_marked
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


def ps(context: Context) -> Outcome:
    """Show the services of this workspace: state, port, health, of every run."""
    if context.dry_run:
        return context.preview()  # programs are asked, nothing else is started
    rows: list[tuple[str, ...]] = []
    data: list[dict[str, Any]] = []
    runs = runs_of(context)
    for run in runs.all():
        plan, stack = _stack_of(context, run)
        if stack is None:
            rows.append((run.name, str(run.life()), "", "", "no readable record", "", ""))
            continue
        endpoints = {each.service: each for each in plan.endpoints}
        for state in stack.states():
            endpoint = endpoints.get(state.service)
            port = endpoint.port if endpoint else 0
            url = endpoint.health_url if endpoint else ""
            row = {
                "run": run.name,
                "life": str(run.life()),
                "stack": run.record.kind,
                "service": state.service,
                "state": str(state.phase),
                "port": port,
                "health": _health(url),
            }
            data.append(row)
            rows.append(tuple(str(value or "") for value in row.values()))
    here = without_folder(context, runs)
    for run in here:
        rows.append((run.name, str(run.life()), "", "", "its folder is gone", "", ""))
        data.append({"run": run.name, "life": str(run.life()), "state": "its folder is gone"})
    for refused in runs.refused():
        context.reporter.warning(f"{refused.folder} is no run of ours: {refused.reason}.")
    for each in lost_runs(context, runs, here):
        context.reporter.warning(each)
    if not rows:
        return Outcome(summary="no services run", data={"services": []})
    columns = ("run", "life", "stack", "service", "state", "port", "health")
    context.reporter.table(Table(columns=columns, rows=tuple(rows)))
    return Outcome(summary="", data={"services": data})


def logs(
    context: Context,
    *,
    service: Annotated[tuple[str, ...], "Only the log of this service."] = (),
    follow: Annotated[bool, "Go on with what is printed from now on, until Ctrl-C."] = False,
    lines: Annotated[int, "How many lines of each at most."] = 200,
) -> Outcome:
    """Print what the services have printed that were kept."""
    if context.dry_run:
        return context.preview()  # files are read, nothing is started
    run = kept_run(context)
    plan, stack = _stack_of(context, run)
    names = [each.service for each in plan.endpoints]
    for name in service:
        if name not in names:
            raise UsageError(
                f"The run {run.name} has no service {name}.",
                next_step=f"Its services are {', '.join(names)}.",
            )
    if stack is None:
        raise UsageError(f"{run.name} has no record.", next_step="tasker-ci down --all")
    chosen = service or tuple(names)
    if follow:
        _follow(context, run, plan, stack, chosen, lines)
        return Outcome(summary="", data={"run": run.name, "folder": str(plan.logs)})
    for name in chosen:
        _show(context, name, stack.tail(name, lines).rstrip())
    return Outcome(summary="", data={"run": run.name, "folder": str(plan.logs)})


def _show(context: Context, service: str, text: str) -> None:
    with context.reporter.group(f"{service}:"), context.reporter.foreign_output():
        context.reporter.output(text or "(it printed nothing)")


def _is_up(context: Context, plan: Plan) -> Outcome:
    rows = tuple((each.service, str(each.port or ""), each.health_url) for each in plan.endpoints)
    columns = ("service", "port", "health")
    context.reporter.table(Table(columns=columns, rows=rows))
    data = {"run": plan.run, "services": [dict(zip(columns, row, strict=True)) for row in rows]}
    return Outcome(
        summary=f"{counted(len(rows), 'service')} {are(len(rows))} healthy; run {plan.run}",
        data=data,
    )


def _stack_of(context: Context, run: Run) -> tuple[Plan, Stack | None]:
    """The plan of a run and its stack; None if there is no record of what it is."""
    from tasker_ci.stack.docker import docker_environment

    keys = run.keys()
    steering = docker_environment(keys)  # a forged file names another client, or another daemon
    own = {name: value for name, value in keys.items() if name not in steering}
    plan = run.plan({**child_environment(context), **own})
    if not run.record.kind:
        return plan, None
    return plan, make_stack(context, run.record.kind, plan, context.settings.integration)


def _nothing() -> None:
    """The work before a teardown that stands alone."""


def _end_shielded(context: Context, run: Run, _: BaseException | None) -> None:
    _end(context, run)


def _end(context: Context, run: Run) -> None:
    """Remove a run with all that belongs to it, by its record or by its name alone.

    That includes the command that a session was running when it was killed.
    """
    from tasker_ci.stack.native_leftovers import stop_leftovers
    from tasker_ci.stack.native_processes import kill_marked
    from tasker_ci.stack.postgresql_folder import temporary_folder

    plan, stack = _stack_of(context, run)
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
        impatient=lambda: context.runner.impatient,
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


def _health(url: str) -> str:
    from tasker_ci.stack.health import HttpProbe

    return HttpProbe()(url).text if url else ""


def _follow(
    context: Context, run: Run, plan: Plan, stack: Stack, services: tuple[str, ...], lines: int
) -> None:
    """Print the last lines and what comes then; ends by Ctrl-C, or when the stack is gone.

    Or when nobody reads it: a log on a disk that is full.
    """
    from tasker_ci.stack.compose import ComposeStack

    if isinstance(stack, ComposeStack):
        stack.follow(*services, lines=lines)
        return
    logs = {name: FollowedLog(log_file(plan.logs, name)) for name in services}
    for name, log in logs.items():
        _show(context, name, "\n".join(log.last_lines(lines)))
    while run.folder.is_dir() and context.reporter.lost is None:
        for name, log in logs.items():
            for line in log.new_lines():
                context.reporter.output(f"{name} | {line}")
        time.sleep(_FOLLOW_SECONDS)
