"""The workflows whose steps are sessions: quality, unit, integration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.pipeline import INTEGRATION, QUALITY, UNIT
from tasker_ci.settings.load import SETTINGS_FILE
from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.checked import LABEL, TOOLCHAIN, checked_all
from tasker_ci.workflows.job_steps import NOT_SCRIPTED, StepFactory, given_image
from tasker_ci.workflows.model import Input, Job, Step, Workflow, expression

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER = "false"

IMAGE_INPUT: Mapping[str, Input] = {
    "postgres-image": Input(
        description="The database's image for the services of sessions; empty: they build it."
    )
}


def quality_workflow(steps: StepFactory) -> Workflow:
    """One step for each session of the stage; one that fails hides none of the others."""
    names = _sessions(steps, QUALITY)
    with_services = _with_services(steps, names)
    job = session_job(
        steps,
        "quality",
        name="Code quality",
        with_services=with_services,
        preparation=steps.preparation(names, saves_cache=_NEVER),
        sessions=tuple(
            steps.session(
                name,
                condition=steps.after_preparation(),
                env=given_image() if name in with_services else None,
            )
            for name in names
        ),
    )
    return Workflow(
        file="code-quality.yml",
        name="Code quality",
        purpose="Format, lints, documentation and advisories, a step for each session.",
        inputs=IMAGE_INPUT,
        jobs={"quality": job},
    )


def unit_workflow(steps: StepFactory) -> Workflow:
    """The unit tests and the examples of the documentation, once for each toolchain."""
    settings = steps.inputs.settings.workflows
    toolchains = _toolchains(steps)
    tolerated = [name for name in settings.may_fail if name in toolchains]
    names = _sessions(steps, UNIT)
    with_services = _with_services(steps, names)
    leg = expression("matrix.toolchain")
    writer = f"matrix.toolchain == '{toolchains[0]}'"
    if steps.shards > 1:
        leg += "-" + expression("matrix.shard")
        writer += " && matrix.shard == 1"
    branch = "github.event_name == 'push'"
    job = session_job(
        steps,
        f"unit-{leg}",
        name=f"Unit tests ({leg})",
        with_services=with_services,
        toolchain=expression("matrix.toolchain"),
        preparation=steps.preparation(
            names, saves_cache=expression(f"{branch} && {writer}"), whole_history=settings.affected
        ),
        sessions=tuple(_unit_step(steps, name, with_services) for name in names),
        # Where nothing is affected, a job may have no test to run.
        reports=_test_reports(steps, leg, absent="warn" if settings.affected else "error"),
    )
    job = replace(
        job,
        matrix={
            "toolchain": list(toolchains),
            **({"shard": list(range(1, steps.shards + 1))} if steps.shards > 1 else {}),
        },
        may_fail=" || ".join(f"matrix.toolchain == '{name}'" for name in tolerated),
    )
    return Workflow(
        file="test-unit.yml",
        name="Unit tests",
        purpose="Unit tests and the examples of the documentation, for each toolchain.",
        inputs=IMAGE_INPUT,
        jobs={"unit": job},
    )


def integration_workflow(steps: StepFactory) -> Workflow:
    """The end-to-end tests against real services, and the evidence where they fail."""
    names = _sessions(steps, INTEGRATION)
    job = session_job(
        steps,
        "integration",
        name="Integration tests",
        with_services=names,
        preparation=steps.preparation(names, saves_cache=_NEVER),
        sessions=tuple(
            steps.session(name, condition=steps.after_preparation(), env=given_image())
            for name in names
        ),
        reports=_test_reports(steps, "integration"),
    )
    return Workflow(
        file="test-integration.yml",
        name="Integration tests",
        purpose="End-to-end tests against the real services, whose logs are kept on failure.",
        inputs=IMAGE_INPUT,
        jobs={"integration": job},
    )


def session_job(
    steps: StepFactory,
    leg: str,
    *,
    name: str,
    with_services: tuple[str, ...],
    preparation: tuple[Step, ...],
    sessions: tuple[Step, ...],
    toolchain: str | None = None,
    reports: tuple[Step, ...] = (),
) -> Job:
    """A job around the steps of ``sessions``; ``leg`` ends the names of what it keeps.

    ``with_services`` names the sessions that start services. By default the toolchain is that of
    the settings.
    """
    return Job(
        name=name,
        runner=runner(steps),
        minutes=steps.minutes,
        permissions=permissions(steps, with_services),
        env={
            **NOT_SCRIPTED,
            "TASKER_CI_TOOLCHAIN": own_toolchain(steps) if toolchain is None else toolchain,
        },
        steps=(
            *preparation,
            *sign_in(steps, with_services),
            *sessions,
            *teardown(steps, with_services),
            *service_logs(steps, with_services, f"service-logs-{leg}"),
            *reports,
            *steps.statistics(f"sccache-{leg}"),
            *steps.history(f"history-{leg}"),
        ),
    )


def _test_reports(steps: StepFactory, leg: str, *, absent: str = "error") -> tuple[Step, ...]:
    return (
        steps.upload(
            "Keep the test reports",
            f"test-reports-{leg}",
            steps.built("tasker-ci", "reports", "*.xml"),
            condition=steps.after_preparation(),
            absent=absent,
        ),
    )


def runner(steps: StepFactory) -> tuple[str, ...]:
    """The labels of the runner of every job."""
    labels = steps.inputs.settings.workflows.runner
    return checked_all(labels, LABEL, setting="workflows.runner", what="label of a runner")


def permissions(steps: StepFactory, with_services: tuple[str, ...]) -> dict[str, str]:
    """What a job's token may do: read the code, and the image if it starts the database."""
    pulls = bool(with_services) and steps.inputs.image
    image = {"packages": Remarked("read", "pulls the image of the database")} if pulls else {}
    return {"contents": "read", **image}


def _sessions(steps: StepFactory, stage: str) -> tuple[str, ...]:
    return tuple(name for name, row in steps.inputs.sessions.items() if row.stage == stage)


def _with_services(steps: StepFactory, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if steps.needs_services(name))


def own_toolchain(steps: StepFactory) -> str:
    """The toolchain of the settings; "" is the one that rustup finds in the workspace."""
    name = steps.inputs.settings.toolchain
    return checked_all((name,), TOOLCHAIN, setting="toolchain", what="toolchain")[0] if name else ""


def _toolchains(steps: StepFactory) -> tuple[str, ...]:
    settings = steps.inputs.settings.workflows
    names = checked_all(
        settings.toolchains, TOOLCHAIN, setting="workflows.toolchains", what="toolchain"
    )
    if all(name in settings.may_fail for name in names):
        raise SettingsError(
            "`workflows.may-fail` names every toolchain of `workflows.toolchains`: the unit tests "
            "could not fail.",
            next_step=f"Leave one out of `workflows.may-fail` in {SETTINGS_FILE}.",
        )
    return names


def _unit_step(steps: StepFactory, name: str, with_services: tuple[str, ...]) -> Step:
    image = given_image() if name in with_services else {}
    sharded = steps.shards > 1
    # It asks by itself whether this is a pull request; everything runs elsewhere.
    affected = ("--affected",) if steps.inputs.settings.workflows.affected else ()
    if name != "unit":
        once = "matrix.shard == 1" if sharded else ""
        words = affected if name == "doctest" else ()
        return steps.session(name, *words, condition=steps.after_preparation(once), env=image)
    env = {**image, **({"SHARD": expression("matrix.shard")} if sharded else {})}
    arguments = (
        *affected,
        *(("--partition", f'"slice:$SHARD/{steps.shards}"') if sharded else ()),
    )
    return steps.session(name, *arguments, condition=steps.after_preparation(), env=env)


def sign_in(steps: StepFactory, with_services: tuple[str, ...]) -> tuple[Step, ...]:
    """Sign in where the image that was built has to be pulled."""
    if not with_services or not steps.inputs.image:
        return ()
    return (
        steps.sign_in(
            condition="startsWith(inputs.postgres-image, 'ghcr.io/')",
        ),
    )


def teardown(steps: StepFactory, with_services: tuple[str, ...]) -> tuple[Step, ...]:
    """What a cancelled session had no time for; it does nothing where nothing is left."""
    if not with_services:
        return ()
    condition = f"always() && steps.{steps.ready}.outcome == 'success'"
    return (
        Step(name="Remove the services", condition=condition, run="exec nox -s down -- --all\n"),
    )


def service_logs(
    steps: StepFactory, with_services: tuple[str, ...], artifact: str
) -> tuple[Step, ...]:
    """What the services have printed, where something went wrong."""
    if not with_services:
        return ()
    return (
        steps.upload(
            "Keep the services' logs",
            artifact,
            steps.built("tasker-ci", "logs"),
            condition="failure() || cancelled()",
            absent="warn",
        ),
    )
