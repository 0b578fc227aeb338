"""The workflows of the stages unit and integration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import listed
from tasker_ci.workflows.caches import PUSHED, built, built_before
from tasker_ci.workflows.checked import LABEL, TOOLCHAIN, checked_all
from tasker_ci.workflows.job_steps import given_image
from tasker_ci.workflows.model import Step, Workflow, expression
from tasker_ci.workflows.session_job import (
    IMAGE_INPUT,
    absent_after,
    after_compiling,
    kept_reports,
    session_job,
    sessions_of,
    with_services_of,
)

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_WINDOWS = "windows"
"""How GitHub's labels of such runners begin."""

_EVERYWHERE = {"unit", "doctest"}
"""The sessions of the stage that run on Windows too."""


def unit_workflow(steps: StepFactory) -> Workflow:
    """The unit tests and the examples of the documentation, once for each toolchain."""
    settings = steps.inputs.settings.workflows
    toolchains, runners = _toolchains(steps), _runners(steps)
    tolerated = [
        f"matrix.{dimension} == '{name}'"
        for dimension, legs in (("toolchain", toolchains), ("runner", runners))
        for name in settings.may_fail
        if name in legs
    ]
    names = sessions_of(steps, "unit")
    with_services = with_services_of(steps, names)
    if with_services:
        _check_services(runners, with_services)
    leg = expression("matrix.toolchain")
    if runners:
        leg += "-" + expression("matrix.runner")
    saved = PUSHED
    if steps.shards > 1:
        leg += "-" + expression("matrix.shard")
        saved += " && matrix.shard == 1"
    job = session_job(
        steps,
        f"unit-{leg}",
        name=f"Unit tests ({leg})",
        with_services=with_services,
        toolchain=expression("matrix.toolchain"),
        preparation=steps.preparation(
            names,
            cache=built(expression("matrix.toolchain"), saved=expression(saved)),
            whole_history=settings.affected,
        ),
        sessions=tuple(
            _unit_step(steps, name, names[:place], with_services)
            for place, name in enumerate(names)
        ),
        # Where nothing is affected, a job may have no test to run.
        reports=kept_reports(
            steps, leg, absent="warn" if settings.affected else absent_after("unit")
        ),
    )
    job = replace(
        job,
        runner=(expression("matrix.runner"),) if runners else job.runner,
        matrix={
            "toolchain": list(toolchains),
            **({"runner": list(runners)} if runners else {}),
            **({"shard": list(range(1, steps.shards + 1))} if steps.shards > 1 else {}),
        },
        may_fail=" || ".join(tolerated),
    )
    return Workflow(
        file=steps.file_of("unit"),
        name="Unit tests",
        purpose="Unit tests and the examples of the documentation, for each toolchain.",
        inputs=IMAGE_INPUT if with_services else {},
        jobs={"unit": job},
    )


def integration_workflow(steps: StepFactory) -> Workflow:
    """The end-to-end tests against real services, and the evidence where they fail."""
    names = sessions_of(steps, "integration")
    job = session_job(
        steps,
        "integration",
        name="Integration tests",
        with_services=names,
        preparation=steps.preparation(names, cache=built_before(steps.inputs.settings)),
        sessions=tuple(
            steps.session(name, condition=steps.after_preparation(), env=given_image())
            for name in names
        ),
        reports=kept_reports(steps, "integration", absent=absent_after("integration")),
    )
    return Workflow(
        file=steps.file_of("integration"),
        name="Integration tests",
        purpose="End-to-end tests against the real services, whose logs are kept on failure.",
        inputs=IMAGE_INPUT,
        jobs={"integration": job},
    )


def _toolchains(steps: StepFactory) -> tuple[str, ...]:
    names = checked_all(
        steps.inputs.settings.workflows.toolchains,
        TOOLCHAIN,
        setting="workflows.toolchains",
        what="toolchain",
    )
    _check_tolerance(steps, names, "toolchain")
    return names


def _runners(steps: StepFactory) -> tuple[str, ...]:
    """The runners of the unit tests; () where the one of all jobs has to do."""
    given = steps.inputs.settings.workflows.runners
    if not given:
        return ()
    names = checked_all(given, LABEL, setting="workflows.runners", what="label of a runner")
    _check_tolerance(steps, names, "runner")
    return names


def _check_tolerance(steps: StepFactory, names: tuple[str, ...], what: str) -> None:
    """Raise `SettingsError` where each leg of the matrix may fail."""
    if all(name in steps.inputs.settings.workflows.may_fail for name in names):
        raise SettingsError(
            f"`workflows.may-fail` names every {what} of `workflows.{what}s`: the unit tests could "
            "not fail.",
            next_step=f"Leave one out of `workflows.may-fail` in {SETTINGS_FILE}.",
        )


def _check_services(runners: tuple[str, ...], sessions: tuple[str, ...]) -> None:
    """Raise `SettingsError` for a runner that can start no services."""
    for name in runners:
        if name.startswith(_WINDOWS):
            raise SettingsError(
                f"{listed(sessions)} starts services, which the runner {name} cannot.",
                next_step=f"Leave `{name}` out of `workflows.runners`, or the services out of the "
                f"session's `services`, in {SETTINGS_FILE}.",
            )


def _unit_step(
    steps: StepFactory, name: str, earlier: tuple[str, ...], with_services: tuple[str, ...]
) -> Step:
    image = given_image() if name in with_services else {}
    sharded = steps.shards > 1
    # It asks by itself whether this is a pull request; everything runs elsewhere.
    affected = ("--affected",) if steps.inputs.settings.workflows.affected else ()
    if name != "unit":
        once = " && matrix.shard == 1" if sharded else ""
        words = affected if name == "doctest" else ()
        condition = after_compiling(steps, name, earlier) + once
        if steps.inputs.settings.workflows.runners and name not in _EVERYWHERE:
            condition += " && runner.os != 'Windows'"
        return steps.session(name, *words, condition=condition, env=image)
    env = {**image, **({"SHARD": expression("matrix.shard")} if sharded else {})}
    arguments = (
        *affected,
        *(("--partition", f'"slice:$SHARD/{steps.shards}"') if sharded else ()),
    )
    return steps.session(name, *arguments, condition=steps.after_preparation(), env=env)
