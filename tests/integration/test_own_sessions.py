"""Sessions that a project or an installed package brings, by every face."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SETTINGS = """
[sessions.hello]
command = ["echo", "hello"]
summary = "Say hello."

[sessions.both]
command = [["sh", "-c", "echo one: $WHO"], ["sh", "-c", "pwd; exit 7"]]
stage = "later"
needs = ["quality"]
directory = "src"
environment = { WHO = "me" }
pipeline = false

[sessions.licences]
function = "checks.licences:licences"
pipeline = false
timeout-seconds = 20

[sessions.absent]
command = ["no-such-program"]
pipeline = false
tool = { program = "no-such-program", install = ["sh", "-c", "exit 4"] }

[sessions.tested]
command = ["sh", "-c", "cp prepared.xml result.xml"]
report = "result.xml"
pipeline = false

[sessions.silent]
command = ["true"]
report = "*.xml"
pipeline = false
"""

FUNCTION = '''
import os
import sys
import time
from typing import Annotated, Literal

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import UsageError


class Mute(Exception):
    def __str__(self):
        raise ValueError


def licences(
    context: Context,
    *,
    how: Annotated[
        Literal[
            "well", "usage", "bug", "exit", "vanish", "wait", "wrong", "code", "number", "list",
            "bare", "keyboard", "mute", "circle", "infinite", "status", "summary",
        ],
        "How.",
    ] = "well",
    many: Annotated[int, "How many."] = 1,
    name: Annotated[tuple[str, ...], "Whom."] = (),
) -> Outcome:
    """Check the licences.

    As strictly as can be.
    """
    print("here:", many, *name, *context.passthrough)
    os.chdir("/")
    match how:
        case "usage":
            raise UsageError("No.", next_step="Ask again.", data={"found": 3})
        case "bug":
            raise KeyError("x")
        case "exit":
            sys.exit(9)
        case "vanish":
            os._exit(0)
        case "wait":
            time.sleep(600)
        case "wrong":
            return 5
        case "code":
            raise UsageError("No.", exit_code=512)
        case "number":
            sys.exit(256)
        case "list":
            sys.exit(["x"])
        case "bare":
            raise BaseException("bare")
        case "keyboard":
            raise KeyboardInterrupt
        case "mute":
            raise Mute
        case "circle":
            circle = []
            circle.append(circle)
            return Outcome(summary="", data={"circle": circle})
        case "infinite":
            return Outcome(summary="", data={"x": float("inf")})
        case "status":
            return Outcome(summary="", status="failed")
        case "summary":
            return Outcome(summary=None)
    return Outcome(summary=f"{many} fine", data={"many": many})
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "checks/licences.py": FUNCTION,
        "prepared.xml": '<testsuite name="s"><testcase name="a" time="1"/></testsuite>',
    }
    return workspaces.write_project(tmp_path / "a project", files, settings=SETTINGS)


def call(project: Path, *words: str, face: str = "tasker-ci", **more: str) -> faces.Ended:
    """Run a session as a person types it."""
    session, *rest = words
    return faces.run(
        faces.command_line(face, session, *rest), project, faces.clean_environment(**more)
    )


@pytest.mark.parametrize("face", faces.FACES)
def test_they_are_listed_beside_ours(project: Path, face: str) -> None:
    listed = faces.run([face, "--list" if face != "nox" else "-l"], project)
    assert listed.exit_code == 0, listed.text
    assert "Say hello." in listed.stdout
    for name in ("both", "licences", "absent"):
        assert name in listed.stdout


@pytest.mark.parametrize("face", faces.FACES)
def test_what_follows_the_separator_goes_to_the_command(project: Path, face: str) -> None:
    separator = ["--", "--", "a b"] if face == "nox" else ["--", "a b"]
    ended = call(project, "hello", *(separator if face != "nox" else ["--", "a b"]), face=face)
    assert ended.exit_code == 0, ended.text
    assert "hello a b\n" in ended.stdout


def test_commands_run_in_order_in_their_folder_and_the_code_survives(project: Path) -> None:
    ended = call(project, "both")
    assert ended.exit_code == 7
    assert "one: me\n" in ended.stdout
    assert f"{project}/src\n" in ended.stdout
    assert "failed with exit code 7" in ended.text


@pytest.mark.parametrize("face", faces.FACES)
def test_a_function_has_flags_in_every_face(project: Path, face: str) -> None:
    ended = call(project, "licences", "--many", "3", "--name", "x", "--name", "y", face=face)
    assert ended.exit_code == 0, ended.text
    assert "here: 3 x y" in ended.stdout
    assert "3 fine" in ended.text


@pytest.mark.parametrize("face", faces.FACES)
def test_its_help_is_its_docstring_and_its_flags(project: Path, face: str) -> None:
    words = (
        [face, "--help", "licences"] if face != "nox" else ["nox", "-s", "licences", "--", "--help"]
    )
    ended = faces.run(words, project)
    assert "As strictly as can be." in ended.stdout
    assert "How many." in ended.stdout
    assert "here:" not in ended.text


def test_help_waits_for_no_thread_and_obeys_no_docstring(project: Path) -> None:
    code = """
import threading
threading.Thread(target=threading.Event().wait).start()
def licences(context):
    "\\x1b[31mRed."
"""
    workspaces.write_files(project, {"checks/licences.py": code})
    ended = faces.run(["tasker-ci", "--help", "licences"], project)
    assert ended.exit_code == 0, ended.text
    assert r"\x1b[31mRed." in ended.stdout


@pytest.mark.parametrize(
    ("how", "exit_code", "said"),
    [
        ("usage", 2, "error: No.\n  next: Ask again."),
        ("bug", 1, "checks.licences:licences raised KeyError: 'x'."),
        ("exit", 9, "`licences` exited with 9."),
        ("vanish", 1, "`licences` ended with exit code 0 and without a result"),
        ("wrong", 1, "it returned a int; a session returns an Outcome, or nothing."),
        ("code", 1, "error: No."),  # an exit code of which the system keeps 0
        ("number", 1, "`licences` exited with 256."),
        ("list", 1, "`licences` exited with 1: ['x']."),
        ("bare", 1, "checks.licences:licences raised BaseException: bare."),
        ("keyboard", 130, "checks.licences:licences raised KeyboardInterrupt."),
        ("mute", 1, "checks.licences:licences raised Mute."),
        ("circle", 1, "checks.licences:licences: Circular reference detected."),
        ("infinite", 1, "checks.licences:licences: Out of range float values are not JSON"),
        ("status", 1, "'failed' is not a valid Status."),
        ("summary", 1, "the summary of its Outcome is a NoneType, not a str."),
        ("else", 2, "--how takes well, usage, bug, exit, vanish, wait, wrong, "),
    ],
)
def test_however_a_function_ends_is_one_error(
    project: Path, how: str, exit_code: int, said: str
) -> None:
    ended = call(project, "licences", "--how", how)
    assert ended.exit_code == exit_code, ended.text
    assert said in ended.text


def test_a_bug_shows_where_it_is_and_nothing_of_ours(project: Path) -> None:
    ended = call(project, "licences", "--how", "bug")
    assert "checks/licences.py" in ended.text
    assert "own_process" not in ended.text


def test_scripts_get_its_data_and_nothing_else_on_standard_output(project: Path) -> None:
    ended = call(project, "licences", "--json", "--many", "2")
    assert json.loads(ended.stdout) == {
        "session": "licences", "status": "passed", "summary": "2 fine", "many": 2,
    }  # fmt: skip
    assert "here: 2" in ended.stderr
    failed = json.loads(call(project, "licences", "--json", "--how", "usage").stdout)
    assert (failed["exit_code"], failed["found"], failed["next_step"]) == (2, 3, "Ask again.")


def test_a_dry_run_runs_nothing(project: Path) -> None:
    (project / "checks/licences.py").write_text(
        FUNCTION.replace("print(", "open('trap', 'w'); print(")
    )
    for name in ("both", "licences", "hello"):
        ended = call(project, name, "--dry-run", "--json")
        assert ended.exit_code == 0, ended.text
        assert json.loads(ended.stdout)["commands"]
    assert not (project / "trap").exists()


def test_a_function_has_a_deadline(project: Path) -> None:
    settings = project / ".config/tasker-ci.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("timeout-seconds = 20", "timeout-seconds = 1"))
    ended = call(project, "licences", "--how", "wait")
    assert ended.exit_code == 1
    assert "`licences` ran past its deadline of 1 s and was stopped." in ended.text
    assert "next: Raise `timeout-seconds` in [sessions.licences]" in ended.text


def test_what_a_command_prints_is_no_command_to_github(project: Path) -> None:
    ended = call(project, "hello", "--", "::error::pwned", GITHUB_ACTIONS="true")
    assert ended.exit_code == 0, ended.text
    assert "::stop-commands::" in ended.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_of_a_function(project: Path, number: int) -> None:
    mark = f"own-{os.getpid()}-{number}"
    program = Path(sysconfig.get_path("scripts"), "tasker-ci")
    with subprocess.Popen(
        [program, "licences", "--how", "wait"],
        cwd=project,
        env=faces.clean_environment(**{faces.MARK: mark}),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("here:"):
                break
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
    assert faces.processes_of(mark) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_an_import_ends_with_who_asked_for_it(project: Path) -> None:
    code = "import time\nopen('begun', 'w').close()\ntime.sleep(600)\n"
    workspaces.write_files(project, {"checks/licences.py": code})
    mark = f"own-import-{os.getpid()}"
    program = Path(sysconfig.get_path("scripts"), "tasker-ci")
    environment = faces.clean_environment(**{faces.MARK: mark})
    with subprocess.Popen([program, "licences"], cwd=project, env=environment) as process:
        wait_until((project / "begun").exists)
        process.kill()
    wait_until(lambda: not faces.processes_of(mark))


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_missing_program_is_named_with_the_line_that_installs_it(project: Path) -> None:
    ended = call(project, "absent")
    assert ended.exit_code == 3
    assert "next: tasker-ci tools --tool no-such-program   (runs: sh -c 'exit 4')" in ended.text
    ended = call(project, "tools", "--tool", "no-such-program")
    assert ended.exit_code == 3
    assert "failed with exit code 4" in ended.text
    looked = json.loads(call(project, "doctor", "--json").stdout)
    (line,) = (each for each in looked["checks"] if each["check"] == "no-such-program")
    assert line["state"] == "BROKEN"


def test_its_report_counts_in_the_report(project: Path) -> None:
    assert call(project, "tested").exit_code == 0
    ended = call(project, "report", "--json")
    assert ended.exit_code == 0, ended.text
    assert json.loads(ended.stdout)["passed"] == 1
    # what is there from before is no report of this run
    ended = call(project, "silent")
    assert ended.exit_code == 1
    assert "`silent` wrote no report at" in ended.text


def test_failures_in_its_report_are_failures(project: Path) -> None:
    (project / "prepared.xml").write_text(
        '<testsuite name="s"><testcase name="a"><failure message="no"/></testcase></testsuite>'
    )
    ended = call(project, "tested")
    assert ended.exit_code == 1
    assert "`tested` passed, but its report has failures: 0 passed, 1 failed" in ended.text


REPORTING = """
from pathlib import Path
from tasker_ci import Context, Outcome, Status
from tasker_ci.errors import UsageError

def f(context: Context, *, how: str = "passed", tests: str = ""):
    if tests:
        text = f'<testsuite name="s"><testcase name="a">{tests}</testcase></testsuite>'
        Path("result.xml").write_text(text)
    if how == "error":
        raise UsageError("No.")
    return Outcome(summary="all is well", status=Status(how))
"""
FAILURE = '<failure message="no"/>'


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("--tests", " "), 0, "all is well"),
        (("--tests", FAILURE), 1, "its report has failures: 0 passed, 1 failed"),
        (("--tests", FAILURE, "--how", "error"), 2, "No. 0 passed, 1 failed"),
        (("--how", "error"), 2, "error: No.\n"),
        (("--how", "skipped"), 0, "all is well"),
        ((), 1, "`f` wrote no report at"),
    ],
)
def test_the_report_of_a_function_counts_as_that_of_a_command(
    project: Path, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    settings = '[sessions.f]\nfunction = "checks.f:f"\nreport = "*.xml"\n'
    files = {"checks/f.py": REPORTING, ".config/tasker-ci.toml": settings}
    workspaces.write_files(project, files)
    ended = call(project, "f", *words)
    assert ended.exit_code == exit_code, ended.text
    assert said in ended.text


UNUSABLE = """
FLAG = 1
def two(a, b): ...
def taken(context, *, json: bool = False): ...
def path(context, *, to: os.PathLike = "x"): ...
"""

BROKEN = {
    "no module": ("nowhere.at:all", "ModuleNotFoundError: No module named 'nowhere'"),
    "no name": ("checks.licences:gone", "has no attribute 'gone'"),
    "no function": ("checks.licences:FLAG", "is no function"),
    "two contexts": ("checks.licences:two", "all others are keyword-only"),
    "exits": ("checks.exits:f", "SystemExit: 3"),
    "a flag of ours": ("checks.licences:taken", "there is a flag --json already"),
    "no flag": ("checks.licences:path", "the parameter `to` cannot be a flag"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_imported_is_named_and_the_others_are_listed(
    project: Path, case: str
) -> None:
    function, reason = BROKEN[case]
    workspaces.write_files(
        project,
        {
            "checks/licences.py": f"{FUNCTION}{UNUSABLE}",
            "checks/exits.py": "raise SystemExit(3)\n",
            ".config/tasker-ci.toml": f'{SETTINGS}\n[sessions.x]\nfunction = "{function}"\n',
        },
    )
    for face in faces.FACES:
        ended = call(project, "x", face=face)
        assert ended.exit_code == (1 if face == "nox" else 2)
        assert "The session `x` cannot be used: " in ended.text
        assert reason in ended.text
        assert "Traceback" not in ended.text
    listed = faces.run(["nox", "-l"], project)
    assert (listed.exit_code, "Say hello." in listed.stdout) == (0, True)


def install(place: Path, package: str, name: str, module: str, code: str) -> Mapping[str, str]:
    """A package on Python's path with a session; returns the variable that says so."""
    workspaces.write_files(
        place,
        {
            f"{module}.py": code,
            f"{package}-1.0.dist-info/METADATA": (
                f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
            ),
            f"{package}-1.0.dist-info/entry_points.txt": (
                f"[tasker_ci.sessions]\n{name} = {module}:session\n"
            ),
        },
    )
    return {"PYTHONPATH": str(place)}


CODE = """
from tasker_ci.context import Outcome
def session(context, *, loud: bool = False):
    '''Check what the package checks.'''
    print("LOUD" if loud else "quiet")
    return Outcome(summary="checked")
"""


def test_an_installed_package_brings_a_session(project: Path, tmp_path: Path) -> None:
    path = install(tmp_path / "site", "checks-package", "packaged", "packaged", CODE)
    listed = faces.run(["nox", "-l"], project, faces.clean_environment(**path))
    assert "Call packaged:session of the package checks-package." in listed.stdout
    for face in faces.FACES:
        ended = call(project, "packaged", "--loud", face=face, **path)
        assert ended.exit_code == 0, ended.text
        assert "LOUD" in ended.stdout
    looked = json.loads(call(project, "doctor", "--json", **path).stdout)
    (line,) = (each for each in looked["checks"] if each["check"] == "session packaged")
    assert line["state"] == "ok"


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("licences", [".config/tasker-ci.toml", "the package checks-package"]),
        ("fmt", ["a session of tasker-ci", "the installed package checks-package"]),
    ],
)
def test_two_with_one_name_are_an_error_that_names_both(
    project: Path, tmp_path: Path, name: str, both: list[str]
) -> None:
    path = install(tmp_path / "site", "checks-package", name, "packaged", CODE)
    ended = call(project, name, **path)
    assert ended.exit_code == 2
    for each in both:
        assert each in ended.text
    listed = faces.run(["nox", "-l"], project, faces.clean_environment(**path))
    assert (listed.exit_code, "Say hello." in listed.stdout) == (0, True)
    looked = json.loads(call(project, "doctor", "--json", **path).stdout)
    states = {each["state"] for each in looked["checks"] if each["check"] == f"session {name}"}
    assert "BROKEN" in states


def test_a_package_that_cannot_be_imported_is_named_by_doctor(
    project: Path, tmp_path: Path
) -> None:
    path = install(tmp_path / "site", "checks-package", "packaged", "packaged", "import absent")
    looked = json.loads(call(project, "doctor", "--json", **path).stdout)
    (line,) = (each for each in looked["checks"] if each["check"] == "session packaged")
    assert line["state"] == "BROKEN"
    assert "No module named 'absent'" in line["found"]


def test_they_run_in_ci_and_stand_in_the_workflows(project: Path) -> None:
    settings = project / ".config/tasker-ci.toml"
    text = SETTINGS.replace('environment = { WHO = "me" }\npipeline = false', "")
    settings.write_text(text, encoding="utf-8")
    planned = json.loads(call(project, "ci", "--dry-run", "--json").stdout)
    names = [each["session"] for each in planned["sessions"]]
    assert names.index("audit") < names.index("hello") < names.index("both")
    assert "licences" not in names
    assert call(project, "sync").exit_code == 0
    steps = (project / ".github/workflows/code-quality.yml").read_text(encoding="utf-8")
    assert "exec nox -s hello\n" in steps
    later = (project / ".github/workflows/stage-later.yml").read_text(encoding="utf-8")
    assert "exec nox -s both\n" in later
    assert "stage-later.yml" in (project / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    handbook = (project / ".github/workflows/README.md").read_text(encoding="utf-8")
    assert "| `hello` | Say hello. | `code-quality.yml` |" in handbook
    assert call(project, "sync", "--check").exit_code == 0


def test_what_only_reads_a_clone_imports_nothing_of_it(project: Path) -> None:
    trap = project / "trap"
    (project / "checks/licences.py").write_text(f"open({str(trap)!r}, 'w')\n", encoding="utf-8")
    for session in (
        "doctor",
        "sync",
        "workflows",
        "settings",
        "env",
        "inventory",
        "affected",
        "ps",
    ):
        call(project, session, *(("--check",) if session == "sync" else ()))
    faces.run(["tasker-ci", "--list"], project)
    assert not trap.exists()


def test_what_a_command_leaves_running_is_ended_and_named(project: Path) -> None:
    workspaces.write_files(
        project,
        {".config/tasker-ci.toml": '[sessions.x]\ncommand = ["sh", "-c", "sleep 571 & sleep 0"]\n'},
    )
    mark = f"own-{os.getpid()}-left"
    ended = call(project, "x", **{faces.MARK: mark})
    assert ended.exit_code == 0, ended.text
    assert "It left a process running, which has been ended: sleep 571" in ended.text
    assert faces.processes_of(mark) == {}
