"""The workflow that runs once a week, and keeps one issue about what is red."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING

from tasker_ci.screen.reporter import SAID
from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.caches import built, checked_only
from tasker_ci.workflows.job_steps import NOT_SCRIPTED, TOOLS
from tasker_ci.workflows.model import Job, Step, Workflow, expression
from tasker_ci.workflows.session_job import (
    after_compiling,
    own_toolchain,
    runner,
    service_logs,
    teardown,
    with_services_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.workflows.job_steps import StepFactory

_CRON = "17 4 * * 1"
"""Mondays, and not on the hour, when GitHub has most to do."""

_MINUTES = 15
_BETA = "beta"
_TOKEN = {"GITHUB_TOKEN": expression("github.token")}


def schedule_workflow(steps: StepFactory) -> Workflow | None:
    """A job for each look, and one that writes the issue; None where no schedule is set."""
    if steps.inputs.settings.workflows.schedule == "off":
        return None
    looks: dict[str, tuple[str, Callable[[StepFactory], Job]]] = {
        "advisories": ("audit", _advisories),
        "beta": ("unit", _beta),
        "pins": ("workflows", _pins),
        "review": ("review", _review),
        "insights": ("insights", _insights),
    }
    jobs = {
        name: make(steps)
        for name, (session, make) in looks.items()
        if session in steps.inputs.sessions
    }
    return Workflow(
        file="scheduled.yml",
        name="Scheduled",
        purpose="What changes while nobody changes anything: advisories, the next compiler, pins.",
        callable=False,
        triggers={"schedule": [{"cron": _CRON}], "workflow_dispatch": None},
        # Two at a time would open an issue each.
        concurrency={"group": "tasker-ci-schedule", "cancel-in-progress": False},
        jobs={**jobs, "issue": _issue(steps, tuple(jobs))},
    )


def _advisories(steps: StepFactory) -> Job:
    return Job(
        name="Advisories",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={"contents": "read"},
        env=steps.environment(own_toolchain(steps)),
        outputs=_said("audit"),
        steps=(*steps.preparation(("audit",), cache=checked_only()), steps.session("audit")),
    )


def _beta(steps: StepFactory) -> Job:
    """The tests on the next compiler; whatever image they need they build themselves."""
    names = tuple(name for name in ("unit", "doctest") if name in steps.inputs.sessions)
    with_services = with_services_of(steps, names)
    return Job(
        name="Unit tests (beta)",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={"contents": "read"},
        env=steps.environment(_BETA),
        outputs=_said("unit"),
        steps=(
            *steps.preparation(names, cache=built(_BETA)),
            *(
                steps.session(name, condition=after_compiling(steps, name, names[:place]))
                for place, name in enumerate(names)
            ),
            *teardown(steps, with_services),
            *service_logs(steps, with_services, "service-logs-scheduled"),
        ),
    )


def _pins(steps: StepFactory) -> Job:
    return _look(steps, "Pins", steps.session("workflows", "--pins"))


def _review(steps: StepFactory) -> Job:
    return _look(steps, "Review of the CI", steps.session("review"))


def _insights(steps: StepFactory) -> Job:
    job = _look(steps, "Insights", steps.session("insights", env=_TOKEN))
    rights = {**job.permissions, "actions": Remarked("read", "reads how the runs went")}
    return replace(job, permissions=rights)


def _look(steps: StepFactory, name: str, session: Step) -> Job:
    """A job that reads files, or asks GitHub: it needs no toolchain."""
    return Job(
        name=name,
        runner=runner(steps),
        minutes=_MINUTES,
        permissions={"contents": "read"},
        env=dict(NOT_SCRIPTED),
        outputs=_said(session.name),
        steps=(steps.checkout(), *steps.python((TOOLS,)), session),
    )


def _issue(steps: StepFactory, jobs: tuple[str, ...]) -> Job:
    """The one job whose token may write; it runs nothing that was installed."""
    script = resources.files("tasker_ci").joinpath("sessions", "periodic", "issue.py")
    text = script.read_text(encoding="utf-8")
    return Job(
        name="Issue",
        runner=runner(steps),
        minutes=_MINUTES,
        needs=jobs,
        condition="!cancelled()",
        permissions={"issues": Remarked("write", "opens the issue, and writes it anew every week")},
        steps=(
            Step(
                name="Write the issue",
                env={
                    "TOKEN": expression("github.token"),
                    "RESULTS": _lines(jobs, "result"),
                    "SAID": _lines(jobs, f"outputs.{SAID}"),
                },
                run=f"python3 - <<'SCRIPT'\n{text}SCRIPT\n",
            ),
        ),
    )


def _lines(jobs: tuple[str, ...], what: str) -> str:
    return "".join(f"{name}={expression(f'needs.{name}.{what}')}\n" for name in jobs)


def _said(step: str) -> dict[str, str]:
    return {SAID: expression(f"steps.{step}.outputs.{SAID}")}
