"""What a foreign workflow did, line by line, and what does it now that `sync` replaces it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.jobs import deeds_of, steps_of
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.sessions.project.covering.configuration import what_a_configuration_loses
from tasker_ci.sessions.project.covering.covers import Covers
from tasker_ci.sessions.project.covering.project import read_project
from tasker_ci.settings.environment import resolve
from tasker_ci.text import yaml_nodes
from tasker_ci.text.file_reading import read_text
from tasker_ci.text.foreign import tabbed
from tasker_ci.workflows.dependabot import PATH as DEPENDABOT
from tasker_ci.workflows.zizmor import PATH as ZIZMOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.foreign.jobs import Deed, Occasion
    from tasker_ci.sessions.project.covering.cargo_sessions import Verdict
    from tasker_ci.workflows.files import GeneratedFile
    from tasker_ci.workflows.inputs import Inputs

MOST_ITEMS = 300
"""Of a list more is not told."""

_MOST_CHARACTERS = 100
_SUFFIXES = {".yml", ".yaml"}
_WORKFLOWS = PurePosixPath(".github/workflows")

_ON_GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true"}
_NOTHING = "nothing covers it"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One trigger, step or property that goes."""

    text: str
    """On one line, without control characters."""
    covered_by: str
    """What does it now; "" if nothing does."""
    reason: str = ""
    """Why nothing does, where that is known."""

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.text}: {self.covered_by or f'{_NOTHING}{why}'}"


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """What disappears with one file."""

    path: PurePosixPath
    triggers: tuple[Part, ...] = ()
    jobs: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    """By the names of the jobs, in their order."""
    unread: str = ""
    """Why the file could not be read."""

    @property
    def uncovered(self) -> int:
        """How many parts nothing covers."""
        rows = [*self.triggers, *(part for parts in self.jobs.values() for part in parts)]
        return sum(not part.covered_by for part in rows)


def what_disappears(path: PurePosixPath, content: bytes, covers: Covers) -> Replaced:
    """Read a workflow, a composite action or a configuration; what cannot be read is said.

    Only the nodes of the YAML are looked at, to a fixed depth: no value is made of them, so that
    neither tags nor aliases in a hostile file do anything.
    """
    if path.suffix not in _SUFFIXES:
        return Replaced(path=path)
    try:
        document = yaml_nodes.entries(yaml_nodes.nodes_of(content))
    except yaml_nodes.UnreadableYaml as error:
        return Replaced(path=path, unread=_short(str(error)))
    if not document:
        return Replaced(path=path, unread="it is not a mapping")
    if path in covers.configurations:
        lost = what_a_configuration_loses(document, covers.configurations[path])
        set_there = _limited((Part(text=_short(each), covered_by="") for each in lost), MOST_ITEMS)
        return Replaced(path=path, jobs={"what it set": set_there} if set_there else {})
    triggers = tuple(
        Part(text=_short(text), covered_by=cover)
        for text, cover in covers.triggers(_triggers(document.get("on")))
    )
    jobs: dict[str, tuple[Part, ...]] = {}
    rows = 0
    for name, job in yaml_nodes.entries(document.get("jobs")).items():
        parts = _limited(_job(job, document, covers, MOST_ITEMS - rows), MOST_ITEMS - rows)
        jobs[_short(name)] = parts
        rows += len(parts)
        if rows >= MOST_ITEMS:
            break
    if "runs" in document:
        steps = yaml_nodes.entries(document["runs"]).get("steps")
        deeds = steps_of(steps, most=MOST_ITEMS + 1)
        parts = _limited((_part(deed, covers) for deed in deeds), MOST_ITEMS)
        jobs["the action's steps"] = parts
    return Replaced(path=path, triggers=triggers, jobs=jobs)


def covers_of(inputs: Inputs, files: Iterable[GeneratedFile], tools: Iterable[str]) -> Covers:
    """What covers what, now that these files are planned; ``tools`` are what sessions install."""
    workflows = {file.path.name: file.text for file in files if file.path.parent == _WORKFLOWS}
    from ruamel.yaml import YAML

    start = YAML(typ="safe", pure=True).compose(workflows.get(ORCHESTRATOR, ""))
    return Covers(
        settings=inputs.settings,
        workflows=frozenset(workflows),
        events=_triggers(yaml_nodes.entries(start).get("on")),
        tools=frozenset(tools),
        configurations={
            file.path: file.text for file in files if file.path in {DEPENDABOT, ZIZMOR}
        },
        stages={name: row.stage for name, row in inputs.sessions.items() if row.stage},
        stage_files={stage.name: stage.file for stage in inputs.rows.stages},
        project=read_project(inputs.project_root, inputs.workspace, _environment(inputs)),
        plugs=frozenset(_plugs(inputs.project_root)),
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


def _job(node: Any, workflow: Mapping[str, Any], covers: Covers, most: int) -> Iterator[Part]:
    job = yaml_nodes.entries(node)
    if uses := yaml_nodes.text(job.get("uses")):
        yield Part(text=_short(f"calls {uses}"), covered_by=covers.called_workflow(uses))
    runner = yaml_nodes.words(job.get("runs-on"))[:MOST_ITEMS]
    if runner and not covers.runs_on(runner):
        yield Part(text=_short(f"runs on {', '.join(runner)}"), covered_by="")
    matrix = yaml_nodes.entries(yaml_nodes.entries(job.get("strategy")).get("matrix"))
    for axis, values in matrix.items():
        words = yaml_nodes.words(values)[:MOST_ITEMS]
        if axis not in {"include", "exclude"} and words:
            text = f"matrix {axis}: {', '.join(words)}"
            yield Part(text=_short(text), covered_by=covers.matrix(words))
    for name, service in yaml_nodes.entries(job.get("services")).items():
        image = yaml_nodes.text(yaml_nodes.entries(service).get("image")) or yaml_nodes.text(
            service
        )
        text = f"service {name} ({image})" if image else f"service {name}"
        yield Part(text=_short(text), covered_by=covers.service(name, image))
    runners = covers.settings.workflows.runner
    for deed in deeds_of(node, workflow, runners, most=most + 1):
        yield _part(deed, covers)


def _part(deed: Deed, covers: Covers) -> Part:
    """What covers a deed on every occasion; with a reason that names the others."""
    verdicts = [(_verdict(each, covers), each.leg) for each in deed.occasions]
    open_ones = [(verdict, leg) for verdict, leg in verdicts if not verdict.covered_by]
    covered = dict.fromkeys(verdict.covered_by for verdict, _ in verdicts if verdict.covered_by)
    if not open_ones:
        return Part(text=_short(deed.text), covered_by=" and ".join(covered))
    verdict, leg = open_ones[0]
    reason = verdict.reason
    if covered:
        values = ", ".join(f"{name} {value}" for name, value in leg.items() if value)
        more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
        reason = f"{reason + ', ' if reason else ''}in the leg {values}{more}"
    return Part(text=_short(deed.text), covered_by="", reason=_short(reason))


def _verdict(occasion: Occasion, covers: Covers) -> Verdict:
    if occasion.command is not None:
        return covers.command(occasion.command, occasion.around)
    return covers.action(occasion.uses, occasion.inputs, occasion.around)


def _limited(parts: Iterator[Part], most: int) -> tuple[Part, ...]:
    result: list[Part] = []
    for part in parts:
        if len(result) >= most:
            more = "and more; the archived file has it all"
            return (*result, Part(text=more, covered_by=""))
        result.append(part)
    return tuple(result)


def _triggers(node: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """Every event with its filters."""
    mapping = yaml_nodes.entries(node)
    if mapping:
        return {
            event: {
                name: yaml_nodes.words(value)[:MOST_ITEMS]
                for name, value in yaml_nodes.entries(filters).items()
            }
            for event, filters in mapping.items()
        }
    return {event: {} for event in yaml_nodes.words(node)[:MOST_ITEMS]}


def _short(text: str) -> str:
    line = tabbed(" ".join(text.split()))
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 2]} …"
