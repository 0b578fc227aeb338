"""One command run to its end: code, output, deadline, signals, and nothing left behind."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from tasker_ci.errors import (
    CommandFailed,
    CommandTimedOut,
    Interrupted,
    MissingToolError,
    WorkspaceError,
)
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Completed, Output, check, with_arguments
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENVIRONMENT = {"PATH": os.defpath}
CAPTURE = Output.CAPTURE


@pytest.fixture
def cancellation() -> Iterator[Cancellation]:
    cancellation = Cancellation()
    with Signals(cancellation):
        yield cancellation


@pytest.fixture
def runner(cancellation: Cancellation) -> ProcessRunner:
    return ProcessRunner(cancellation)


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Command]:
    """A command that runs Python code, with a grace of a moment."""

    def python(code: str, *, grace: float = 10.0) -> Command:
        return Command(
            argv=(sys.executable, "-c", code),
            cwd=tmp_path,
            environment=ENVIRONMENT,
            grace_seconds=grace,
        )

    return python


def sh(code: str, cwd: Path) -> Command:
    return Command(argv=("sh", "-c", code), cwd=cwd, environment=ENVIRONMENT)


def once_there(file: Path, *actions: Callable[[], object]) -> threading.Thread:
    """When ``file`` appears do one action after the other, in a thread."""

    def wait() -> None:
        while not file.exists():
            time.sleep(0.01)
        for action in actions:
            action()
            time.sleep(0.25)  # the runner looks every tenth of a second

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def interrupt(number: int = signal.SIGINT) -> None:
    signal.raise_signal(
        number
    ) if threading.current_thread() is threading.main_thread() else os.kill(os.getpid(), number)


def alive(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


class TestEnd:
    def test_code_and_captured_output(self, runner: ProcessRunner, tmp_path: Path) -> None:
        completed = runner.run(sh("echo out; echo err >&2; exit 7", tmp_path), output=CAPTURE)
        assert (completed.exit_code, completed.stdout, completed.stderr) == (7, "out\n", "err\n")
        assert completed.seconds > 0

    def test_a_signal_is_128_and_its_number(self, runner: ProcessRunner, tmp_path: Path) -> None:
        assert runner.run(sh("kill -SEGV $$", tmp_path), output=CAPTURE).exit_code == 139

    def test_output_goes_to_the_screen(self, cancellation: Cancellation, tmp_path: Path) -> None:
        with (tmp_path / "screen").open("w+", encoding="utf-8") as screen:
            runner = ProcessRunner(cancellation, screen=screen)
            completed = runner.run(sh("echo seen", tmp_path))
            screen.seek(0)
            assert screen.read() == "seen\n"
        assert completed.stdout == ""

    def test_errors_go_there_too_in_their_place_where_it_is_the_only_stream(
        self, cancellation: Cancellation, tmp_path: Path
    ) -> None:
        with (tmp_path / "screen").open("w+", encoding="utf-8") as screen:
            runner = ProcessRunner(cancellation, screen=screen, one_stream=True)
            runner.run(sh("echo one; echo two >&2; echo three", tmp_path))
            screen.seek(0)
            assert screen.read() == "one\ntwo\nthree\n"

    def test_directory_environment_and_an_empty_standard_input(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        command = Command(
            argv=("sh", "-c", 'pwd; echo "$A"; cat'),
            cwd=tmp_path,
            environment={**ENVIRONMENT, "A": "a b"},
        )
        completed = runner.run(command, output=CAPTURE)
        assert completed.stdout == f"{tmp_path}\na b\n"

    def test_it_leads_a_process_group_of_its_own(
        self, runner: ProcessRunner, python: Callable[..., Command]
    ) -> None:
        code = "import os; print(os.getpgid(0) == os.getpid())"
        assert runner.run(python(code), output=CAPTURE).stdout == "True\n"

    def test_bytes_that_are_no_text_are_replaced(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        assert runner.run(sh(r"printf '\377a\n'", tmp_path), output=CAPTURE).stdout == "\ufffda\n"

    def test_the_end_of_a_child_is_the_end_though_a_stranger_keeps_its_pipe(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        started = time.monotonic()
        completed = runner.run(sh("sleep 30 2>&- & echo $!", tmp_path), output=CAPTURE)
        assert time.monotonic() - started < 20
        os.kill(int(completed.stdout), signal.SIGKILL)


LEFT = {
    "prints lines": "while :; do echo beat; sleep 0.05; done",
    "prints no end of a line": "while :; do printf beat; sleep 0.05; done",
    "prints as fast as it can": "yes",
    "prints without end of line as fast as it can": "cat /dev/zero",
    "says nothing": "sleep 600",
    "holds standard error alone": "exec >&-; while :; do echo beat >&2; sleep 0.05; done",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's list of pipes")
@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT)
@pytest.mark.parametrize("how", ["", "setsid "], ids=["of its group", "of its own session"])
class TestLeftBehind:
    """A process that outlives the command and holds its pipe keeps nobody waiting."""

    @pytest.mark.parametrize("output", [Output.CAPTURE, Output.CAPTURE_BOTH])
    def test_it_is_named_and_what_the_command_said_is_there(
        self, cancellation: Cancellation, tmp_path: Path, code: str, how: str, output: Output
    ) -> None:
        said: list[str] = []
        runner = ProcessRunner(cancellation, warn=said.append)
        lines: list[str] = []
        command = sh(f"echo done; {how}sh -c '{code}' & echo $! > pid", tmp_path)
        started = time.monotonic()
        try:
            completed = runner.run(command, output=output, on_line=lines.append)
            assert time.monotonic() - started < 30
            assert completed.exit_code == 0
            assert "done\n" in completed.stdout
            assert "done" in lines
            assert len(completed.stdout) < 300 << 20
            [warning] = said
            assert "leaves a process that holds its output: " in warning
            assert any(f"{word} " in f"{warning} " for word in ("-c", "sleep", "yes", "cat"))
            assert completed.held_by
        finally:
            end(tmp_path)


@pytest.mark.parametrize("code", ["sleep 600", LEFT["prints lines"]])
def test_a_signal_ends_the_wait_for_what_is_left(
    runner: ProcessRunner, tmp_path: Path, code: str
) -> None:
    thread = once_there(tmp_path / "pid", lambda: time.sleep(0.4), interrupt)
    try:
        with pytest.raises(Interrupted):
            runner.run(sh(f"setsid sh -c '{code}' & echo $! > pid", tmp_path), output=CAPTURE)
    finally:
        thread.join()
        end(tmp_path)


def end(folder: Path) -> None:
    """End what the command has left, by the pid in the file, with all below it."""
    with contextlib.suppress(psutil.Error, ValueError):
        process = psutil.Process(int((folder / "pid").read_text(encoding="ascii")))
        for each in (*process.children(recursive=True), process):
            each.kill()


def test_after_a_deadline_what_is_left_does_not_hold_us(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    code = "setsid sh -c 'while :; do echo beat; sleep 0.05; done' & echo $! > pid; sleep 60"
    started = time.monotonic()
    try:
        with pytest.raises(CommandTimedOut):
            runner.run(sh(code, tmp_path), output=CAPTURE, timeout=0.5)
        assert time.monotonic() - started < 30
    finally:
        end(tmp_path)


def test_slow_reading_of_what_the_child_left_in_the_pipe_loses_nothing(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    seen: list[str] = []

    def on_text(text: str) -> None:
        time.sleep(1.0)
        seen.extend(text.split("\n"))

    code = "printf '%010000d\n' $(seq 12)"
    completed = runner.run(sh(code, tmp_path), output=CAPTURE, on_text=on_text)
    assert len(seen) == 12
    assert completed.held_by == {}


class TestLongOutput:
    """Memory holds the beginning and the end of it, a file the whole."""

    def test_of_many_lines_beginning_and_end_are_kept_and_a_file_has_all(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        completed = runner.run(sh("seq 3000000", tmp_path), output=Output.CAPTURE_BOTH)
        assert completed.stdout.startswith("1\n2\n")
        assert completed.stdout.endswith("\n2999999\n3000000\n")
        assert "MB left out here …]\n" in completed.stdout
        assert len(completed.stdout) < 4 << 20
        assert completed.whole_stdout is not None
        numbers = [int(line) for line in b"".join(completed.whole_stdout.parts()).split()]
        assert numbers == list(range(1, 3_000_001))

    def test_a_line_without_an_end_is_not_kept_whole(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        longest = 0

        def on_line(line: str) -> None:
            nonlocal longest
            longest = max(longest, len(line))

        code = "head -c 50000000 /dev/zero; echo; echo end"
        completed = runner.run(
            sh(code, tmp_path), output=Output.CAPTURE_BOTH, on_line=on_line, on_error_line=on_line
        )
        assert completed.stdout.endswith("\nend\n")
        assert len(completed.stdout) < 4 << 20
        assert longest < 10 << 20

    def test_an_answer_is_whole(self, runner: ProcessRunner, tmp_path: Path) -> None:
        completed = runner.run(sh("seq 3000000", tmp_path), output=CAPTURE)
        assert completed.stdout == "".join(f"{number}\n" for number in range(1, 3_000_001))
        assert completed.whole_stdout is None

    def test_an_answer_without_an_end_is_an_error(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        with pytest.raises(CommandFailed, match="prints more than 256 MiB"):
            runner.run(sh("cat /dev/zero", tmp_path), output=CAPTURE)

    def test_without_room_for_the_file_the_middle_alone_is_lost(
        self, runner: ProcessRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
        completed = runner.run(sh("seq 3000000", tmp_path), output=Output.CAPTURE_BOTH)
        assert completed.stdout.endswith("\n3000000\n")
        assert completed.whole_stdout is None


class TestLines:
    def test_each_line_comes_while_the_child_runs(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        # The child ends only when its first line has been seen.
        seen: list[str] = []

        def on_line(line: str) -> None:
            seen.append(line)
            (tmp_path / "seen").touch()

        code = "echo one; while [ ! -e seen ]; do sleep 0.01; done; echo two"
        runner.run(sh(code, tmp_path), output=CAPTURE, on_line=on_line, timeout=20)
        assert seen == ["one", "two"]

    def test_lines_of_standard_error_apart(self, runner: ProcessRunner, tmp_path: Path) -> None:
        seen: list[str] = []
        runner.run(sh("echo a; echo b >&2", tmp_path), output=CAPTURE, on_error_line=seen.append)
        assert seen == ["b"]

    def test_slow_reading_loses_nothing(self, runner: ProcessRunner, tmp_path: Path) -> None:
        seen: list[str] = []

        def on_line(line: str) -> None:
            time.sleep(0.02)
            seen.append(line)

        runner.run(sh("seq 60", tmp_path), output=CAPTURE, on_line=on_line)
        assert seen == [str(number) for number in range(1, 61)]

    def test_an_error_while_reading_stops_the_child_and_is_raised(
        self, runner: ProcessRunner, python: Callable[..., Command]
    ) -> None:
        # More than a pipe holds: a reader that gave up would block the child for ever.
        def on_line(line: str) -> None:
            raise Interrupted(signal.SIGPIPE)

        code = "while True: print('x' * 1000)"
        with pytest.raises(Interrupted, match="SIGPIPE"):
            runner.run(python(code), output=CAPTURE, on_line=on_line)

    def test_an_error_at_the_last_line_is_raised_too(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        def on_line(line: str) -> None:
            raise KeyError(line)

        with pytest.raises(KeyError):
            runner.run(sh("echo last", tmp_path), output=CAPTURE, on_line=on_line)

    def test_a_tick_gets_pid_and_age(self, runner: ProcessRunner, tmp_path: Path) -> None:
        ticks: list[tuple[int, float]] = []
        completed = runner.run(
            sh("echo $$; sleep 0.5", tmp_path),
            output=CAPTURE,
            on_tick=lambda pid, age: ticks.append((pid, age)),
        )
        assert {pid for pid, _ in ticks} == {int(completed.stdout)}
        assert [age for _, age in ticks] == sorted(age for _, age in ticks)


class TestCannotStart:
    def test_a_program_that_is_not_there(self, runner: ProcessRunner, tmp_path: Path) -> None:
        command = Command(argv=("no-such-program",), cwd=tmp_path, environment=ENVIRONMENT)
        with pytest.raises(MissingToolError, match="`no-such-program` is not on PATH") as caught:
            runner.run(command)
        assert "tasker-ci doctor" in caught.value.next_step
        assert caught.value.exit_code == 3

    def test_cargo_that_is_not_there(self, runner: ProcessRunner, tmp_path: Path) -> None:
        command = Command(argv=("cargo",), cwd=tmp_path, environment={"PATH": str(tmp_path)})
        with pytest.raises(MissingToolError) as caught:
            runner.run(command)
        assert "rustup" in caught.value.next_step

    def test_a_program_that_is_none(self, runner: ProcessRunner, tmp_path: Path) -> None:
        program = tmp_path / "program"
        program.write_bytes(b"\0\1")
        program.chmod(0o755)
        command = Command(argv=("program",), cwd=tmp_path, environment={"PATH": str(tmp_path)})
        with pytest.raises(MissingToolError, match="does not start: Exec format error"):
            runner.run(command)

    def test_a_directory_that_is_not_there(self, runner: ProcessRunner, tmp_path: Path) -> None:
        with pytest.raises(WorkspaceError, match="does not exist") as caught:
            runner.run(sh("true", tmp_path / "none"))
        assert "`workspace`" in caught.value.next_step


class TestDeadline:
    def test_a_child_past_it_is_stopped_with_all_below(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        code = "sleep 60 & echo $! > below; echo $$ > pid; wait"
        with pytest.raises(CommandTimedOut, match=r"ran past its deadline of 0\.5 s") as caught:
            runner.run(sh(code, tmp_path), timeout=0.5)
        assert caught.value.exit_code == 1
        for name in ("pid", "below"):
            assert not alive(int((tmp_path / name).read_text(encoding="ascii")))

    def test_who_was_interrupted_is_not_said_to_be_late(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        code = "trap 'sleep 4; exit 0' INT; touch up; while :; do sleep 0.05; done"
        thread = once_there(tmp_path / "up", interrupt)
        with pytest.raises(Interrupted):
            runner.run(sh(code, tmp_path), timeout=3.0)
        thread.join()

    def test_a_command_reads_the_file_that_it_is_given(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        with tempfile.TemporaryFile(buffering=0) as file:
            file.write(b"hello")
            file.seek(0)
            command = replace(sh("cat", tmp_path), stdin=file)
            assert runner.run(command, output=Output.CAPTURE).stdout == "hello"


class TestCancelling:
    def test_a_cancelled_child_gets_sigterm_and_its_code_is_returned(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        code = "trap 'exit 9' TERM; touch up; while :; do sleep 0.05; done"
        completed = runner.run(sh(code, tmp_path), cancelled=(tmp_path / "up").exists)
        assert completed.exit_code == 9


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_is_passed_on_and_waited_for(
        self, runner: ProcessRunner, python: Callable[..., Command], tmp_path: Path, number: int
    ) -> None:
        code = (
            "import pathlib, signal, sys, time\n"
            "def end(number, _):\n"
            "    time.sleep(0.3); pathlib.Path('got').write_text(str(number)); sys.exit(0)\n"
            f"signal.signal({int(number)}, end)\n"
            "pathlib.Path('up').touch()\n"
            "time.sleep(60)\n"
        )
        thread = once_there(tmp_path / "up", lambda: interrupt(number))
        with pytest.raises(Interrupted) as caught:
            runner.run(python(code))
        thread.join()
        assert caught.value.exit_code == 128 + number
        assert (tmp_path / "got").read_text(encoding="ascii") == str(int(number))

    def test_what_ignores_the_first_is_killed_at_the_second(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        code = "trap '' INT TERM; (sleep 60 & echo $! > below; wait) & touch up; wait; wait"
        thread = once_there(tmp_path / "up", interrupt, interrupt)
        with pytest.raises(Interrupted) as caught:
            runner.run(sh(code, tmp_path))
        thread.join()
        assert caught.value.exit_code == 130
        assert not alive(int((tmp_path / "below").read_text(encoding="ascii")))

    def test_what_ignores_one_is_killed_after_its_grace(
        self, runner: ProcessRunner, python: Callable[..., Command], tmp_path: Path
    ) -> None:
        code = (
            "import pathlib, signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "pathlib.Path('up').touch()\n"
            "time.sleep(60)\n"
        )
        thread = once_there(tmp_path / "up", lambda: interrupt(signal.SIGTERM))
        with pytest.raises(Interrupted) as caught:
            runner.run(python(code, grace=0.2))
        thread.join()
        assert caught.value.exit_code == 143

    def test_a_grandchild_in_a_group_of_its_own_is_not_left(
        self, runner: ProcessRunner, python: Callable[..., Command], tmp_path: Path
    ) -> None:
        # nextest gives each test such a group; here the child dies without a word to it.
        code = (
            "import pathlib, subprocess\n"
            "below = subprocess.Popen(['sleep', '60'], process_group=0)\n"
            "pathlib.Path('below').write_text(str(below.pid))\n"
            "pathlib.Path('up').touch()\n"
            "below.wait()\n"
        )
        thread = once_there(tmp_path / "up", lambda: interrupt(signal.SIGTERM))
        with pytest.raises(Interrupted):
            runner.run(python(code))
        thread.join()
        assert not alive(int((tmp_path / "below").read_text(encoding="ascii")))

    def test_nothing_is_started_after_a_signal(
        self, runner: ProcessRunner, cancellation: Cancellation, tmp_path: Path
    ) -> None:
        interrupt()
        assert cancellation.count == 1
        with pytest.raises(Interrupted):
            runner.run(sh("touch started", tmp_path))
        assert not (tmp_path / "started").exists()

    def test_a_child_whose_end_crosses_a_signal_is_an_interruption(
        self, runner: ProcessRunner, tmp_path: Path
    ) -> None:
        # The child exits with 0 upon SIGINT: not a success.
        code = "trap 'exit 0' INT; touch up; while :; do sleep 0.05; done"
        thread = once_there(tmp_path / "up", interrupt)
        with pytest.raises(Interrupted):
            runner.run(sh(code, tmp_path))
        thread.join()


def test_check_raises_for_a_failed_command(tmp_path: Path) -> None:
    command = with_arguments(sh("exit 3", tmp_path), "a b")
    assert str(command) == "sh -c 'exit 3' 'a b'"
    good = Completed(exit_code=0, seconds=0.1)
    assert check(good, command) is good
    with pytest.raises(CommandFailed, match="failed with exit code 3") as caught:
        check(Completed(exit_code=3, seconds=0.1), command, next_step="Look.")
    assert (caught.value.exit_code, caught.value.next_step) == (3, "Look.")


def test_what_was_printed_before_stands_before_the_child_s_output(
    cancellation: Cancellation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python buffers what goes to a file, the child does not know of it.
    with (tmp_path / "log").open("w+", encoding="utf-8") as log:
        monkeypatch.setattr("sys.stdout", log)
        print("before", file=log)
        ProcessRunner(cancellation, screen=log).run(sh("echo after", tmp_path))
        log.seek(0)
        assert log.read() == "before\nafter\n"
    assert isinstance(log, io.TextIOWrapper)
