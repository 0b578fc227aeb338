"""Which database may be migrated, when it answers, and what becomes of the command.

The servers are sockets that answer as PostgreSQL does in moments that cannot be had on demand;
`tests/integration/test_integration_session.py` migrates a real one.
"""

from __future__ import annotations

import io
import socket
import struct
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import ForeignDatabase, MigrationFailed, SettingsError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.sessions import load_settings
from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.migrations import migrate, not_answering, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.settings.model import DatabaseSettings

READY = b"R" + struct.pack("!ii", 8, 0)
REFUSED = b"E\0\0\0\x20SFATAL\0C28P01\0Mno\0\0"
STARTING = b"E\0\0\0\x20SFATAL\0C57P03\0Mthe database system is starting up\0\0"
PASSWORD = "correct-horse-battery"


def settings(**changes: object) -> DatabaseSettings:
    found = load_settings(Path("/nonexistent"), {}, (("preset", "tasker"),)).settings
    return replace(found.integration.database, **changes)  # type: ignore[arg-type]


def plan(folder: Path, url: str, port: int | None = 5432) -> Plan:
    database = (
        Endpoint(service="postgres", port=port, container_port=5432, health="") if port else None
    )
    return Plan(
        run="tasker-ci-0123456789ab",
        workspace=folder,
        folder=folder,
        logs=folder,
        database=database,
        services=(),
        environment={"DATABASE_URL": url, "PATH": str(Path(sys.executable).parent)},
    )


@contextmanager
def server(*answers: bytes) -> Iterator[int]:
    """A server that gives each connection one answer, the last one for ever; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        waiting = list(answers)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    if not connection.recv(1024):
                        return
                    connection.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with socket.create_connection(listening.getsockname()):
                pass
            thread.join()


class TestWhose:
    def test_the_runs_own_may_be_migrated(self, tmp_path: Path) -> None:
        url = "postgres://a:b@localhost:21000/c"
        assert own_database(plan(tmp_path, url, 21000), settings()).port == 21000

    @pytest.mark.parametrize(
        ("url", "port", "reason"),
        [
            ("postgres://u:p@db.example.com/c", 5432, "is on db.example.com"),
            (
                "postgres://u:p@127.0.0.1:5432/c",
                21000,
                "is on port 5432, and this run's own on 21000",
            ),
            ("postgres://u:p@127.0.0.1/c", None, "was not started by this run"),
            ("postgres:///c", 5432, "is on no host"),
        ],
    )
    def test_no_other_one_is_without_the_setting(
        self, tmp_path: Path, url: str, port: int | None, reason: str
    ) -> None:
        with pytest.raises(ForeignDatabase) as error:
            own_database(plan(tmp_path, url, port), settings())
        assert error.value.message == f"The database of DATABASE_URL {reason}: it is not migrated."
        assert error.value.exit_code == 2
        assert "integration.database.allow-foreign" in error.value.next_step
        assert own_database(plan(tmp_path, url, port), settings(allow_foreign=True))

    def test_a_url_that_is_none_is_said_without_its_password(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError) as error:
            own_database(plan(tmp_path, f"mysql://u:{PASSWORD}@localhost/c"), settings())
        assert PASSWORD not in error.value.message


class TestAnswering:
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (READY, None),
            (REFUSED, None),
            (STARTING, "it is starting or stopping"),
            (b"", "it closes the connection"),
            (b"HTTP/1.0 400 Bad Request\r\n", "it is no PostgreSQL server"),
        ],
    )
    def test_what_the_server_says_first(self, answer: bytes, reason: str | None) -> None:
        with server(answer) as port:
            assert not_answering("127.0.0.1", port, "user", "database") == reason

    def test_nobody_there(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            port = bound.getsockname()[1]
        assert not_answering("127.0.0.1", port, "user", "database") == "connection refused"


class TestMigrate:
    @pytest.fixture
    def screen(self) -> io.StringIO:
        return io.StringIO()

    def run(self, of: Plan, found: DatabaseSettings, screen: io.StringIO, **clock: object) -> bool:
        reporter = TerminalReporter(screen, color=False)
        runner = ProcessRunner(Cancellation())
        return migrate(of, found, runner, reporter, **clock)  # type: ignore[arg-type]

    def python(self, code: str) -> tuple[str, ...]:
        return (sys.executable, "-c", code)

    def test_it_waits_until_the_server_is_ready_and_runs_the_command_once(
        self, tmp_path: Path, screen: io.StringIO
    ) -> None:
        code = "open('done', 'a').write('once'); print('Applied 1')"
        with server(STARTING, STARTING, READY) as port:
            of = plan(tmp_path, f"postgres://u:p@127.0.0.1:{port}/c", port)
            assert self.run(of, settings(migrate=self.python(code)), screen)
        assert (tmp_path / "done").read_text(encoding="utf-8") == "once"
        assert "Applied 1" in screen.getvalue()

    @pytest.mark.parametrize("changes", [{"migrate": ()}, {"service": ""}])
    def test_without_command_or_database_there_is_nothing_to_do(
        self, tmp_path: Path, screen: io.StringIO, changes: dict[str, object]
    ) -> None:
        of = plan(tmp_path, "postgres://u:p@db.example.com/c")
        assert not self.run(of, settings(**changes), screen)

    def test_a_server_that_never_is_ready_ends_in_time_and_the_command_is_not_run(
        self, tmp_path: Path, screen: io.StringIO
    ) -> None:
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds

        with server(STARTING) as port:
            of = plan(tmp_path, f"postgres://u:p@127.0.0.1:{port}/c", port)
            found = settings(migrate=self.python("open('done', 'w')"), migrate_seconds=3)
            with pytest.raises(MigrationFailed, match=r"within 3 s \(it is starting or stopping\)"):
                self.run(of, found, screen, clock=lambda: now[0], sleep=sleep)
        assert not (tmp_path / "done").exists()
        assert now[0] == pytest.approx(3, abs=0.2)

    def test_a_failure_has_the_commands_code_and_its_last_words(
        self, tmp_path: Path, screen: io.StringIO
    ) -> None:
        code = "import sys; print('applying'); sys.exit('error: relation exists')"
        with server(READY) as port:
            of = plan(tmp_path, f"postgres://u:p@127.0.0.1:{port}/c", port)
            with pytest.raises(MigrationFailed) as error:
                self.run(of, settings(migrate=self.python(code)), screen)
        assert error.value.exit_code == 1
        assert error.value.message == (
            "The database cannot be migrated (exit code 1): error: relation exists"
        )
        assert "applying\n" in screen.getvalue()

    def test_a_command_that_hangs_is_stopped(self, tmp_path: Path, screen: io.StringIO) -> None:
        with server(READY) as port:
            of = plan(tmp_path, f"postgres://u:p@127.0.0.1:{port}/c", port)
            found = settings(migrate=self.python("import time; time.sleep(600)"), migrate_seconds=1)
            with pytest.raises(MigrationFailed, match="longer than 1 s"):
                self.run(of, found, screen)

    @pytest.mark.parametrize("written", [PASSWORD, "with%20blank%2Fand"])
    def test_the_password_is_printed_in_no_spelling(
        self, tmp_path: Path, screen: io.StringIO, written: str
    ) -> None:
        code = (
            "import os, sys, urllib.parse; url = os.environ['DATABASE_URL']; print('at', url);"
            "sys.exit('no ' + urllib.parse.unquote(urllib.parse.urlsplit(url).password))"
        )
        with server(READY) as port:
            of = plan(tmp_path, f"postgres://u:{written}@127.0.0.1:{port}/c", port)
            with pytest.raises(MigrationFailed) as error:
                self.run(of, settings(migrate=self.python(code)), screen)
        printed = screen.getvalue().partition("\n")[2] + error.value.message
        assert f"at postgres://u:***@127.0.0.1:{port}/c" in printed
        assert written not in printed
        assert error.value.message.endswith("no ***")

    def test_a_password_that_is_the_users_name_does_not_blank_the_whole_output(
        self, tmp_path: Path, screen: io.StringIO
    ) -> None:
        with server(READY) as port:
            of = plan(tmp_path, f"postgres://tasker:tasker@127.0.0.1:{port}/tasker_test", port)
            assert self.run(of, settings(migrate=self.python("print('tasker_test')")), screen)
        assert "tasker_test\n" in screen.getvalue()
