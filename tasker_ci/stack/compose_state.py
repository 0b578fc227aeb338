"""What Compose and Docker print about containers, and the state of a service that follows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.stack.base import Phase, ServiceState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CRASH_LOOP_RESTARTS = 5
"""After so many restarts a service that is still not healthy will not be.

A few may be its way to wait for the database; Docker needs three seconds for so many.
"""

_KILLED = 137


@dataclass(frozen=True, kw_only=True)
class Container:
    """One row of `docker compose ps`."""

    id: str
    name: str
    service: str
    state: str
    """``created``, ``running``, ``paused``, ``restarting``, ``removing``, ``exited``, ``dead``."""
    health: str | None
    """``starting``, ``healthy``, ``unhealthy``; None without a health check."""
    exit_code: int

    @property
    def settled(self) -> bool:
        """Whether there is nothing more to learn from `docker inspect`."""
        return self.health == "healthy"


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What `docker inspect` adds."""

    restarts: int = 0
    exit_code: int = 0
    """That of the last end; `ps` says 0 of a container that is to start again."""
    out_of_memory: bool = False
    error: str | None = None
    """Why Docker could not start it."""
    probe: str = ""
    """The last line that its health check printed."""


def parse_ps(text: str) -> tuple[Container, ...]:
    """Read `docker compose ps --format json`: a line for each container, or one array (old v2).

    Raises `TaskerCIError` for anything else.
    """
    try:
        rows = _rows(text)
        return tuple(
            Container(
                id=row["ID"],
                name=row["Name"],
                service=row["Service"],
                state=row["State"].lower(),
                health=row.get("Health") or None,
                exit_code=int(row.get("ExitCode", 0)),
            )
            for row in rows
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"`docker compose ps` printed something that cannot be read ({error!r})."
        step = "Run `docker compose ps --all --format json` and look at it."
        raise TaskerCIError(message, next_step=step) from error


def _rows(text: str) -> list[dict[str, Any]]:
    if text.lstrip().startswith("["):
        rows: list[dict[str, Any]] = json.loads(text)
        return rows
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def parse_inspections(text: str) -> dict[str, Inspection]:
    """Read `docker inspect`: by short id, as `ps` has it.

    Only states are read, never the environment of a container.
    """
    return {document["Id"][:12]: _inspection(document) for document in json.loads(text or "[]")}


def _inspection(document: Mapping[str, Any]) -> Inspection:
    state = document["State"]
    probes = (state.get("Health") or {}).get("Log") or []
    output = probes[-1].get("Output", "").strip().splitlines() if probes else []
    return Inspection(
        restarts=document.get("RestartCount", 0),
        exit_code=state.get("ExitCode", 0),
        out_of_memory=state.get("OOMKilled", False),
        error=state.get("Error") or None,
        probe=output[-1].strip() if output else "",
    )


def service_states(
    services: Iterable[str],
    containers: Iterable[Container],
    inspections: Mapping[str, Inspection],
) -> tuple[ServiceState, ...]:
    """The state of each service in this order, then those of others that have failed.

    A service with several containers is as its worst one.
    """
    found: dict[str, list[ServiceState]] = {}
    for container in containers:
        inspection = inspections.get(container.id[:12], Inspection())
        found.setdefault(container.service, []).append(_state(container, inspection))
    wanted = tuple(services)
    states = [
        min(found[name], key=_rank)
        if name in found
        else ServiceState(service=name, phase=Phase.MISSING)
        for name in wanted
    ]
    others = [min(found[name], key=_rank) for name in sorted(found) if name not in wanted]
    return (*states, *(state for state in others if state.failed))


def _rank(state: ServiceState) -> tuple[bool, int]:
    order = (Phase.UNHEALTHY, Phase.MISSING, Phase.STARTING, Phase.RUNNING, Phase.HEALTHY)
    return not state.failed, order.index(state.phase) if state.phase in order else len(order)


def _state(container: Container, inspection: Inspection) -> ServiceState:
    phase, code, detail = _judged(container, inspection)
    return ServiceState(service=container.service, phase=phase, exit_code=code, detail=detail)


def _judged(container: Container, inspection: Inspection) -> tuple[Phase, int | None, str]:
    code = container.exit_code or inspection.exit_code
    if container.state in {"exited", "dead", "removing"}:
        return Phase.EXITED, code, _ending(code, inspection)
    restarting = container.state == "restarting"
    if not container.settled and inspection.restarts >= CRASH_LOOP_RESTARTS:
        last = f", the last time with exit code {code}" if restarting else ""
        # No exit code of its own: it goes on ending and starting, also where each code is 0.
        return Phase.EXITED, None, f"restarted {inspection.restarts} times{last}"
    if restarting:
        return Phase.STARTING, None, f"restarting after exit code {code}"
    if container.state != "running":
        return Phase.STARTING, None, inspection.error or container.state
    phase = {
        "starting": Phase.STARTING,
        "healthy": Phase.HEALTHY,
        "unhealthy": Phase.UNHEALTHY,
    }.get(container.health or "", Phase.RUNNING)
    return phase, None, inspection.probe


def _ending(code: int, inspection: Inspection) -> str:
    if inspection.out_of_memory:
        return "killed, it ran out of memory"
    if inspection.error:
        return inspection.error
    return "killed" if code == _KILLED else ""
