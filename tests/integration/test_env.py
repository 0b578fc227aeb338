"""`env`: what it prints makes bare commands run in the environment of the sessions."""

from __future__ import annotations

import json
import shutil
import sysconfig
from typing import TYPE_CHECKING

import faces
import pytest

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
    assert!(get("JWT_PRIVATE_KEY").contains("PRIVATE KEY-----\\n"));
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
        assert "PRIVATE KEY-----" not in ended.text
        assert "API_KEY" in ended.stdout


def test_the_product_stands_alone_on_standard_output(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    project = cargo_workspace(settings=SETTINGS)
    ended = run_face("tasker-ci", "env", "--format", "json", "--reveal", cwd=project)
    table = json.loads(ended.stdout)
    assert table["TASKER_ENV"] == "test"
    assert table["JWT_PUBLIC_KEY"].startswith("-----BEGIN PUBLIC KEY-----")
    assert "CARGO_INCREMENTAL" not in table
    under_ci = run_face("tasker-ci", "env", "--format", "json", cwd=project, CI="true")
    assert json.loads(under_ci.stdout)["CARGO_INCREMENTAL"] == "0"


def test_a_format_that_is_none_is_refused_with_those_there_are(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face("tasker-ci", "env", "--format", "yaml", cwd=cargo_workspace())
    assert ended.exit_code == 2
    assert "--format takes shell, dotenv, json, markdown, not 'yaml'." in ended.text
