"""`minimal-versions` with a real nightly, in a workspace that needs no registry."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces
from conftest import lacking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


LOCK = "# Ours.\nversion = 4\n"


@pytest.fixture
def nightly(require_tool: Callable[[str], Path]) -> None:
    require_tool("rustup")
    said = subprocess.run(
        ["rustup", "toolchain", "list"], capture_output=True, text=True, check=True
    ).stdout
    if not any(line.startswith(("nightly-x", "nightly-a")) for line in said.split()):
        lacking("rustup has no nightly")


def check(project: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "minimal-versions", "--json", *words]
    ended = faces.run(argv, project, faces.clean_environment(RUSTUP_AUTO_INSTALL="0"))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


@pytest.mark.usefixtures("nightly")
def test_it_compiles_with_the_oldest_and_the_lock_file_stays(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", '[dependencies]\nb = { path = "b" }\n'),
            "b/Cargo.toml": workspaces.manifest("b"),
            "b/src/lib.rs": "pub fn b() {}\n",
            "Cargo.lock": LOCK,
        }
    )
    exit_code, data, text = check(project)
    assert exit_code == 0, text
    assert data["summary"] == "it compiles with the oldest versions (0 dependencies)"
    assert (project / "Cargo.lock").read_text("utf-8") == LOCK
    (project / "b/src/lib.rs").write_text("pub fn b() { nowhere() }\n", "utf-8")
    exit_code, data, text = check(project)
    assert exit_code == 101
    assert "b/src/lib.rs:1: cannot find function `nowhere`" in text
    assert data["findings"][0]["repeat"] == "tasker-ci minimal-versions"
