"""One HTTP request with a deadline for all of it, from the name look-up to the last byte."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tasker_ci.process.cancellation import TICK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest

_CHUNK = 65536
_CONNECT_SECONDS = 10.0


class Unreachable(Exception):
    """There was no whole answer; the text says why, in words without anything secret."""


class TooLarge(Exception):
    """The answer is larger than it may be."""


@dataclass(frozen=True, kw_only=True)
class HttpAnswer:
    """What a server answered; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one GET, follows no redirect."""

    def send(
        self, url: str, headers: Mapping[str, str], *, seconds: float, most_bytes: int
    ) -> HttpAnswer:
        """The answer; raises `Unreachable` and `TooLarge`."""


class HttpTransport:
    """By requests. Proxies of the environment count; passwords out of ~/.netrc do not.

    ``check`` is called again and again while an answer is waited for: what it raises ends that.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check

    def send(
        self, url: str, headers: Mapping[str, str], *, seconds: float, most_bytes: int
    ) -> HttpAnswer:
        """The answer, within ``seconds``.

        The timeouts of requests are for single bytes: a server that sends one now and then would
        hold us for ever. So the request has a thread, which is left to itself at the deadline, or
        when the session is to stop, and ends with the process.
        """
        results: queue.SimpleQueue[HttpAnswer | Exception] = queue.SimpleQueue()
        given_up = threading.Event()

        def work() -> None:
            try:
                results.put(_get(url, headers, seconds, most_bytes, given_up))
            except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
                results.put(error)

        threading.Thread(target=work, daemon=True, name="insights request").start()
        end = time.monotonic() + seconds
        result: HttpAnswer | Exception | None = None
        try:
            while result is None:
                self._check()
                if (left := end - time.monotonic()) <= 0:
                    message = f"no whole answer within {seconds:.0f} s"
                    raise Unreachable(message)
                with suppress(queue.Empty):
                    result = results.get(timeout=min(TICK_SECONDS, left))
        finally:
            given_up.set()
        if isinstance(result, Exception):
            raise result
        return result


def _get(
    url: str,
    headers: Mapping[str, str],
    seconds: float,
    most_bytes: int,
    given_up: threading.Event,
) -> HttpAnswer:
    import requests
    from urllib3.exceptions import HTTPError

    try:
        with requests.get(
            url,
            headers=dict(headers),
            timeout=(min(_CONNECT_SECONDS, seconds), seconds),
            stream=True,
            allow_redirects=False,
            auth=_unchanged,
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if given_up.is_set():
                    raise Unreachable("given up")
                if len(body) > most_bytes:
                    raise TooLarge(f"more than {most_bytes // 2**20} MiB")
            return HttpAnswer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=bytes(body),
            )
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        # The texts of these errors may hold URLs of proxies with passwords.
        raise Unreachable(_reason(error)) from None


def _unchanged(request: PreparedRequest) -> PreparedRequest:
    """An `auth` of requests: without one it would look into ~/.netrc."""
    return request


def _reason(error: Exception) -> str:
    import requests

    meanings: tuple[tuple[type[Exception], str], ...] = (
        (requests.exceptions.ConnectTimeout, "no connection in time"),
        (requests.exceptions.ReadTimeout, "no whole answer in time"),
        (requests.exceptions.SSLError, "the certificate or the encryption is not accepted"),
        (requests.exceptions.ProxyError, "the proxy does not answer"),
        (requests.exceptions.ChunkedEncodingError, "the connection broke off"),
        (requests.exceptions.ContentDecodingError, "the answer is not compressed as it says"),
        (requests.exceptions.ConnectionError, "no connection"),
    )
    return next((text for kind, text in meanings if isinstance(error, kind)), type(error).__name__)
