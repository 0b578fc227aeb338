"""The generated workflow of the review, run by act, and what it hands to code scanning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import act
import jsonschema
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = Path(__file__).parents[1] / "resources" / "sarif-2.1.0.schema.json"
SETTINGS = f'sccache = "off"\n{act.SETTINGS}\n[review]\npipeline = true\n'
LIE = """\
name: By hand
on: push
jobs:
  doc:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: cargo test --doc --all-packages
"""


def reviewed(
    folder: Path, require_tool: Callable[[str], Path], files: dict[str, str]
) -> tuple[act.Ended, dict[str, Any]]:
    """The end of the run, and the report that code scanning was given."""
    for name in ("cargo", "rustup", "git", "node"):
        require_tool(name)
    project = workspaces.write_project(folder / "a project", files, settings=SETTINGS)
    act.synchronise(project)
    ended = act.run(
        require_tool("act"),
        project,
        folder / "run",
        "workflow_call",
        *("--workflows", ".github/workflows/review.yml"),
    )
    (file,) = (ended.artifacts / "tasker-ci-review").iterdir()
    return ended, json.loads(file.read_text(encoding="utf-8"))


def certain_errors(report: dict[str, Any]) -> list[tuple[str, str]]:
    (run,) = report["runs"]
    return [
        (each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for each in run["results"]
        if each["level"] == "error"
    ]


@pytest.mark.parametrize(
    ("files", "result", "errors"),
    [
        ({}, "success", []),
        (
            {".github/workflows/by-hand.yml": LIE},
            "failure",
            [("F1", ".github/workflows/by-hand.yml")],
        ),
    ],
    ids=["own workflows", "a lie beside them"],
)
def test_the_job_ends_as_the_review_does_and_hands_over_its_report(
    files: dict[str, str],
    result: str,
    errors: list[tuple[str, str]],
    tmp_path: Path,
    require_tool: Callable[[str], Path],
) -> None:
    ended, report = reviewed(tmp_path, require_tool, files)
    assert ended.jobs == {"review": result}, ended.complaints
    assert ended.steps("review")["Upload to code scanning"] == "success"
    assert "upload-sarif: review.sarif as tasker-ci-review" in ended.text
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert certain_errors(report) == errors
