"""What is kept and shown when something goes wrong while a stack runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.errors import DockerUnavailable, Interrupted, ServiceFailed
from tasker_ci.stack.health import guilty, wait_until_healthy
from tasker_ci.stack.progress import HealthProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.context import Context
    from tasker_ci.stack.base import Plan, Stack

_GUILTY_LINES = 40
_BYSTANDER_LINES = 10


@dataclass(kw_only=True)
class Evidence:
    """The wait for health and, when something fails, all that says why."""

    context: Context
    plan: Plan
    stack: Stack
    waiting: HealthProgress = field(init=False)
    healthy: bool = False

    def __post_init__(self) -> None:
        self.waiting = HealthProgress(reporter=self.context.reporter)

    def wait(self, seconds: float) -> None:
        """Wait until all is healthy, shown as it goes on; raises `ServiceFailed`."""
        with self.waiting:
            wait_until_healthy(
                self.stack,
                self.plan,
                seconds=seconds,
                watcher=self.waiting,
                sleep=self.context.runner.cancellation.pause,
            )
        self.healthy = True

    def keep(self, error: BaseException) -> None:
        """Write the evidence into the folder of logs, show who is guilty; raises nothing.

        Nothing that has to do with telling may keep a stack from being removed: a screen that was
        closed, a full disk, a daemon that does not answer, a bug.
        """
        logs = self.plan.logs
        steps: list[Callable[[], None]] = [
            lambda: self.waiting.write(logs / "health.txt", within=self.plan.within),
            lambda: self.stack.collect(logs),
            lambda: self._show(error),
            lambda: self.context.reporter.line(f"evidence: {logs}"),
        ]
        for step in steps:
            try:
                step()
            except (Exception, Interrupted) as failure:  # noqa: BLE001 - see above
                if isinstance(failure, DockerUnavailable) and isinstance(error, DockerUnavailable):
                    continue  # it is said once
                with suppress(Exception):
                    self.context.reporter.warning(f"Evidence is missing: {failure}")

    def _show(self, error: BaseException) -> None:
        if isinstance(error, Interrupted):
            return
        reporter = self.context.reporter
        for service, reason, lines in self._to_show(error):
            text = self.stack.tail(service, lines).rstrip()
            why = f" ({reason})" if reason else ""
            with reporter.group(f"last lines of {service}{why}:"), reporter.foreign_output():
                reporter.output(text or "(it printed nothing)")

    def _to_show(self, error: BaseException) -> list[tuple[str, str | None, int]]:
        """Whose last lines are shown: who failed, or else everybody who could have a part in it."""
        reasons: dict[str, str | None] = {**guilty(self.stack, self.plan)}
        if isinstance(error, ServiceFailed) and error.service:
            reasons.setdefault(error.service, None)
        if reasons:
            return [(service, reason, _GUILTY_LINES) for service, reason in reasons.items()]
        if not self.healthy:
            return []
        return [(each.service, None, _BYSTANDER_LINES) for each in self.plan.services]
