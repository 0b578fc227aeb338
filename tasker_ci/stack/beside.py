"""Services around the work of a session whose settings name some.

Most sessions of most projects have none, so what runs a stack is imported where there are some.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.tools.child_environment import child_environment, secret_names
from tasker_ci.tools.places import tool_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.context import Context, Outcome
    from tasker_ci.stack.base import Plan


def with_services(
    context: Context,
    session: str,
    services: tuple[str, ...],
    environment: Mapping[str, str],
    work: Callable[[Mapping[str, str]], Outcome],
) -> Outcome:
    """Do ``work`` while the services run that a session's setting names, the database migrated.

    ``environment`` is the session's own; work gets it with the URLs of the run. Free ports are
    taken always, so that sessions side by side do not collide. Without services nothing starts.
    """
    if not services:
        return work(environment)
    from tasker_ci.stack.base import marks
    from tasker_ci.stack.run import ensure_migration_tool, with_stack
    from tasker_ci.stack.stack_run import Request, url_variables

    settings = replace(context.settings.integration, ports="auto")
    ensure_migration_tool(context, settings)
    everything = {**environment, "PATH": tool_environment(context)["PATH"]}
    if not secret_names(context) <= environment.keys():  # of a session that only checks the code
        everything = {**child_environment(context, secrets=True), **everything}
    request = Request(
        session=session,
        settings=settings,
        services=tuple(dict.fromkeys([*filter(None, (settings.database.service,)), *services])),
    )

    def with_urls(plan: Plan) -> Outcome:
        names = url_variables(settings)
        urls = {name: plan.environment[name] for name in names if name in plan.environment}
        return work({**environment, **urls, **marks(plan)})

    return with_stack(context, request, everything, with_urls)
