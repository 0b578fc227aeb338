"""A job whose steps are sessions, and what surrounds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import load
from tasker_ci.text.yaml import Remarked
from tasker_ci.tools.code_annotations import COMPILES
from tasker_ci.workflows.checked import LABEL, TOOLCHAIN, checked_all
from tasker_ci.workflows.kept_proof import kept_proof
from tasker_ci.workflows.model import Input, Job, Step, expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.workflows.job_steps import StepFactory

IMAGE_INPUT: Mapping[str, Input] = {
    "postgres-image": Input(
        description="The database's image for the services of sessions; empty: they build it."
    )
}


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
        env=steps.environment(own_toolchain(steps) if toolchain is None else toolchain),
        steps=(
            *preparation,
            *sign_in(steps, with_services),
            *sessions,
            *teardown(steps, with_services),
            *service_logs(steps, with_services, f"service-logs-{leg}"),
            *reports,
            *(step for each in steps.inputs.rows.kept for step in load(each)(steps, leg)),
            *kept_proof(steps, leg, sessions, image=bool(with_services)),
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


def sessions_of(steps: StepFactory, stage: str) -> tuple[str, ...]:
    """The sessions of a stage, in the order of its steps."""
    return tuple(name for name, row in steps.inputs.sessions.items() if row.stage == stage)


def with_services_of(steps: StepFactory, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the sessions that start services."""
    return tuple(name for name in names if steps.needs_services(name))


def after_compiling(steps: StepFactory, name: str, earlier: tuple[str, ...]) -> str:
    """The condition of a session: no other that failed hides it.

    But where an ``earlier`` one that compiles the same has found that the code does not compile,
    this one would only say that once more. A session tells by an output of its step.
    """
    rows = steps.inputs.sessions
    word = rows[name].compiles
    same = [each for each in earlier if word is not None and rows[each].compiles == word]
    return steps.after_preparation(
        " && ".join(f"steps.{each}.outputs.{COMPILES} != 'false'" for each in same)
    )


def own_toolchain(steps: StepFactory) -> str:
    """The toolchain of the settings; "" is the one that rustup finds in the workspace."""
    name = steps.inputs.settings.toolchain
    return checked_all((name,), TOOLCHAIN, setting="toolchain", what="toolchain")[0] if name else ""


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


def absent_after(session: str) -> str:
    """What no report is: an error, unless the session has failed: that is one red step already."""
    return expression(f"steps.{session}.outcome == 'success' && 'error' || 'warn'")


def kept_reports(steps: StepFactory, leg: str, *, absent: str) -> tuple[Step, ...]:
    """Keep the JUnit files of the sessions of a job."""
    return (
        steps.upload(
            "Keep the test reports",
            f"test-reports-{leg}",
            steps.built("tasker-ci", "reports", "*.xml"),
            condition=steps.after_preparation(),
            absent=absent,
        ),
    )
