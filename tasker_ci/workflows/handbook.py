"""README.md of the workflows: the pipeline explained, from the data that it is generated from."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.settings.environment import resolve
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.sources import Rank
from tasker_ci.text.markdown import code, codes, table
from tasker_ci.text.mermaid import flowchart, without_detours
from tasker_ci.text.toml import parsed
from tasker_ci.tools.nextest import Configuration, read_configuration
from tasker_ci.workflows.environment import render
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.model import Call, Job
from tasker_ci.workflows.nextest import nextest_file
from tasker_ci.workflows.proven import PROVEN
from tasker_ci.workflows.target_folder import target_folder
from tasker_ci.workflows.troubleshooting import troubles_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.settings.environment import EnvironmentRow
    from tasker_ci.workflows.inputs import Inputs
    from tasker_ci.workflows.model import Step, Workflow

PATH = PurePosixPath(".github/workflows/README.md")

_ON_GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true"}
"""Where every row of the environment table applies."""

_UPLOAD = "actions/upload-artifact@"
_RUN = "exec "


def handbook_file(inputs: Inputs, workflows: tuple[Workflow, ...]) -> GeneratedFile:
    """The handbook of a project's pipeline; ``workflows`` begin with the one that calls the others.

    The same on every machine: nothing of it depends on who writes it, where, or when.
    """
    body = "\n".join(_parts(inputs, workflows))
    return GeneratedFile(path=PATH, text=with_header(body, opening="<!-- ", closing=" -->"))


def _parts(inputs: Inputs, workflows: tuple[Workflow, ...]) -> Iterator[str]:
    yield (
        "# The pipeline\n\n"
        f"Everything here is made from {code(SETTINGS_FILE)} by {code('tasker-ci sync')}. A step "
        "of a workflow runs the same session that you run on your machine.\n"
    )
    yield "## Flow\n\n" + _flow(workflows)
    yield _gate(workflows)
    yield "## Workflows\n\n" + _overview(workflows)
    for workflow in workflows:
        yield _details(inputs, workflow)
    yield "## Sessions\n\n" + _sessions(inputs, workflows)
    yield "## Environment\n\n" + _environment(inputs)
    yield "## What is kept\n\n" + _artifacts(inputs, workflows)
    yield "## Changing it\n\n" + _changing(inputs, workflows[0].file)
    yield "## When something is wrong\n\n" + table(
        ("What you see", "Why", "What to do"),
        ((each.symptom, each.cause, each.step) for each in troubles_of(inputs)),
    )


def _flow(workflows: tuple[Workflow, ...]) -> str:
    orchestrator = workflows[0]
    labels = {
        name: (job.name, job.uses.rpartition("/")[2]) if isinstance(job, Call) else (job.name,)
        for name, job in orchestrator.jobs.items()
    }
    edges = without_detours({name: job.needs for name, job in orchestrator.jobs.items()})
    return (
        f"{code(orchestrator.file)} calls the other workflows. An arrow means “waits until it is "
        "green”; the gate alone runs whatever happened.\n\n" + flowchart(labels, edges)
    )


def _gate(workflows: tuple[Workflow, ...]) -> str:
    orchestrator, gate = workflows[0], workflows[-1]
    calls = [
        job.name
        for job in orchestrator.jobs.values()
        if isinstance(job, Call) and job.uses.endswith(f"/{gate.file}")
    ]
    checks = [f"{call} / {job.name}" for call in calls for job in gate.jobs.values()]
    return (
        f"**The required check is {codes(checks)}.** Name it in the rules of the branches "
        f"{codes(_branches(orchestrator))}; it fails when any job failed, was cancelled, or was "
        "skipped without leave, so no other check has to be required.\n" + _proven(gate)
    )


def _proven(gate: Workflow) -> str:
    """What the job that looks for green runs does, where there is one."""
    if PROVEN not in gate.inputs:
        return ""
    return (
        f"\nA push whose tree a green run has tested today, such as the merge queue's, skips what "
        f"that run has run: the job {code(PROVEN)} names its address. To see everything run, run "
        "the workflow again. What it cannot know it takes for a no.\n"
    )


def _branches(workflow: Workflow) -> tuple[str, ...]:
    return tuple((workflow.triggers.get("push") or {}).get("branches", ()))


def _overview(workflows: tuple[Workflow, ...]) -> str:
    return table(
        ("File", "Purpose", "Starts", "Jobs"),
        (
            (
                f"[{code(workflow.file)}]({workflow.file})",
                workflow.purpose,
                _starts(workflow),
                codes(workflow.jobs),
            )
            for workflow in workflows
        ),
    )


def _starts(workflow: Workflow) -> str:
    events = [
        code(event) + (f" on {codes(details['branches'])}" if isinstance(details, dict) else "")
        for event, details in workflow.triggers.items()
    ]
    return ", ".join([*events, *(["called"] if workflow.callable else [])])


def _details(inputs: Inputs, workflow: Workflow) -> str:
    lines = [f"### {workflow.file}", "", workflow.purpose, ""]
    for name, value in workflow.inputs.items():
        need = "required" if value.default is None else "optional"
        lines.append(f"- Input {code(name)} ({need}): {value.description}")
    for name, (text, _) in workflow.outputs.items():
        lines.append(f"- Output {code(name)}: {text}")
    for name, job in workflow.jobs.items():
        lines += list(_job(inputs, name, job))
    return "\n".join(lines) + "\n"


def _job(inputs: Inputs, name: str, job: Job | Call) -> Iterator[str]:
    token = (
        ", ".join(code(f"{scope}: {level}") for scope, level in job.permissions.items())
        or "nothing"
    )
    if isinstance(job, Call):
        after = f" after {codes(job.needs)}" if job.needs else ""
        always = ", whatever happened" if job.condition == "always()" else ""
        yield f"- Job {code(name)} calls {code(job.uses)}{after}{always}. Its token may: {token}."
        return
    yield (
        f"- Job {code(name)} on {codes(job.runner)}, at most {job.minutes} minutes. "
        f"Its token may: {token}."
    )
    for axis, values in job.matrix.items():
        yield f"  - One job for each {axis}: {codes(map(str, values))}."
    sessions = [_command(step) for step in job.steps if step.id in inputs.sessions]
    if sessions:
        yield f"  - Sessions, in this order: {codes(sessions)}."


def _command(step: Step) -> str:
    return (step.run or "").removeprefix(_RUN).strip()


def _sessions(inputs: Inputs, workflows: tuple[Workflow, ...]) -> str:
    places: dict[str, list[str]] = {}
    for workflow in workflows:
        for step in _steps(workflow):
            if step.id is not None and step.id in inputs.sessions:
                places.setdefault(step.id, []).append(workflow.file)
    rows = [
        (
            code(name),
            str(getattr(inputs.sessions[name], "summary", "")),
            codes(dict.fromkeys(files)),
            code(f"nox -s {name}"),
        )
        for name, files in places.items()
    ]
    where = inputs.workspace_path
    walker = next((name for name, row in inputs.sessions.items() if row.walks), None)
    whole = f"{code(f'nox -s {walker}')} runs the whole pipeline, " if walker else ""
    return (
        "The same on your machine. `invoke NAME` and `tasker-ci NAME` do the same as "
        "`nox -s NAME`, "
        f"with the same flags (`--help` lists them). {whole}"
        f"{code('tasker-ci doctor')} says what is missing on the machine"
        + (f"; the Rust workspace is {code(where)}" if where != "." else "")
        + ".\n\n"
        + table(("Session", "What it does", "Workflow", "On your machine"), rows)
        + "\n"
        + "Flags follow a `--`, what the tool itself shall get a second one: "
        + code("nox -s unit -- --package NAME -- --retries 2")
        + ". "
        + code("nox -s unit -- --dry-run")
        + " prints the exact command and its environment.\n"
    )


def _steps(workflow: Workflow) -> Iterator[Step]:
    for job in workflow.jobs.values():
        if isinstance(job, Job):
            yield from job.steps


def _environment(inputs: Inputs) -> str:
    rows = resolve(inputs.loaded, {}, with_secrets=True, make_keys=False, sccache=True)
    there = resolve(
        inputs.loaded,
        _ON_GITHUB,
        with_secrets=True,
        make_keys=False,
        sccache=True,
        for_steps=True,
    )
    values = {row.name: row.value for row in there if row.name not in _ON_GITHUB}
    shown = [
        replace(row, value=values.get(row.name, row.value), source=_source(inputs, row))
        for row in rows
    ]
    return (
        "Every session, every service and every job gets these. A variable that is set already "
        "wins. Secrets are made anew for each run and hidden from every log. Variables that change "
        "how programs print are set for the steps of a job only: sessions remove them and use "
        "`--color`, so that they do not reach the code under test.\n\n"
        + render(shown, "markdown", explain=True, reveal=False)
        + f"\n\nOn your machine: {code('tasker-ci env --explain')}, or "
        + code('eval "$(tasker-ci env --format shell --reveal)"')
        + " for bare cargo commands.\n"
    )


def _source(inputs: Inputs, row: EnvironmentRow) -> str:
    """Like the table of `env`, without the line of a file: a comment more would move it."""
    source = inputs.loaded.sources.get(("environment", "variables", row.name, "value"))
    return source.name if source is not None and source.rank is Rank.FILE else row.source


def _artifacts(inputs: Inputs, workflows: tuple[Workflow, ...]) -> str:
    rows = [
        (code(str(values["name"])), code(str(values["path"])), code(workflow.file))
        for workflow, values in _uploads(workflows)
    ]
    local = PurePosixPath(target_folder(inputs)) / "tasker-ci"
    return (
        table(("Artifact", "What", "Workflow"), rows)
        + f"\nOn your machine: test reports (JUnit) in {code(f'{local}/reports/')}, logs of "
        + f"services in {code(f'{local}/logs/')}, nextest's own report in "
        + f"{code(_nextest_report(inputs))}. On GitHub each "
        + "session adds its table to the summary page of the run.\n"
    )


def _nextest_report(inputs: Inputs) -> str:
    """Where nextest writes the report of the profile `ci` once the files are written."""
    edit = nextest_file(inputs)
    configuration = read_configuration(inputs.project_root, inputs.workspace, ())
    if edit is not None:
        document = parsed(edit.text, name=str(edit.path))
        configuration = Configuration(file=None, document=document)
    root = inputs.project_root.resolve()
    workspace = inputs.workspace.resolve()
    configuration = configuration.stored_in(root / target_folder(inputs), workspace)
    path = Path(os.path.normpath(configuration.junit_file(workspace, "ci")))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _uploads(workflows: tuple[Workflow, ...]) -> Iterator[tuple[Workflow, Mapping[str, Any]]]:
    for workflow in workflows:
        for step in _steps(workflow):
            if step.uses and step.uses.startswith(_UPLOAD):
                yield workflow, step.inputs


def _changing(inputs: Inputs, orchestrator: str) -> str:
    own = inputs.settings.workflows.own
    lines = [
        f"1. Change {code(SETTINGS_FILE)}; {code('tasker-ci settings')} lists every setting.",
        f"2. {code('tasker-ci sync')} writes the files; with {code('--check')} it only compares.",
        "3. Commit both together: the first job of the pipeline compares them.",
        "",
        f"Workflows of your own stay beside these. {code('[workflows.own.NAME]')} with "
        f"{code('path')} and {code('before')} or {code('after')} makes "
        f"{code(orchestrator)} call one, and the gate wait for it; {code('inputs')} and "
        f"{code('secrets')} hand it what it declares"
        + (f". Now: {codes(own)}" if own else "")
        + f". What a generated file replaced lies in {code('.github/workflows/archived/')}; "
        + f"{code('tasker-ci rollback')} brings it back. Versions of actions that Dependabot "
        + f"bumped become settings with {code('tasker-ci sync --adopt')}.",
    ]
    return "\n".join(lines) + "\n"
