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

_PROVEN_SCRIPT = """\
      by=''
      while IFS='=' read -r name value; do
        if [ "$name" = "$job" ]; then by=$value; fi
      done <<<"$PROVEN"
      if [ "$EVENT" = push ] && [ -n "$RUN" ] && [ "$by" = "$RUN" ]; then
        echo "$job: skipped, because $RUN has tested the same"
        continue
      fi
"""
"""A job is named here only if it asks for that output itself, and the job that looked is green."""

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

_PROVEN_INPUTS: Mapping[str, Input] = {
    "proven": Input(description="JOB=ADDRESS for each job that a green run has run, a line each."),
    "run": Input(description="The address of that run; empty: there is none."),
}


def gate_workflow(
    steps: StepFactory,
    jobs: tuple[str, ...],
    may_skip: tuple[str, ...],
    only_on: Mapping[str, tuple[str, ...]],
    *,
    proven: bool = False,
) -> Workflow:
    """The gate over the ``jobs`` of the orchestrator.

    ``may_skip`` may have been skipped, and a job that is ``only_on`` some events on all others.
    With ``proven`` it hears which jobs of a push are proven, and by which run.
    """
    given = {"PROVEN": expression("inputs.proven"), "RUN": expression("inputs.run")}
    step = Step(
        name="Every job was green",
        env={
            "JOBS": " ".join(jobs),
            "MAY_SKIP": " ".join(may_skip),
            "ONLY_ON": "".join(f"{name}={' '.join(on)}\n" for name, on in only_on.items()),
            "EVENT": expression("github.event_name"),
            "RESULTS": expression("inputs.results"),
            **(given if proven else {}),
        },
        run=gate_script(proven=proven),
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
        inputs={
            "results": Input(description="JOB=RESULT, a line for each job.", default=None),
            **(_PROVEN_INPUTS if proven else {}),
        },
        jobs={"ci-success": job},
    )


def gate_script(*, proven: bool) -> str:
    """The script of the gate, which with ``proven`` knows one more reason for a skip."""
    begin = "    skipped)\n"
    return GATE_SCRIPT.replace(begin, begin + _PROVEN_SCRIPT) if proven else GATE_SCRIPT
