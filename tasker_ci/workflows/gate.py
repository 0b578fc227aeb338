"""The gate: one required check that is green only when every job was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.model import Input, Job, Step, Workflow, expression
from tasker_ci.workflows.session_job import runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.workflows.job_steps import StepFactory

SUCCESS = "success"
"""The job of the orchestrator that is the gate."""

GATE_FILE = "ci-success.yml"

_MINUTES = 5

GATE_SCRIPT = """\
failed=0
for job in $JOBS; do
  result=missing
  while IFS='=' read -r name value; do
    if [ "$name" = "$job" ]; then result=$value; fi
  done <<<"$RESULTS"
  case "$result" in
    success) echo "$job: success" ;;
    skipped)
      events=$EVENT
      while IFS='=' read -r name value; do
        if [ "$name" = "$job" ]; then events=$value; fi
      done <<<"$ONLY_ON"
      case " $MAY_SKIP " in
        *" $job "*) echo "$job: skipped, which the settings allow"; continue ;;
      esac
      case " $events " in
        *" $EVENT "*) echo "::error title=ci-success::$job was skipped"; failed=1 ;;
        *) echo "$job: skipped, because it runs on $events alone" ;;
      esac ;;
    *) echo "::error title=ci-success::$job: $result"; failed=1 ;;
  esac
done
exit "$failed"
"""
"""Every job by its name: one without a result is as bad as one that failed."""


def gate_workflow(
    steps: StepFactory,
    jobs: tuple[str, ...],
    may_skip: tuple[str, ...],
    only_on: Mapping[str, tuple[str, ...]],
) -> Workflow:
    """The gate over the ``jobs`` of the orchestrator.

    ``may_skip`` may have been skipped, and a job that is ``only_on`` some events on all others.
    """
    step = Step(
        name="Every job was green",
        env={
            "JOBS": " ".join(jobs),
            "MAY_SKIP": " ".join(may_skip),
            "ONLY_ON": "".join(f"{name}={' '.join(on)}\n" for name, on in only_on.items()),
            "EVENT": expression("github.event_name"),
            "RESULTS": expression("inputs.results"),
        },
        run=GATE_SCRIPT,
    )
    job = Job(
        name="ci-success",
        runner=runner(steps),
        minutes=_MINUTES,
        condition="always()",  # the caller's holds for the call alone: a cancelled run would end it
        steps=(step,),
    )
    return Workflow(
        file=GATE_FILE,
        name="ci-success",
        purpose="The required check: green only when every job of the pipeline was.",
        inputs={"results": Input(description="JOB=RESULT, a line for each job.", default=None)},
        jobs={"ci-success": job},
    )
