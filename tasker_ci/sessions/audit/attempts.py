"""Run cargo-audit until it has an advisory database: fetched, else local, else a clear word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Completed, Output, with_arguments
from tasker_ci.process.lock_watch import LockWatch
from tasker_ci.sessions.audit.advisories import AuditReport, read_report
from tasker_ci.sessions.audit.database import (
    Database,
    fetching_allowed,
    is_database,
    local_database,
    with_last_commit,
)
from tasker_ci.sessions.audit.errors import AuditDatabaseMissing
from tasker_ci.sessions.audit.settings import AuditSettings
from tasker_ci.text.foreign import unescaped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.context import Context

FIRST_PAUSE_SECONDS = 2.0
"""Between the first fetch that failed and the second; each later pause is twice as long."""

OFFLINE_ARGUMENTS = ("--no-fetch", "--stale")
"""Use a database as it lies there.

With `--no-fetch` cargo-audit looks neither at git metadata nor at age, and its check for yanked
crates reads what cargo's index cache holds. `--stale` says the same to releases that do look.
"""

LOCK_WAIT = "is locked, waiting"
"""What cargo-audit says while another process holds the database: it waits for five minutes."""


# A wrong URL, an upstream without news for 90 days, a lock that was waited for already.
_HOPELESS = ("to start with https://", "repository is stale", LOCK_WAIT)


@dataclass(frozen=True, kw_only=True)
class Audited:
    """A run of cargo-audit that had a database, or failed for a reason of another kind."""

    command: Command
    completed: Completed
    report: AuditReport | None
    database: Database


@dataclass(frozen=True, kw_only=True)
class DatabaseTrouble:
    """Why cargo-audit had no database."""

    reason: str
    """In one line."""
    text: str
    """In cargo-audit's own words."""
    fetching: bool
    """Whether fetching failed, rather than reading what is there."""
    again: bool
    """Whether the same command may well succeed a moment later."""


def audit_with_fetched_database(
    context: Context, command: Command, *, today: date, sleep: Callable[[float], None]
) -> Audited:
    """Run ``command``, which fetches; try again if that fails, then use the local database.

    ``sleep`` waits that many seconds, and a signal ends it. Raises `AuditDatabaseMissing` if there
    is no database to be had.
    """
    path = local_database(command)
    if not fetching_allowed(command):
        if not is_database(path):
            raise _missing(
                context, f"none lies in {path}, and .cargo/audit.toml forbids fetching.", path
            )
        return audit_with_given_database(context, command, path, today=today)
    result = _fetch(context, command, path, sleep)
    if isinstance(result, Audited):
        return result
    if not result.fetching:
        raise _unreadable(context, result, path)
    if not is_database(path):
        reason = f"it could not be fetched, and none lies in {path}.\n{result.text}"
        raise _missing(context, reason, path)
    database = with_last_commit(context, command, Database(path=path, stale=True))
    context.reporter.warning(
        f"USING A LOCAL ADVISORY DATABASE {database.described(today)} in {path}, because none "
        "could be fetched: what was published since is not seen."
    )
    return _run_offline(context, with_arguments(command, *OFFLINE_ARGUMENTS), database)


def audit_with_given_database(
    context: Context, command: Command, path: Path, *, today: date
) -> Audited:
    """Run ``command``, which uses the database in ``path`` without any network; say if it is old.

    Raises `AuditDatabaseMissing` if cargo-audit cannot read it.
    """
    database = with_last_commit(context, command, Database(path=path))
    if database.is_old(today):
        context.reporter.warning(
            f"The advisory database in {path} is {database.described(today)}: "
            "what was published since is not seen."
        )
    return _run_offline(context, command, database)


def database_trouble(completed: Completed) -> DatabaseTrouble | None:
    """Read from a run without a document why it had no database; None if that was not the reason.

    The exit code alone does not say: 1 stands for findings, a failed fetch, an unreadable database
    and an unreadable configuration alike.
    """
    text = plain(completed.stderr)
    first = next((line for line in text.splitlines() if "advisory database: " in line), "")
    if completed.exit_code != 1 or not first:
        return None
    fetching = "couldn't fetch" in first
    causes = [line.strip()[3:] for line in text.splitlines() if line.strip().startswith("-> ")]
    reason = causes[-1] if fetching and causes else first.partition("advisory database: ")[2]
    return DatabaseTrouble(
        reason=reason.strip().rstrip("."),
        text=text,
        fetching=fetching,
        again=fetching and not any(phrase in text for phrase in _HOPELESS),
    )


def plain(text: str) -> str:
    """The text without colour and surrounding space."""
    return unescaped(text).strip()


def _fetch(
    context: Context, command: Command, path: Path, sleep: Callable[[float], None]
) -> Audited | DatabaseTrouble:
    attempts = max(1, context.settings_of(AuditSettings).fetch_attempts)
    pause = FIRST_PAUSE_SECONDS
    for attempt in range(1, attempts + 1):
        context.reporter.line(f"Fetching the advisory database (attempt {attempt} of {attempts}).")
        result = _run(context, command, Database(path=path))
        if isinstance(result, Audited) or not result.fetching:
            break
        goes_on = result.again and attempt < attempts
        context.reporter.warning(
            f"The advisory database could not be fetched: {result.reason}."
            + (f" Trying again in {pause:g} s." if goes_on else "")
        )
        if not goes_on:
            break
        sleep(pause)
        pause *= 2
    return result


def _run(context: Context, command: Command, database: Database) -> Audited | DatabaseTrouble:
    def say_wait(line: str) -> None:
        if LOCK_WAIT in line:
            context.reporter.line(plain(line), "yellow")

    # Captured: with --json cargo-audit shows no progress, and its errors decide what happens next.
    with context.reporter.running(str(command)):
        completed = context.runner.run(
            command,
            output=Output.CAPTURE,
            on_error_line=say_wait,
            on_tick=LockWatch(context.reporter.warning),
        )
    report = read_report(completed.stdout)
    trouble = database_trouble(completed) if report is None else None
    if trouble is not None:
        return trouble
    if report is not None and report.updated is not None:  # only a run that fetched says so
        database = Database(
            path=database.path,
            commit=report.commit,
            updated=report.updated.astimezone(UTC).date(),
            fetched=True,
        )
    return Audited(command=command, completed=completed, report=report, database=database)


def _run_offline(context: Context, command: Command, database: Database) -> Audited:
    result = _run(context, command, database)
    if isinstance(result, Audited):
        return result
    raise _unreadable(context, result, database.path)


def _missing(context: Context, reason: str, path: Path) -> AuditDatabaseMissing:
    return AuditDatabaseMissing(
        f"There is no advisory database: {reason}",
        next_step="Check the network and the proxy, or give a copy of the database: "
        f"{context.face.command_line('audit', '--db', 'PATH')} (setting `audit.database`).",
        exit_code=1,  # cargo-audit's own
        data={"database": Database(path=path).as_data()},
    )


def _unreadable(context: Context, trouble: DatabaseTrouble, path: Path) -> AuditDatabaseMissing:
    return AuditDatabaseMissing(
        f"cargo audit cannot read the advisory database in {path}:\n{trouble.text}",
        next_step="A newer cargo-audit may know the entry that it names "
        f"({context.face.command_line('tools')}); if the database itself is broken, delete the "
        "folder or wait until https://github.com/RustSec/advisory-db is fixed.",
        exit_code=1,  # cargo-audit's own
        data={"database": Database(path=path).as_data()},
    )
