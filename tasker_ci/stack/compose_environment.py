"""The environment of Compose: the table, and the same values as seen from a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tasker_ci.errors import SettingsError
from tasker_ci.stack.database_url import read_database_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.base import Endpoint, Plan

PREFIX = "TASKER_CONTAINER_"
"""What the name of a variable begins with that holds a container's view of something."""

POSTGRES_IMAGE = "POSTGRES_IMAGE"
SERVICE_BASE_IMAGE = "SERVICE_BASE_IMAGE"

_BASES = (
    ("debian:bookworm-slim", (2, 36)),
    ("debian:trixie-slim", (2, 41)),
    ("ubuntu:26.04", (2, 43)),
)
"""Images with the version of their C library, the oldest first."""

NONE_FITS = "none-fits.invalid/newer-libc"
"""Stands for a base image where none is known: no registry has it."""


def binaries_context(folder: Path) -> Path:
    """Where the build contexts of the service images lie in a run's folder."""
    return folder / "binaries"


def container_values(plan: Plan, settings: IntegrationSettings) -> dict[str, str]:
    """What the compose file may ask for besides the table.

    Of the database's URL: the parts as the official image wants them, and the URL as a container
    of the stack sees it; likewise each service's URL. Raises `SettingsError` for a database
    without a password, with which the image does not start.
    """
    values = {
        f"{PREFIX}WORKSPACE": str(plan.workspace),
        f"{PREFIX}BINARIES": str(binaries_context(plan.folder)),
    }
    for endpoint in plan.services:
        variable = settings.services[endpoint.service].url_variable
        if variable and plan.environment.get(variable):
            values[PREFIX + variable] = inside(plan.environment[variable], endpoint)
    variable = settings.database.variable
    text = plan.environment.get(variable, "")
    if not text:
        return values
    if plan.database is None:
        return {**values, PREFIX + variable: text}
    url = read_database_url(text, variable=variable)
    if not url.password:
        raise SettingsError(
            f"{variable} has no password, without which the database's image does not start.",
            next_step=f"Write it as postgres://{url.user}:PASSWORD@…, or use `--stack native`.",
        )
    return {
        **values,
        PREFIX + variable: inside(text, plan.database),
        "POSTGRES_USER": url.user,
        "POSTGRES_PASSWORD": url.password,
        "POSTGRES_DB": url.database,
    }


def inside(url: str, endpoint: Endpoint) -> str:
    """The same URL from within the stack: the host is the service, the port its container's."""
    parts = urlsplit(url)
    account, at, _ = parts.netloc.rpartition("@")
    return parts._replace(
        netloc=f"{account}{at}{endpoint.service}:{endpoint.container_port}"
    ).geturl()


def compose_environment(
    plan: Plan, settings: IntegrationSettings, *, image: str | None, libc: str | None
) -> dict[str, str]:
    """The whole environment of a command that reads the compose file.

    ``image`` is the database's (None if it needs none), ``libc`` that of this machine
    (``glibc 2.36``; None if nobody knows). Variables that would change what Compose does are left
    out.
    """
    kept = {name: value for name, value in plan.environment.items() if not _steers(name)}
    base = service_base_image(libc) if libc else None
    return {
        **({SERVICE_BASE_IMAGE: base} if base else {}),
        **kept,
        **container_values(plan, settings),
        **({POSTGRES_IMAGE: image} if image else {}),
    }


def _steers(name: str) -> bool:
    return name.startswith("COMPOSE_") or name == "PWD"


def service_base_image(libc: str) -> str | None:
    """The image with the oldest C library that runs what was linked with ``libc`` (``glibc 2.36``).

    None if that is no glibc: the Dockerfile's own default then holds. `NONE_FITS` if it is newer
    than all that are known: a default would have an older one, and the service would not start.
    """
    name, _, version = libc.partition(" ")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if name != "glibc" or not numbers:
        return None
    return next((image for image, provided in _BASES if provided >= numbers), NONE_FITS)


def check_service_base(services: Mapping[str, Any], libc: str | None) -> None:
    """Raise `SettingsError` where a service asks for a base image, and none runs its program.

    ``services`` are rows of an open compose file, in which `NONE_FITS` stands for it.
    """
    builds = {name: row.get("build") or {} for name, row in services.items()}
    asking = [
        name for name, build in builds.items() if NONE_FITS in (build.get("args") or {}).values()
    ]
    if asking:
        newest, _ = _BASES[-1]
        raise SettingsError(
            f"What cargo builds here is linked with {libc}, and no known image has a C library as "
            f"new: {', '.join(asking)} would not start.",
            next_step=f"Set {SERVICE_BASE_IMAGE} to one that has (the newest known is {newest}), "
            "or build in the image itself, with a Dockerfile of several stages.",
        )
