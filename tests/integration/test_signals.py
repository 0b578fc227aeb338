"""Ctrl-C and SIGTERM in every phase, through every face: the right code, and no leftovers.

Every process of a run is found by a variable in its environment, whatever group or parent it has.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    Start = Callable[..., AbstractContextManager["Run"]]

PATIENCE_SECONDS = 120
"""For a busy machine; nothing here is judged by how long it takes."""

READY = "TASKER_TESTS_READY"
"""Names the file that the phase writes when it is reached."""

STUBBORN = "TASKER_TESTS_STUBBORN"
"""Set where the phase shall ignore what can be ignored."""

_SLEEPS = """
fn linger() {
    if std::env::var_os("TASKER_TESTS_STUBBORN").is_some() {
        unsafe extern "C" {
            fn signal(number: i32, handler: usize) -> usize;
        }
        unsafe {
            signal(2, 1);
            signal(15, 1);
        }
    }
    if let Some(file) = std::env::var_os("TASKER_TESTS_READY") {
        std::fs::write(file, "").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    }
}
"""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A moment of a session: what runs when the signal comes.

    A new one is a row in `PHASES`: a session, and files of a workspace in which something calls
    ``linger`` in that moment.
    """

    session: str
    arguments: tuple[str, ...] = ()
    tools: tuple[str, ...] = ("cargo",)
    files: Mapping[str, str] = field(default_factory=dict)


PHASES = {
    "building": Phase(
        session="clippy",
        files={"build.rs": _SLEEPS + "\nfn main() {\n    linger();\n}\n"},
    ),
    # nextest gives each test a process group of its own.
    "testing": Phase(
        session="unit",
        tools=("cargo", "cargo-nextest"),
        files={"tests/long.rs": _SLEEPS + "\n#[test]\nfn long() {\n    linger();\n}\n"},
    ),
    # The pipeline runs each session as a child of its own, which has children again.
    "pipeline": Phase(
        session="ci",
        tools=("cargo", "cargo-nextest", "cargo-audit"),
        files={"tests/long.rs": _SLEEPS + "\n#[test]\nfn long() {\n    linger();\n}\n"},
    ),
}


@dataclass(kw_only=True)
class Run:
    """A session that has reached its phase."""

    name: str
    process: subprocess.Popen[str]

    def signal(self, number: int) -> None:
        """Send a signal to the face's own process, as `kill` does."""
        self.process.send_signal(number)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to the whole foreground group, as a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Wait for the end; returns the exit code."""
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode

    @property
    def leftovers(self) -> dict[int, str]:
        return faces.processes_of(self.name)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The workspace of a phase; what can be built before the phase is built once."""
    folder = tmp_path_factory.mktemp("signals")

    def project(phase: str) -> Path:
        place = folder / phase
        return place if place.is_dir() else workspaces.write_project(place, PHASES[phase].files)

    return project


@pytest.fixture
def started(
    projects: Callable[[str], Path], tmp_path: Path, require_tool: Callable[[str], Path]
) -> Start:
    """Start a session through a face and wait until it is in its phase."""

    @contextmanager
    def start(face: str, phase: str, *, stubborn: bool = False, shell: str = "") -> Iterator[Run]:
        row = PHASES[phase]
        for tool in row.tools:
            require_tool(tool)
        ready = tmp_path / "ready"
        name = uuid.uuid4().hex
        argv = faces.command_line(face, row.session, *row.arguments)
        environment = faces.clean_environment(**{faces.MARK: name, READY: str(ready)})
        if stubborn:
            environment[STUBBORN] = "1"
        process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *argv] if shell else argv,
            cwd=projects(phase),
            env=environment,
            stdin=None if shell else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        run = Run(name=name, process=process)
        try:
            _wait_for(ready.exists, process)
            yield run
        finally:
            for pid in run.leftovers:
                os.kill(pid, signal.SIGKILL)
            process.communicate()

    return start


def _wait_for(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the phase was not reached:\n{process.communicate()[0]}")
        time.sleep(0.05)


every_face = pytest.mark.parametrize("face", faces.FACES)
every_phase = pytest.mark.parametrize("phase", PHASES)


@every_phase
@every_face
class TestOnce:
    @pytest.mark.parametrize(
        ("number", "code"),
        [
            (signal.SIGINT, 130),
            (signal.SIGTERM, 143),
            (signal.SIGHUP, 129),
            (signal.SIGQUIT, 131),
        ],
    )
    def test_a_signal_to_the_process(
        self, started: Start, face: str, phase: str, number: int, code: int
    ) -> None:
        with started(face, phase) as run:
            assert run.leftovers
            run.signal(number)
            assert run.end() == code
            assert run.leftovers == {}

    def test_ctrl_c_in_a_terminal(self, started: Start, face: str, phase: str) -> None:
        with started(face, phase) as run:
            run.press_ctrl_c()
            assert run.end() == 130
            assert run.leftovers == {}


@every_phase
@every_face
class TestTwice:
    def test_impatient_from_the_start(self, started: Start, face: str, phase: str) -> None:
        with started(face, phase) as run:
            run.press_ctrl_c()
            run.press_ctrl_c()
            assert run.end() == 130
            assert run.leftovers == {}

    def test_what_ignores_the_first_is_killed_at_the_second(
        self, started: Start, face: str, phase: str
    ) -> None:
        with started(face, phase, stubborn=True) as run:
            run.signal(signal.SIGTERM)
            time.sleep(0.5)  # the second is one only when the first was seen
            run.signal(signal.SIGINT)
            assert run.end() == 143
            assert run.leftovers == {}


@every_phase
class TestImpatientAtOnce:
    def test_what_ignores_every_other_signal_is_killed_by_one_quit(
        self, started: Start, projects: Callable[[str], Path], phase: str
    ) -> None:
        with started("tasker-ci", phase, stubborn=True) as run:
            run.signal(signal.SIGQUIT)
            assert run.end() == 131
            assert run.leftovers == {}
        assert not list(projects(phase).rglob("core*[0-9]"))

    def test_quit_typed_twice_in_a_terminal(self, started: Start, phase: str) -> None:
        with started("tasker-ci", phase, stubborn=True) as run:
            os.killpg(run.process.pid, signal.SIGQUIT)
            os.killpg(run.process.pid, signal.SIGQUIT)
            assert run.end() in {131, -signal.SIGQUIT}
            assert run.leftovers == {}


class TestKilled:
    @every_phase
    def test_what_it_ran_ends_with_it(self, started: Start, phase: str) -> None:
        """Linux tells nextest, the sessions of `ci`, and what cargo has started."""
        with started("tasker-ci", phase) as run:
            run.process.kill()
            run.process.wait()
            _wait_until(lambda: run.leftovers == {})

    @every_phase
    def test_down_ends_what_is_left(
        self, started: Start, projects: Callable[[str], Path], phase: str
    ) -> None:
        with started("tasker-ci", phase, stubborn=True) as run:
            assert _last_line(_down(projects(phase))) == "down: nothing to end"  # it lives
            run.process.kill()
            run.process.wait()
            text = _down(projects(phase))
            assert run.leftovers == {}, text
            if phase == "building":  # a build script that ignores everything outlives its cargo
                assert "ended what a killed session left: " in text
                assert "of killed sessions ended" in text

    def test_another_project_is_none_of_its_business(self, started: Start, tmp_path: Path) -> None:
        other = workspaces.write_project(tmp_path / "other", {})
        with started("tasker-ci", "building", stubborn=True) as run:
            run.process.kill()
            run.process.wait()
            assert _last_line(_down(other)) == "down: nothing to end"
            assert run.leftovers


def _down(project: Path) -> str:
    ended = faces.run(["tasker-ci", "down", "--all"], project)
    assert ended.exit_code == 0, ended.text
    return ended.stdout


def _last_line(text: str) -> str:
    """Before it stand warnings of what other projects have lost on this machine."""
    return text.splitlines()[-1]


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@every_phase
@every_face
class TestOddStarts:
    def test_with_standard_input_closed(self, started: Start, face: str, phase: str) -> None:
        with started(face, phase, shell='exec "$@" <&-') as run:
            run.signal(signal.SIGINT)
            assert run.end() == 130
            assert run.leftovers == {}

    def test_signals_that_are_ignored_at_the_start_stay_ignored(
        self, started: Start, face: str, phase: str
    ) -> None:
        """As by `nohup` and in the background of a script; what is not ignored ends it."""
        shell = 'trap "" INT HUP; "$@" & trap - INT HUP; echo $! >&2; wait $!; exit $?'
        with started(face, phase, shell=shell) as run:
            pid = next(pid for pid, line in run.leftovers.items() if _is_face(line, face))
            os.kill(pid, signal.SIGHUP)
            os.kill(pid, signal.SIGINT)
            time.sleep(1.0)
            assert pid in run.leftovers
            os.kill(pid, signal.SIGTERM)
            assert run.end() == 143
            assert run.leftovers == {}


def _is_face(line: str, face: str) -> bool:
    """Whether a command line is that of the face's own process, not of the shell around it."""
    words = line.split()
    return words[0] != "sh" and any(word.endswith(f"/{face}") for word in words[:2])
