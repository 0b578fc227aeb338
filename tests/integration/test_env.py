"""`env`: what it prints makes bare commands run in the environment of the sessions."""

from __future__ import annotations

import json
import re
import shutil
import sysconfig
from typing import TYPE_CHECKING

import faces
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from github_runner import read_environment_file, read_log, run_step

from tasker_ci.sessions import load_settings
from tasker_ci.workflows.setup_env import setup_env_action

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """\
preset = "tasker"

[environment.variables]
ODD = "a 'b' $HOME\\n`c`"
"""

SEES = """\
#[test]
fn sees_the_table() {
    let get = |name: &str| std::env::var(name).unwrap();
    assert_eq!(get("ODD"), "a 'b' $HOME\\n`c`");
    assert_eq!(get("RUST_BACKTRACE"), "1");
    assert!(get("DATABASE_URL").starts_with("postgres://"));
    assert!(get("JWT_PRIVATE_KEY").lines().count() > 20);
    assert!(get("API_KEY").len() > 20);
}
"""


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_bare_nextest_sees_what_a_session_sees(
    cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path], shell: str
) -> None:
    require_tool("cargo-nextest")
    project = cargo_workspace({"src/lib.rs": SEES}, settings=SETTINGS)
    environment = faces.clean_environment()
    scripts = sysconfig.get_path("scripts")
    # The tools lie beside Python; a shell that has not activated it must find them all the same.
    environment["PATH"] = ":".join(
        folder for folder in environment["PATH"].split(":") if folder != scripts
    )
    program = shutil.which("tasker-ci", path=scripts)
    without = faces.run([shell, "-c", "cargo nextest run"], project, environment)
    assert without.exit_code != 0
    line = f'eval "$({program} env --format shell --reveal)" && cargo nextest run'
    ended = faces.run([shell, "-c", line], project, environment)
    assert ended.exit_code == 0, ended.text
    session = faces.run(["tasker-ci", "unit"], project)
    assert session.exit_code == 0


@pytest.mark.parametrize("face", faces.FACES)
@pytest.mark.parametrize("form", ["shell", "dotenv", "json", "markdown"])
def test_no_secret_is_shown_unless_it_is_asked_for(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended], face: str, form: str
) -> None:
    project = cargo_workspace(settings=SETTINGS)
    secret = "a-key-that-somebody-has-set"
    for words in (("--format", form), ("--format", form, "--explain"), ("--json",)):
        ended = run_face(face, "env", *words, cwd=project, API_KEY=secret)
        assert ended.exit_code == 0, ended.text
        assert secret not in ended.text
        assert not re.search(r"PRIVATE KEY-{5}", ended.text)
        assert "API_KEY" in ended.stdout


def test_the_product_stands_alone_on_standard_output(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    project = cargo_workspace(settings=SETTINGS)
    ended = run_face("tasker-ci", "env", "--format", "json", "--reveal", cwd=project)
    table = json.loads(ended.stdout)
    assert table["TASKER_ENV"] == "test"
    assert load_pem_public_key(table["JWT_PUBLIC_KEY"].encode())
    assert "CARGO_INCREMENTAL" not in table
    under_ci = run_face("tasker-ci", "env", "--format", "json", cwd=project, CI="true")
    assert json.loads(under_ci.stdout)["CARGO_INCREMENTAL"] == "0"


def test_a_format_that_is_none_is_refused_with_those_there_are(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face("tasker-ci", "env", "--format", "yaml", cwd=cargo_workspace())
    assert ended.exit_code == 2
    assert "--format takes shell, dotenv, json, markdown, github, not 'yaml'." in ended.text


class TestForTheLaterStepsOfAJob:
    SECRETS = ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "API_KEY")

    @pytest.fixture
    def project(self, cargo_workspace: Callable[..., Path]) -> Path:
        return cargo_workspace(settings=SETTINGS)

    @pytest.mark.parametrize("face", faces.FACES)
    @pytest.mark.parametrize("words", [(), ("--json",)], ids=["plain", "json"])
    def test_the_runner_reads_the_table_and_shows_no_secret(
        self,
        project: Path,
        run_face: Callable[..., faces.Ended],
        face: str,
        words: tuple[str, ...],
    ) -> None:
        file = project / "set_env"
        ended = run_face(
            face, "env", "--format", "github", *words, cwd=project, GITHUB_ENV=str(file)
        )
        assert ended.exit_code == 0, ended.text
        found = read_environment_file(file)
        assert found["ODD"] == "a 'b' $HOME\n`c`"
        assert found["SCCACHE_GHA_ENABLED"] == "true", "it is written for a job, wherever we are"
        log = read_log(ended.text)
        for name in self.SECRETS:
            body = [line for line in found[name].splitlines() if not line.startswith("-----")]
            assert set(body) <= log.masks
            assert not any(line in log.text for line in body)
        if words:
            assert set(json.loads(ended.stdout)["written"]) == found.keys()
        else:
            first = ended.stdout[ended.stdout.index("::add-mask::") :].splitlines()
            assert first[0].startswith("::add-mask::")

    def test_it_writes_what_the_action_writes(
        self,
        project: Path,
        run_face: Callable[..., faces.Ended],
        require_tool: Callable[[str], Path],
    ) -> None:
        require_tool("openssl")  # the action makes its keys with it
        file = project / "set_env"
        job = {"RUST_LOG": "debug", "LOG_LEVEL": "", "CI": "true"}
        run_face("tasker-ci", "env", "--format", "github", cwd=project, GITHUB_ENV=str(file), **job)
        script = setup_env_action(load_settings(project, {}))["runs"]["steps"][0]["run"]
        own = {"PATH": faces.clean_environment()["PATH"], "INPUT_SCCACHE": "off", **job}
        by_action = dict(run_step(script, project / "step", own).environment)
        by_python = read_environment_file(file)
        assert by_action.pop("TASKER_CI_SCCACHE") == "off"
        listed = by_action.pop("TASKER_CI_SET").split()
        listed.remove("TASKER_CI_SCCACHE")
        assert sorted(listed) == by_python.pop("TASKER_CI_SET").split()
        assert by_action.keys() == by_python.keys()
        assert "RUST_LOG" not in by_python
        assert {n: v for n, v in by_action.items() if n not in self.SECRETS} == {
            n: v for n, v in by_python.items() if n not in self.SECRETS
        }

    def test_a_secret_of_the_job_is_masked_and_a_short_one_blots_out_nothing(
        self, project: Path, run_face: Callable[..., faces.Ended]
    ) -> None:
        file = project / "set_env"
        words = ("env", "--format", "github")
        ended = run_face(
            "tasker-ci", *words, cwd=project, GITHUB_ENV=str(file), API_KEY="given-key"
        )
        assert "::add-mask::given-key" in ended.stdout
        assert "API_KEY" not in read_environment_file(file)
        ended = run_face("tasker-ci", *words, cwd=project, GITHUB_ENV=str(file), API_KEY="test")
        assert "::add-mask::test" not in ended.stdout

    def test_a_value_is_no_command_of_the_runner_s(
        self, project: Path, run_face: Callable[..., faces.Ended]
    ) -> None:
        ended = run_face(
            "tasker-ci",
            *("env", "--format", "github", "--set", "environment.variables.EVIL=\n::error::evil"),
            cwd=project,
            GITHUB_ENV=str(project / "set_env"),
            GITHUB_ACTIONS="true",
        )
        assert ended.exit_code == 0, ended.text
        assert "::error::evil" in ended.text
        assert not read_log(ended.text).errors

    @pytest.mark.parametrize(
        ("answer", "given", "expected"),
        [
            ("exit 0", {}, "sccache"),
            ("exit 2", {}, None),
            ("exit 0", {"RUSTC_WRAPPER": "sccache"}, None),
            ("exit 2", {"RUSTC_WRAPPER": "sccache"}, ""),
        ],
    )
    def test_only_an_sccache_that_answers_wraps_the_compiler(
        self,
        project: Path,
        run_face: Callable[..., faces.Ended],
        answer: str,
        given: dict[str, str],
        expected: str | None,
    ) -> None:
        program = project / "bin" / "sccache"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
        program.chmod(0o755)
        path = f"{program.parent}:{faces.clean_environment()['PATH']}"
        file = project / "set_env"
        ended = run_face(
            "tasker-ci",
            *("env", "--format", "github"),
            cwd=project,
            GITHUB_ENV=str(file),
            PATH=path,
            TASKER_CI_SCCACHE="auto",
            **given,
        )
        assert ended.exit_code == 0, ended.text
        assert read_environment_file(file).get("RUSTC_WRAPPER") == expected
        assert ("sccache does not answer" in ended.text) == (answer == "exit 2")

    def test_a_name_that_github_refuses_is_refused(
        self, project: Path, run_face: Callable[..., faces.Ended]
    ) -> None:
        ended = run_face(
            "tasker-ci",
            *("env", "--format", "github", "--set", "environment.variables.NODE_OPTIONS=x"),
            cwd=project,
            GITHUB_ENV=str(project / "set_env"),
        )
        assert ended.exit_code == 2
        assert "NODE_OPTIONS: GitHub Actions lets no step set it" in ended.text
        assert not (project / "set_env").exists()

    def test_outside_a_step_nothing_can_be_written(
        self, project: Path, run_face: Callable[..., faces.Ended]
    ) -> None:
        ended = run_face("tasker-ci", "env", "--format", "github", cwd=project)
        assert ended.exit_code == 2
        assert "GITHUB_ENV is not set" in ended.text
        assert "--dry-run" in ended.text
        dry = run_face("tasker-ci", "env", "--format", "github", "--dry-run", cwd=project)
        assert dry.exit_code == 0
        assert "DATABASE_URL" in dry.text
        assert "add-mask" not in dry.text
        revealed = run_face(
            "tasker-ci", "env", "--format", "github", "--reveal", cwd=project, GITHUB_ENV="x"
        )
        assert revealed.exit_code == 2
