"""The session `package`: what is left out, and what a failure becomes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.context import Status
from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Completed
from tasker_ci.sessions.package.session import package
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext


def context(
    tmp_path: Path, answer: Completed, *, settings: str = "", **environment: str
) -> RecordedContext:
    packages = [
        {
            "id": name,
            "name": name,
            "version": "1.0.0",
            "manifest_path": str(tmp_path / name / "Cargo.toml"),
            "targets": [],
            "features": {},
            "dependencies": [],
            "edition": "2021",
        }
        for name in ("one", "two")
    ]
    workspaces.write_files(tmp_path, {"two/Cargo.toml": "[package]\npublish = false\n"})
    metadata = {
        "packages": packages,
        "workspace_members": ["one", "two"],
        "workspace_root": str(tmp_path),
        "target_directory": str(tmp_path / "target"),
    }
    answers = {"": Completed(), "cargo metadata": json.dumps(metadata), "cargo package": answer}
    return make_context(
        tmp_path,
        settings,
        environment={"HOME": str(tmp_path), "TASKER_CI_SCCACHE": "off", **environment},
        runner=RecordingRunner(answers),
    )


def test_what_is_kept_back_is_left_out(tmp_path: Path) -> None:
    here = context(tmp_path, Completed())
    assert package(here).summary == "1 package built as published"
    (line,) = [each for each in here.runner.lines if " package " in each]  # type: ignore[attr-defined]
    assert line.startswith("cargo package --workspace --exclude two --allow-dirty --target-dir ")


def test_under_ci_all_has_to_be_committed(tmp_path: Path) -> None:
    here = context(tmp_path, Completed(), CI="true")
    package(here)
    assert not any("--allow-dirty" in each for each in here.runner.lines)  # type: ignore[attr-defined]


def test_a_workspace_that_publishes_nothing_is_left_alone(tmp_path: Path) -> None:
    here = context(tmp_path, Completed(), settings='[package]\nexclude = ["one"]\n')
    assert package(here).status is Status.SKIPPED


def test_a_failure_is_a_finding(tmp_path: Path) -> None:
    said = f"error: failed to verify manifest at `{tmp_path}/one/Cargo.toml`\n\nCaused by:\n  no\n"
    with pytest.raises(CommandFailed) as raised:
        package(context(tmp_path, Completed(exit_code=101, stderr=said)))
    assert raised.value.message == (
        "1 package does not build from its tarball, one/Cargo.toml: no."
    )
    assert raised.value.exit_code == 101
