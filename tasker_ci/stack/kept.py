"""A stack that was kept: found again, used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import NoStack
from tasker_ci.settings.environment import KeptStack
from tasker_ci.stack.advice import how_to_end, how_to_start
from tasker_ci.stack.choice import make_stack
from tasker_ci.stack.evidence import Evidence
from tasker_ci.stack.migrations import migrate
from tasker_ci.stack.stack_run import runs_of
from tasker_ci.tools.child_environment import run_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.context import Context, Outcome
    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.base import Plan
    from tasker_ci.stack.run_folder import Run


def kept_run(context: Context) -> Run:
    """The one kept run of this workspace; raises `NoStack` if there is none, or more than one."""
    kept = runs_of(context).kept()
    if len(kept) == 1:
        return kept[0]
    face = context.face
    if not kept:
        raise NoStack(
            "No stack of this workspace was kept.",
            next_step=f"Start one: {how_to_start(face)}",
        )
    raise NoStack(
        f"{len(kept)} stacks of this workspace were kept: {', '.join(run.name for run in kept)}.",
        next_step=f"{how_to_end(face)} ends them all; then start one anew.",
    )


def kept_values(context: Context) -> KeptStack | None:
    """What the kept stack runs with; None unless there is exactly one."""
    kept = runs_of(context).kept()
    return KeptStack(run=kept[0].name, values=kept[0].keys()) if len(kept) == 1 else None


def attach_to(
    context: Context,
    settings: IntegrationSettings,
    environment: Mapping[str, str],
    work: Callable[[Plan], Outcome],
) -> Outcome:
    """Do ``work`` with the stack that was kept, with its keys and ports; it stays as it is.

    Raises `NoStack`, `ServiceFailed` if it is not healthy any more, and what work raises.
    """
    run = kept_run(context)
    plan = run.plan({**environment, **run.keys()})
    stack = make_stack(context, run.record.kind, plan, settings)
    evidence = Evidence(context=context, plan=plan, stack=stack)
    context.reporter.line(f"stack: {run.record.kind}, kept since {run.record.started}; {run.name}")

    def go() -> Outcome:
        evidence.wait(settings.healthy_seconds)
        if not run.record.migrated and migrate(
            plan,
            settings.database,
            context.runner,
            context.reporter,
            hide=run_secrets(context, plan.environment).hidden,
        ):
            run.changed(migrated=True)
        return work(plan)

    def end(error: BaseException | None) -> None:
        if error is not None:
            evidence.keep(error)

    return context.runner.cancellation.guard(go, end)
