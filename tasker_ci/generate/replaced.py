"""What a foreign workflow did, line by line, and what does it now that `sync` replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.generate.coverage import Covers, commands_of
from tasker_ci.generate.diffs import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.generate.files import GeneratedFile
    from tasker_ci.generate.plan import Inputs

_MOST_BYTES = 256 * 1024
"""A workflow of GitHub's own size is far below; reading YAML takes a second for so much."""

_MOST_ROWS = 300
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
    """Read a workflow or a composite action; what cannot be read is said, never raised.

    Only the nodes of the YAML are looked at, to a fixed depth: no value is made of them, so that
    neither tags nor aliases in a hostile file do anything.
    """
    if path.suffix not in _SUFFIXES:
        return Replaced(path=path)
    if len(content) > _MOST_BYTES:
        return Replaced(path=path, unread=f"it has {len(content)} bytes")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Replaced(path=path, unread="it is not UTF-8 text")
    except (YAMLError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = getattr(error, "problem", None) or type(error).__name__
        return Replaced(path=path, unread=f"it is not valid YAML ({_short(str(reason))})")
    document = _entries(root)
    if not document:
        return Replaced(path=path, unread="it is not a mapping")
    triggers = tuple(
        Part(text=_short(text), covered_by=cover)
        for text, cover in covers.triggers(_triggers(document.get("on")))
    )
    jobs: dict[str, tuple[Part, ...]] = {}
    rows = 0
    for name, job in _entries(document.get("jobs")).items():
        parts = _limited(_job(job, covers), _MOST_ROWS - rows)
        jobs[_short(name)] = parts
        rows += len(parts)
        if rows >= _MOST_ROWS:
            break
    if "runs" in document:
        parts = _limited(_steps(_entries(document["runs"]).get("steps"), covers), _MOST_ROWS)
        jobs["the action's steps"] = parts
    return Replaced(path=path, triggers=triggers, jobs=jobs)


def covers_of(inputs: Inputs, files: Iterable[GeneratedFile], tools: Iterable[str]) -> Covers:
    """What covers what, now that these files are planned; ``tools`` are what sessions install."""
    workflows = {file.path.name: file.text for file in files if file.path.parent == _WORKFLOWS}
    from ruamel.yaml import YAML

    start = YAML(typ="safe", pure=True).compose(workflows.get("ci.yml", ""))
    return Covers(
        settings=inputs.settings,
        workflows=frozenset(workflows),
        events=_triggers(_entries(start).get("on")),
        tools=frozenset(tools),
        stages={name: row.stage for name, row in inputs.sessions.items() if row.stage},
    )


def _job(node: Any, covers: Covers) -> Iterator[Part]:
    job = _entries(node)
    if uses := _text(job.get("uses")):
        yield Part(text=_short(f"calls {uses}"), covered_by=covers.called_workflow(uses))
    runner = _words(job.get("runs-on"))
    if runner and not covers.runs_on(runner):
        yield Part(text=_short(f"runs on {', '.join(runner)}"), covered_by="")
    matrix = _entries(_entries(job.get("strategy")).get("matrix"))
    for axis, values in matrix.items():
        words = _words(values)
        if axis not in {"include", "exclude"} and words:
            text = f"matrix {axis}: {', '.join(words)}"
            yield Part(text=_short(text), covered_by=covers.matrix(words))
    for name, service in _entries(job.get("services")).items():
        image = _text(_entries(service).get("image")) or _text(service)
        text = f"service {name} ({image})" if image else f"service {name}"
        yield Part(text=_short(text), covered_by=covers.service(name, image))
    yield from _steps(job.get("steps"), covers)


def _steps(node: Any, covers: Covers) -> Iterator[Part]:
    for item in _items(node):
        step = _entries(item)
        if uses := _text(step.get("uses")):
            inputs = {name: _text(value) for name, value in _entries(step.get("with")).items()}
            yield Part(text=_short(f"uses {uses}"), covered_by=covers.action(uses, inputs))
        elif script := _text(step.get("run")):
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
    mapping = _entries(node)
    if mapping:
        return {
            event: {name: _words(value) for name, value in _entries(filters).items()}
            for event, filters in mapping.items()
        }
    return {event: {} for event in _words(node)}


def _entries(node: Any) -> dict[str, Any]:
    """The entries of a mapping by their keys, where these are text; empty for anything else."""
    pairs = getattr(node, "value", None)
    if not isinstance(pairs, list):
        return {}
    return {key: pair[1] for pair in pairs if isinstance(pair, tuple) and (key := _text(pair[0]))}


def _items(node: Any) -> list[Any]:
    items = getattr(node, "value", None)
    return [] if not isinstance(items, list) or _entries(node) else items


def _words(node: Any) -> tuple[str, ...]:
    """A scalar, or the scalars of a list."""
    single = _text(node)
    if single:
        return (single,)
    return tuple(text for item in _items(node)[:_MOST_ROWS] if (text := _text(item)))


def _text(node: Any) -> str:
    value = getattr(node, "value", None)
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 2]} …"
