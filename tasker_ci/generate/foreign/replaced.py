"""What a foreign workflow did, line by line, and what does it now that `sync` replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci import yaml_nodes
from tasker_ci.generate.dependabot import PATH as DEPENDABOT
from tasker_ci.generate.foreign.configuration import what_a_configuration_loses
from tasker_ci.generate.foreign.covers import Covers
from tasker_ci.generate.foreign.scripts import commands_of
from tasker_ci.generate.text.printable import printable
from tasker_ci.generate.zizmor import PATH as ZIZMOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.generate.files import GeneratedFile
    from tasker_ci.generate.inputs import Inputs

MOST_ITEMS = 300
"""Of a list more is not told."""

_MOST_BYTES = 256 * 1024
"""A workflow of GitHub's own size is far below; reading YAML takes a second for so much."""

_MOST_CHARACTERS = 100
_SUFFIXES = {".yml", ".yaml"}
_WORKFLOWS = PurePosixPath(".github/workflows")

NOTHING = "nothing covers it"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One trigger, step or property that goes."""

    text: str
    """On one line, without control characters."""
    covered_by: str
    """What does it now; "" if nothing does."""

    def __str__(self) -> str:
        return f"{self.text}: {self.covered_by or NOTHING}"


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
    document = _document(content)
    if isinstance(document, str):
        return Replaced(path=path, unread=document)
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
        parts = _limited(_job(job, covers), MOST_ITEMS - rows)
        jobs[_short(name)] = parts
        rows += len(parts)
        if rows >= MOST_ITEMS:
            break
    if "runs" in document:
        parts = _limited(
            _steps(yaml_nodes.entries(document["runs"]).get("steps"), covers), MOST_ITEMS
        )
        jobs["the action's steps"] = parts
    return Replaced(path=path, triggers=triggers, jobs=jobs)


def _document(content: bytes) -> dict[str, Any] | str:
    """The mapping that a file is, as nodes; or why it could not be read."""
    if len(content) > _MOST_BYTES:
        return f"it has {len(content)} bytes"
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    except (YAMLError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = getattr(error, "problem", None) or type(error).__name__
        return f"it is not valid YAML ({_short(str(reason))})"
    return yaml_nodes.entries(root) or "it is not a mapping"


def covers_of(inputs: Inputs, files: Iterable[GeneratedFile], tools: Iterable[str]) -> Covers:
    """What covers what, now that these files are planned; ``tools`` are what sessions install."""
    workflows = {file.path.name: file.text for file in files if file.path.parent == _WORKFLOWS}
    from ruamel.yaml import YAML

    start = YAML(typ="safe", pure=True).compose(workflows.get("ci.yml", ""))
    return Covers(
        settings=inputs.settings,
        workflows=frozenset(workflows),
        events=_triggers(yaml_nodes.entries(start).get("on")),
        tools=frozenset(tools),
        configurations={
            file.path: file.text for file in files if file.path in {DEPENDABOT, ZIZMOR}
        },
        stages={name: row.stage for name, row in inputs.sessions.items() if row.stage},
    )


def _job(node: Any, covers: Covers) -> Iterator[Part]:
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
    yield from _steps(job.get("steps"), covers)


def _steps(node: Any, covers: Covers) -> Iterator[Part]:
    for item in yaml_nodes.items(node):
        step = yaml_nodes.entries(item)
        if uses := yaml_nodes.text(step.get("uses")):
            inputs = {
                name: yaml_nodes.text(value)
                for name, value in yaml_nodes.entries(step.get("with")).items()
            }
            yield Part(text=_short(f"uses {uses}"), covered_by=covers.action(uses, inputs))
        elif script := yaml_nodes.text(step.get("run")):
            for command in commands_of(script):
                yield Part(text=_short(f"run {command}"), covered_by=covers.command(command))


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
    line = printable(" ".join(text.split()))
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 2]} …"
