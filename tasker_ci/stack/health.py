"""Wait until every service is healthy, and fail at once when one never will be."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tasker_ci.errors import ServiceFailed
from tasker_ci.stack.base import Endpoint, Phase, ServiceState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasker_ci.stack.base import Plan, Stack

CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 0.25
"""The pause between two looks grows from the one to the other."""

IN_A_ROW = 2
"""So many good answers one after the other make a service healthy: one may be a last breath."""

_ROUND_SECONDS = 0.5
"""How long a look waits for answers; one that is still under way counts in a later look."""


@dataclass(frozen=True, kw_only=True)
class HealthAnswer:
    """What a service said when it was asked for its health."""

    good: bool
    text: str
    """``HTTP 503``, or why there was no answer."""


class Watcher(Protocol):
    """Who is told how the wait goes."""

    def look(self, progress: tuple[Progress, ...]) -> None:
        """The services have been looked at once more."""


@dataclass(kw_only=True)
class Progress:
    """How far one service is."""

    endpoint: Endpoint
    since: float
    seconds: float = 0.0
    """From the begin of the wait until now, or until it became healthy."""
    phase: Phase = Phase.MISSING
    answer: HealthAnswer | None = None
    healthy: bool = False
    _good: int = field(default=0, repr=False)

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.endpoint.service

    @property
    def state(self) -> str:
        """What there is to say of it in a few words."""
        if self.healthy:
            return str(Phase.HEALTHY)
        asked = f"{self.endpoint.health}: {self.answer.text}" if self.answer else ""
        return ", ".join(part for part in (str(self.phase), asked) if part)

    def heard(self, answer: HealthAnswer) -> None:
        """Take an answer of its health path."""
        self.answer = answer
        self._good = self._good + 1 if answer.good else 0

    def judge(self, now: float) -> None:
        """Decide whether it is healthy, once all that is known now has been told."""
        if self.healthy:
            return
        self.seconds = now - self.since
        settled = self.phase in {Phase.RUNNING, Phase.HEALTHY}
        if self.endpoint.health:
            self.healthy = settled and self._good >= IN_A_ROW
        else:
            self.healthy = settled or (self.phase is Phase.EXITED and not self.endpoint.port)


def wait_until_healthy(
    stack: Stack,
    plan: Plan,
    *,
    seconds: float,
    watcher: Watcher,
    sleep: Callable[[float], None],
    probe: Callable[[str], HealthAnswer] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Progress, ...]:
    """Return how each service became healthy, once all of them are; at most ``seconds`` from now.

    Healthy is what the stack says runs (and is healthy, where it knows) and, where it has a health
    path, what has answered 200 twice running. A service without port and health path may also have
    ended well: a one-shot. Raises `ServiceFailed`, which names the service, as soon as one has
    failed for good, or when the time is over.
    """
    probe = probe or HttpProbe()
    begin = clock()
    progress = tuple(Progress(endpoint=each, since=begin) for each in plan.endpoints)
    pause = FIRST_PAUSE_SECONDS
    asked: dict[str, Future[HealthAnswer]] = {}
    threads = ThreadPoolExecutor(max_workers=max(1, len(progress)))
    try:
        while True:
            _look(stack, progress)
            _ask(progress, asked, threads, probe)
            now = clock()
            for each in progress:
                each.judge(now)
            watcher.look(progress)
            if all(each.healthy for each in progress):
                return progress
            if now - begin >= seconds:
                raise _too_late(progress, seconds)
            sleep(min(pause, max(0.0, begin + seconds - now)))
            pause = min(pause * 1.2, LONGEST_PAUSE_SECONDS)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


class HttpProbe:
    """Asks over HTTP on 127.0.0.1: no proxy, no redirect, bounded in time.

    A redirect is no health: a stranger on the port may send one (it has happened on GitHub's
    runners, port 8084).
    """

    def __call__(self, url: str) -> HealthAnswer:
        import requests

        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.get(
                    url,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,  # the status is enough; a body may never end
                ) as response:
                    status = response.status_code
        except requests.exceptions.ConnectTimeout:
            return HealthAnswer(good=False, text="no connection in time")
        except requests.exceptions.Timeout:
            return HealthAnswer(good=False, text=f"no answer within {READ_SECONDS:g} s")
        except requests.exceptions.RequestException as error:
            return HealthAnswer(good=False, text=_cause(error))
        return HealthAnswer(good=status == requests.codes.ok, text=f"HTTP {status}")


def failure_of(endpoint: Endpoint | None, state: ServiceState) -> str | None:
    """Why a service that is in this state will not become healthy any more; None if it may."""
    if state.phase is Phase.UNHEALTHY:
        return "is unhealthy" + (f": {state.detail}" if state.detail else "")
    if state.phase is not Phase.EXITED:
        return None
    one_shot = endpoint is not None and not endpoint.port and not endpoint.health
    if state.failed:
        code = "" if state.exit_code is None else f" with exit code {state.exit_code}"
        return f"ended{code}" + (f" ({state.detail})" if state.detail else "")
    if endpoint is None or one_shot:
        return None
    return "ended with exit code 0, although it should serve"


def guilty(stack: Stack, plan: Plan) -> dict[str, str]:
    """The services that have failed by now, each with what is wrong with it."""
    endpoints = {each.service: each for each in plan.endpoints}
    reasons = {
        state.service: failure_of(endpoints.get(state.service), state) for state in stack.states()
    }
    return {service: reason for service, reason in reasons.items() if reason}


def _look(stack: Stack, progress: tuple[Progress, ...]) -> None:
    """Ask the stack; raises `ServiceFailed` for what has failed for good."""
    by_name = {each.service: each for each in progress}
    for state in stack.states():
        known = by_name.get(state.service)
        reason = failure_of(known.endpoint if known else None, state)
        if reason:
            raise ServiceFailed(
                f"{state.service} {reason}.",
                service=state.service,
                next_step="Its last lines say why.",
            )
        if known is not None:
            known.phase = state.phase


def _ask(
    progress: tuple[Progress, ...],
    asked: dict[str, Future[HealthAnswer]],
    threads: ThreadPoolExecutor,
    probe: Callable[[str], HealthAnswer],
) -> None:
    """Ask each service that is not healthy yet for its health, all at the same time."""
    for each in progress:
        url = each.endpoint.health_url
        if url and not each.healthy and each.service not in asked:
            asked[each.service] = threads.submit(probe, url)
    wait(asked.values(), timeout=_ROUND_SECONDS)
    for each in progress:
        if each.service in asked and asked[each.service].done():
            each.heard(asked.pop(each.service).result())


def _too_late(progress: Iterable[Progress], seconds: float) -> ServiceFailed:
    late = [each for each in progress if not each.healthy]
    first = next((each for each in late if each.endpoint.health), late[0])
    states = "; ".join(f"{each.service}: {_in_full(each)}" for each in late)
    return ServiceFailed(
        f"{_names(late)} did not become healthy within {seconds:g} s ({states}).",
        service=first.service,
        next_step="Read its last lines; if it only needs longer, give --timeout more seconds or "
        "raise the setting `integration.healthy-seconds`.",
    )


def _in_full(progress: Progress) -> str:
    url = progress.endpoint.health_url
    if progress.answer is None or url is None:
        return str(progress.phase)
    return f"{progress.phase}, {url} says {progress.answer.text}"


def _names(late: list[Progress]) -> str:
    return " and ".join(each.service for each in late)


def _cause(error: Exception) -> str:
    """The innermost reason of a failed connection, in the words of the system."""
    seen: BaseException | None = error
    text = type(error).__name__
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            text = seen.strerror.lower()
        seen = seen.__cause__ or seen.__context__
    return text
