"""The commands of a native stack, and what they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.process.command import Command
from tasker_ci.stack.base import GRACE_SECONDS, marks
from tasker_ci.stack.binaries import PLACE, binaries_directory, programs
from tasker_ci.text.masking import NO_SECRETS, Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.base import Endpoint, Plan


@dataclass(frozen=True, kw_only=True)
class NativeOptions:
    """What a native stack is told besides the plan and the settings."""

    install: bool = False
    """Whether wheels that are missing are installed (`cargo_tools.installs_on_demand`)."""
    tools: Path | None = None
    """The folder of our tools; by default that of the plan's environment."""
    packages: tuple[str, ...] | None = None
    """Where installed packages lie; by default `sys.path`."""
    build_environment: Mapping[str, str] | None = None
    """The environment of the build, which needs no keys; by default the plan's."""
    secrets: Secrets = NO_SECRETS
    """What nobody may see: it is hidden in the logs."""
    service_environment: Mapping[str, str] | None = None
    """What services get (`token_variables.service_variables`); by default the plan's."""
    shown: Mapping[str, str] | None = None
    """The part of the environment that may be written into the evidence, secrets hidden."""


def build_command(
    plan: Plan, settings: IntegrationSettings, options: NativeOptions | None = None
) -> Command | None:
    """The command that builds the services; None where the settings name none."""
    if not settings.build:
        return None
    environment = options.build_environment if options else None
    return Command(
        argv=settings.build,
        cwd=plan.workspace,
        environment={**(plan.environment if environment is None else environment), **marks(plan)},
        grace_seconds=GRACE_SECONDS,
    )


def service_command(
    plan: Plan,
    settings: IntegrationSettings,
    endpoint: Endpoint,
    binaries: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Command:
    """The command of one service, with its port and the marks of the run in its environment.

    ``binaries`` is the folder that the build named; without one it follows from the settings.
    ``environment`` is what the service gets, by default the plan's.
    Raises `SettingsError` if the settings do not say how it is started natively.
    """
    service = settings.services[endpoint.service]
    if not service.command:
        raise SettingsError(
            f"The service {endpoint.service} has no command that starts it natively.",
            next_step=f"Set `integration.services.{endpoint.service}.command`, or use "
            "`--stack compose`.",
        )
    names = programs([service.command])
    place = binaries or binaries_directory(plan.workspace, plan.environment, settings.build, names)
    port = {service.port_variable: str(endpoint.port)} if endpoint.port else {}
    return Command(
        argv=tuple(word.replace(PLACE, str(place)) for word in service.command),
        cwd=plan.workspace,
        environment={
            **(plan.environment if environment is None else environment),
            **port,
            **marks(plan),
        },
    )
