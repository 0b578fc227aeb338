"""Migrate the database of a run: never a foreign one, once it answers, once per run."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, ForeignDatabase, MigrationFailed
from tasker_ci.process.command import Command, Output
from tasker_ci.stack.base import GRACE_SECONDS
from tasker_ci.stack.database_url import DatabaseUrl, read_database_url
from tasker_ci.text.masking import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.process.command import Runner
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.settings.model import DatabaseSettings
    from tasker_ci.stack.base import Plan

_PAUSE_SECONDS = 0.1
_CONNECT_SECONDS = 1.0
_PROTOCOL = 3 << 16
_CANNOT_CONNECT_NOW = "57P03"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def migration_command(plan: Plan, settings: DatabaseSettings) -> Command | None:
    """The command that migrates; None where the settings name none."""
    if not settings.migrate or not settings.service:
        return None
    return Command(
        argv=settings.migrate,
        cwd=plan.workspace,
        environment=plan.environment,
        grace_seconds=GRACE_SECONDS,
    )


def migrate(
    plan: Plan,
    settings: DatabaseSettings,
    runner: Runner,
    reporter: Reporter,
    *,
    hide: Callable[[str], str] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] | None = None,
) -> bool:
    """Wait until the run's database answers, then migrate it; False where there is nothing to do.

    Both together take at most ``settings.migrate_seconds``. Raises `ForeignDatabase` before
    anything else, and `MigrationFailed` with what the command printed. ``hide`` takes
    secrets out of that; by default it takes out the passwords of the environment's URLs.
    """
    command = migration_command(plan, settings)
    if command is None:
        return False
    url = own_database(plan, settings)
    end = clock() + settings.migrate_seconds
    pause = sleep or runner.cancellation.pause
    while (reason := not_answering(url.host, url.port, url.user, url.database)) is not None:
        if clock() >= end:
            raise MigrationFailed(
                f"The database on {url.host}:{url.port} does not answer within "
                f"{settings.migrate_seconds} s ({reason}), so it cannot be migrated.",
                next_step="Look at its log, or raise `integration.database.migrate-seconds`.",
            )
        pause(_PAUSE_SECONDS)
    _run(command, settings, runner, reporter, seconds=max(1.0, end - clock()), hide=hide)
    return True


def own_database(plan: Plan, settings: DatabaseSettings) -> DatabaseUrl:
    """The database that may be migrated; raises `ForeignDatabase` if that is not our own.

    Ours is the one of the plan: on this machine and on the plan's port.
    """
    variable = settings.variable
    url = read_database_url(plan.environment.get(variable, ""), variable=variable)
    if settings.allow_foreign:
        return url
    if not url.on_loopback:
        reason = f"is on {url.host or 'no host'}"
    elif plan.database is None:
        reason = "was not started by this run"
    elif url.port != plan.database.port:
        reason = f"is on port {url.port}, and this run's own on {plan.database.port}"
    else:
        return url
    raise ForeignDatabase(
        f"The database of {variable} {reason}: it is not migrated.",
        next_step=f"Unset {variable}; or, if it is meant, set "
        "`integration.database.allow-foreign` to true.",
    )


def not_answering(host: str, port: int, user: str, database: str) -> str | None:
    """Why no PostgreSQL server takes connections there; None if one does.

    The first message of a connection is sent and the server's answer read: it listens a little
    before it is ready, and says so. Whether the user is let in is for the command to find out.
    https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
    """
    names = f"user\0{user}\0database\0{database}\0\0".encode()
    message = struct.pack("!ii", 8 + len(names), _PROTOCOL) + names
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS) as connection:
            connection.sendall(message)
            answer = connection.recv(4096)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if not answer:
        return "it closes the connection"
    if answer[:1] == b"E" and f"C{_CANNOT_CONNECT_NOW}\0".encode() in answer:
        return "it is starting or stopping"
    return None if answer[:1] in {b"R", b"E"} else "it is no PostgreSQL server"


def _run(
    command: Command,
    settings: DatabaseSettings,
    runner: Runner,
    reporter: Reporter,
    *,
    seconds: float,
    hide: Callable[[str], str] | None,
) -> None:
    hide = hide or Secrets({}, command.environment).hidden
    try:
        with reporter.running(str(command)):
            completed = runner.run(
                command,
                output=Output.CAPTURE_BOTH,
                timeout=seconds,
                on_line=lambda line: reporter.output(hide(line)),
                on_error_line=lambda line: reporter.output(hide(line)),
            )
    except CommandTimedOut as error:
        message = f"Migrating took longer than {settings.migrate_seconds} s and was stopped."
        step = "Look for a lock, or raise `integration.database.migrate-seconds`."
        raise MigrationFailed(message, next_step=step) from error
    if completed.exit_code:
        printed = hide(completed.stderr or completed.stdout).strip().splitlines()
        last = f": {printed[-1].strip()}" if printed else "."
        message = f"The database cannot be migrated (exit code {completed.exit_code}){last}"
        raise MigrationFailed(
            message,
            exit_code=completed.exit_code,
            next_step="Read what it printed above; the setting `integration.database.migrate` is "
            "the command.",
        )
