"""Functions of a project that misbehave: one result or one error, and nothing left over."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import faces
import github_runner
import pytest
import workspaces

SETTINGS = """
[sessions.f]
function = "checks:f"
timeout-seconds = 60

[sessions.kinds]
function = "checks:kinds"

[sessions.unfinished]
command = ["printf", "no end of the line"]
"""

FUNCTIONS = """
import multiprocessing, os, resource, signal, sys, threading, time
from tasker_ci import Context, Outcome, run

def f(context: Context, *, how: str):
    print("begun", flush=True)
    match how:
        case "thread":
            threading.Thread(target=threading.Event().wait, name="endless").start()
        case "child":
            multiprocessing.get_context("fork").Process(target=time.sleep, args=(571,)).start()
        case "fork":
            if os.fork() == 0:
                sys.exit(5)
            os.wait()
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "closed":
            os.close(1), os.close(2)
        case "no files":
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        case "all files":
            os.closerange(3, 256)
        case "input":
            return Outcome(summary=repr(sys.stdin.read()))
        case "keys":
            return Outcome(summary="", data={"status": "failed"})
        case "buffered":
            globals()["file"] = open("buffered", "w")
            file.write("kept")
        case "commands":
            print("::error::printed\\n##[add-mask]printed")
            run(context, "echo", "::warning::of a program")
            context.reporter.annotation("warning", "meant")
            print("no end of the line", end="")

def kinds(context: Context, *, on: bool = True, n: int = 1, numbers: tuple[int, ...] = (1, 2)):
    return Outcome(summary=f"{on} {n} {numbers}")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return workspaces.write_project(tmp_path / "p", {"checks.py": FUNCTIONS}, settings=SETTINGS)


def call(project: Path, *words: str, face: str = "tasker-ci", **more: str) -> faces.Ended:
    line = faces.command_line(face, *words)
    return faces.run(line, project, faces.clean_environment(**more))


@pytest.mark.parametrize(
    ("how", "exit_code", "said"),
    [
        ("thread", 0, "was ended 2 s after the function returned; still running: endless."),
        ("child", 0, "It left a process running, which has been ended: "),
        ("fork", 0, "begun"),
        ("killed", 137, "`f` ended with exit code 137 and without a result (checks:f)."),
        ("closed", 0, "begun"),
        ("no files", 0, "begun"),
        ("all files", 1, "`f` ended with exit code 0 and without a result (checks:f)."),
        ("input", 0, "f: ''"),
        ("keys", 1, "the data of its Outcome has the key 'status', which the result has already"),
    ],
)
def test_a_function_that_misbehaves_leaves_one_result_and_nothing_else(
    project: Path, tmp_path: Path, how: str, exit_code: int, said: str
) -> None:
    mark = f"hostile-{os.getpid()}"
    place = tmp_path / "temporary"
    place.mkdir()
    ended = call(project, "f", "--how", how, TMPDIR=str(place), **{faces.MARK: mark})
    assert ended.exit_code == exit_code, ended.text
    assert said in ended.text
    assert "Traceback" not in ended.text
    assert faces.processes_of(mark) == {}
    assert list(place.iterdir()) == []


def test_what_a_function_has_not_yet_written_is_written(project: Path) -> None:
    assert call(project, "f", "--how", "buffered").exit_code == 0
    assert (project / "buffered").read_text(encoding="utf-8") == "kept"


def test_only_what_the_reporter_is_told_is_a_command_to_github(project: Path) -> None:
    ended = call(project, "f", "--how", "commands", GITHUB_ACTIONS="true")
    assert ended.exit_code == 0, ended.text
    log = github_runner.read_log(f"{ended.stdout}::error::after")
    assert (log.warnings, log.errors, log.masks) == (["meant"], ["after"], set())
    assert {"::error::printed", "::warning::of a program"} <= set(log.lines)


def test_github_obeys_again_after_a_command_that_ends_within_a_line(project: Path) -> None:
    ended = call(project, "unfinished", GITHUB_ACTIONS="true")
    assert github_runner.read_log(f"{ended.stdout}::error::after").errors == ["after"]


def test_a_session_that_is_killed_leaves_no_file(project: Path, tmp_path: Path) -> None:
    code = "import time\ndef f(context, *, how: str):\n    print('begun', flush=True)\n"
    workspaces.write_files(project, {"checks.py": f"{code}    time.sleep(600)\n"})
    place = tmp_path / "temporary"
    place.mkdir()
    with subprocess.Popen(
        [Path(sysconfig.get_path("scripts"), "tasker-ci"), "f", "--how", "x"],
        cwd=project,
        env=faces.clean_environment(TMPDIR=str(place)),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any(line == "begun\n" for line in process.stdout)
        process.kill()
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("face", faces.FACES)
def test_flags_of_every_kind_mean_the_same_in_every_face(project: Path, face: str) -> None:
    words = ("--no-on", "-n", "5", "--numbers", "3", "--numbers", "4")
    ended = call(project, "kinds", *words, face=face)
    assert ended.exit_code == 0, ended.text
    assert "kinds: False 5 (3, 4)" in ended.text


def test_defaults_of_every_kind_are_those_of_the_function(project: Path) -> None:
    assert "kinds: True 1 (1, 2)" in call(project, "kinds", face="invoke").text


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("comand = ['true']", "`sessions.x.comand` is not a setting"),
        ("function = 'checks'", "'checks' is not of the form `package.module:name`"),
    ],
)
def test_a_fault_of_the_settings_is_said_before_anything_of_the_function(
    project: Path, table: str, said: str
) -> None:
    workspaces.write_files(project, {".config/tasker-ci.toml": f"[sessions.x]\n{table}\n"})
    ended = call(project, "x")
    assert ended.exit_code == 2, ended.text
    assert said in ended.text


def test_a_name_that_is_none_is_noted_where_sessions_are_listed(project: Path) -> None:
    settings = '[sessions."prüf"]\ncommand = ["true"]\n'
    workspaces.write_files(project, {".config/tasker-ci.toml": settings})
    ended = faces.run(["nox", "-l"], project)
    assert ended.exit_code == 0
    assert "No session in .config/tasker-ci.toml: 'prüf'." in ended.stderr
