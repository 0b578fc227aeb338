"""When GitHub has had enough of us, and for how long, out of an answer alone.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tasker_ci.sessions.insights.transport import HttpAnswer

_LEAST_SECONDS = 1.0
_FIRST_SECONDS = 60.0
_DIGITS = 12
"""Longer numbers are no times."""
_PHRASES = (b"rate limit", b"abuse detection")


def limit_seconds(answer: HttpAnswer, now: datetime, *, before: int) -> float | None:
    """How long to wait before asking again; None if the answer is no limit at all.

    A 403 is a limit only if it says so: else it is a lack of permission. ``before`` is how many
    limits came before this one without an answer between; the wait doubles with each where the
    server names no time. The server's own clock counts, where it tells it.
    """
    if answer.status not in {403, 429}:
        return None
    after = retry_after(answer, now)
    if after is not None:
        return after
    if answer.headers.get("x-ratelimit-remaining", "").strip() == "0":
        reset = _number(answer.headers.get("x-ratelimit-reset", ""))
        if reset is not None:
            return max(_LEAST_SECONDS, reset - _server_now(answer, now).timestamp() + 1)
        return _FIRST_SECONDS * 2.0**before
    if answer.status == 429 or any(each in answer.body[:4096].lower() for each in _PHRASES):  # noqa: PLR2004
        return _FIRST_SECONDS * 2.0**before
    return None


def retry_after(answer: HttpAnswer, now: datetime) -> float | None:
    """The seconds of `Retry-After`, a number or a date; None where there is none to understand."""
    text = answer.headers.get("retry-after", "").strip()
    seconds = _number(text)
    if seconds is None:
        moment = _date(text)
        if moment is None:
            return None
        seconds = moment.timestamp() - _server_now(answer, now).timestamp()
    return max(_LEAST_SECONDS, seconds)


def _server_now(answer: HttpAnswer, now: datetime) -> datetime:
    return _date(answer.headers.get("date", "")) or now


def _number(text: str) -> float | None:
    text = text.strip()
    if not text.isascii() or not text.isdigit():
        return None
    return float(text) if len(text) <= _DIGITS else float("inf")


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else None
