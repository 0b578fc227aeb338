"""The gate: green only if every job was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import generation
import pytest

from tasker_ci.workflows.gate import GATE_SCRIPT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_gate_runs_always_and_hears_of_every_job(tmp_path: Path) -> None:
    documents = generation.full(tmp_path)
    call = documents["ci.yml"]["jobs"]["success"]
    names = [name for name in documents["ci.yml"]["jobs"] if name != "success"]

    assert call["if"] == "${{ always() }}"
    assert call["with"]["results"].splitlines() == [
        f"{name}=${{{{ needs.{name}.result }}}}" for name in names
    ]
    (gate,) = documents["ci-success.yml"]["jobs"].values()
    assert gate["if"] == "${{ always() }}"
    (step,) = gate["steps"]
    assert step["env"]["JOBS"].split() == names
    assert step["env"]["MAY_SKIP"] == ""


@pytest.mark.parametrize(
    ("results", "green"),
    [
        pytest.param("a=success b=success", True, id="all green"),
        pytest.param("a=success b=skipped", True, id="skipped by leave"),
        pytest.param("a=skipped b=success", False, id="skipped"),
        pytest.param("a=failure b=success", False, id="failed"),
        pytest.param("a=success b=cancelled", False, id="cancelled"),
        pytest.param("a=success", False, id="missing"),
        pytest.param("a= b=success", False, id="without a result"),
        pytest.param("", False, id="nothing at all"),
        pytest.param("a=success=failure b=success", False, id="nonsense"),
        pytest.param("aa=success b=success", False, id="another name"),
    ],
)
def test_the_gate_is_green_only_if_every_job_was(
    tmp_path: Path, results: str, *, green: bool
) -> None:
    lines = results.replace(" ", "\n") + "\n"

    ended = generation.run_script(
        GATE_SCRIPT,
        tmp_path,
        {"JOBS": "a b", "MAY_SKIP": "b", "RESULTS": lines, "EVENT": "push", "ONLY_ON": ""},
    )

    assert (ended.exit_code == 0) == green, ended.text
    assert ("::error title=ci-success::" in ended.text) != green


@pytest.mark.parametrize(
    ("event", "result", "green"),
    [
        ("push", "success", True),
        ("push", "skipped", False),
        ("workflow_dispatch", "skipped", False),
        ("pull_request", "skipped", True),
        ("pull_request", "failure", False),
        ("merge_group", "skipped", True),
    ],
)
def test_a_job_may_be_skipped_where_the_event_is_none_of_its_own(
    tmp_path: Path, event: str, result: str, *, green: bool
) -> None:
    given = {
        "JOBS": "a deploy",
        "MAY_SKIP": "",
        "ONLY_ON": "deploy=push workflow_dispatch\nother=pull_request\n",
        "EVENT": event,
        "RESULTS": f"a=success\ndeploy={result}\n",
    }

    ended = generation.run_script(GATE_SCRIPT, tmp_path, given)

    assert (ended.exit_code == 0) == green, ended.text
