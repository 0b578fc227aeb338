"""How the sessions of a pipeline ended: read, said as they end, and as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Status
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.sessions.history.public import PROVEN
from tasker_ci.text.cargo_progress import without_progress
from tasker_ci.text.durations import ago, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context


_GREEN = {"passed", PROVEN, "skipped", "not checked"}


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
    because: str = ""
    """Which input made one run again that was proven before, as a clause."""
    log: str = ""
    """The file that has all of a long output, of which ``output`` is the beginning and the end."""

    @property
    def shown(self) -> str:
        """The status for people: of one that is proven when and by which commit."""
        if self.status == Status.NOT_CHECKED:
            return "NOT CHECKED"
        if self.status == PROVEN:
            by = filter(None, (ago(float(self.proven["age"])), str(self.proven["commit"])))
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
            **({"because": self.because} if self.because else {}),
        }


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
