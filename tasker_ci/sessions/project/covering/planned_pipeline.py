"""What the pipeline of a project covers: its settings, its planned files and what it selects."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.foreign.own_calls import own_command, own_selections
from tasker_ci.foreign.selections.reading import Repository
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.rust.manifests.reading import find_workspaces
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.workspace import Workspace
from tasker_ci.sessions.project.covering.covers import Covers
from tasker_ci.sessions.project.covering.own_runs import OwnRuns
from tasker_ci.sessions.project.covering.project import read_project
from tasker_ci.sessions.project.covering.triggers import triggers_of
from tasker_ci.sessions.tests.public import whole_runs
from tasker_ci.settings.environment import resolve
from tasker_ci.text import yaml_nodes
from tasker_ci.text.file_reading import read_text
from tasker_ci.tools.rust_sources import reading
from tasker_ci.workflows.dependabot import PATH as DEPENDABOT
from tasker_ci.workflows.zizmor import PATH as ZIZMOR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.reach import Reach
    from tasker_ci.sessions.project.covering.project import Project
    from tasker_ci.workflows.files import GeneratedFile
    from tasker_ci.workflows.inputs import Inputs

_WORKFLOWS = PurePosixPath(".github/workflows")
_ON_GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true"}


def covers_of(
    context: Context,
    inputs: Inputs,
    files: Iterable[GeneratedFile],
    tools: Iterable[str],
    checkout: Checkout,
) -> Covers:
    """What covers what, now that these files are planned; ``tools`` are what sessions install.

    ``checkout`` is the repository as it is afterwards.
    """
    workflows = {file.path.name: file.text for file in files if file.path.parent == _WORKFLOWS}
    from ruamel.yaml import YAML

    start = YAML(typ="safe", pure=True).compose(workflows.get(ORCHESTRATOR, ""))
    project = read_project(inputs.project_root, inputs.workspace, _environment(inputs))
    stages = {name: row.stage for name, row in inputs.sessions.items() if row.stage}
    return Covers(
        settings=inputs.settings,
        workflows=frozenset(workflows),
        events=triggers_of(yaml_nodes.entries(start).get("on")),
        tools=frozenset(tools),
        configurations={
            file.path: file.text for file in files if file.path in {DEPENDABOT, ZIZMOR}
        },
        stages=stages,
        stage_files={stage.name: stage.file for stage in inputs.rows.stages},
        project=project,
        plugs=frozenset(_plugs(inputs.project_root)),
        own=own_runs(context, project, checkout, stages),
    )


def own_runs(
    context: Context, project: Project, checkout: Checkout, sessions: Collection[str]
) -> OwnRuns:
    """What the test runs of these sessions select."""
    workspaces = find_workspaces(checkout)
    root = checkout.root / project.workspace
    empty = Workspace(root=root, target_directory=root / "target", packages=())
    workspace = next((each for each in workspaces if each.root == root), empty)
    repository = Repository(texts=checkout, workspaces=workspaces)
    runs: Mapping[str, tuple[tuple[str, ...], ...]] = {}
    with suppress(TaskerCIError):  # a session that refuses to start runs nothing
        runs = whole_runs(context, workspace)

    def selected(words: tuple[str, ...]) -> tuple[Selection, ...]:
        command = own_command(
            "session", words, folder=project.workspace, variables=project.environment
        )
        return own_selections(command, repository)

    def reached(workspace: Workspace) -> Reach:
        with reading(context, workspace, ()) as sources:
            return reach_of(workspace, sources)

    return OwnRuns(
        repository=repository,
        workspace=workspace,
        folder=project.workspace,
        tests={
            session: tuple(each for words in lines for each in selected(words))
            for session, lines in runs.items()
            if session in sessions
        },
        reach_of=reached,
    )


def _environment(inputs: Inputs) -> dict[str, str]:
    """What the table gives a session in a job."""
    rows = resolve(inputs.loaded, _ON_GITHUB, with_secrets=False, make_keys=False, sccache=True)
    return {row.name: row.value for row in rows if row.value is not None}


def _plugs(root: Path) -> Iterator[str]:
    """The task runners whose file has our sessions and no others."""
    for file, own, programs in (
        ("noxfile.py", "session", ("nox",)),
        ("tasks.py", "task", ("invoke", "inv")),
    ):
        try:
            text = read_text(root / file)
        except (OSError, UnicodeDecodeError):
            continue
        if "tasker_ci" in text and not re.search(rf"@(\w+\.)?{own}\b", text):
            yield from programs
