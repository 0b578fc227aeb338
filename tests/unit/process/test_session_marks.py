"""What a killed session leaves, by its mark: real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Output
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.session_marks import (
    OWNER,
    PROJECT,
    PROJECT_NUMBER,
    end_orphans,
    orphans,
    session_marks,
    without_marks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that does nothing, with marks."""
    started = []

    def sleep(
        marks: dict[str, str], program: str = "sleep", *, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([program, "600"], env={**os.environ, **marks}, cwd=cwd)
        started.append(process)
        return process

    yield sleep
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def dead(tmp_path: Path) -> dict[str, str]:
    """The marks of a session that has ended."""
    code = (
        "import pathlib, sys; from tasker_ci.process.session_marks import session_marks;"
        "print(session_marks(pathlib.Path(sys.argv[1]))[sys.argv[2]])"
    )
    argv = [sys.executable, "-c", code, str(tmp_path), OWNER]
    answer = subprocess.run(argv, capture_output=True, text=True, check=True)
    return {OWNER: answer.stdout.strip(), PROJECT: str(tmp_path)}


def test_what_a_dead_session_left_is_ended(
    start: Start, dead: dict[str, str], tmp_path: Path
) -> None:
    process = start(dead)
    assert [each.pid for each in orphans(tmp_path)] == [process.pid]
    assert end_orphans(tmp_path) == ("sleep 600",)
    assert process.wait(10)
    assert orphans(tmp_path) == []


@pytest.mark.usefixtures("leaves_lost_runs")
class TestAProjectThatIsNotWhereItWas:
    @pytest.fixture
    def left(self, start: Start, dead: dict[str, str], tmp_path: Path) -> int:
        project = tmp_path / "project"
        (project / "crate").mkdir(parents=True)
        return start({**dead, PROJECT: str(project)}, cwd=project / "crate").pid

    def test_what_works_in_it_is_found_where_it_is_now(self, left: int, tmp_path: Path) -> None:
        moved = (tmp_path / "project").rename(tmp_path / "moved")
        (tmp_path / "other").mkdir()
        assert [each.pid for each in orphans(moved)] == [left]
        assert orphans(tmp_path / "other") == []

    def test_a_new_checkout_in_its_old_place_leaves_it_alone(
        self, start: Start, dead: dict[str, str], tmp_path: Path
    ) -> None:
        project = tmp_path / "project"
        project.mkdir()
        marks = {PROJECT: str(project), PROJECT_NUMBER: session_marks(project)[PROJECT_NUMBER]}
        left = start({**dead, **marks}, cwd=tmp_path).pid
        assert [each.pid for each in orphans(project)] == [left]
        moved = project.rename(tmp_path / "moved")
        project.mkdir()
        assert orphans(project) == []
        assert [each.pid for each in orphans(moved)] == [left]

    def test_of_one_that_was_deleted_everybody_finds_it(self, left: int, tmp_path: Path) -> None:
        shutil.rmtree(tmp_path / "project")
        (tmp_path / "other").mkdir()
        assert [each.pid for each in orphans(tmp_path / "other")] == [left]

    def test_a_copy_of_it_leaves_it_alone(self, left: int, tmp_path: Path) -> None:
        shutil.copytree(tmp_path / "project", tmp_path / "copy")
        assert orphans(tmp_path / "copy") == []
        assert [each.pid for each in orphans(tmp_path / "project")] == [left]


def test_what_a_living_session_runs_is_not(start: Start, tmp_path: Path) -> None:
    start(session_marks(tmp_path))
    assert orphans(tmp_path) == []


def test_a_pid_that_was_given_again_is_another_session(start: Start, tmp_path: Path) -> None:
    marks = session_marks(tmp_path)
    pid, _, rest = marks[OWNER].partition(":")
    start({**marks, OWNER: f"{pid}:1{rest}"})
    assert len(orphans(tmp_path)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {PROJECT: "/somewhere/else"},
        {OWNER: ""},
        {OWNER: "of somebody"},
        {OWNER: "999999999:5@another-boot@pid:[1]"},
    ],
    ids=["another project", "no owner", "no mark of ours", "another container"],
)
def test_what_may_be_of_others_is_left_alone(
    start: Start, dead: dict[str, str], tmp_path: Path, change: dict[str, str]
) -> None:
    start({**dead, **change})
    assert orphans(tmp_path) == []


@pytest.mark.parametrize("name", ["sccache", "gpg-agent", "ssh-agent"])
def test_what_others_use_too_is_left_alone(
    start: Start, dead: dict[str, str], tmp_path: Path, name: str
) -> None:
    program = tmp_path / name
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    start(dead, str(program))
    assert orphans(tmp_path) == []


def test_who_looks_is_not_found(dead: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from tasker_ci.process.session_marks import orphans;"
        "print(orphans(pathlib.Path(sys.argv[1])))"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    answer = subprocess.run(
        argv, env={**os.environ, **dead}, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"


def test_commands_are_marked_and_services_are_not(
    tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("env")
    marks = session_marks(tmp_path)
    runner = ProcessRunner(Cancellation(), marks=marks)
    command = Command(argv=("env",), cwd=tmp_path, environment=dict(os.environ))
    printed = runner.run(command, output=Output.CAPTURE).stdout.splitlines()
    assert f"{OWNER}={marks[OWNER]}" in printed
    log = tmp_path / "log"
    with log.open("wb") as output:
        runner.start(command, output=output.fileno()).wait()
    assert OWNER not in log.read_text()


def test_what_may_outlive_the_session_loses_the_marks(tmp_path: Path) -> None:
    assert without_marks({"A": "b", **session_marks(tmp_path)}) == {"A": "b"}


_SESSION = """
import os, pathlib, sys
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command
from tasker_ci.process.runner import ProcessRunner

shell = Command(argv=("sh", "-c", sys.argv[1]), cwd=pathlib.Path("/"), environment=os.environ)
ProcessRunner(Cancellation()).run(shell)
print("it has ended", flush=True)
input()
"""


@pytest.fixture
def session(
    require_tool: Callable[[str], Path],
) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a session that runs a line of a shell."""
    require_tool("sleep")
    started = []

    def begin(line: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        argv = [sys.executable, "-c", _SESSION, line]
        started.append(subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def said(session: subprocess.Popen[str]) -> str:
    assert session.stdout is not None
    return session.stdout.readline().strip()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children")
class TestTheEndOfASessionThatIsKilled:
    def test_its_command_ends(self, session: Callable[[str], subprocess.Popen[str]]) -> None:
        killed = session("echo $$; exec sleep 600")
        child = psutil.Process(int(said(killed)))
        killed.kill()
        child.wait(timeout=10)

    def test_so_does_what_the_command_has_started(
        self, session: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        """As rustdoc, which cargo does not take along."""
        killed = session("sleep 600 & (sleep 601 & echo $!; wait) & echo $!; wait")
        below = [psutil.Process(int(said(killed))) for _ in range(2)]
        killed.kill()
        for process in below:
            process.wait(timeout=10)

    def test_what_a_command_has_left_before_goes_on(
        self, session: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        ended = session("sleep 600 >/dev/null & echo $!")
        left = psutil.Process(int(said(ended)))
        assert said(ended) == "it has ended"
        ended.kill()
        ended.wait()
        with pytest.raises(psutil.TimeoutExpired):
            left.wait(timeout=1)
        left.kill()

    def test_a_command_finds_no_file_under_a_low_number(
        self, session: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        assert set(said(session("echo $(ls /proc/self/fd)")).split()) <= {*"0123", "100"}
