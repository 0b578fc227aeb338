"""A small GitHub on this machine, with its habits and with every fault that a test gives it."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from github_history import Row

BASE = "/repos/octo/spoon/actions"
ISSUES = "/repos/octo/spoon/issues"
FOLDER = ".github/workflows"
FILES = ("ci.yml", "nightly.yml")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    """With its query."""
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""


@dataclass(kw_only=True)
class Reply:
    """What is sent back."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """So many bytes are sent, although Content-Length promises all of them."""
    drip_seconds: float = 0.0
    """A pause before every byte."""
    silent: bool = False
    """Not one byte is sent, and the connection stays open."""
    reset: bool = False
    """The connection is reset in place of an answer."""


@dataclass(kw_only=True)
class GitHub:
    """The repository octo/spoon."""

    runs: list[Row] = field(default_factory=list)
    """The newest attempt of each, newest first."""
    attempts: dict[int, Row] = field(default_factory=dict)
    """The first attempts of those that were run again."""
    jobs: list[Row] = field(default_factory=list)
    artifacts: dict[int, list[Row]] = field(default_factory=dict)
    issues: list[Row] = field(default_factory=list)
    """Newest first, as GitHub lists them."""
    archives: dict[int, bytes] = field(default_factory=dict)
    store: str = ""
    """Where archives are redirected to."""
    fault: Callable[[Asked, int], Reply | None] | None = None
    """Gets a request and how often its path was asked for before; None: no fault this time."""
    most_filtered: int = 1000
    per_page: int = 100
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Reply:
        before = sum(each.path == asked.path for each in self.asked)
        self.asked.append(asked)
        if self.fault is not None:
            reply = self.fault(asked, before)
            if reply is not None:
                return reply
        parts = urlsplit(asked.path)
        if parts.path.startswith(ISSUES):
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            return self._issue(asked, parts.path.removeprefix(ISSUES).strip("/"), query)
        return self.plain(asked)

    def plain(self, asked: Asked) -> Reply:
        """The answer without any fault."""
        parts = urlsplit(asked.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        words = parts.path.removeprefix(BASE).strip("/").split("/")
        match words:
            case ["workflows"]:
                return json_reply({"workflows": [{"path": f"{FOLDER}/{each}"} for each in FILES]})
            case ["workflows", "ci.yml", "runs"]:
                return self._page(asked, "workflow_runs", self._filtered(query), query)
            case ["runs", run, "attempts", "1"] if int(run) in self.attempts:
                return json_reply(self.attempts[int(run)])
            case ["runs", run, "attempts", number, "jobs"]:
                key = (int(run), int(number))
                rows = [row for row in self.jobs if (row["run_id"], row["run_attempt"]) == key]
                return self._page(asked, "jobs", rows, query)
            case ["runs", run, "artifacts"]:
                return self._page(asked, "artifacts", self.artifacts.get(int(run), []), query)
        return self._file(words)

    def _file(self, words: list[str]) -> Reply:
        """An archive: the API redirects to the store, which has it."""
        number = next((int(word) for word in words if word.isdigit()), 0)
        if number in self.archives and words[0] == "artifacts":
            return Reply(status=302, headers={"Location": f"{self.store}/{number}?sig=secret"})
        if number in self.archives and len(words) == 1:
            return Reply(body=self.archives[number])
        return json_reply({"message": "Not Found"}, status=404)

    def _issue(self, asked: Asked, number: str, query: dict[str, str]) -> Reply:
        """Lists by label and page, makes and changes: labels are names in and objects out."""
        given = json.loads(asked.body) if asked.body else {}
        if asked.method == "GET":
            size, page = int(query["per_page"]), int(query["page"])
            rows = [
                row
                for row in self.issues
                if query["state"] in {"all", row["state"]}
                and query["labels"] in {label["name"] for label in row["labels"]}
            ]
            return json_reply(rows[(page - 1) * size : page * size])
        if asked.method == "POST":
            labels = [{"name": name} for name in given.pop("labels", [])]
            row = {"number": len(self.issues) + 1, "state": "open", "labels": labels, **given}
            self.issues.insert(0, row)
            return json_reply(row, status=201)
        found = next(row for row in self.issues if str(row["number"]) == number)
        found.update(given)
        return json_reply(found)

    def _filtered(self, query: dict[str, str]) -> list[Row]:
        rows = [row for row in self.runs if row.get("head_branch") == query.get("branch", "main")]
        latest = query.get("created", "<=9999").removeprefix("<=")
        rows = [row for row in rows if str(row["created_at"]) <= latest]
        return rows[: self.most_filtered]

    def _page(self, asked: Asked, key: str, rows: list[Row], query: dict[str, str]) -> Reply:
        number, size = int(query.get("page", "1")), min(self.per_page, int(query["per_page"]))
        part = rows[(number - 1) * size : number * size]
        headers = {}
        if number * size < len(rows):
            following = urlencode({**query, "page": str(number + 1)})
            link = f"{self.url}{urlsplit(asked.path).path}?{following}"
            headers["Link"] = f'<{link}>; rel="next", <{link}>; rel="last"'
        reply = json_reply({"total_count": len(rows), key: part}, **headers)
        etag = f'W/"{hashlib.sha256(reply.body).hexdigest()}"'
        if asked.headers.get("If-None-Match") == etag:
            return Reply(status=304, body=b"", headers={"ETag": etag})
        reply.headers["ETag"] = etag
        return reply

    def paths(self) -> list[str]:
        """What was asked for, without the base."""
        return [each.path.removeprefix(BASE) for each in self.asked]


def json_reply(data: Any, *, status: int = 200, **headers: str) -> Reply:
    """A reply with a JSON document."""
    return Reply(
        status=status,
        body=json.dumps(data).encode(),
        headers={"Content-Type": "application/json", **headers},
    )


@contextmanager
def serving(github: GitHub) -> Iterator[GitHub]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            reply = github.answer(
                Asked(
                    path=self.path,
                    headers=dict(self.headers.items()),
                    method=self.command,
                    body=self.rfile.read(length),
                )
            )
            self.close_connection = True
            if reply.silent:
                github.ended.wait()
                return
            if reply.reset:
                at_once = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            body = reply.body if reply.cut is None else reply.body[: reply.cut]
            try:
                if not reply.drip_seconds:
                    self.wfile.write(body)
                for byte in body if reply.drip_seconds else b"":
                    if github.ended.wait(reply.drip_seconds):
                        break
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                pass

        do_POST = do_PATCH = do_GET  # noqa: N815 - the server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that has gone is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield github
    finally:
        github.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
