"""A test that fails by a variable of ours is run once more without it, and that is said."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import faces
import pytest
from github_runner import run_step
from session_processes import started, until

from tasker_ci.reports.junit import read_junit
from tasker_ci.sessions import load_settings
from tasker_ci.workflows.setup_env import setup_env_action

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ABSENT = '#[test] fn {name}() {{ assert!(std::env::var_os("{variable}").is_none()); }}\n'
FAILS = "#[test] fn always_fails() { panic!() }\n"

LINE_TABLES = ("--config", 'profile.dev.debug="line-tables-only"')
"""What CI adds."""


def absent(name: str, variable: str) -> str:
    """A test that passes only without a variable."""
    return ABSENT.format(name=name, variable=variable)


def run(project: Path, session: str, *words: str, **environment: str) -> tuple[int, dict[str, Any]]:
    line = faces.command_line("tasker-ci", session, "--json", *words)
    ended = faces.run(line, project, faces.clean_environment(**environment))
    return ended.exit_code, json.loads(ended.stdout)


def found(data: dict[str, Any]) -> dict[str, list[str]]:
    return {row["test"]: row["variables"] for row in data["passes_without"]}


@pytest.fixture
def write(
    cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path]
) -> Callable[..., Path]:
    require_tool("cargo-nextest")
    return cargo_workspace


class TestNextest:
    def test_the_variable_is_named_and_nothing_else_changes(
        self, write: Callable[..., Path]
    ) -> None:
        text = absent("backtrace", "RUST_BACKTRACE") + absent("incremental", "CARGO_INCREMENTAL")
        project = write({"src/lib.rs": text + absent("own", "OWN") + FAILS})
        settings = "[environment.variables]\nOWN = '1'\nOTHER = '2'\n"
        (project / ".config" / "tasker-ci.toml").write_text(settings, encoding="utf-8")
        code, data = run(project, "unit", CI="true")
        assert code == 100
        assert (data["passed"], data["failed"]) == (0, 4)
        assert data["summary"] == "4 of 4 tests failed."
        assert found(data) == {
            "backtrace": ["RUST_BACKTRACE"],
            "incremental": ["CARGO_INCREMENTAL"],
            "own": ["OWN"],
        }
        for report in (data["report"], project / "target" / "nextest" / "ci" / "junit.xml"):
            kept = read_junit(project / report)
            assert sorted(case.name for case in kept.having("failed")) == [
                "always_fails",
                "backtrace",
                "incremental",
                "own",
            ]
        again = faces.run(
            ["cargo", "build", *LINE_TABLES, "--all-features", "--tests"],
            project,
            faces.clean_environment(CARGO_INCREMENTAL="0"),
        )
        assert "Compiling" not in again.text, "nothing was built in another environment"

    def test_the_advice_is_right(self, write: Callable[..., Path]) -> None:
        project = write({"src/lib.rs": absent("backtrace", "RUST_BACKTRACE")})
        ended = faces.run(["tasker-ci", "unit"], project)
        assert "warning: sample backtrace passes without RUST_BACKTRACE, which" in ended.text
        advice = 'environment.drop = ["RUST_BACKTRACE"]'
        assert f"  next: Set in .config/tasker-ci.toml: {advice}" in ended.text
        (project / ".config" / "tasker-ci.toml").write_text(f"{advice}\n", encoding="utf-8")
        assert run(project, "unit")[0] == 0

    def test_after_setup_env_in_a_job(self, write: Callable[..., Path], tmp_path: Path) -> None:
        project = write({"src/lib.rs": absent("backtrace", "RUST_BACKTRACE")})
        script = setup_env_action(load_settings(project, {}))["runs"]["steps"][0]["run"]
        job = {"CI": "true", "GITHUB_ACTIONS": "true"}
        path = faces.clean_environment()["PATH"]
        step = run_step(script, tmp_path / "step", {"PATH": path, "INPUT_SCCACHE": "off", **job})
        given = {**job, **step.environment}
        code, data = run(project, "unit", **given)
        assert (code, found(data)) == (100, {"backtrace": ["RUST_BACKTRACE"]})
        own = {**given, "RUST_BACKTRACE": "full"}
        code, data = run(project, "unit", **own)
        assert (code, found(data)) == (100, {}), "a value of the author's own is not ours"

    def test_where_nothing_of_ours_is_there_nothing_runs_again(
        self, write: Callable[..., Path]
    ) -> None:
        project = write({"src/lib.rs": FAILS})
        ended = faces.run(
            ["tasker-ci", "unit"],
            project,
            faces.clean_environment(RUST_BACKTRACE="1", RUST_LIB_BACKTRACE="0"),
        )
        assert ended.exit_code == 100
        assert "once more" not in ended.text

    def test_a_flaky_test_is_not_blamed_on_a_variable(
        self, write: Callable[..., Path], tmp_path: Path
    ) -> None:
        text = (
            f"#[test] fn second_time() {{ let file = std::path::Path::new({str(tmp_path / 'f')!r});"
            'if !file.exists() { std::fs::write(file, "").unwrap(); panic!() } }\n'
        ).replace("'", '"')
        code, data = run(write({"src/lib.rs": text}), "unit")
        assert (code, found(data)) == (100, {})

    def test_ignored_tests_and_a_profile_with_retries(self, write: Callable[..., Path]) -> None:
        text = absent("slow", "RUST_BACKTRACE").replace("#[test]", "#[test] #[ignore]")
        project = write(
            {
                "src/lib.rs": text,
                ".config/nextest.toml": "[profile.ci]\nretries = 2\njunit.path = 'own.xml'\n",
            }
        )
        words = ("--profile", "ci", "--", "--run-ignored", "all", "--release")
        line = faces.command_line("tasker-ci", "unit", "--json", *words)
        ended = faces.run(line, project)
        data = json.loads(ended.stdout)
        assert found(data) == {"slow": ["RUST_BACKTRACE"]}
        assert (project / "target" / "nextest" / "ci" / "own.xml").is_file()

    def test_ctrl_c_while_it_runs(self, write: Callable[..., Path], tmp_path: Path) -> None:
        mark = tmp_path / "again"
        text = (
            '#[test] fn hangs() { if std::env::var_os("RUST_BACKTRACE").is_some() { panic!() }\n'
            f'std::fs::write("{mark}", "").unwrap();\n'
            "std::thread::sleep(std::time::Duration::from_secs(1000)); }\n"
        )
        project = write({"src/lib.rs": text})
        run_name = "own-variables-interrupted"
        with started(project, "unit", **{faces.MARK: run_name}) as process:
            lines: list[str] = []
            assert process.stdout is not None
            reader = threading.Thread(target=lines.extend, args=(process.stdout,))
            reader.start()
            until(process, mark.exists, "the second run")
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            reader.join(60)
        assert "Interrupted by Ctrl-C." in "".join(lines)
        assert not faces.processes_of(run_name)
        kept = read_junit(project / "target" / "nextest" / "default" / "junit.xml")
        assert [case.name for case in kept.having("failed")] == ["hangs"]


class TestCargoTest:
    def test_a_target_and_one_with_a_harness_of_its_own(self, write: Callable[..., Path]) -> None:
        manifest = (
            '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2021"\n'
            '[[test]]\nname = "own"\nharness = false\n'
        )
        files = {
            "Cargo.toml": manifest,
            "tests/plain.rs": absent("backtrace", "RUST_BACKTRACE") + FAILS,
            "tests/own.rs": 'fn main() { assert!(std::env::var_os("OWN").is_none()); }\n',
        }
        settings = (
            '[unit]\ncargo-test = ["sample::plain", "sample::own"]\n'
            "[environment.variables]\nOWN = '1'\n"
        )
        code, data = run(write(files, settings=settings), "unit")
        assert code == 101
        assert data["failed"] == 3
        assert found(data) == {"backtrace": ["RUST_BACKTRACE"], "sample::own": ["OWN"]}


class TestDoctest:
    def test_the_one_of_several(self, write: Callable[..., Path]) -> None:
        text = (
            '/// ```\n/// assert!(std::env::var_os("RUST_BACKTRACE").is_none());\n/// ```\n'
            "/// ```\n/// panic!();\n/// ```\npub fn documented() {}\n"
        )
        code, data = run(write({"src/lib.rs": text}), "doctest")
        assert (code, data["failed"]) == (101, 2)
        assert found(data) == {"src/lib.rs - documented (line 1)": ["RUST_BACKTRACE"]}
