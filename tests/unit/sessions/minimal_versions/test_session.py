"""The session minimal-versions with a cargo that answers as the real one does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import generation
import pytest
import workspaces

from tasker_ci.process.command import Completed
from tasker_ci.sessions.minimal_versions.checks import CHECKS
from tasker_ci.sessions.minimal_versions.errors import RequirementTooLow
from tasker_ci.sessions.minimal_versions.job import minimal_workflow
from tasker_ci.sessions.minimal_versions.session import minimal_versions
from tasker_ci.testing import RecordedContext, RecordingRunner, make_context
from tasker_ci.tools.examination import Examination
from tasker_ci.tools.installed_toolchains import NotAvailable, NotAvailableHere
from tasker_ci.workflows.job_steps import StepFactory
from tasker_ci.workflows.other_toolchain import toolchain_step

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import Answer

PIPELINE = "[minimal-versions]\npipeline = true\n"


def context_of(folder: Path, chosen: Answer, nightly: str = "nightly-x86_64") -> RecordedContext:
    workspaces.write_files(folder, {"Cargo.toml": workspaces.manifest("a"), "bin/rustup": ""})
    (folder / "bin/rustup").chmod(0o755)
    metadata = {"workspace_root": str(folder), "target_directory": "t", "packages": []}
    answers = {
        "rustup toolchain list": f"{nightly}\n",
        "cargo metadata": json.dumps(metadata),
        "cargo +nightly generate-lockfile": chosen,
    }
    return make_context(
        folder,
        'sccache = "off"\n' + PIPELINE,
        runner=RecordingRunner(answers),
        environment={"PATH": str(folder / "bin"), "HOME": str(folder)},
    )


def test_without_the_nightly_nothing_is_checked(tmp_path: Path) -> None:
    context = context_of(tmp_path, "", nightly="stable-x86_64")
    with pytest.raises(NotAvailableHere, match="toolchain nightly is not installed") as caught:
        minimal_versions(context)
    assert caught.value.next_step == "rustup toolchain install nightly --profile minimal"
    examination = Examination(context=context, environment=context.environment, directory=tmp_path)
    (found,) = CHECKS.findings(examination)
    assert (found.state, found.fix) == ("note", caught.value.next_step)


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        ("error: failed to download `x`\n", NotAvailable, "could not fetch what it needs"),
        ("error: failed to parse manifest\n", RequirementTooLow, "failed to parse manifest"),
    ],
)
def test_what_cargo_says_is_told(
    tmp_path: Path, said: str, kind: type[Exception], message: str
) -> None:
    answer = Completed(exit_code=101, seconds=1, stderr=said)
    with pytest.raises(kind, match=message):
        minimal_versions(context_of(tmp_path, answer))


def test_its_job_installs_the_nightly_beside_the_toolchain(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path, PIPELINE)
    workflow = minimal_workflow(StepFactory.of(inputs))
    step = toolchain_step("nightly", setting="minimal-versions.toolchain")
    assert step.env == {"OTHER_TOOLCHAIN": "nightly"}
    (job,) = workflow.jobs.values()
    assert step in job.steps  # type: ignore[union-attr]
    assert "minimal-versions.yml" not in generation.workflows(tmp_path / "without")
