"""The ports of one run: which they are, whether they are free, and the URLs that follow."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.context import Face
from tasker_ci.errors import PortsTaken, SettingsError
from tasker_ci.stack.advice import how_to_end, how_to_use
from tasker_ci.stack.base import Endpoint
from tasker_ci.stack.database_url import read_database_url, rewrite_url
from tasker_ci.stack.free_ports import choose_ports, is_free, reserved
from tasker_ci.stack.port_holders import Holder, holders_of, listed
from tasker_ci.stack.run_folder import Life
from tasker_ci.text.foreign import one_line
from tasker_ci.tools.places import tools_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.process.command import Runner
    from tasker_ci.settings.model import DatabaseSettings, IntegrationSettings

TABLE = "chosen.json"
"""In the folder of locks, the ports that runs have."""


@dataclass(frozen=True, kw_only=True)
class PortPlan:
    """The ports of one run and what its environment says of them."""

    database: Endpoint | None
    services: tuple[Endpoint, ...]
    environment: Mapping[str, str]
    """The variables that hold a URL with a port of this run: the database's, the services'."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The database, then the services."""
        return (*((self.database,) if self.database else ()), *self.services)


def plan_ports(
    settings: IntegrationSettings,
    environment: Mapping[str, str],
    *,
    auto: bool,
    services: Iterable[str] | None = None,
    locks: Path | None = None,
) -> PortPlan:
    """Say where everything listens in this run; starts and binds nothing that stays.

    ``environment`` is the table with the values of this process: fixed ports are those of the
    database's URL and of the settings. With ``auto`` they are free ones, kept from other runs by
    what stands in the folder ``locks`` (by default in the user's cache folder).
    ``services`` are the names that are wanted, the database's among them (all by default).
    Raises `SettingsError` for a URL that cannot be used, a database that is elsewhere, an unknown
    name or a port that two services have, and `PortsTaken` if no port is free.
    """
    known = (*filter(None, (settings.database.service,)), *settings.services)
    wanted = set(known if services is None else services)
    if unknown := sorted(wanted - set(known)):
        raise SettingsError(
            f"There is no service `{unknown[0]}` in the settings.",
            next_step=f"The services are {', '.join(known)}."
            if known
            else "Settings name no service: set `database.service`, or add one to `[services]`.",
        )
    database = _database(settings.database, environment, wanted)
    endpoints = tuple(
        Endpoint(
            service=name,
            port=row.port,
            container_port=row.container_port or row.port,
            health=row.health,
        )
        for name, row in settings.services.items()
        if name in wanted
    )
    if auto:
        moving = [each for each in (database, *endpoints) if each is not None and each.port]
        table = (locks or tools_root(environment).with_name("ports")) / TABLE
        ports = dict(zip(moving, choose_ports(len(moving), table=table), strict=True))
        database = database and replace(database, port=ports[database])
        endpoints = tuple(replace(each, port=ports.get(each, 0)) for each in endpoints)
    plan = PortPlan(
        database=database,
        services=endpoints,
        environment=_urls(settings, environment, database, endpoints),
    )
    _refuse_twins(plan.endpoints)
    return plan


@contextmanager
def reserve_ports(
    endpoints: Iterable[Endpoint],
    *,
    locks: Path,
    workspace: Path,
    face: Face = Face.CONSOLE,
    session: str,
) -> Iterator[None]:
    """Keep fixed ports from other runs of this user while the block runs.

    Two projects that start at once both find a port free; only one of them gets it. Raises
    `PortsTaken` with who has it.
    """
    names = {endpoint.port: endpoint.service for endpoint in endpoints if endpoint.port}
    with reserved(names, table=locks / TABLE, where=str(workspace)) as taken:
        if taken:
            lines = [
                f"Port {port} ({names[port]}) is reserved for services of "
                f"{holder.where or 'another run'}, which pid {holder.pid} starts."
                for port, holder in taken.items()
            ]
            raise PortsTaken("\n".join(lines), next_step=_next_step([], face, session))
        yield


def check_ports(
    endpoints: Iterable[Endpoint],
    *,
    runner: Runner,
    environment: Mapping[str, str],
    directory: Path,
    face: Face = Face.CONSOLE,
    session: str,
    lives: Callable[[], Mapping[str, Life]] = dict,
) -> None:
    """Raise `PortsTaken`, with all of them and who holds them, if a port is not free.

    Whatever listens there counts, also if it answers like one of ours would. ``directory`` is
    where a Docker client is asked whose container it is; ``session`` is what to call again, and
    ``lives`` says what has become of each run of this workspace.
    """
    taken = [endpoint for endpoint in endpoints if endpoint.port and not is_free(endpoint.port)]
    if not taken:
        return
    lines = []
    holders: list[Holder] = []
    for endpoint in taken:
        found = holders_of(
            endpoint.port, runner=runner, environment=environment, directory=directory
        )
        lines.append(f"Port {endpoint.port} ({endpoint.service}) is held by {listed(found)}.")
        holders += found
    raise PortsTaken("\n".join(lines), next_step=_next_step(holders, face, session, lives()))


def _database(
    settings: DatabaseSettings, environment: Mapping[str, str], wanted: set[str]
) -> Endpoint | None:
    if not settings.service or settings.service not in wanted:
        return None
    variable = settings.variable
    url = read_database_url(environment.get(variable, ""), variable=variable)
    if not url.on_loopback:
        if settings.allow_foreign:
            return None
        raise SettingsError(
            f"{variable} names a database on `{url.host or 'no host'}`, and the one that is "
            "started for the tests is on this machine.",
            next_step=f"Unset {variable}, or set `integration.database.allow-foreign` to use that "
            "one as it is.",
        )
    return Endpoint(
        service=settings.service, port=url.port, container_port=settings.container_port, health=""
    )


def _urls(
    settings: IntegrationSettings,
    environment: Mapping[str, str],
    database: Endpoint | None,
    endpoints: Iterable[Endpoint],
) -> dict[str, str]:
    urls = {}
    if database is not None:
        variable = settings.database.variable
        urls[variable] = rewrite_url(environment[variable], database.port)
    for endpoint in endpoints:
        variable = settings.services[endpoint.service].url_variable
        if variable and endpoint.port:
            written = environment.get(variable) or "http://127.0.0.1"
            urls[variable] = rewrite_url(written, endpoint.port)
    return urls


def _refuse_twins(endpoints: Iterable[Endpoint]) -> None:
    seen: dict[int, str] = {}
    for endpoint in endpoints:
        if endpoint.port and endpoint.port in seen:
            raise SettingsError(
                f"{seen[endpoint.port]} and {endpoint.service} both have port {endpoint.port}.",
                next_step="Give each its own in `integration.services`, or use `--ports auto`.",
            )
        seen[endpoint.port] = endpoint.service


def _next_step(
    holders: list[Holder], face: Face, session: str, lives: Mapping[str, Life] | None = None
) -> str:
    ways = [f"`{face.command_line(session, '--ports', 'auto')}` takes free ports"]
    ways += [_way_to_end(each, face, lives or {}) for each in holders]
    return "; ".join(dict.fromkeys(ways)) + "."


def _way_to_end(holder: Holder, face: Face, lives: Mapping[str, Life]) -> str:
    """What frees the port of one holder."""
    down, down_all = how_to_end(face), how_to_end(face, every=True)
    if not holder.run:
        return f"`{holder.how_to_stop}` stops {holder.name}"
    life = lives.get(holder.run)
    if life is Life.KEPT:
        only = list(lives.values()).count(Life.KEPT) == 1
        uses = f"`{how_to_use(face)}` uses the stack that was kept, " if only else ""
        return f"{uses}`{down}` ends it"
    if life is Life.ALIVE:
        return f"wait for the session that uses {holder.run}"
    if life is None and holder.workspace:
        return f"`{down_all}` in {one_line(holder.workspace)} ends the run {holder.run}"
    return f"`{down_all}` stops what earlier runs left"
