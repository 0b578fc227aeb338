"""Docker, PostgreSQL, ports and health: what the integration tests need. Notes only, mostly.

Docker may be absent, because services start natively too; a port may be held by a stack of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError, TaskerCIError
from tasker_ci.sessions import FAMILIES
from tasker_ci.settings import environment as table
from tasker_ci.settings.model import starts_services
from tasker_ci.tools.examination import Checks, broken, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.process.command import Command
    from tasker_ci.stack.base import Endpoint
    from tasker_ci.stack.ports import PortPlan
    from tasker_ci.tools.examination import Examination, Finding


def planned(examination: Examination) -> Iterator[Command]:
    """The commands that `check_services` runs where all is well."""
    if _wanted(examination):
        yield examination.command("docker", "compose", "version", "--short")
        yield examination.command("docker", "version", "--format", "{{.Server.Version}}")


def check_services(examination: Examination) -> Iterator[Finding]:
    """Everything about services; nothing where the settings name none."""
    if not _wanted(examination):
        return
    docker = check_docker(examination)
    yield docker
    yield check_parts(examination, alone=docker.state != "ok")
    try:
        plan = _ports(examination)
    except TaskerCIError as error:
        yield broken("services", error.message, error.next_step)
        return
    yield from check_places(examination, plan)


def check_docker(examination: Examination) -> Finding:
    """Whether the client, Compose and a daemon answer."""
    from tasker_ci.errors import DockerUnavailable
    from tasker_ci.stack.docker import check_docker

    context = examination.context
    must = context.settings.integration.stack == "compose"
    try:
        versions = check_docker(context.runner, examination.environment, examination.directory)
    except DockerUnavailable as error:
        if must:
            return broken("docker", error.message, error.next_step)
        return note("docker", f"{error.message} Services start natively.", error.next_step)
    return ok("docker", f"engine {versions.engine}, Compose {versions.compose}")


def check_parts(examination: Examination, *, alone: bool) -> Finding:
    """Whether PostgreSQL (and PGMQ's SQL) is here for the native stack.

    ``alone`` says that there is no other one.
    """
    from tasker_ci.stack.native_parts import find_parts
    from tasker_ci.tools.on_demand import installs_on_demand
    from tasker_ci.tools.places import tools_root

    context = examination.context
    settings = context.settings.integration
    if not settings.database.service:
        return ok("native services", "the settings name no database")
    try:
        parts = find_parts(
            pgmq=settings.database.pgmq,
            environment=examination.environment,
            tools=tools_root(context.environment),
        )
    except MissingToolError as error:
        if installs_on_demand(context):
            text = f"{error.message} A session that needs it installs it."
            return note("native services", text, error.next_step)
        kind = broken if settings.stack == "native" or alone else note
        return kind("native services", error.message, error.next_step)
    pgmq = " with PGMQ" if parts.pgmq else ""
    return ok("native services", f"PostgreSQL{pgmq} ({parts.programs})")


def check_places(examination: Examination, plan: PortPlan) -> Iterator[Finding]:
    """Each port: free, or who holds it, and whether what is there answers as ours would."""
    from tasker_ci.stack.free_ports import is_free

    context = examination.context
    environment = {**_declared(examination), **plan.environment}
    for endpoint in plan.endpoints:
        check = f"port {endpoint.port}"
        if not endpoint.port:
            continue
        if is_free(endpoint.port):
            yield ok(check, f"free for {endpoint.service}")
            continue
        held = _holder(examination, endpoint)
        answer = _answer(context.settings.integration.database.variable, environment, endpoint)
        found = f"{endpoint.service}: {held}; {answer}"
        if context.settings.integration.ports == "auto":
            yield ok(check, f"{found} (ports are chosen anew for each run)")
        else:
            fix = "`--ports auto`, or `tasker-ci down` where it is a stack that was kept"
            yield note(check, found, fix)


def _holder(examination: Examination, endpoint: Endpoint) -> str:
    from tasker_ci.stack.port_holders import holders_of, listed

    found = holders_of(
        endpoint.port,
        runner=examination.context.runner,
        environment=examination.environment,
        directory=examination.directory,
    )
    return f"held by {listed(found)}"


def _answer(variable: str, environment: Mapping[str, str], endpoint: Endpoint) -> str:
    """What answers there: a service's health, or whether PostgreSQL does."""
    from tasker_ci.stack.database_url import read_database_url
    from tasker_ci.stack.health import HttpProbe
    from tasker_ci.stack.migrations import not_answering

    if health := endpoint.health_url:
        return f"{health} says {HttpProbe()(health).text}"
    url = read_database_url(environment.get(variable, ""), variable=variable)
    if url.port != endpoint.port:
        return "has no health path"
    reason = not_answering(url.host, url.port, url.user, url.database)
    return f"{variable} answers" if reason is None else f"{variable} does not answer: {reason}"


def _ports(examination: Examination) -> PortPlan:
    from tasker_ci.stack.ports import plan_ports
    from tasker_ci.tools.places import tools_root

    context = examination.context
    return plan_ports(
        context.settings.integration,
        _declared(examination),
        auto=False,
        locks=tools_root(context.environment).parent / "ports",
    )


def _declared(examination: Examination) -> Mapping[str, str]:
    """The variables as the services get them; no program is started with these of the settings."""
    context = examination.context
    rows = table.resolve(
        context.loaded, context.environment, with_secrets=False, make_keys=False, sccache=False
    )
    return {**examination.environment, **table.values(rows)}


def _wanted(examination: Examination) -> bool:
    settings = examination.context.settings
    tables = (settings.table(name) for family in FAMILIES.values() for name in family.settings)
    return bool(settings.integration.targets) or any(map(starts_services, tables))


CHECKS = Checks(findings=check_services, planned=planned)
