"""The workflow that runs the benchmarks, and holds them against those of the branch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.sessions.bench.settings import BenchSettings
from tasker_ci.sessions.history.public import kept_records
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.workflows.caches import PUSHED, built_before
from tasker_ci.workflows.checked import path_of_checkout
from tasker_ci.workflows.model import Job, Step, Workflow, expression
from tasker_ci.workflows.session_job import own_toolchain, runner, service_logs, teardown

if TYPE_CHECKING:
    from tasker_ci.workflows.job_steps import StepFactory

_KEY = "tasker-ci-bench-" + expression("runner.os") + "-" + expression("runner.arch") + "-"
_RUN = expression("github.run_id") + "-" + expression("github.run_attempt")


def bench_workflow(steps: StepFactory) -> Workflow:
    """Every number is a round's on one runner; only results of one machine are compared.

    GitHub's cache brings the earlier results, because it needs no right of the token and serves
    pull requests from forks as well: what one of them reads is that of its base branch or of the
    default branch, and what it would write no other could read. So pushes alone write. The folder
    holds the results of many runs, because each runner may have another processor.
    """
    with_services = ("bench",) if steps.needs_services("bench") else ()
    folder = path_of_checkout(
        steps.inputs.settings.of(BenchSettings).folder, setting="bench.folder", absolute=True
    )
    if folder in (".", "/"):
        raise SettingsError(
            f"`bench.folder` is {folder!r}: the cache would keep, and bring back, the whole of it.",
            next_step=f"Name a folder that holds the results alone in {SETTINGS_FILE}.",
        )
    kept = steps.upload(
        "Keep the results", "benchmarks", folder, condition=steps.after_preparation(), absent="warn"
    )
    job = Job(
        name="Benchmarks",
        runner=runner(steps),
        minutes=steps.minutes,
        permissions={"contents": "read"},
        env=steps.environment(own_toolchain(steps)),
        steps=(
            *steps.preparation(("bench",), cache=built_before(steps.inputs.settings)),
            Step(
                name="Earlier results",
                condition=steps.after_preparation(),
                uses=steps.actions["actions/cache/restore"],
                # No cache has this key yet: the newest one whose key begins like it is taken.
                inputs={"path": folder, "key": _KEY + _RUN, "restore-keys": _KEY},
            ),
            steps.session("bench", condition=steps.after_preparation()),
            *teardown(steps, with_services),
            *service_logs(steps, with_services, "service-logs-bench"),
            Step(
                name="Results for the next run",
                condition=steps.after_preparation(PUSHED),
                uses=steps.actions["actions/cache/save"],
                inputs={"path": folder, "key": _KEY + _RUN},
            ),
            replace(kept, inputs={**kept.inputs, "include-hidden-files": True}),
            *kept_records(steps, "bench"),
        ),
    )
    return Workflow(
        file=steps.file_of("bench"),
        name="Benchmarks",
        purpose="How fast it is: every benchmark in several rounds, each number with its noise.",
        jobs={"bench": job},
    )
