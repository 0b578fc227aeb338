"""The session `deny`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import CommandFailed, UsageError
from tasker_ci.process.command import with_arguments
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.sessions.deny.answer import DenyAnswer, read_answer
from tasker_ci.sessions.deny.configuration import NAMES, configuration_file
from tasker_ci.sessions.deny.settings import DenySettings
from tasker_ci.settings.environment import is_ci
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.tools.tool_findings import (
    ToolVerdict,
    run_tool,
    tell_verdict,
    tool_command,
    tool_failure,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.process.command import Command, Completed

RULES = ("licenses", "bans", "sources")
ADVISORIES = "advisories"

_WORDS = {
    "banned": ("banned crate", "banned crates"),
    "rejected": ("licence that is not allowed", "licences that are not allowed"),
    "unlicensed": ("crate without a licence", "crates without a licence"),
    "duplicate": ("duplicate crate", "duplicate crates"),
    "vulnerability": ("vulnerability", "vulnerabilities"),
    "unmaintained": ("unmaintained crate", "unmaintained crates"),
    "source-not-allowed": ("source that is not allowed", "sources that are not allowed"),
}


def deny(context: Context) -> Outcome:
    """Check licences, bans, sources and advisories of all dependencies (cargo deny)."""
    root = find_workspace_root(context.workspace) or context.workspace
    checks = (*RULES, *((ADVISORIES,) if context.settings_of(DenySettings).advisories else ()))
    command = tool_command(
        context, "cargo-deny", "--workspace", "--format", "json", "check", *checks, folder=root
    )
    if context.dry_run:
        return context.preview(command)
    configuration = configuration_file(context.project_root, root)
    if configuration is None:
        message = f"There is no {NAMES[0]} in {root}: cargo-deny has no rules."
        raise UsageError(message, next_step=f"cargo-deny init   writes one in {root}.")
    completed = run_tool(context, command)
    answer = _answer(context, completed, root, configuration)
    missing = ""
    if answer.lacks_database and ADVISORIES in checks:
        completed, answer, missing = _without_fetching(context, command, configuration, answer)
    if not answer.complete:
        said = "\n".join((*answer.errors, *(each.told for each in answer.findings)))
        completed = replace(completed, stderr=said or completed.stderr)
        step = f"Fix what it names, in {configuration} most often."
        raise tool_failure(command, completed, "cargo-deny could not do its work", step)
    verdict = ToolVerdict(
        findings=answer.findings,
        words=_WORDS,
        clean=f"{', '.join(checks)}: nothing against {configuration}",
        step=f"Fix what is named; the rules are in {configuration}.",
    )
    outcome = tell_verdict(context, "deny", root, completed, verdict)
    return _with_advisories(context, outcome, checks, missing)


def _answer(context: Context, completed: Completed, root: Path, configuration: str) -> DenyAnswer:
    try:
        lock = read_text(root / "Cargo.lock", most=RECORD_BYTES)
    except (OSError, UnicodeDecodeError):
        lock = ""
    place = (context.project_root / configuration).resolve()
    inside = place.is_relative_to(root.resolve())
    name = str(place.relative_to(root.resolve())) if inside else str(place)
    return read_answer(completed.stderr, name, lock)


def _without_fetching(
    context: Context, command: Command, configuration: str, answer: DenyAnswer
) -> tuple[Completed, DenyAnswer, str]:
    """Use the database that lies there; without any look at the rest, and say why."""
    offline = replace(command, argv=(command.argv[0], "--offline", *command.argv[1:]))
    completed = run_tool(context, offline)
    local = _answer(context, completed, command.cwd, configuration)
    if local.complete:
        context.reporter.warning(
            "USING A LOCAL ADVISORY DATABASE, because none could be fetched: what was published "
            "since is not seen."
        )
        return completed, local, ""
    words = [word for word in command.argv[1:] if word != ADVISORIES]
    rest = with_arguments(replace(command, argv=command.argv[:1]), *words)
    completed = run_tool(context, rest)
    reason = answer.errors[0].splitlines()[0] if answer.errors else "cargo-deny says nothing"
    context.reporter.warning(f"ADVISORIES ARE NOT LOOKED UP: there is no database ({reason}).")
    return completed, _answer(context, completed, command.cwd, configuration), reason


def _with_advisories(
    context: Context, outcome: Outcome, checks: tuple[str, ...], missing: str
) -> Outcome:
    """Say who looks up advisories; raises `CommandFailed` under CI where nobody could."""
    if ADVISORIES not in checks:
        return replace(outcome, summary=f"{outcome.summary}; advisories are left to audit")
    if not missing:
        return outcome
    message = f"Advisories were not looked up: there is no database ({missing})"
    step = "Fetch it where there is a network: cargo-deny fetch db"
    if is_ci(context.environment):
        raise CommandFailed(message, exit_code=1, next_step=step, data=outcome.data)
    data = {**outcome.data, "next_step": step}
    return replace(
        outcome, summary=f"{message}; the rest is fine", status=Status.NOT_CHECKED, data=data
    )
