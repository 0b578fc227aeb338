"""The code under test sees no variable that changes output, unless the job's author has set it.

A test of a public workspace runs `cargo build --manifest-path nowhere/Cargo.toml` and expects the
plain text of cargo's error; CARGO_TERM_COLOR=always made eight such tests fail.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
from github_runner import read_environment_file, run_step

from tasker_ci.sessions import load_settings
from tasker_ci.workflows.setup_env import setup_env_action

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAIN = """\
    let out = std::process::Command::new("cargo")
        .args(["build", "--manifest-path", "nowhere/Cargo.toml"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(text.starts_with("error: manifest path"), "{text:?}");
    for (name, value) in std::env::vars() {
        let output = name.starts_with("CARGO_TERM_") || name.ends_with("_COLOR")
            || name.starts_with("CLICOLOR");
        let internal = name == "TASKER_CI_SET" || name.starts_with("TASKER_RUN");
        assert!(!output && !internal, "{name}={value}");
    }
"""
LIBRARY = "".join(
    [
        *(f"/// {line}\n" for line in ("```", *PLAIN.splitlines(), "```")),
        "pub fn documented() {}\n",
        f"#[test] fn prints_as_ever() {{\n{PLAIN}}}\n",
    ]
)
FILES = {
    "src/lib.rs": LIBRARY,
    "tests/plain.rs": f"#[test] fn prints_as_ever() {{\n{PLAIN}}}\n",
}
SETTINGS = """\
[unit]
cargo-test = ["sample::plain"]

[environment.variables]
CLICOLOR_FORCE = "1"
"""
GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true"}
OWN = """
#[test] fn the_author_s_own_value_arrives() {
    assert_eq!(std::env::var("CARGO_TERM_COLOR").as_deref(), Ok("NAME"));
}
"""


def after_setup_env(project: Path, folder: Path, **job: str) -> dict[str, str]:
    """The environment of a step after the generated action has really run in a job with ``job``."""
    script = setup_env_action(load_settings(project, {}))["runs"]["steps"][0]["run"]
    before = {**GITHUB, **job}
    path = faces.clean_environment()["PATH"]
    step = run_step(script, folder, {"PATH": path, "INPUT_SCCACHE": "off", **before})
    assert step.exit_code == 0, step.output
    return {**before, **step.environment}


@pytest.fixture
def project(cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path]) -> Path:
    require_tool("cargo-nextest")
    return cargo_workspace(FILES, settings=SETTINGS)


class TestTheCodeUnderTestSeesNone:
    """nextest, plain `cargo test` and rustdoc, each with the test of the public workspace."""

    def passes(self, project: Path, face: str = "tasker-ci", **environment: str) -> None:
        for session, count in (("unit", 2), ("doctest", 1)):
            line = faces.command_line(face, session, "--json")
            ended = faces.run(line, project, faces.clean_environment(**environment))
            assert ended.exit_code == 0, ended.text
            assert json.loads(ended.stdout)["passed"] == count

    @pytest.mark.parametrize("face", faces.FACES)
    def test_on_a_developer_s_machine(self, project: Path, face: str) -> None:
        self.passes(project, face)

    def test_with_colour_on_our_own_screen(self, project: Path, tmp_path: Path) -> None:
        environment = after_setup_env(project, tmp_path / "step")
        assert environment["CARGO_TERM_COLOR"] == "always"
        assert environment["CLICOLOR_FORCE"] == "1"
        line = faces.command_line("tasker-ci", "unit")
        ended = faces.run(line, project, faces.clean_environment(**environment))
        assert ended.exit_code == 0, ended.text
        assert "\x1b[" in ended.text
        assert " --color always" in ended.text

    def test_in_a_job_without_setup_env(self, project: Path) -> None:
        self.passes(project, **GITHUB)

    @pytest.mark.parametrize("times", [1, 2])
    def test_in_a_job_after_setup_env(self, project: Path, tmp_path: Path, times: int) -> None:
        environment: dict[str, str] = {}
        for number in range(times):
            environment = after_setup_env(project, tmp_path / f"step{number}", **environment)
        assert environment["CARGO_TERM_COLOR"] == "always"
        self.passes(project, **environment)

    def test_after_env_has_written_for_the_later_steps(self, project: Path) -> None:
        file = project / "set_env"
        line = faces.command_line("tasker-ci", "env", "--format", "github")
        ended = faces.run(line, project, faces.clean_environment(GITHUB_ENV=str(file), **GITHUB))
        assert ended.exit_code == 0, ended.text
        written = read_environment_file(file)
        assert written["CARGO_TERM_COLOR"] == "always"
        self.passes(project, **GITHUB, **written)

    def test_in_the_sessions_that_ci_starts(self, project: Path, tmp_path: Path) -> None:
        """It tells them to use colour, which must end in them."""
        environment = after_setup_env(project, tmp_path / "step")
        ended = faces.run(
            faces.command_line("tasker-ci", "ci", "--json"),
            project,
            faces.clean_environment(FORCE_COLOR="1", TASKER_CI_SET="FORCE_COLOR", **GITHUB),
        )
        results = {each["session"]: each for each in json.loads(ended.stdout)["sessions"]}
        assert results["unit"]["status"] == "passed", ended.text
        ended = faces.run(
            faces.command_line("tasker-ci", "ci", "--json"),
            project,
            faces.clean_environment(**environment),
        )
        results = {each["session"]: each for each in json.loads(ended.stdout)["sessions"]}
        assert results["unit"]["status"] == "passed", ended.text
        assert results["doctest"]["status"] == "passed", ended.text


class TestWhatTheAuthorHasSetStays:
    def arrives(self, project: Path, value: str, **environment: str) -> None:
        text = OWN.replace("NAME", value)
        (project / "src" / "lib.rs").write_text(text, encoding="utf-8")
        (project / "tests" / "plain.rs").write_text(text, encoding="utf-8")
        line = faces.command_line("tasker-ci", "unit", "--json")
        ended = faces.run(line, project, faces.clean_environment(**environment))
        assert ended.exit_code == 0, ended.text
        assert json.loads(ended.stdout)["passed"] == 2

    @pytest.mark.parametrize("value", ["always", "never"])
    def test_in_the_user_s_shell(self, project: Path, value: str) -> None:
        self.arrives(project, value, CARGO_TERM_COLOR=value)

    @pytest.mark.parametrize("value", ["always", "never"])
    def test_by_the_job(self, project: Path, tmp_path: Path, value: str) -> None:
        environment = after_setup_env(project, tmp_path / "step", CARGO_TERM_COLOR=value)
        self.arrives(project, value, **environment)

    def test_by_a_step_after_setup_env(self, project: Path, tmp_path: Path) -> None:
        environment = after_setup_env(project, tmp_path / "step")
        self.arrives(project, "never", **{**environment, "CARGO_TERM_COLOR": "never"})


def test_every_command_of_a_session_is_the_same_before_and_after_setup_env(
    project: Path, tmp_path: Path
) -> None:
    """sccache's key contains the variables of cargo: another one would make each call a miss."""
    ready = {"INPUT_SCCACHE": "off"}
    environment = after_setup_env(project, tmp_path / "step")
    for session in ("unit", "doctest", "clippy", "doc", "examples", "audit", "fmt", "coverage"):
        seen = []
        for given in (GITHUB, environment):
            line = faces.command_line("tasker-ci", session, "--dry-run", "--json")
            ended = faces.run(line, project, faces.clean_environment(**ready, **given))
            assert ended.exit_code == 0, ended.text
            for command in json.loads(ended.stdout)["commands"]:
                own = command["environment"]
                assert "CARGO_TERM_COLOR" not in own
                assert "TASKER_CI_SET" not in own
                seen.append({n: v for n, v in own.items() if n.startswith("CARGO_")})
        assert all(each == seen[0] for each in seen)


def test_env_says_where_colour_applies(project: Path) -> None:
    line = faces.command_line("tasker-ci", "env", "--explain", "--json")
    for given in ({}, GITHUB):
        ended = faces.run(line, project, faces.clean_environment(**given))
        row = json.loads(ended.stdout)["environment"]["CARGO_TERM_COLOR"]
        assert (row["value"], row["applies"]) == (None, "steps")
    shell = faces.run(["tasker-ci", "env", "--explain"], project)
    assert "only in the steps of a GitHub job, in no session" in shell.stdout
    assert "export CARGO_TERM_COLOR" not in shell.stdout


@pytest.mark.parametrize("place", [{}, {"GITHUB_ACTIONS": "true"}])
def test_the_user_s_own_word_about_colour_reaches_nextest(
    project: Path, place: dict[str, str]
) -> None:
    line = faces.command_line("tasker-ci", "unit", "--", "--color", "never")
    ended = faces.run(line, project, faces.clean_environment(**place))
    assert ended.exit_code == 0, ended.text


def test_what_sccache_has_from_before_setup_env_is_hit_after_it(
    project: Path, tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    """Its key holds the variables of cargo; with CARGO_TERM_COLOR in one run nothing would hit."""
    require_tool("sccache")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = f'sccache = "auto"\n{SETTINGS}[environment]\ndrop = ["SCCACHE_GHA_ENABLED"]\n'
    (project / ".config" / "tasker-ci.toml").write_text(text, encoding="utf-8")
    machine = {
        "TASKER_CI_SCCACHE": "auto",
        "SCCACHE_DIR": str(tmp_path / "sccache"),
        "SCCACHE_SERVER_PORT": str(port),
    }
    try:
        counts = []
        for given in (GITHUB, after_setup_env(project, tmp_path / "step")):
            own = {name: value for name, value in given.items() if name != "TASKER_CI_SCCACHE"}
            environment = faces.clean_environment(**{**own, **machine})
            subprocess.run(["sccache", "--zero-stats"], env=environment, check=True)
            shutil.rmtree(project / "target", ignore_errors=True)
            ended = faces.run(["tasker-ci", "unit"], project, environment)
            assert ended.exit_code == 0, ended.text
            asked = faces.run(["tasker-ci", "cache", "--stats", "--json"], project, environment)
            statistics = json.loads(asked.stdout)["statistics"]
            counts.append((statistics["hits"], statistics["misses"]))
        (cold_hits, cold_misses), (warm_hits, warm_misses) = counts
        assert (cold_hits, warm_misses) == (0, 0)
        assert cold_misses == warm_hits > 0
    finally:
        stop = ["sccache", "--stop-server"]
        own_server = faces.clean_environment(**machine)
        subprocess.run(stop, env=own_server, capture_output=True, check=False)
