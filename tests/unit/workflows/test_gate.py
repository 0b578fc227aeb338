"""The gate: green only if every job was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import generation
import pytest

from tasker_ci.workflows.gate import GATE_SCRIPT, gate_script

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


ADDRESS = "https://github.example/octo/spoon/actions/runs/77"


@pytest.mark.parametrize(
    ("changed", "green"),
    [
        pytest.param({}, True, id="proven"),
        pytest.param({"EVENT": "merge_group"}, False, id="in the merge queue"),
        pytest.param({"EVENT": "pull_request"}, False, id="in a pull request"),
        pytest.param({"PROVEN": "unit=\n", "RUN": ""}, False, id="nothing was said"),
        pytest.param({"PROVEN": "", "RUN": ADDRESS}, False, id="the job is not named"),
        pytest.param({"PROVEN": f"unit={ADDRESS}\n", "RUN": ""}, False, id="without a run"),
        pytest.param({"PROVEN": f"unit={ADDRESS}8\n"}, False, id="another run"),
        pytest.param({"PROVEN": f"unit2={ADDRESS}\n"}, False, id="another job"),
        pytest.param({"PROVEN": f"proven={ADDRESS}\n"}, False, id="the job that looks"),
        pytest.param({"RESULTS": "proven=success\nunit=failure\n"}, False, id="red"),
        pytest.param({"RESULTS": "proven=success\nunit=cancelled\n"}, False, id="cancelled"),
        pytest.param({"RESULTS": "proven=failure\nunit=skipped\n"}, False, id="the look was red"),
        pytest.param({"RESULTS": "proven=skipped\nunit=skipped\n"}, False, id="nobody looked"),
        pytest.param({"RESULTS": "proven=success\n"}, False, id="missing"),
    ],
)
def test_a_job_may_be_skipped_where_the_look_said_so(
    tmp_path: Path, changed: dict[str, str], *, green: bool
) -> None:
    given = {
        "JOBS": "proven unit",
        "MAY_SKIP": "",
        "ONLY_ON": "proven=push\n",
        "EVENT": "push",
        "RESULTS": "proven=success\nunit=skipped\n",
        "PROVEN": f"unit={ADDRESS}\n",
        "RUN": ADDRESS,
        **changed,
    }

    ended = generation.run_script(gate_script(proven=True), tmp_path, given)

    assert (ended.exit_code == 0) == green, ended.text
    assert (f"unit: skipped, because {ADDRESS} has tested the same" in ended.text) == (
        green or given["RESULTS"].startswith(("proven=failure", "proven=skipped"))
    )


def test_without_the_setting_the_gate_hears_of_no_proof(tmp_path: Path) -> None:
    inputs = generation.full(tmp_path)["ci-success.yml"]["on"]["workflow_call"]["inputs"]

    assert inputs.keys() == {"results"}
    assert gate_script(proven=False) == GATE_SCRIPT
