"""The project's own reusable workflows that the orchestrator calls before or after a stage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.text.yaml import Remarked
from tasker_ci.workflows.asked_permissions import asked_beyond
from tasker_ci.workflows.called import called_workflow, wrong
from tasker_ci.workflows.checked import JOB_NAME, PERMISSION, checked
from tasker_ci.workflows.gate import GATE_FILE
from tasker_ci.workflows.model import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.settings.generated_files import OwnWorkflow
    from tasker_ci.workflows.inputs import Inputs
    from tasker_ci.workflows.job_steps import StepFactory

_FILE = re.compile(r"(?:\./)?(?P<path>\.github/workflows/[A-Za-z0-9._-]+\.ya?ml)")


@dataclass(frozen=True, kw_only=True)
class OwnCall:
    """One of the project's own workflows, checked."""

    job: str
    path: str
    before: str
    after: str
    may_skip: bool
    events: tuple[str, ...]
    permissions: Mapping[str, str]
    inputs: Mapping[str, Any]
    secrets: Mapping[str, str]

    @property
    def starts_at_once(self) -> bool:
        """Whether it waits for no stage, and none for it: only the gate does."""
        return not self.before and not self.after

    def call(self, steps: StepFactory, needs: tuple[str, ...]) -> Call:
        """The job that calls it; with both ends it waits for `after` too."""
        both = (*needs, self.after) if self.after and self.after not in needs else needs
        return Call(
            name=self.job,
            uses=steps.local(self.path),
            needs=both,
            condition=" || ".join(f"github.event_name == '{each}'" for each in self.events) or None,
            permissions=self.permissions,
            inputs=self.inputs,
            secrets=self.secrets,
        )


def own_calls(inputs: Inputs, *, taken: tuple[str, ...]) -> tuple[OwnCall, ...]:
    """The workflows of the setting `workflows.own`; ``taken`` are the jobs that there are already.

    Raises `SettingsError` for a file that is not there or cannot be called, for a stage that does
    not exist, for a name that no job can have, and for inputs and secrets that are not its own.
    """
    calls: list[OwnCall] = []
    for name, row in inputs.settings.workflows.own.items():
        calls.append(_own_call(inputs, name, row, (*taken, *(call.job for call in calls))))
    return tuple(calls)


def _own_call(inputs: Inputs, name: str, row: OwnWorkflow, taken: tuple[str, ...]) -> OwnCall:
    setting = f"workflows.own.{name}"
    job = checked(name, JOB_NAME, setting="workflows.own", what="name of a job")
    if job.lower() in map(str.lower, taken):  # GitHub's expressions do not tell them apart
        raise wrong(setting, f"there is another job {job} in the pipeline", "Rename this one")
    stages = tuple(stage.name for stage in inputs.stages)
    for key, stage in (("before", row.before), ("after", row.after)):
        if stage and stage not in stages:
            raise wrong(
                f"{setting}.{key}", f"there is no stage {stage!r}", f"Stages: {', '.join(stages)}"
            )
    if row.before and row.after and stages.index(row.before) <= stages.index(row.after):
        raise wrong(
            setting,
            f"it cannot run before {row.before} and after {row.after}",
            "Leave one of them out",
        )
    generated = {ORCHESTRATOR, GATE_FILE, *(stage.file for stage in inputs.rows.stages)}
    found = _FILE.fullmatch(row.path)
    if found is None:
        raise wrong(
            f"{setting}.path",
            f"{row.path!r} is no file of .github/workflows",
            "GitHub calls workflows of that folder alone",
        )
    if PurePosixPath(found["path"]).name in generated:
        raise wrong(
            f"{setting}.path",
            f"{row.path} belongs to the pipeline already",
            "Name a workflow of your own",
        )
    called = called_workflow(inputs.project_root, found["path"], f"{setting}.path")
    permissions = dict(_permission(text, f"{setting}.permissions") for text in row.permissions)

    def read(path: str) -> Mapping[str, Any]:
        if PurePosixPath(path).name in generated:
            return {}  # nothing of the project's, and perhaps not written yet
        if path == called.path:
            return called.document
        return called_workflow(inputs.project_root, path, f"{setting}.path").document

    for path, wanted in asked_beyond(called.path, permissions, read):
        between = "" if path == called.path else ", and let the job that calls it grant it,"
        raise wrong(
            f"{setting}.permissions",
            f"{path} asks for `{wanted}`, and GitHub starts no ci.yml that gives it less",
            f"Add it here{between} or take it out there",
        )
    return OwnCall(
        job=job,
        path=found["path"],
        before=row.before,
        after=row.after,
        may_skip=row.may_skip,
        events=row.events,
        permissions=permissions,
        inputs=called.given_inputs(row.inputs, f"{setting}.inputs"),
        secrets=called.given_secrets(row.secrets, f"{setting}.secrets"),
    )


def _permission(text: str, setting: str) -> tuple[str, str]:
    checked(text, PERMISSION, setting=setting, what="permission (`contents: read`)")
    scope, _, level = text.partition(":")
    return scope, Remarked(level.strip(), f"asked for by {setting}")
