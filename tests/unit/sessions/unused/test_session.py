"""The session `unused`: its command and its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Completed
from tasker_ci.sessions.unused.session import unused
from tasker_ci.sessions.unused.settings import configuration_file
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

CLEAN = '{"findings": []}'
FOUND = CLEAN.replace(
    "[]",
    '[{"code": "shear/unused_dependency", "severity": "error", "message": "unused", '
    '"fixable": true}]',
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "cargo-shear"
    program.parent.mkdir()
    program.touch(0o755)
    return {"PATH": str(program.parent), "HOME": str(tmp_path)}


def test_packages_are_left_out(tmp_path: Path, environment: dict[str, str]) -> None:
    runner = RecordingRunner({"cargo-shear": CLEAN})
    settings = 'toolchain = "nightly"\n[unused]\nexclude = ["a"]\n'
    context = make_context(tmp_path, settings, environment=environment, runner=runner)
    assert unused(context).summary == "every dependency is used"
    assert runner.lines == ["cargo-shear --format json --exclude=a"]
    assert runner.commands[0].environment["RUSTUP_TOOLCHAIN"] == "nightly"


def test_what_is_unused_is_red_and_the_next_step_removes_it(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    runner = RecordingRunner({"cargo-shear": Completed(exit_code=1, stdout=FOUND)})
    context = make_context(tmp_path, environment=environment, runner=runner)
    with pytest.raises(CommandFailed, match="1 unused dependency") as raised:
        unused(context)
    assert raised.value.next_step.startswith("tasker-ci unused --fix   or name one")
    with pytest.raises(CommandFailed) as raised:
        unused(context, fix=True)
    assert raised.value.next_step.startswith("Remove them by hand   or name one")
    assert runner.lines[-2:] == ["cargo-shear --format json --fix", "cargo-shear --format json"]


def test_a_tool_that_cannot_read_the_workspace_says_why(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    runner = RecordingRunner({"cargo-shear": Completed(exit_code=2, stderr="no manifest")})
    with pytest.raises(CommandFailed, match="no manifest"):
        unused(make_context(tmp_path, environment=environment, runner=runner))


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        ("[workspace.metadata.cargo-shear]\n", "Cargo.toml"),
        ("[package.metadata.cargo-shear]\n", "Cargo.toml"),
        ("[package.metadata.docs]\n", None),
    ],
)
def test_the_manifest_asks_for_it(tmp_path: Path, manifest: str, found: str | None) -> None:
    workspaces.write_files(tmp_path, {"Cargo.toml": manifest})
    assert configuration_file(tmp_path, tmp_path) == found
