"""The workflow of msrv."""

from __future__ import annotations

from typing import TYPE_CHECKING

import generation
import workspaces

from tasker_ci.sessions.msrv.job import msrv_workflow
from tasker_ci.workflows.job_steps import StepFactory

if TYPE_CHECKING:
    from pathlib import Path

PROMISE = {"Cargo.toml": workspaces.manifest("sample", 'rust-version = "1.70"\n')}


def test_it_is_there_where_a_package_names_a_rust_and_installs_it_first(tmp_path: Path) -> None:
    without = generation.workflows(tmp_path / "without", files={"Cargo.toml": ""})
    assert "msrv.yml" not in without
    assert "msrv" not in without["ci.yml"]["jobs"]
    there = generation.workflows(tmp_path / "with", files=PROMISE)
    assert "needs" not in there["ci.yml"]["jobs"]["msrv"]
    steps = there["msrv.yml"]["jobs"]["msrv"]["steps"]
    scripts = [each["run"] for each in steps if "msrv" in each.get("run", "")]
    assert scripts == ["exec nox -s msrv -- --install\n", "exec nox -s msrv\n"]
    (check,) = (each for each in steps if each.get("run") == scripts[1])
    assert "steps.toolchains.outcome == 'success'" in check["if"]


def test_the_handbook_says_what_goes_wrong(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path, files=PROMISE)
    assert msrv_workflow(StepFactory.of(inputs)).file == "msrv.yml"
    texts = generation.texts(tmp_path, files=PROMISE)
    assert "`msrv` says NOT CHECKED" in texts[".github/workflows/README.md"]
