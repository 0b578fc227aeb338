"""How the sessions of a pipeline ended: read, said as they end, and as a table."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Status
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.text.cargo_progress import without_progress
from tasker_ci.text.durations import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

_SIGNAL_CODES = 128
"""From here on an exit code is that of a signal."""

_END_WHAT_IS_LEFT = (
    "End what it may have left: tasker-ci down --all; then run it alone: tasker-ci {name}"
)

PROVEN = "proven"
"""How a session ended that did not run, because a green run has shown what it would show."""

_GREEN = {"passed", PROVEN, "skipped", "not checked"}
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """How one session of the pipeline ended."""

    session: str
    status: str
    """passed, proven, skipped, not checked, failed, stopped, or not run."""
    seconds: float = 0.0
    exit_code: int = 0
    summary: str = ""
    next_step: str = ""
    output: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that the session says with `--json`."""
    proven: Mapping[str, Any] = field(default_factory=dict)
    """The run that proved it, of a session that did not run: `run`, `commit`, `made`."""
    log: str = ""
    """The file that has all of a long output, of which ``output`` is the beginning and the end."""

    @property
    def shown(self) -> str:
        """The status for people: of one that is proven when and by which commit."""
        if self.status == Status.NOT_CHECKED:
            return "NOT CHECKED"
        if self.status == PROVEN:
            by = filter(None, (_ago(float(self.proven["age"])), str(self.proven["commit"])))
            return f"{PROVEN} ({', '.join(by)})"
        return self.status if self.green else self.status.upper()

    @property
    def green(self) -> bool:
        """Whether the pipeline goes on and succeeds with it."""
        return self.status in _GREEN

    def data(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {
            "session": self.session,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            "summary": self.summary,
            "next_step": self.next_step,
            **({"proven": dict(self.proven)} if self.proven else {}),
        }


def read_result(name: str, exit_code: int, document: str, output: str) -> SessionResult:
    """Read what the session printed with `--json`."""
    try:
        data: Mapping[str, Any] = json.loads(document)
    except ValueError:
        killed = _signal_of(exit_code)
        how = f"killed by {killed}" if killed else f"ended with exit code {exit_code} and"
        return SessionResult(
            session=name,
            status="failed",
            exit_code=exit_code or 1,
            summary=f"{how} without a result",
            next_step=_END_WHAT_IS_LEFT.format(name=name)
            if killed
            else f"Run it alone: tasker-ci {name}",
            output=output + document,
        )
    status = str(data["status"])
    if data.get("not_checked"):
        status = str(Status.NOT_CHECKED)
    elif exit_code:  # the exit code is the truth, whatever was printed before
        status = "failed"
    return SessionResult(
        session=name,
        status=status,
        # a signal may have come after the session had said how it ended
        exit_code=0 if status in _GREEN else int(data.get("exit_code") or exit_code),
        summary=str(data["summary"]),
        next_step=str(data.get("next_step", "")),
        output=output,
        document=data,
    )


def _signal_of(exit_code: int) -> str | None:
    """The signal that ended a session; None if none did."""
    try:
        return signal.Signals(exit_code - _SIGNAL_CODES).name
    except ValueError:
        return None


def say_result(context: Context, result: SessionResult) -> None:
    """Say how a session ended; the whole output of one that failed."""
    reporter = context.reporter
    if result.status == PROVEN:
        reporter.success(f"{result.session}: {result.shown}: {result.summary}")
        return
    shown = result.shown if result.green else result.status
    head = f"{result.session}: {shown} in {duration(result.seconds)}"
    if result.status == "failed":
        where = f"all of its output is in {result.log}" if result.log else "its output"
        with reporter.group(f"{head}, {where}:"):
            reporter.replay(without_progress(result.output).rstrip())
        reporter.line()
    elif result.status == Status.PASSED:
        reporter.success(f"{head}: {result.summary}")
    else:
        reporter.line(f"{head}: {_first_line(result.summary)}", "yellow")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _ago(seconds: float) -> str:
    """How long ago something was, roughly."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s ago"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min ago"
    return f"{seconds / _HOUR:.0f} h ago"


def show_results(context: Context, results: list[SessionResult]) -> None:
    """The table at the end; what to do next stands below it, where a line may be long."""
    rows = tuple(
        (
            result.session,
            result.shown,
            duration(result.seconds) if result.seconds else "",
            result.summary.splitlines()[0] if result.summary else "",
        )
        for result in results
    )
    columns = ("session", "result", "duration", "what")
    context.reporter.table(Table(columns=columns, rows=rows, title="ci"))
    advice = tuple("" if result.status == Status.PASSED else result.next_step for result in results)
    for result, step in zip(results, advice, strict=True):
        if step:
            context.reporter.line(f"{result.session}, next: {step}")
    page = Table(
        columns=(*columns, "next"),
        rows=tuple((*row, step) for row, step in zip(rows, advice, strict=True)),
        title="ci",
    )
    context.reporter.summary(to_markdown(page))
