"""The workflow that measures coverage, and uploads it where a setting asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.sessions.coverage.settings import CoverageSettings
from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.caches import built_before
from tasker_ci.workflows.forks import FROM_ANOTHER_REPOSITORY
from tasker_ci.workflows.job_steps import given_image
from tasker_ci.workflows.model import Step, Workflow, expression
from tasker_ci.workflows.session_job import IMAGE_INPUT, session_job

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

COMPONENT_SCRIPT = """\
if [ -n "$TASKER_CI_TOOLCHAIN" ]; then
  export RUSTUP_TOOLCHAIN="$TASKER_CI_TOOLCHAIN"
fi
rustup component add llvm-tools
"""

REPORT_SCRIPT = """\
if [ -s "$REPORT" ]; then
  echo "there=true" >>"$GITHUB_OUTPUT"
fi
"""
"""`hashFiles` finds nothing outside of the checkout, where a target directory may be."""

_WITH_IDENTITY = expression(f"!({FROM_ANOTHER_REPOSITORY})")
"""A pull request from a fork gets no identity (https://github.com/codecov/codecov-action/issues/1435).

codecov takes its uploads without one, where the repository is public; it limits how many. Whoever
proposes something shall not see red for that.
"""


def coverage_workflow(steps: StepFactory) -> Workflow:
    """The unit tests once more, instrumented; the report is kept, whatever the thresholds say."""
    settings = steps.inputs.settings.of(CoverageSettings)
    with_services = ("coverage",) if steps.needs_services("coverage") else ()
    uploads = settings.upload == "codecov"
    reports = steps.built("tasker-ci", "reports", "coverage")
    identity = {
        "id-token": Remarked("write", "proves to codecov whose upload it is; no token is stored")
    }
    job = session_job(
        steps,
        "coverage",
        name="Coverage",
        with_services=with_services,
        preparation=(
            *steps.preparation(("coverage",), cache=built_before(steps.inputs.settings)),
            # Whoever names a folder has the programs there, and may have no rustup.
            *(() if settings.llvm else (_component(steps),)),
            Step(name="Tool for coverage", run="exec nox -s tools -- --tool cargo-llvm-cov\n"),
        ),
        sessions=(steps.session("coverage", env=given_image() if with_services else None),),
        reports=(
            steps.upload(
                "Keep the coverage",
                "coverage",
                reports,
                condition=steps.after_preparation(),
                absent="warn",
            ),
            *(_codecov(steps, f"{reports}/lcov.info") if uploads else ()),
        ),
    )
    if uploads:
        job = replace(job, permissions={**job.permissions, **identity})
    return Workflow(
        file=steps.file_of("coverage"),
        name="Coverage",
        purpose="Which lines the unit tests reach, held against the thresholds of the settings.",
        inputs=IMAGE_INPUT if with_services else {},
        jobs={"coverage": job},
    )


def _component(steps: StepFactory) -> Step:
    return Step(name="LLVM's tools", directory=steps.path(), run=COMPONENT_SCRIPT)


def _codecov(steps: StepFactory, report: str) -> tuple[Step, ...]:
    """Upload the report; also one that is below a threshold, which codecov then shows."""
    return (
        Step(
            name="Report for codecov",
            id="measured",
            condition=steps.after_preparation(),
            env={"REPORT": report},
            run=REPORT_SCRIPT,
        ),
        Step(
            name="Upload to codecov",
            condition=steps.after_preparation("steps.measured.outputs.there == 'true'"),
            uses=steps.actions["codecov/codecov-action"],
            inputs={
                "use_oidc": _WITH_IDENTITY,
                "files": report,
                "disable_search": True,
                "fail_ci_if_error": _WITH_IDENTITY,
            },
        ),
    )
