"""Run one session for any face, and turn its end into an exit code."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Context, Face, Met, Status, doubt_of
from tasker_ci.errors import (
    Interrupted,
    MissingToolError,
    NotChecked,
    TaskerCIError,
    ToolchainError,
    UsageError,
    WorkspaceError,
)
from tasker_ci.faces.session_context import current_directory, make_context
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.session_marks import without_marks
from tasker_ci.process.signals import Signals
from tasker_ci.process.streams import SIGPIPE, lost_output, open_closed_streams
from tasker_ci.screen.reporter import PROVES, SAID
from tasker_ci.screen.terminal import make_reporter
from tasker_ci.screen.unforeseen import access_error, bug_report
from tasker_ci.sessions import run_session
from tasker_ci.text.foreign import disarmed, one_line
from tasker_ci.text.masking import without_passwords

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Outcome
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.session import Session


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a session ended, for the face that called it."""

    exit_code: int
    reason: str
    status: str
    interrupted: bool = False
    not_checked: bool = False
    """Whether nothing was found wrong, but nothing could be looked at either."""
    unfit: bool = False
    """Whether something that sessions need is missing, so that none was started."""


def execute(
    name: str,
    session: Session,
    options: Mapping[str, Any],
    *,
    face: Face,
    passthrough: tuple[str, ...] = (),
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    following: tuple[str, ...] = (),
    looked_at: set[str] | None = None,
) -> Ending:
    """Run the session ``name`` with checked ``options`` and report its end; raises nothing of ours.

    ``directory`` is where the user stands, ``environment`` what the process was given, and
    ``following`` are sessions to run after it, whose needs are looked at as well. A face that runs
    several sessions hands the same ``looked_at`` to all: their needs are looked at once.
    """
    looked_at = set() if looked_at is None else looked_at
    environment = without_marks(os.environ if environment is None else environment)
    own = dict(options)
    as_json, dry_run, overrides = own.pop("json"), own.pop("dry_run"), own.pop("set")
    open_closed_streams()
    cancellation = Cancellation()
    reporter = make_reporter(
        environment,
        as_json=as_json,
        product=session.product,
        reader_gone=cancellation.reader_gone,
    )
    try:
        with Signals(cancellation):
            try:
                _check_passthrough(name, session, passthrough, face)
                context = make_context(
                    face=face,
                    directory=directory or current_directory(),
                    environment=environment,
                    reporter=reporter,
                    cancellation=cancellation,
                    overrides=overrides,
                    dry_run=dry_run,
                    passthrough=passthrough,
                    runs_code=bool(session.runs),
                    any_settings=session.any_settings,
                )
                try:
                    met = _check_needs((name, *following), context, own, looked_at)
                except (ToolchainError, MissingToolError, WorkspaceError) as error:
                    ending = _failed(name, error, reporter, as_json=as_json)
                    return replace(ending, unfit=True)
                outcome = run_session(replace(context, met=met), name, session, own)
                return _succeeded(name, outcome, reporter, cancellation, as_json=as_json)
            except BrokenPipeError:
                raise Interrupted(SIGPIPE) from None
            except TaskerCIError as error:
                return _failed(name, error, reporter, as_json=as_json)
            except Exception as error:  # noqa: BLE001 - a bug must not reach the user as a traceback
                told = access_error(error) or bug_report(error)
                return _failed(name, told, reporter, as_json=as_json)
    except Interrupted as error:  # out here, because a signal may come while an error is told
        return _interrupted(name, error, reporter, as_json=as_json)


def harmless(text: str) -> str:
    """A text as a face may print it in a line of its own, past our reporter."""
    return disarmed(one_line(text))


def _check_needs(
    names: tuple[str, ...], context: Context, options: Mapping[str, Any], looked_at: set[str]
) -> Met:
    """Raise the error for what is missing; a session of `ci` does not ask again.

    ``looked_at`` are sessions whose needs were met already in this process; these join them.
    """
    from tasker_ci.context import RUN_VARIABLE
    from tasker_ci.sessions import rows_of

    if context.dry_run or RUN_VARIABLE in context.environment or names[0] in looked_at:
        return Met()
    from tasker_ci.tools.requirements import check_requirements, requirements_of

    rows = rows_of(context.settings)
    needs = requirements_of(rows, (each for each in names if each in rows.sessions), context)
    met = Met()
    if needs:
        met = check_requirements(
            context,
            needs,
            toolchain=options.get("toolchain") or None,
            packages=tuple(options.get("package") or ()),
        )
    if context.runs_code:  # else nothing was asked that the project brings, a toolchain say
        looked_at.update(names)
    return met


def _check_passthrough(
    name: str, session: Session, passthrough: tuple[str, ...], face: Face
) -> None:
    if passthrough and not session.passthrough:
        message = f"`{name}` hands nothing on, but got {' '.join(passthrough)!r} after `--`."
        raise UsageError(message, next_step=face.command_line(name, "--help"))


def _succeeded(
    name: str, outcome: Outcome, reporter: Reporter, cancellation: Cancellation, *, as_json: bool
) -> Ending:
    try:
        cancellation.check()  # what came in its last step
        _write_outcome(name, outcome, reporter, as_json=as_json)
    except (TaskerCIError, Interrupted):
        if outcome.withdraw is not None:  # a session that failed leaves nothing running
            outcome.withdraw()
        raise
    return Ending(exit_code=0, reason=harmless(outcome.summary), status=str(outcome.status))


def _write_outcome(name: str, outcome: Outcome, reporter: Reporter, *, as_json: bool) -> None:
    if outcome.summary:
        _say(name, outcome, reporter)
    if outcome.absent or not doubt_of(outcome.document(name)):
        reporter.step_output(PROVES, "true")
    _check_output(reporter)
    if as_json:
        reporter.document(outcome.document(name))
    _check_output(reporter)


def _check_output(reporter: Reporter) -> None:
    """Raise where nothing else went wrong, but not all that was said could be written."""
    if reporter.lost is not None:
        raise lost_output(reporter.lost)


def _say(name: str, outcome: Outcome, reporter: Reporter) -> None:
    reporter.step_output(SAID, outcome.summary)
    if outcome.status is Status.PASSED:
        reporter.success(f"{name}: {outcome.summary}")
    elif outcome.status is Status.NOT_CHECKED:
        reporter.warning(f"{name}: NOT CHECKED: {outcome.summary}")
    else:
        reporter.line(f"{name}: skipped: {outcome.summary}", "yellow")


def _failed(name: str, error: TaskerCIError, reporter: Reporter, *, as_json: bool) -> Ending:
    error.message = without_passwords(error.message)
    error.next_step = without_passwords(error.next_step)
    not_checked = isinstance(error, NotChecked)
    data = {**error.data, **({"not_checked": True} if not_checked else {})}
    with suppress(Interrupted):  # nobody reads it any more, or has no patience: the code stays
        reporter.failure(error)
        reporter.step_output(SAID, error.message)
        if as_json:
            reporter.document(_failure(name, error, error.next_step, data))
    return Ending(
        exit_code=error.exit_code,
        reason=harmless(error.message.partition("\n")[0]),
        status="failed",
        not_checked=not_checked,
    )


def _interrupted(name: str, error: Interrupted, reporter: Reporter, *, as_json: bool) -> Ending:
    with suppress(Interrupted):
        reporter.output(error.message, "yellow")
        if as_json:
            reporter.document(_failure(name, error, "", {}))
    return Ending(
        exit_code=error.exit_code, reason=error.message, status="failed", interrupted=True
    )


def _failure(
    name: str, error: TaskerCIError | Interrupted, next_step: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "session": name,
        "status": "failed",
        "summary": error.message,
        "next_step": next_step,
        "exit_code": error.exit_code,
        **data,
    }
