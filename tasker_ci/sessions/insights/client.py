"""GitHub's API over an unreliable network: retries, limits, redirects, and one budget of time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from tasker_ci.sessions.insights.errors import (
    GitHubFailed,
    GitHubLimit,
    GitHubRefused,
    GitHubUnreachable,
)
from tasker_ci.sessions.insights.limits import limit_seconds, retry_after
from tasker_ci.sessions.insights.rows import foreign
from tasker_ci.sessions.insights.transport import HttpAnswer, TooLarge, Unreachable
from tasker_ci.text.durations import duration
from tasker_ci.text.plurals import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tasker_ci.sessions.insights.transport import Transport

_TRIES = 3
"""How often a request that fails for no reason of ours is sent."""
_LIMITS = 4
"""How often in a row one request may meet a limit."""
_HOPS = 5
_WORTH_TELLING_SECONDS = 5.0
_MOST_JSON = 64 * 2**20
_MOST_ARTIFACT = 32 * 2**20
_REDIRECTS = {301, 302, 303, 307, 308}
_OK, _NOT_MODIFIED = 200, 304
_NEXT = re.compile(r'<([^<>]*)>\s*;[^<>,]*\brel\s*=\s*"?next"?', re.IGNORECASE)
_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Page:
    """One JSON document; ``document`` is None where the one known by its ``etag`` still holds."""

    document: dict[str, Any] | None
    etag: str
    next_url: str | None
    """None where it is the last page."""


@dataclass(kw_only=True)
class Client:
    """Asks one server, one request after the other (as GitHub advises)."""

    api: str
    """For example `https://api.github.com`, without a slash at the end."""
    token: str | None = field(repr=False)
    """It goes to ``api`` alone, and into no text."""
    transport: Transport
    version: str
    clock: Callable[[], float]
    """Seconds that only grow."""
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    """Tells the user that we wait, and for how long."""
    request_seconds: float
    budget_seconds: float
    """For everything together, waiting for limits as well."""
    requests: int = 0
    """How many were sent."""

    def __post_init__(self) -> None:
        self._end = self.clock() + self.budget_seconds

    def page(self, url: str, *, etag: str | None = None) -> Page:
        """One JSON document. Raises `GitHubFailed` in one of its kinds."""
        wanted = {"If-None-Match": etag} if etag else {}
        answer = self._answer(url, wanted, most_bytes=_MOST_JSON, is_json=True)
        found = _NEXT.search(answer.headers.get("link", ""))
        return Page(
            document=None if answer.status == _NOT_MODIFIED else self._document(answer.body),
            etag=answer.headers.get("etag", ""),
            next_url=_joined(url, found[1]) if found else None,
        )

    def download(self, url: str) -> bytes:
        """A file. The API redirects to a store elsewhere, which does not get the token."""
        answer = self._answer(url, {}, most_bytes=_MOST_ARTIFACT, is_json=False)
        return answer.body

    def is_ours(self, url: str) -> bool:
        """Whether a URL leads to the API: same scheme, host and port."""
        return _origin(url) == _origin(self.api)

    @property
    def seconds_left(self) -> float:
        """What is left of the budget."""
        return self._end - self.clock()

    def _answer(
        self, url: str, extra: Mapping[str, str], *, most_bytes: int, is_json: bool
    ) -> HttpAnswer:
        failures = limits = hops = 0
        while True:
            if self.seconds_left <= 0:
                raise GitHubLimit(
                    f"{self.budget_seconds:.0f} s are over.",
                    next_step="`insights.limit-seconds` is how long asking may take; what was "
                    "read is kept, so the next time goes on from there.",
                )
            answer, reason = self._once(url, extra, most_bytes)
            if answer is not None:
                wait = limit_seconds(answer, self.now(), before=limits)
                if wait is not None:
                    limits += 1
                    self._wait_for_limit(wait, last=limits >= _LIMITS)
                    continue
                if answer.status in _REDIRECTS and hops < _HOPS:
                    hops += 1
                    url, extra = self._redirected(url, answer, is_json=is_json), {}
                    continue
                reason = self._wrong(url, answer, asked=extra, is_json=is_json)
                if not reason:
                    return answer
            failures += 1
            named = retry_after(answer, self.now()) if answer is not None else None
            if failures >= _TRIES or (named or 0.0) > self.seconds_left:
                often = plural(failures, "once", f"{failures} times")
                raise GitHubUnreachable(
                    f"{_shown(url)}: {reason}, {often}.",
                    next_step="Look at the network and at https://www.githubstatus.com; "
                    "`--recording` and `--local` work without either.",
                )
            wait = min(named or 2.0 ** (failures - 1), max(0.0, self.seconds_left))
            if wait >= _WORTH_TELLING_SECONDS:
                self.say(f"GitHub answers {reason}: asking again in {_period(wait)}.")
            self.sleep(wait)

    def _once(
        self, url: str, extra: Mapping[str, str], most_bytes: int
    ) -> tuple[HttpAnswer | None, str | None]:
        self.requests += 1
        seconds = max(1.0, min(self.request_seconds, self.seconds_left))
        try:
            answer = self.transport.send(
                url, {**self._headers(url), **extra}, seconds=seconds, most_bytes=most_bytes
            )
        except Unreachable as error:
            return None, str(error)
        except TooLarge as error:
            raise GitHubFailed(f"{_shown(url)}: the answer is too large ({error}).") from None
        return self._without_token(answer), None

    def _headers(self, url: str) -> dict[str, str]:
        ours = self.is_ours(url)
        return {
            "User-Agent": f"tasker-ci/{self.version}",
            "Accept": "application/vnd.github+json" if ours else "*/*",
            **({"X-GitHub-Api-Version": "2022-11-28"} if ours else {}),
            **({"Authorization": f"Bearer {self.token}"} if ours and self.token else {}),
        }

    def _without_token(self, answer: HttpAnswer) -> HttpAnswer:
        """A server may echo what it was sent; nothing of ours may then repeat it."""
        if not self.token:
            return answer
        return replace(
            answer,
            headers={k: v.replace(self.token, "***") for k, v in answer.headers.items()},
            body=answer.body.replace(self.token.encode(), b"***"),
        )

    def _document(self, body: bytes) -> Any:
        document = json.loads(body)
        # Escaped (`\u0061`), a token is not seen in the bytes.
        if not self.token or b"\\" not in body:
            return document
        try:
            return _hidden(document, self.token)
        except RecursionError:
            return None

    def _message(self, answer: HttpAnswer) -> str:
        try:
            document = self._document(answer.body)
        except (ValueError, RecursionError):
            return ""
        return foreign(document.get("message")) if isinstance(document, dict) else ""

    def _wait_for_limit(self, seconds: float, *, last: bool) -> None:
        if last or seconds >= self.seconds_left:
            advice = "" if self.token else "With GITHUB_TOKEN set the limit is far higher. "
            raise GitHubLimit(
                f"GitHub answers no more requests for {_period(seconds)}, "
                f"and waiting is limited to {_period(max(0.0, self.seconds_left))}.",
                next_step=f"{advice}Try again later, or raise `insights.limit-seconds`; what was "
                "read is kept.",
            )
        self.say(f"GitHub's rate limit: waiting {_period(seconds)}.")
        self.sleep(seconds)

    def _redirected(self, url: str, answer: HttpAnswer, *, is_json: bool) -> str:
        """Where to go; raises `GitHubRefused` for a place that is not to be trusted with it."""
        target = _joined(url, answer.headers.get("location", "")) or ""
        parts = urlsplit(target)
        elsewhere = not self.is_ours(target)
        plain = parts.scheme == "http" and urlsplit(url).scheme == "https"
        if parts.scheme not in {"http", "https"} or not parts.hostname or plain:
            raise GitHubRefused(
                f"{_shown(url)} redirects to no usable place.", status=answer.status
            )
        if is_json and elsewhere:
            raise GitHubRefused(
                f"{_shown(url)} redirects to another host, which is not followed.",
                status=answer.status,
                next_step="Name the API's own address: --api URL.",
            )
        return target

    def _wrong(
        self, url: str, answer: HttpAnswer, *, asked: Mapping[str, str], is_json: bool
    ) -> str | None:
        """Why to ask again; None if the answer is good. Raises `GitHubRefused` for final ones."""
        status = answer.status
        if status == _NOT_MODIFIED and "If-None-Match" in asked:
            return None
        if status == _OK:
            return _no_document(answer) if is_json else None
        if status >= 500 or status in {304, 408}:  # noqa: PLR2004 - server errors
            return f"HTTP {status}"
        message = self._message(answer)
        raise GitHubRefused(
            f"{_shown(url)}: HTTP {status}{f' ({message})' if message else ''}.",
            status=status,
            next_step=self._advice(status),
        )

    def _advice(self, status: int) -> str:
        if status == 401:  # noqa: PLR2004
            return "GITHUB_TOKEN (or GH_TOKEN) is not accepted: renew it, or unset it."
        if status in {403, 404} and self.token:
            return "Look at the names, and whether the token may read the repository's actions."
        if status in {403, 404}:
            return "Look at the names; a private repository needs GITHUB_TOKEN."
        return "Look at --repository, --workflow, --branch and --api."


def _no_document(answer: HttpAnswer) -> str | None:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        start = foreign(answer.body[:_SHOWN].decode("utf-8", "replace"))
        return f"HTTP {answer.status}, but no whole JSON document: {start!r}"
    return None if isinstance(document, dict) else "a JSON document that is no object"


def _hidden(value: Any, token: str) -> Any:
    """A value without the token in any of its texts."""
    if isinstance(value, str):
        return value.replace(token, "***")
    if isinstance(value, list):
        return [_hidden(each, token) for each in value]
    if isinstance(value, dict):
        return {_hidden(key, token): _hidden(each, token) for key, each in value.items()}
    return value


def _joined(base: str, target: str) -> str | None:
    """A URL that a server names; None for what is none."""
    try:
        joined = urljoin(base, target)
        return joined if urlsplit(joined).port != 0 else None
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def _shown(url: str) -> str:
    """A URL for a message: without a password and its query, which signs at stores of files."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return foreign(f"{parts.scheme}://{place}{parts.path}")


def _period(seconds: float) -> str:
    if seconds > 86_400:  # noqa: PLR2004 - a day
        return "more than a day"
    return duration(round(seconds))
