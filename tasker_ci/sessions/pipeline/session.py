"""The whole pipeline on this machine, families of sessions side by side."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import Interrupted
from tasker_ci.pipeline import PlannedSession, stages_of, steps
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.locks import load_before_threads
from tasker_ci.process.streams import SIGPIPE
from tasker_ci.screen.board import Board, make_board
from tasker_ci.session import Rows
from tasker_ci.sessions import rows_of
from tasker_ci.sessions.history.public import PROVEN, leave_proven
from tasker_ci.sessions.pipeline.beside import SessionBeside
from tasker_ci.sessions.pipeline.choosing import choose
from tasker_ci.sessions.pipeline.errors import PipelineFailed
from tasker_ci.sessions.pipeline.proofs.switch import proofs_of
from tasker_ci.sessions.pipeline.proofs.verdict import Proofs
from tasker_ci.sessions.pipeline.results import (
    SessionResult,
    say_result,
    show_results,
)
from tasker_ci.sessions.pipeline.settings import CiSettings
from tasker_ci.text.cargo_progress import says_compiled
from tasker_ci.text.plurals import counted
from tasker_ci.tools.compilations import read_counts, tell
from tasker_ci.tools.target_folders import CheckDirectory, check_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICK_SECONDS = 0.25


def ci(
    context: Context,
    *,
    fail_fast: Annotated[bool, "Stop everything at the first session that fails."] = False,
    no_proven: Annotated[
        bool, "Run every session, one that an earlier green run has proven too."
    ] = False,
    failed: Annotated[
        bool, "Only what the last run left: red, NOT CHECKED, cut off, or never begun."
    ] = False,
    only: Annotated[tuple[str, ...], "Only this session of the pipeline."] = (),
    changed: Annotated[
        tuple[str, ...], "A file that has changed: of tests only those it affects run."
    ] = (),
) -> Outcome:
    """Run the whole pipeline, independent sessions side by side.

    Independent sessions run on when one fails. The output of a failed session is shown whole. A
    session is not run again while nothing has changed that it depends on since a green run: it is
    `proven`, and `ci` says what makes another run again. A dry run asks `cargo metadata` which
    libraries have doctests. With --failed nothing runs that the last run left passed, proven or
    skipped; whether that is still so only a whole run can say.
    """
    rows = rows_of(context.settings).in_pipeline(context.settings, context.workspace)
    directory = check_directory(context)
    plan = steps(
        rows.sessions,
        stages_of(context.settings, rows.stages),
        one_directory=directory.shared,
    )
    chosen = choose(context, plan, only=only, failed=failed)
    plan = chosen.plan
    if not plan:
        data = {"sessions": [], **chosen.data}
        summary = f"nothing {'of these ' if only else ''}was red in the last run"
        return Outcome(summary=summary, status=Status.SKIPPED, data=data)
    if context.dry_run:
        return _preview(context, rows, plan, directory)
    proofs = proofs_of(context, rows.sessions, anew=no_proven)
    walk = _Walk(
        context=context,
        rows=rows,
        plan=plan,
        fail_fast=fail_fast or context.settings_of(CiSettings).fail_fast,
        proofs=proofs,
        options={"affected": True, "changed": changed} if changed else {},
    )
    before = read_counts(context)
    walk.run()
    if proofs is not None:
        proofs.keep()
    results = [walk.results[step.session] for step in plan]
    if chosen.remembered is not None:
        chosen.remembered.end({result.session: result.status for result in results})
    show_results(context, results)
    if walk.interrupted is not None:
        raise walk.interrupted
    data = {
        "sessions": [result.data() for result in results],
        "sccache": tell(context, before),
        **chosen.data,
    }
    red = [result for result in results if not result.green]
    if red:
        names = ", ".join(result.session for result in red if result.status == "failed")
        raise PipelineFailed(
            f"{names} failed.",
            exit_code=next((each.exit_code for each in red if each.exit_code), 1),
            next_step="See the next steps below the table; "
            f"{context.face.command_line('ci', '--failed')} runs only these again.",
            data=data,
        )
    unchecked = [result.session for result in results if result.status == Status.NOT_CHECKED]
    summary = _counts(results)
    if unchecked:
        summary += f"; NOT CHECKED: {', '.join(unchecked)}"
    if chosen.others:
        summary += f"; {chosen.others} of the pipeline did not run"
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


def _preview(
    context: Context, rows: Rows, plan: tuple[PlannedSession, ...], directory: CheckDirectory
) -> Outcome:
    context.reporter.line(directory.sentence)
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
    """One walk over the graph; every session has a thread."""

    context: Context
    rows: Rows
    plan: tuple[PlannedSession, ...]
    fail_fast: bool
    options: Mapping[str, Any] = field(default_factory=dict)
    """What sessions are given that take it."""
    proofs: Proofs | None = None
    """Asked whether a session has to run; None: each has."""
    interrupted: Interrupted | None = None
    """The signal that ended the walk, if one did."""
    results: dict[str, SessionResult] = field(default_factory=dict)
    _closed: bool = False
    """Whether nothing may start any more."""
    _stopped: bool = False
    """Whether we have stopped what ran, and no signal."""
    _cancellations: dict[str, Cancellation] = field(default_factory=dict)
    _waiting: list[PlannedSession] = field(init=False)
    _running: dict[str, Future[SessionResult]] = field(default_factory=dict)
    _compiled: set[str] = field(default_factory=set)
    """Sessions whose cargo has compiled, and holds no lock of the target directory any more."""
    _news: SimpleQueue[str] = field(default_factory=SimpleQueue)
    """Ends the wait of the walk: a session has compiled, or has ended."""

    def __post_init__(self) -> None:
        self._waiting = list(self.plan)

    def run(self) -> None:
        """Walk to the end; whatever runs has ended then, also where a signal came."""
        signals = self.context.runner.cancellation
        load_before_threads()
        with (
            signals.holding(),  # each session ends in order, and the table is shown
            make_board(self.context.reporter) as board,
            ThreadPoolExecutor(max_workers=len(self.plan)) as threads,
        ):
            while self._waiting or self._running:
                try:
                    while ready := [step for step in self._waiting if self._is_ready(step)]:
                        for step in ready:
                            self._begin(step, board, threads)
                    with suppress(Empty):
                        self._news.get(timeout=_TICK_SECONDS)
                    board.tick()
                    for name in [name for name, each in self._running.items() if each.done()]:
                        self._finish(name, self._running.pop(name), board.stop(name))
                    if not self._closed:
                        signals.check()
                except Interrupted as error:
                    self._interrupted(error)
                    if error.signal_number == SIGPIPE:  # no signal, so that no session hears of it
                        self._stop()

    def _is_ready(self, step: PlannedSession) -> bool:
        """Whether nothing has to end, or to have compiled, before it."""
        return self.results.keys() >= {*step.after, *step.requires} and all(
            each in self._compiled or each in self.results for each in step.behind
        )

    def _begin(self, step: PlannedSession, board: Board, threads: ThreadPoolExecutor) -> None:
        name = step.session
        if self._starts(step) and not self._is_proven(name):
            board.start(name)
            self._cancellations[name] = Cancellation(self.context.runner.cancellation)
            future = threads.submit(self._session, name, board)
            self._running[name] = future
            future.add_done_callback(lambda _: self._news.put(name))
        self._waiting.remove(step)

    def _heard(self, name: str, text: str, board: Board) -> None:
        """Look at what a session prints; called in a thread of its own."""
        board.output(name, _last_line(text))
        if name not in self._compiled and says_compiled(text):
            self._compiled.add(name)
            self._news.put(name)

    def _starts(self, step: PlannedSession) -> bool:
        """Whether a session may start; if not, its result says why."""
        name = step.session
        if self._closed:
            self.results[name] = SessionResult(
                session=name, status="not run", summary="stopped before"
            )
            return False
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
        by = {key: str(result.proven[key]) for key in ("run", "commit", "made")}
        leave_proven(self.context, name, by, str(result.proven["report"]))
        return True

    def _session(self, name: str, board: Board) -> SessionResult:
        return SessionBeside(
            context=self.context,
            name=name,
            session=self.rows.sessions[name],
            cancellation=self._cancellations[name],
            options=self.options,
            on_text=lambda text: self._heard(name, text, board),
        ).run()

    def _finish(self, name: str, future: Future[SessionResult], seconds: float) -> None:
        try:
            result = future.result()
        except Interrupted as error:
            result = SessionResult(session=name, status="stopped")
            if not self._stopped:
                self._interrupted(error)
        because = self.proofs.reasons.get(name, "") if self.proofs else ""
        self.results[name] = replace(result, seconds=seconds, because=because)
        if result.status != "stopped" or self._stopped:
            say_result(self.context, self.results[name])
        if result.status == "failed" and self.fail_fast:
            self._stop()
        if self.proofs is not None:
            self.proofs.ended(name, self.results[name])

    def _interrupted(self, error: Interrupted) -> None:
        self.interrupted = self.interrupted or error
        self._closed = True

    def _stop(self) -> None:
        """Start nothing more and stop what runs."""
        self._closed = self._stopped = True
        for each in self._cancellations.values():
            each.cancel()


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2]
