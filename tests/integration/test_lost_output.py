"""Terminals, logs and pipes that go away in each phase: nothing stays, and the code is right.

Engine, PostgreSQL, cargo, nextest, terminals and full files are real.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
from compose_projects import READY_FILE, remains
from service_projects import PHASE, READY
from session_processes import PATIENCE_SECONDS, call, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STACKS = ("compose", "native")
FULL = Path("/dev/full")
CODE_OF_PYTHON = 120
"""What Python ends with where it cannot flush its streams at exit."""

both_stacks = pytest.mark.parametrize("stack", STACKS)
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


@pytest.fixture
def project(checkout: Callable[..., Path]) -> Path:
    return checkout()


class Terminal:
    """A terminal of our own; what is printed on it is read, so that nobody blocks."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.openpty()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError):
            while not self._over.is_set():
                if select.select([self._ours], [], [], 0.05)[0]:
                    os.read(self._ours, 1 << 16)

    def hang_up(self) -> None:
        """Close our end. Not while it is read: that would keep it open."""
        if not self._over.is_set():
            self._over.set()
            self._thread.join()
            os.close(self._ours)


@contextmanager
def on_a_terminal(
    project: Path, *arguments: str, phase: str, controlling: bool = False, **more: str
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """A session on a terminal of its own that has reached a phase."""
    terminal = Terminal()
    ready = project / READY_FILE
    variables = {PHASE: phase, READY: str(ready), "TERM": "xterm", **more}
    takes_it = ["setsid", "--ctty"] if controlling else []
    process = subprocess.Popen(
        [*takes_it, "tasker-ci", *arguments],
        cwd=project,
        env=faces.clean_environment(**variables),
        stdin=terminal.theirs,
        stdout=terminal.theirs,
        stderr=terminal.theirs,
        start_new_session=not controlling,
    )
    os.close(terminal.theirs)
    try:
        until(process, ready.exists, phase)  # type: ignore[arg-type]
        yield process, terminal
    finally:
        process.kill()
        process.wait()
        terminal.hang_up()


def go_on(project: Path) -> None:
    (project / READY_FILE).unlink(missing_ok=True)


@both_stacks
class TestATerminalThatGoesAway:
    @pytest.mark.parametrize("phase", ["build", "migrate", "test", "teardown"])
    @pytest.mark.parametrize("github", ["", "true"])
    def test_the_run_ends_in_order(
        self, project: Path, stack: str, phase: str, github: str
    ) -> None:
        words = ("integration", "--stack", stack)
        place = {"GITHUB_ACTIONS": github}
        with on_a_terminal(project, *words, phase=phase, **place) as (process, terminal):
            terminal.hang_up()
            go_on(project)
            code = process.wait(PATIENCE_SECONDS)
        assert code not in {0, CODE_OF_PYTHON}
        assert not remains(project)

    def test_up_leaves_nothing_that_nobody_heard_of(self, project: Path, stack: str) -> None:
        words = ("up", "--stack", stack)
        with on_a_terminal(project, *words, phase="migrate") as (process, terminal):
            terminal.hang_up()
            go_on(project)
            assert process.wait(PATIENCE_SECONDS) == 1
        assert not remains(project)

    def test_the_controlling_one_hangs_up(self, project: Path, stack: str) -> None:
        words = ("integration", "--stack", stack)
        with on_a_terminal(project, *words, phase="test", controlling=True) as (process, terminal):
            terminal.hang_up()
            assert process.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP
        assert not remains(project)


@needs_full
@both_stacks
class TestALogOnAFullDisk:
    @pytest.mark.parametrize(
        ("where", "code", "said"),
        [
            (">/dev/full", 1, "error: The output cannot be written: No space left on device."),
            (">/dev/full 2>&1", None, ""),
            ("2>/dev/full", None, ""),
            ("--json >/dev/full", 1, "error: The output cannot be written: No space left on"),
        ],
    )
    def test_the_stack_is_gone_and_the_code_says_so(
        self, project: Path, stack: str, where: str, code: int | None, said: str
    ) -> None:
        ended = shell(project, f"tasker-ci integration --stack {stack} {where}")
        if code is None:  # nextest has a code of its own for output that it cannot write
            assert ended.exit_code not in {0, CODE_OF_PYTHON}
        else:
            assert ended.exit_code == code, ended.text
        assert said in ended.text
        assert "Traceback" not in ended.text
        assert not remains(project)

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ("up --json >/dev/full", 1),
            ("integration --keep --json >/dev/full", 1),
            ("up --json | true; exit ${PIPESTATUS[0]}", 128 + signal.SIGPIPE),
        ],
    )
    def test_a_stack_that_nobody_can_reach_is_not_kept(
        self, project: Path, stack: str, words: str, code: int
    ) -> None:
        session, rest = words.split(" ", 1)
        ended = shell(project, f"tasker-ci {session} --stack {stack} {rest}")
        assert ended.exit_code == code, ended.text
        assert "so the stack tasker-ci-" in ended.text
        assert not remains(project)

    def test_red_tests_keep_their_code(self, project: Path, stack: str) -> None:
        line = f"FAIL=1 tasker-ci integration --stack {stack} >/dev/full"
        assert shell(project, line).exit_code == 100
        assert not remains(project)

    def test_a_log_that_has_reached_its_limit(self, project: Path, stack: str) -> None:
        limit = 1 << 30
        log = project / "log"
        with log.open("ab") as stream:
            stream.truncate(limit)
            ended = subprocess.run(
                ["prlimit", f"--fsize={limit}", "tasker-ci", "integration", "--stack", stack],
                cwd=project,
                env=faces.clean_environment(),
                stdout=stream,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=PATIENCE_SECONDS,
            )
        assert ended.returncode == 1, ended.stderr
        assert "error: The output cannot be written: File too large." in ended.stderr
        assert not remains(project)


@needs_full
def test_what_is_followed_ends_where_nobody_can_read_it(project: Path) -> None:
    assert call(project, "up").exit_code == 0
    ended = shell(project, f"timeout {PATIENCE_SECONDS} tasker-ci logs --follow >/dev/full")
    assert ended.exit_code == 1, ended.text


@both_stacks
class TestAReaderThatLeaves:
    @pytest.mark.parametrize("session", ["integration", "up"])
    def test_the_run_stops_in_order(self, project: Path, stack: str, session: str) -> None:
        line = f"set -o pipefail; tasker-ci {session} --stack {stack} | head -1"
        ended = shell(project, line)
        assert ended.exit_code == 128 + signal.SIGPIPE, ended.text
        assert "Traceback" not in ended.text
        assert not remains(project)

    def test_down_goes_on_to_its_end(self, project: Path, stack: str) -> None:
        assert call(project, "up", "--stack", stack).exit_code == 0
        ended = shell(project, "tasker-ci down | true; exit ${PIPESTATUS[0]}")
        assert ended.exit_code == 128 + signal.SIGPIPE
        assert not remains(project)

    def test_a_closed_stream_is_nowhere(self, project: Path, stack: str) -> None:
        ended = shell(project, f"tasker-ci integration --stack {stack} >&- 2>&-")
        assert ended.exit_code == 0
        assert not remains(project)


@needs_full
class TestAtExit:
    @pytest.mark.parametrize("face", ["nox", "invoke", "tasker-ci"])
    @pytest.mark.parametrize("where", [">/dev/full", "2>/dev/full", ">/dev/full 2>&1"])
    def test_no_face_ends_with_the_code_of_python(
        self, project: Path, face: str, where: str
    ) -> None:
        words = " ".join(faces.command_line(face, "settings"))
        ended = shell(project, f"{words} {where}")
        assert ended.exit_code in ({0} if where == "2>/dev/full" else {1})
        assert "Traceback" not in ended.text

    @pytest.mark.parametrize("words", ["--help", "--list", "settings --help", "--version"])
    def test_what_no_session_prints(self, project: Path, words: str) -> None:
        ended = shell(project, f"tasker-ci {words} >/dev/full")
        assert ended.exit_code == 1
        assert ended.text == "error: The output cannot be written: No space left on device.\n" + (
            "  next: Look at where it goes to.\n" if "next" in ended.text else ""
        )


def shell(project: Path, line: str) -> faces.Ended:
    return faces.run(["bash", "-c", line], project)
