"""Services for people who keep them while they work: up, ps, logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import UsageError
from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.services.kept_beside import alone_in_keeping, already_up
from tasker_ci.sessions.services.lost_runs import lost_runs, without_folder
from tasker_ci.sessions.services.stacks import stack_of
from tasker_ci.stack.choice import with_flags
from tasker_ci.stack.kept import kept_run
from tasker_ci.stack.log_files import FollowedLog, log_file
from tasker_ci.stack.run import ensure_migration_tool, planned_commands, with_stack
from tasker_ci.stack.stack_run import Request, runs_of
from tasker_ci.text.plurals import are, counted
from tasker_ci.tools import flags
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from tasker_ci.stack.base import Plan, Stack
    from tasker_ci.stack.run_folder import Run

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


def ps(context: Context) -> Outcome:
    """Show the services of this workspace: state, port, health, of every run."""
    if context.dry_run:
        return context.preview()  # programs are asked, nothing else is started
    rows: list[tuple[str, ...]] = []
    data: list[dict[str, Any]] = []
    runs = runs_of(context)
    for run in runs.all():
        plan, stack = stack_of(context, run)
        if stack is None:
            rows.append((run.name, str(run.life()), "", "", "no readable record", "", ""))
            continue
        endpoints = {each.service: each for each in plan.endpoints}
        for state in stack.states():
            endpoint = endpoints.get(state.service)
            port = endpoint.port if endpoint else 0
            url = endpoint.health_url if endpoint else None
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
    plan, stack = stack_of(context, run)
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
    rows = tuple(
        (each.service, str(each.port or ""), each.health_url or "") for each in plan.endpoints
    )
    columns = ("service", "port", "health")
    context.reporter.table(Table(columns=columns, rows=rows))
    data = {"run": plan.run, "services": [dict(zip(columns, row, strict=True)) for row in rows]}
    return Outcome(
        summary=f"{counted(len(rows), 'service')} {are(len(rows))} healthy; run {plan.run}",
        data=data,
    )


def _health(url: str | None) -> str:
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
        context.runner.cancellation.pause(_FOLLOW_SECONDS)
