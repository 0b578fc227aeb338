"""The plan of a run and its stack, as its record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.context import Context
from tasker_ci.stack.choice import make_stack
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from tasker_ci.stack.base import Plan, Stack
    from tasker_ci.stack.run_folder import Run


def stack_of(context: Context, run: Run) -> tuple[Plan, Stack | None]:
    """The plan of a run and its stack; None if there is no record of what it is."""
    from tasker_ci.stack.docker import docker_environment

    keys = run.keys()
    steering = docker_environment(keys)  # a forged file names another client, or another daemon
    own = {name: value for name, value in keys.items() if name not in steering}
    plan = run.plan({**child_environment(context), **own})
    if not run.record.kind:
        return plan, None
    return plan, make_stack(context, run.record.kind, plan, context.settings.integration)
