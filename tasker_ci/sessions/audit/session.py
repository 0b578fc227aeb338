"""The audit of Cargo.lock against the RustSec advisory database (cargo audit)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import (
    CommandFailed,
    MissingToolError,
    ReportError,
    TaskerCIError,
    WorkspaceError,
)
from tasker_ci.process.command import Output
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.sessions.audit.attempts import (
    OFFLINE_ARGUMENTS,
    audit_with_fetched_database,
    audit_with_given_database,
    plain,
)
from tasker_ci.sessions.audit.configuration import read_configuration
from tasker_ci.sessions.audit.database import given_database
from tasker_ci.sessions.audit.errors import AuditDatabaseMissing, AuditNotChecked
from tasker_ci.sessions.audit.ignores import find_ignored
from tasker_ci.sessions.audit.left_out import audit_without_filters, find_left_out, leaves_out
from tasker_ci.sessions.audit.result import Filtered, tell_result
from tasker_ci.sessions.audit.settings import AuditSettings
from tasker_ci.settings.environment import is_ci
from tasker_ci.tools.cargo import SIGNALS, cargo, check_needs
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.safe_toolchain import plain_cargo

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.process.command import Command, Completed


_NO_LOCK = "There is no Cargo.lock in {directory}, and cargo cannot make one"
_FIX = "Fix what cargo names above."
_NO_REPORT = 2
"""cargo-audit's own exit code where it cannot look anything up."""


def audit(
    context: Context,
    *,
    db: Annotated[str | None, "Folder of an advisory database to use without any network."] = None,
) -> Outcome:
    """Look up the crates of Cargo.lock in the RustSec advisory database (cargo audit)."""
    return audit_workspace(context, db)


def _today() -> date:
    return datetime.now(UTC).date()


def audit_workspace(
    context: Context,
    db: str | None = None,
    *,
    today: Callable[[], date] = _today,
    sleep: Callable[[float], None] | None = None,
) -> Outcome:
    """Run the audit by this clock; ``db`` is the database that the command line names.

    Raises `AuditFindings` for a vulnerability or a denied warning, and `AuditDatabaseMissing` if
    there is no database, `AuditNotChecked` where the settings let the pipeline go on without one.
    """
    given = given_database(context, db)
    ensure_tool(context, "cargo-audit")
    command = _command(context, given)
    if context.dry_run:
        return context.preview(command)
    if not (command.cwd / "Cargo.lock").exists():
        context.reporter.line("There is no Cargo.lock: cargo makes one.")
        _make_lock_file(context, command)
    now = today()
    try:
        if given:
            audited = audit_with_given_database(context, command, given, today=now)
        else:
            audited = audit_with_fetched_database(
                context, command, today=now, sleep=sleep or context.runner.cancellation.pause
            )
    except AuditDatabaseMissing as error:
        return _without_database(context, error, given=given is not None)
    report = audited.report
    if report is None or audited.completed.exit_code > 1:
        raise _failure(context, audited.command, audited.completed)
    own = read_configuration(audited.command)
    asked = leaves_out(context, report, own)
    whole = audit_without_filters(context, audited, own) if asked else report
    ignored = find_ignored(context, report, whole, today=now, configuration=own.name)
    names = [entry.advisory for entry in ignored]
    filtered = Filtered(
        configuration=own,
        effects=tuple(own.effects(own_database=given is not None)),
        ignored=ignored,
        left_out=find_left_out(report, whole, names, own),
    )
    return tell_result(context, audited, report, filtered, today=now)


def _command(context: Context, given: Path | None) -> Command:
    """The command.

    It runs where Cargo.lock is, because cargo-audit looks nowhere else.
    """
    settings = context.settings_of(AuditSettings)
    choices = (
        *(word for kind in settings.deny for word in ("--deny", kind)),
        *(word for ignore in settings.ignore for word in ("--ignore", ignore.id)),
    )
    command = cargo(
        context,
        "audit",
        "--json",
        *choices,
        *(("--db", str(given), *OFFLINE_ARGUMENTS) if given else ()),
        environment=child_environment(context, all_tokens=True),
    )
    return replace(command, cwd=find_workspace_root(context.workspace) or context.workspace)


def _make_lock_file(context: Context, audit: Command) -> None:
    """Have cargo make Cargo.lock, as cargo-audit would, but with nothing that files name.

    Raises `WorkspaceError` if it cannot.
    """
    command = cargo(context, "generate-lockfile", environment=audit.environment)
    command = plain_cargo(context, replace(command, cwd=audit.cwd))
    with context.reporter.running(str(command)):
        answer = context.runner.run(command, output=Output.CAPTURE)
    if answer.exit_code:
        raise WorkspaceError(
            f"{_NO_LOCK.format(directory=audit.cwd)}:\n{plain(answer.stderr)}",
            exit_code=_NO_REPORT,
            next_step=f"{_FIX} Or make one yourself: cargo generate-lockfile",
        )


def _without_database(context: Context, error: AuditDatabaseMissing, *, given: bool) -> Outcome:
    """Say NOT CHECKED if the settings allow it, else raise; a database that was named must work."""
    required = context.settings_of(AuditSettings).require_database
    if required is False and not given:
        return Outcome(
            summary=error.message,
            status=Status.NOT_CHECKED,
            data={"next_step": error.next_step, **error.data},
        )
    if required == "auto" and not given and not is_ci(context.environment):
        raise AuditNotChecked(
            error.message,
            next_step=error.next_step,
            exit_code=error.exit_code,
            data=error.data,
        ) from error
    raise error


def _failure(context: Context, command: Command, completed: Completed) -> TaskerCIError:
    """The best explanation of a run without a document whose reason is not the database."""
    code = completed.exit_code
    if code in SIGNALS:
        message = f"`cargo audit` ended by a signal: {SIGNALS[code]}."
        step = "`tasker-ci doctor` looks at memory and disk."
        return CommandFailed(message, exit_code=code, next_step=step)
    check_needs(context, command)
    text = plain(completed.stderr)
    if code == 0:
        step = f"Run `{command}` in {command.cwd} and look at what it prints."
        return ReportError("cargo audit succeeded, but printed no report.", next_step=step)
    if "no such command" in text:
        step = context.face.command_line("tools")
        return MissingToolError("cargo does not find cargo-audit.", next_step=step)
    for phrase, kind, what, step in _MEANINGS:
        if phrase in text:
            message = f"{what.format(directory=command.cwd)}:\n{text}"
            return kind(message, exit_code=code, next_step=step)
    message = f"`{command}` failed with exit code {code}:\n{text}"
    tools = context.face.command_line("tools")
    step = f"If it does not know an argument, get the version that does: {tools}"
    return CommandFailed(message, exit_code=code, next_step=step)


_MEANINGS: tuple[tuple[str, type[TaskerCIError], str, str], ...] = (
    (
        "running `cargo update --workspace`",
        WorkspaceError,
        _NO_LOCK,
        _FIX,
    ),
    (
        "Couldn't load Cargo.lock",
        WorkspaceError,
        "cargo audit cannot read Cargo.lock in {directory}",
        "Take Cargo.lock from version control, or write a new one: cargo generate-lockfile",
    ),
    (
        "cargo-audit fatal error",
        CommandFailed,
        "cargo-audit cannot read its own configuration, .cargo/audit.toml",
        "Fix that file: in the workspace, or in cargo's home folder.",
    ),
)
"""What cargo-audit says, the kind of failure, its message, the next step."""
