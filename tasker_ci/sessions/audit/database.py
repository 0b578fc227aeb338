"""Where an advisory database lies, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError, UsageError
from tasker_ci.process.command import Command, Output
from tasker_ci.process.git import git_command
from tasker_ci.sessions.audit.configuration import cargo_home, read_configuration
from tasker_ci.sessions.audit.settings import AuditSettings
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context

STALE_AFTER_DAYS = 90
"""What cargo-audit calls a stale database (rustsec/src/repository/git/commit.rs)."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """The database that a report was made with."""

    path: Path
    commit: str | None = None
    updated: date | None = None
    """The day of the last commit (UTC); None where there is no git metadata."""
    fetched: bool = False
    stale: bool = False
    """Whether it is a local database in place of one that could not be fetched."""

    def is_old(self, today: date) -> bool:
        """Whether it is so old that cargo-audit would not use it of its own accord."""
        return self.updated is not None and (today - self.updated).days > STALE_AFTER_DAYS

    def described(self, today: date) -> str:
        """Its age in words."""
        if self.updated is None:
            return "of unknown age"
        days = max(0, (today - self.updated).days)
        return f"of {self.updated} ({counted(days, 'day')} old)"

    def as_data(self) -> dict[str, Any]:
        """The database for `--json`."""
        return {
            "path": str(self.path),
            "commit": self.commit,
            "date": None if self.updated is None else self.updated.isoformat(),
            "fetched": self.fetched,
            "stale": self.stale,
        }


def is_database(path: Path) -> bool:
    """Whether a folder looks like an advisory database: it has a folder ``crates``."""
    return (path / "crates").is_dir()


def given_database(context: Context, flag: str | None) -> Path | None:
    """The database that the flag or the setting names; None if neither does.

    Raises `UsageError` if there is no database in that place.
    """
    setting = context.settings_of(AuditSettings).database
    if flag is None and not setting:
        return None
    path = context.project_root / setting if flag is None else context.directory / flag
    if is_database(path):
        return path.resolve()
    source = context.loaded.sources.get(("audit", "database"))
    named = f"The setting `audit.database` ({source})" if flag is None else "--db"
    what = "is no advisory database: it has no folder `crates`" if path.exists() else "is not there"
    message = f"{named} names {path}, which {what}."
    step = "Give a clone of https://github.com/RustSec/advisory-db, or leave it out to fetch one."
    raise UsageError(message, next_step=step)


def local_database(command: Command) -> Path:
    """Where cargo-audit keeps its database, whether there is one or not.

    ``command`` says in which directory and environment it runs.
    """
    configured = read_configuration(command).table("database").get("path")
    if isinstance(configured, str):
        return command.cwd / configured
    return cargo_home(command) / "advisory-db"


def fetching_allowed(command: Command) -> bool:
    """Whether cargo-audit's own configuration lets it fetch."""
    return read_configuration(command).table("database").get("fetch") is not False


def with_last_commit(context: Context, command: Command, database: Database) -> Database:
    """The database with commit and date of its checkout, where git can say.

    The git folder is named, so that git neither looks upwards nor minds who owns the folder.
    """
    git = database.path / ".git"
    if not git.exists():
        return database
    question = git_command(
        f"--git-dir={git}", "log", "-1", "--format=%H %ct",
        folder=database.path, environment=command.environment,
    )  # fmt: skip
    try:
        answer = context.runner.run(question, output=Output.CAPTURE)
    except TaskerCIError:  # without git the age is unknown, and that is all
        return database
    commit, _, seconds = answer.stdout.strip().partition(" ")
    if answer.exit_code or not seconds.isdecimal():
        return database
    updated = datetime.fromtimestamp(int(seconds), UTC).date()
    return replace(database, commit=commit, updated=updated)
