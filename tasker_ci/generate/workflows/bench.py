"""The workflow that runs the benchmarks and keeps their result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.generate.text.checked import path_of_checkout
from tasker_ci.generate.workflows.job_steps import NOT_SCRIPTED
from tasker_ci.generate.workflows.model import Job, Workflow
from tasker_ci.generate.workflows.sessions import own_toolchain, runner, teardown
from tasker_ci.pipeline import BENCH

if TYPE_CHECKING:
    from tasker_ci.generate.workflows.job_steps import StepFactory


def bench_workflow(steps: StepFactory) -> Workflow:
    """Every number is a round's on one runner; only results of one machine are compared."""
    with_services = (BENCH,) if steps.needs_services(BENCH) else ()
    folder = path_of_checkout(
        steps.inputs.settings.bench.folder, setting="bench.folder", absolute=True
    )
    kept = steps.upload(
        "Keep the results", "benchmarks", folder, condition=steps.after_preparation(), absent="warn"
    )
    job = Job(
        name="Benchmarks",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={"contents": "read"},
        env={**NOT_SCRIPTED, "TASKER_CI_TOOLCHAIN": own_toolchain(steps)},
        steps=(
            *steps.preparation((BENCH,), saves_cache="false"),
            steps.session(BENCH, condition=steps.after_preparation()),
            *teardown(steps, with_services),
            replace(kept, inputs={**kept.inputs, "include-hidden-files": True}),
            *steps.history("history-bench"),
        ),
    )
    return Workflow(
        file="benchmarks.yml",
        name="Benchmarks",
        purpose="How fast it is: every benchmark in several rounds, each number with its noise.",
        jobs={"bench": job},
    )
