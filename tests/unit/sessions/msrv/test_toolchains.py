"""Which toolchain is exactly the Rust that a package names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.msrv.checks import CHECKS
from tasker_ci.sessions.msrv.toolchains import (
    CHOSEN,
    install_command,
    installation,
    toolchain_in,
    toolchains_here,
)
from tasker_ci.testing import RecordingRunner, make_context
from tasker_ci.tools.examination import Examination

if TYPE_CHECKING:
    from pathlib import Path

HOST = "x86_64-unknown-linux-gnu"


@pytest.mark.parametrize(
    ("names", "version", "release", "expected"),
    [
        ([f"1.70.0-{HOST}", f"1.70-{HOST}"], "1.70.0", None, "1.70.0"),
        ([f"1.70-{HOST}"], "1.70.0", None, "1.70"),
        ([f"1.7-{HOST}", f"1.70.1-{HOST}"], "1.70.0", None, None),
        ([f"1.70-{HOST}"], "1.70.1", None, None),
        ([f"stable-{HOST}"], "1.95.0", "1.95.0", CHOSEN),
        ([f"stable-{HOST}"], "1.94.0", "1.95.0", None),
    ],
)
def test_a_name_of_rustup_or_the_chosen_one(
    names: list[str], version: str, release: str | None, expected: str | None
) -> None:
    assert toolchain_in(names, version, release) == expected


def tool(folder: Path, name: str) -> None:
    file = folder / "bin" / name
    file.parent.mkdir(exist_ok=True)
    file.touch(0o755)


def test_rustup_is_asked_once_and_the_line_has_what_is_built_for(tmp_path: Path) -> None:
    tool(tmp_path, "rustup")
    (tmp_path / ".cargo").mkdir()
    (tmp_path / ".cargo/config.toml").write_text('[build]\ntarget = "wasm32-wasip1"\n', "utf-8")
    environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    answers = {
        "rustup toolchain list": f"stable-{HOST} (active, default)\n1.63.0-{HOST}\n",
        "rustc": "rustc 1.95.0 (abc 2026-04-14)\n",
    }
    context = make_context(tmp_path, runner=RecordingRunner(answers), environment=environment)
    found = toolchains_here(context, environment, ["1.63.0", "1.95.0", "1.70.0"])
    assert found == {"1.63.0": "1.63.0", "1.95.0": CHOSEN, "1.70.0": None}
    line = "rustup toolchain install 1.70.0 1.71.0 --profile minimal --target wasm32-wasip1"
    assert installation(context, environment, ["1.70.0", "1.71.0"]).startswith(line)
    assert install_command(context, environment, ("1.70.0",)).cwd == tmp_path


def test_doctor_names_what_is_missing_with_the_line(tmp_path: Path) -> None:
    tool(tmp_path, "rustup")
    environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    answers = {"rustup toolchain list": f"1.63.0-{HOST}\n", "rustc": "rustc 1.95.0 (a)\n"}
    context = make_context(tmp_path, runner=RecordingRunner(answers), environment=environment)
    examination = Examination(context=context, environment=environment, directory=tmp_path)
    assert [*CHECKS.findings(examination)] == []
    for version, state, fix in (
        ("1.63", "ok", None),
        ("1.64", "note", "rustup toolchain install 1.64.0"),
    ):
        text = f'[package]\nname = "a"\nversion = "1.0.0"\nrust-version = "{version}"\n'
        (tmp_path / "Cargo.toml").write_text(text, "utf-8")
        (found,) = CHECKS.findings(examination)
        assert found.state == state
        assert (found.fix or "").startswith(fix or "")
