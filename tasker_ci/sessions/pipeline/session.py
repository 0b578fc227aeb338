"""The whole pipeline on this machine, families of sessions side by side."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.pipeline import PlannedSession, sorter, stages_of, steps
from tasker_ci.process.command import Command, Output
from tasker_ci.process.kept_output import log_folder
from tasker_ci.process.streams import SIGPIPE
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.screen.board import Board, make_board
from tasker_ci.session import Rows
from tasker_ci.sessions import rows_of
from tasker_ci.sessions.pipeline.errors import PipelineFailed
from tasker_ci.sessions.pipeline.proofs.switch import proofs_of
from tasker_ci.sessions.pipeline.proofs.verdict import Proofs
from tasker_ci.sessions.pipeline.results import (
    PROVEN,
    SessionResult,
    read_result,
    say_result,
    show_results,
)
from tasker_ci.sessions.pipeline.settings import CiSettings
from tasker_ci.settings.environment import table_values
from tasker_ci.settings.output_variables import SET_VARIABLE, list_of
from tasker_ci.text.plurals import counted
from tasker_ci.tools.compilations import read_counts, tell

SESSION_GRACE_SECONDS = 20.0
"""A session waits for its own child, so it may take longer to stop than that."""

_TICK_SECONDS = 0.25
_STOPPED_CODES = {128 + signal.SIGTERM, 128 + signal.SIGKILL}
"""Of a session that was stopped; any other code is a failure of its own."""


def ci(
    context: Context,
    *,
    fail_fast: Annotated[bool, "Stop everything at the first session that fails."] = False,
    no_proven: Annotated[
        bool, "Run every session, one that an earlier green run has proven too."
    ] = False,
) -> Outcome:
    """Run the whole pipeline, side by side where sessions do not share a target directory.

    Independent sessions run on when one fails. The output of a failed session is shown whole. A
    session is not run again while nothing has changed that it depends on since a green run: it is
    `proven`, and `ci` says what makes another run again. A dry run asks `cargo metadata` which
    libraries have doctests.
    """
    rows = rows_of(context.settings)
    plan = steps(rows.sessions, stages_of(context.settings, rows.stages))
    if context.dry_run:
        return _preview(context, rows, plan)
    proofs = proofs_of(context, rows.sessions, anew=no_proven)
    walk = _Walk(
        context=context,
        plan=plan,
        fail_fast=fail_fast or context.settings_of(CiSettings).fail_fast,
        proofs=proofs,
    )
    before = read_counts(context)
    interrupted = walk.run()
    if proofs is not None:
        proofs.keep()
    results = [walk.results[step.session] for step in plan]
    show_results(context, results)
    if interrupted is not None:
        raise interrupted
    data = {
        "sessions": [result.data() for result in results],
        "sccache": tell(context, before),
    }
    failed = [result for result in results if not result.green]
    if failed:
        names = ", ".join(result.session for result in failed if result.status == "failed")
        raise PipelineFailed(
            f"{names} failed.",
            exit_code=next((each.exit_code for each in failed if each.exit_code), 1),
            next_step="See the next steps below the table.",
            data=data,
        )
    unchecked = [result.session for result in results if result.status == Status.NOT_CHECKED]
    summary = _counts(results)
    if unchecked:
        summary += f"; NOT CHECKED: {', '.join(unchecked)}"
    return Outcome(summary=summary, data=data)


def _counts(results: list[SessionResult]) -> str:
    passed, proven = (
        sum(each.status == status for each in results) for status in (Status.PASSED, PROVEN)
    )
    if not proven:
        return f"{counted(passed, 'session')} passed"
    if not passed:
        return f"{counted(proven, 'session')} proven"
    return f"{counted(passed, 'session')} passed, {proven} proven"


def _preview(context: Context, rows: Rows, plan: tuple[PlannedSession, ...]) -> Outcome:
    sessions = []
    for step in plan:
        context.reporter.line(f"{step.session}:", "bold")
        outcome = rows.sessions[step.session].load()(context)
        sessions.append({"session": step.session, **outcome.data})
    return Outcome(
        summary="nothing was started", status=Status.SKIPPED, data={"sessions": sessions}
    )


@dataclass(kw_only=True)
class _Walk:
    """One walk over the graph; every session is a child process of its own."""

    context: Context
    plan: tuple[PlannedSession, ...]
    fail_fast: bool
    proofs: Proofs | None = None
    """Asked whether a session has to run; None: each has."""
    results: dict[str, SessionResult] = field(default_factory=dict)
    _closed: bool = False
    """Whether nothing may start any more."""
    _cancelled: Event = field(default_factory=Event)
    """Set to stop what runs. Not by a signal, which each runner passes on itself: a second one
    would cut the orderly end of the sessions short."""

    def run(self) -> Interrupted | None:
        """Walk to the end; returns the interruption if a signal ended it."""
        interrupted: Interrupted | None = None
        graph = sorter(self.plan)
        running: dict[Future[SessionResult], str] = {}
        with (
            make_board(self.context.reporter) as board,
            ThreadPoolExecutor(max_workers=len(self.plan)) as threads,
        ):
            try:
                while graph.is_active():
                    for name in graph.get_ready():
                        if self._starts(name) and not self._is_proven(name):
                            board.start(name)
                            running[threads.submit(self._session, name, board)] = name
                        else:
                            graph.done(name)
                    done, _ = wait(running, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
                    board.tick()
                    for future in done:
                        name = running.pop(future)
                        interrupted = self._finish(name, future, board.stop(name)) or interrupted
                        graph.done(name)
            except Interrupted as error:
                interrupted = error
                self._closed = True
                if error.signal_number == SIGPIPE:  # no signal, so that no runner hears of it
                    self._cancelled.set()
        for future, name in running.items():
            interrupted = self._finish(name, future, 0.0) or interrupted
        for step in self.plan:
            self.results.setdefault(
                step.session, SessionResult(session=step.session, status="not run")
            )
        return interrupted

    def _starts(self, name: str) -> bool:
        """Whether a session may start; if not, its result says why."""
        if self._closed:
            self.results[name] = SessionResult(
                session=name, status="not run", summary="stopped before"
            )
            return False
        step = next(step for step in self.plan if step.session == name)
        red = [need for need in step.requires if not self.results[need].green]
        if red:
            summary = f"needs {', '.join(red)}"
            self.results[name] = SessionResult(session=name, status="not run", summary=summary)
            return False
        return True

    def _is_proven(self, name: str) -> bool:
        """Whether an earlier run has shown what a session would show; its result says so."""
        result = self.proofs.proven(name) if self.proofs else None
        if result is None:
            return False
        self.results[name] = result
        say_result(self.context, result)
        return True

    def _session(self, name: str, board: Board) -> SessionResult:
        context = self.context
        overrides = (word for pair in context.overrides for word in ("--set", pair))
        command = Command(
            # -P: no module of the folder we stand in may take the place of one of ours.
            argv=(sys.executable, "-P", "-m", "tasker_ci", name, "--json", *overrides),
            cwd=context.directory,
            environment=_session_environment(context),
            grace_seconds=SESSION_GRACE_SECONDS,
            is_session=True,
        )
        completed = context.runner.run(
            command,
            output=Output.CAPTURE,
            on_error_text=lambda text: board.output(name, _last_line(text)),
            cancelled=self._cancelled.is_set,
        )
        result = read_result(name, completed.exit_code, completed.stdout, completed.stderr)
        whole = completed.whole_stderr
        if whole is None or result.status != "failed":
            return result
        directory = target_directory(context.workspace, context.environment)
        file = log_folder(directory) / f"ci-{name}.log"
        saved = whole.save(file, within=output_root(context.workspace, directory))
        return replace(result, log=str(file)) if saved else result

    def _finish(
        self, name: str, future: Future[SessionResult], seconds: float
    ) -> Interrupted | None:
        try:
            result = future.result()
        except Interrupted as error:
            self.results[name] = SessionResult(session=name, status="stopped", seconds=seconds)
            self._closed = True
            return error
        except TaskerCIError as error:
            result = SessionResult(
                session=name,
                status="failed",
                exit_code=error.exit_code,
                summary=error.message,
                next_step=error.next_step,
            )
        if result.exit_code in _STOPPED_CODES and self._cancelled.is_set():
            result = replace(result, status="stopped", exit_code=0)
        self.results[name] = replace(result, seconds=seconds)
        say_result(self.context, self.results[name])
        if self.proofs is not None:
            self.proofs.ended(name, self.results[name])
        if result.status == "failed" and self.fail_fast:
            self._closed = True
            self._cancelled.set()
        return None


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2]


def _session_environment(context: Context) -> dict[str, str]:
    """Colour as here, named as ours so that it ends in the session and does not reach a test."""
    color = {}
    if context.reporter.color and not context.environment.get("FORCE_COLOR"):
        color["FORCE_COLOR"] = table_values(context.loaded).get("FORCE_COLOR") or "1"
    return {
        **context.environment,
        **color,
        SET_VARIABLE: list_of(context.set_before | color.keys()),
    }
