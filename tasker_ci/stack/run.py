"""One run of a stack around a piece of work: planned, started, migrated, waited for, stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command
from tasker_ci.stack.base import Plan, marks
from tasker_ci.stack.choice import choose_stack, make_stack
from tasker_ci.stack.evidence import Evidence
from tasker_ci.stack.migrations import migration_command, own_database
from tasker_ci.stack.ports import check_ports, plan_ports, reserve_ports
from tasker_ci.stack.runs import new_name
from tasker_ci.stack.stack_run import Request, StackRun, runs_of
from tasker_ci.tools.cargo_color import colored
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.pins import pinned_tools
from tasker_ci.tools.places import tools_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.context import Context, Outcome
    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.ports import PortPlan


def with_stack(
    context: Context,
    request: Request,
    environment: Mapping[str, str],
    work: Callable[[Plan], Outcome],
) -> Outcome:
    """Do ``work`` while a new stack runs; return its outcome.

    ``environment`` is the table with this run's keys; the plan that ``work`` gets has it with the
    ports of the run. Whatever happens the stack is gone afterwards, unless it is to be kept, and
    what a failure needs to be understood lies in the plan's folder of logs. Raises what work
    raises, and `SettingsError`, `PortsTaken`, `ForeignDatabase`, `MigrationFailed`,
    `ServiceFailed` or `CommandFailed`.
    """
    settings = request.settings
    kind, why = choose_stack(context, settings, environment)
    locks = tools_root(context.environment).with_name("ports")
    ports = plan_ports(
        settings,
        environment,
        auto=settings.ports == "auto",
        locks=locks,
        services=request.services,
    )
    plan = _plan(context, environment, ports)
    if migration_command(plan, settings.database) is not None:
        own_database(plan, settings.database)  # before anything starts
    with reserve_ports(
        plan.endpoints if settings.ports == "fixed" else (),
        locks=locks,
        workspace=context.workspace,
        face=context.face,
        session=request.session,
    ):
        check_ports(
            plan.endpoints,
            runner=context.runner,
            environment=environment,
            directory=context.workspace,
            face=context.face,
            session=request.session,
            lives=lambda: {run.name: run.life() for run in runs_of(context).all()},
        )
        stack = make_stack(context, kind, plan, settings)
        context.reporter.line(f"stack: {kind}, {why}; run {plan.run}")
        run = StackRun(
            context=context,
            request=request,
            kind=kind,
            plan=plan,
            stack=stack,
            work=work,
            ports=ports,
            evidence=Evidence(context=context, plan=plan, stack=stack),
        )
        return run.whole()


def ensure_migration_tool(context: Context, settings: IntegrationSettings) -> None:
    """Bring the program of the migration command if it is one of the tools we know."""
    program = settings.database.migrate[:1]
    for tool in pinned_tools().values():
        if settings.database.service and program == (tool.program,):
            ensure_tool(context, tool.name)


def planned_commands(
    context: Context, request: Request, environment: Mapping[str, str]
) -> list[Command]:
    """What a stack would run besides itself, for a dry run: nothing is asked or started."""
    settings = request.settings

    def command(argv: tuple[str, ...]) -> Command:
        return Command(argv=argv, cwd=context.workspace, environment=environment)

    planned = []
    if settings.build and request.build:
        planned.append(colored(command(settings.build), color=context.reporter.color))
    if settings.database.migrate:
        planned.append(command(settings.database.migrate))
    return planned


def _plan(context: Context, environment: Mapping[str, str], ports: PortPlan) -> Plan:
    """The plan of a new run; its environment marks every command, so that `down --all` finds it."""
    name = new_name()
    folder, logs = runs_of(context).place(name)
    plan = Plan(
        run=name,
        workspace=context.workspace,
        folder=folder,
        logs=logs,
        database=ports.database,
        services=ports.services,
        environment={**environment, **ports.environment},
    )
    return replace(plan, environment={**plan.environment, **marks(plan)})
