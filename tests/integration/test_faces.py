"""The same session through nox, invoke and the console script: flags, codes, output, bad places."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

from tasker_ci import __version__
from tasker_ci.faces.options import flags_of
from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Face = Callable[..., faces.Ended]
    Write = Callable[..., Path]

every_face = pytest.mark.parametrize("face", faces.FACES)

UNFORMATTED = {"src/lib.rs": "//! A library.\nfn  main( ) {}\n"}
BROKEN_CODE = {"src/lib.rs": "//! A library.\nfn main( {}\n"}


def words(text: str) -> str:
    """Text without its line breaks, which each face sets where it likes."""
    return " ".join(text.split())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that no test builds, so cargo need not be there."""
    return workspaces.write_project(tmp_path / "project")


class TestHelp:
    @pytest.mark.parametrize(
        "argv",
        [
            pytest.param(["nox", "-s", "clippy", "--", "--help"], id="nox"),
            pytest.param(["invoke", "--help", "clippy"], id="invoke"),
            pytest.param(["tasker-ci", "--help", "clippy"], id="console, before"),
            pytest.param(["tasker-ci", "--help=clippy"], id="console, joined"),
            pytest.param(["tasker-ci", "clippy", "--help"], id="console, behind"),
        ],
    )
    def test_every_flag_has_the_same_text_everywhere(self, project: Path, argv: list[str]) -> None:
        ended = faces.run(argv, project)
        assert ended.exit_code == 0
        text = words(ended.stdout)
        for option in flags_of(SESSIONS["clippy"]):
            assert option.flag in text
            assert option.full_help in text
        assert SESSIONS["clippy"].summary in text

    @pytest.mark.parametrize(
        "argv",
        [
            ["nox", "-l"],
            ["invoke", "-l"],
            ["invoke"],
            ["tasker-ci", "-l"],
            ["tasker-ci"],
            ["tasker-ci", "--help"],
        ],
        ids=" ".join,
    )
    def test_every_session_is_listed(self, project: Path, argv: list[str]) -> None:
        ended = faces.run(argv, project, faces.clean_environment(COLUMNS="200"))
        # A bare invoke lists tasks only by its help of itself: that is its own way.
        if argv == ["invoke"]:
            assert "Usage: inv[oke]" in ended.stdout
            return
        assert ended.exit_code == 0
        text = words(ended.stdout)
        for name, session in SESSIONS.items():
            assert f"{name} " in text
            assert session.summary in text

    def test_the_version(self, project: Path) -> None:
        ended = faces.run(["tasker-ci", "--version"], project)
        assert (ended.exit_code, ended.stdout) == (0, f"tasker-ci {__version__}\n")

    def test_the_module_is_the_console_script(self, project: Path) -> None:
        ended = faces.run([sys.executable, "-m", "tasker_ci", "--help"], project)
        assert ended.exit_code == 0
        assert "Usage: tasker-ci" in ended.stdout

    def test_options_without_a_meaning_here_are_not_taken(self, project: Path) -> None:
        text = faces.run(["tasker-ci", "--help"], project).stdout
        for foreign in ("--pty", "--hide", "--warn-only", "--prompt-for-sudo-password"):
            assert foreign not in text


class TestExitCodes:
    @pytest.mark.parametrize(("face", "code"), [("nox", 1), ("invoke", 101), ("tasker-ci", 101)])
    def test_the_child_s_own_code(
        self, cargo_workspace: Write, run_face: Face, face: str, code: int
    ) -> None:
        ended = run_face(face, "clippy", cwd=cargo_workspace(BROKEN_CODE))
        assert ended.exit_code == code
        assert "The code does not compile: 1 error, first " in ended.text
        if face == "nox":
            assert "[exit code 101]" in ended.stderr

    @pytest.mark.parametrize(("face", "code"), [("nox", 1), ("invoke", 2), ("tasker-ci", 2)])
    def test_wrong_settings(self, project: Path, run_face: Face, face: str, code: int) -> None:
        workspaces.write_files(project, {".config/tasker-ci.toml": "[doc]\nwarning = 1\n"})
        ended = run_face(face, "fmt", cwd=project)
        assert ended.exit_code == code
        assert (
            ".config/tasker-ci.toml:2: `doc.warning` is not a setting. Did you mean `doc.warnings`?"
        ) in ended.stdout

    @pytest.mark.parametrize(("face", "code"), [("nox", 1), ("invoke", 2), ("tasker-ci", 2)])
    def test_a_variable_with_a_wrong_value(
        self, project: Path, run_face: Face, face: str, code: int
    ) -> None:
        ended = run_face(face, "fmt", cwd=project, TASKER_CI_AUDIT_FETCH_ATTEMPTS="many")
        assert ended.exit_code == code
        assert "variable TASKER_CI_AUDIT_FETCH_ATTEMPTS: " in ended.stdout

    @pytest.mark.parametrize(("face", "code"), [("nox", 1), ("invoke", 2), ("tasker-ci", 2)])
    def test_words_after_the_separator_for_a_session_without_a_tool(
        self, project: Path, run_face: Face, face: str, code: int
    ) -> None:
        ended = run_face(face, "fmt", "--", "--edition", cwd=project)
        assert ended.exit_code == code
        assert "`fmt` hands nothing on, but got '--edition' after `--`." in ended.stdout

    @pytest.mark.parametrize(
        ("face", "code", "message"),
        [
            # invoke ends with 1 for what its own parser does not take.
            ("invoke", 1, "No idea what '--nope' is!"),
            ("tasker-ci", 2, "No idea what '--nope' is!"),
            ("nox", 1, "unrecognized arguments: --nope"),
        ],
    )
    def test_a_flag_that_is_none(
        self, project: Path, run_face: Face, face: str, code: int, message: str
    ) -> None:
        ended = run_face(face, "fmt", "--nope", cwd=project)
        assert ended.exit_code == code
        assert message in ended.text
        if face == "nox":
            assert "[exit code 2]" in ended.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            ["nope"],
            ["--nope"],
            ["--help", "nope"],
            ["fmt", "--set"],
            ["--print-completion-script", "tcsh"],
        ],
        ids=" ".join,
    )
    def test_usage_errors_of_the_console_script_are_2_and_on_standard_error(
        self, project: Path, arguments: list[str]
    ) -> None:
        ended = faces.run(["tasker-ci", *arguments], project)
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.startswith("error: ")
        assert "Traceback" not in ended.stderr


class TestJson:
    @every_face
    def test_one_document_is_alone_on_standard_output(
        self, cargo_workspace: Write, run_face: Face, face: str
    ) -> None:
        ended = run_face(face, "fmt", "--json", cwd=cargo_workspace())
        document = json.loads(ended.stdout)
        assert (document["session"], document["status"]) == ("fmt", "passed")
        assert "cargo fmt" in ended.stderr

    @every_face
    def test_also_of_a_failure(self, cargo_workspace: Write, run_face: Face, face: str) -> None:
        ended = run_face(face, "fmt", "--json", cwd=cargo_workspace(UNFORMATTED))
        document = json.loads(ended.stdout)
        assert (document["status"], document["exit_code"]) == ("failed", 1)
        assert "fmt --fix" in document["next_step"].replace(" -- ", " ")

    @every_face
    def test_also_of_wrong_settings(self, project: Path, run_face: Face, face: str) -> None:
        ended = run_face(face, "fmt", "--json", "--set", "nope=1", cwd=project)
        assert json.loads(ended.stdout)["exit_code"] == 2

    @every_face
    def test_in_github_actions_too(self, project: Path, run_face: Face, face: str) -> None:
        ended = run_face(face, "fmt", "--json", "--dry-run", cwd=project, GITHUB_ACTIONS="true")
        assert json.loads(ended.stdout)["status"] == "skipped"


RECORDER = '#!/bin/sh\necho "$0 $*" >> "$RECORD"\nexit 0\n'

NO_PROCESS = """
import sys

questions = sys.argv.pop().split(",")

def refuse(event, arguments):
    if event in {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn"}:
        argv = [str(word) for word in arguments[1]] if event == "subprocess.Popen" else []
        words = [word for word in argv if not word.startswith("-")]
        if " ".join(words[:2]) in questions:
            return
        print("STARTED", event, arguments[:2], file=sys.stderr)
        sys.stderr.flush()
        import os
        os._exit(99)

sys.addaudithook(refuse)
from tasker_ci.faces.cli import main
main()
"""


QUESTIONS = {
    "ci": ("cargo metadata",),
    "doctest": ("cargo metadata",),
    "features": ("cargo metadata",),
    "msrv": ("cargo metadata",),
    "package": ("cargo metadata",),
    "rollback": ("git rev-parse", "git config"),
}
"""What the dry run of a session asks, as its help says: without the answer its preview is wrong."""


class TestDryRun:
    @pytest.mark.parametrize("session", sorted(QUESTIONS))
    def test_a_question_is_told_in_the_help(self, project: Path, session: str) -> None:
        program = QUESTIONS[session][0].split()[0]
        helped = " ".join(faces.run(["tasker-ci", "--help", session], project).stdout.split())
        assert re.search(rf"A dry run asks `?{program}\b", helped)

    @every_face
    def test_it_prints_the_command_and_starts_nothing(
        self, project: Path, run_face: Face, face: str, tmp_path: Path
    ) -> None:
        tools = tmp_path / "tools"
        for name in ("cargo", "rustc", "sccache", "rustup"):
            workspaces.write_files(tools, {name: RECORDER})
            (tools / name).chmod(0o755)
        record = tmp_path / "record"
        environment = faces.clean_environment(RECORD=str(record))
        environment["PATH"] = f"{tools}:{environment['PATH']}"
        del environment["TASKER_CI_SCCACHE"]
        before = sorted(project.rglob("*"))
        argv = faces.command_line(face, "clippy", "--dry-run")
        ended = faces.run(argv, project, environment)
        assert ended.exit_code == 0
        assert "+ cargo clippy --workspace --all-targets --all-features" in ended.stdout
        assert f"directory: {project}" in ended.stdout
        assert "  RUST_BACKTRACE=1" in ended.stdout
        assert not record.exists()
        ours = [path for path in project.rglob("*") if "__pycache__" not in path.parts]
        assert sorted(ours) == before

    # `init` is left out: it asks cargo and git what is there, or it could tell nothing. And `proof`
    # wants a flag that says what is asked.
    @pytest.mark.parametrize("session", sorted(set(SESSIONS) - {"init", "proof"}))
    def test_no_session_starts_any_process(self, project: Path, session: str) -> None:
        questions = ",".join(QUESTIONS.get(session, ()))
        argv = [sys.executable, "-c", NO_PROCESS, session, "--dry-run", questions]
        ended = faces.run(argv, project)
        assert "STARTED" not in ended.stderr
        assert ended.exit_code == 0

    @pytest.mark.parametrize("flag", ["-R", "--dry"])
    def test_invoke_s_own_flag_means_the_same(self, project: Path, flag: str) -> None:
        ended = faces.run(["invoke", flag, "fmt"], project)
        assert ended.exit_code == 0
        assert "fmt: skipped: nothing was started" in ended.stdout


class TestPlaces:
    @pytest.mark.parametrize("face", ["invoke", "tasker-ci"])
    def test_a_subfolder_of_the_project(
        self, cargo_workspace: Write, run_face: Face, face: str
    ) -> None:
        project = cargo_workspace()
        ended = run_face(face, "fmt", "--dry-run", cwd=project / "src")
        assert ended.exit_code == 0
        assert f"directory: {project}" in ended.stdout

    @every_face
    def test_a_path_with_spaces(self, cargo_workspace: Write, run_face: Face, face: str) -> None:
        project = cargo_workspace(name="a project with spaces")
        assert run_face(face, "fmt", cwd=project).exit_code == 0

    def test_the_console_script_needs_neither_noxfile_nor_tasks(
        self, cargo_workspace: Write, run_face: Face
    ) -> None:
        project = cargo_workspace()
        for name in ("noxfile.py", "tasks.py", ".config/tasker-ci.toml"):
            (project / name).unlink()
        assert run_face("tasker-ci", "fmt", cwd=project).exit_code == 0

    def test_and_is_not_confused_by_those_of_somebody_else(
        self, project: Path, run_face: Face, tmp_path: Path
    ) -> None:
        home = workspaces.write_files(tmp_path / "home", {".invoke.yaml": "tasks: [broken\n"})
        workspaces.write_files(
            project,
            {
                "tasks.py": "raise SystemExit('a foreign tasks.py')\n",
                "noxfile.py": "raise SystemExit('a foreign noxfile')\n",
                "invoke.yaml": "run: {dry: true\n",
            },
        )
        ended = run_face(
            "tasker-ci", "settings", cwd=project, HOME=str(home), INVOKE_RUNTIME_CONFIG="/none.yaml"
        )
        assert ended.exit_code == 0
        assert "lint-arguments" in ended.stdout

    def test_a_folder_without_any_workspace(self, tmp_path: Path, run_face: Face) -> None:
        ended = run_face("tasker-ci", "fmt", cwd=tmp_path)
        assert ended.exit_code == 3
        assert "could not find `Cargo.toml`" in ended.stdout
        assert "Set `workspace` in .config/tasker-ci.toml" in ended.stdout

    def test_a_workspace_that_is_not_there(self, project: Path, run_face: Face) -> None:
        ended = run_face("tasker-ci", "fmt", "--set", "workspace=typo", cwd=project)
        assert ended.exit_code == 3
        assert f"The directory {project / 'typo'} does not exist" in ended.stdout
        assert "Check the setting `workspace`." in ended.stdout


class TestOwnSessions:
    def test_a_noxfile_may_define_a_session_of_the_same_name(
        self, project: Path, run_face: Face
    ) -> None:
        text = (
            "import nox, tasker_ci\n"
            "@nox.session(venv_backend='none')\n"
            "def fmt(session): print('of my own')\n"
            "tasker_ci.register_sessions()\n"
            "tasker_ci.register_sessions()\n"
        )
        workspaces.write_files(project, {"noxfile.py": text})
        ended = run_face("nox", "fmt", cwd=project)
        assert ended.exit_code == 0
        assert "of my own" in ended.stdout


CLOSED = ("<&-", ">&-", "2>&-", "<&- >&- 2>&-")


class TestStandardStreams:
    @pytest.mark.parametrize(
        "line",
        [
            "tasker-ci settings | head -1",
            "tasker-ci settings --json | head -1",
            "tasker-ci --help | head -1",
            "tasker-ci settings | true",
            "invoke settings | head -1",
            "nox -s settings | head -1",
        ],
    )
    def test_a_reader_that_leaves_early_gets_no_traceback(self, project: Path, line: str) -> None:
        ended = faces.run(["sh", "-c", line], project)
        assert "Traceback" not in ended.stderr
        assert "BrokenPipe" not in ended.stderr
        assert "failed" not in ended.stderr

    def test_the_code_is_that_of_a_program_without_a_reader(self, project: Path) -> None:
        line = 'set -o pipefail; tasker-ci settings | true; echo "${PIPESTATUS[0]}" >&2'
        assert faces.run(["bash", "-c", line], project).stderr == "141\n"

    @pytest.mark.parametrize(
        ("face", "closed"),
        [
            ("nox", "<&-"),  # nox itself wants the other two
            *((face, closed) for face in ("invoke", "tasker-ci") for closed in CLOSED),
        ],
    )
    def test_closed_streams(self, cargo_workspace: Write, face: str, closed: str) -> None:
        project = cargo_workspace()
        argv = faces.command_line(face, "fmt")
        ended = faces.run(["sh", "-c", f'"$@" {closed}', "sh", *argv], project)
        assert ended.exit_code == 0, ended.text
        assert "Traceback" not in ended.text

    def test_text_that_the_encoding_lacks(self, project: Path, run_face: Face) -> None:
        ended = run_face(
            "tasker-ci", "fmt", "--set", "workspace=wörk", cwd=project, PYTHONIOENCODING="ascii"
        )
        assert ended.exit_code == 3
        assert "w\\xf6rk does not exist" in ended.stdout
