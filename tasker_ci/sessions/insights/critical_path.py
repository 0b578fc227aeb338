"""Which jobs a run had to wait for: its times laid over the graph of its workflow files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.insights.job_names import JobName, plain
from tasker_ci.sessions.insights.model import SUCCESS
from tasker_ci.sessions.insights.spread import Spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasker_ci.sessions.insights.model import RunAttempt, TimedJob, WorkflowRun

_LOCAL = re.compile(r"(?:\./|\$/)\.github/workflows/(?P<file>[^/@]+)")
_DEEPEST = 10
"""How deep workflows may call one another: GitHub's own limit for a chain."""
_MOST_NODES = 2000
"""A file may call another many times, and that again: more jobs than that no run has."""
_TOLERANCE_SECONDS = 2.0
"""Times are whole seconds of several clocks."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One job of a workflow file, or of one that it calls."""

    name: JobName
    before: frozenset[int]
    """All that has to end before it begins, directly or not, by place in the graph."""


Graph = tuple[Node, ...]


def graph_of(files: Mapping[str, Mapping[str, Any]], entry: str) -> Graph:
    """The graph of the workflow in the file ``entry``; ``files`` are workflows as data, by name.

    Empty where that is no workflow.
    """
    nodes: list[Node] = []
    _add(files, entry, JobName(), frozenset(), nodes, 1)
    return tuple(nodes)


def _add(
    files: Mapping[str, Mapping[str, Any]],
    file: str,
    prefix: JobName,
    before: frozenset[int],
    nodes: list[Node],
    depth: int,
) -> frozenset[int]:
    """Append the jobs of a file; returns all their places."""
    document = files.get(file)
    jobs = document.get("jobs") if isinstance(document, dict) else None
    jobs = jobs if isinstance(jobs, dict) else {}
    jobs = {str(key): job for key, job in jobs.items() if isinstance(job, dict)}
    places: dict[str, frozenset[int]] = {}
    waiting = list(jobs)
    while waiting:
        ready = [
            key for key in waiting if all(n in places or n not in jobs for n in _needs(jobs[key]))
        ]
        if not ready:  # a circle, which GitHub would not run either
            break
        for key in ready:
            waiting.remove(key)
            needed = [places[need] for need in _needs(jobs[key]) if need in places]
            behind = before.union(
                *needed, *(nodes[place].before for each in needed for place in each)
            )
            name = prefix.inner(key, jobs[key])
            called = _LOCAL.fullmatch(plain(jobs[key].get("uses")))
            if len(nodes) >= _MOST_NODES:
                places[key] = frozenset()
                continue
            if called and called["file"] in files and depth < _DEEPEST:
                places[key] = _add(files, called["file"], name.caller(), behind, nodes, depth + 1)
                continue
            nodes.append(Node(name=name.anything() if "uses" in jobs[key] else name, before=behind))
            places[key] = frozenset({len(nodes) - 1})
    return frozenset().union(*places.values())


def _needs(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs")
    texts = map(plain, needs if isinstance(needs, list) else [needs])
    return [text for text in texts if text]


@dataclass(frozen=True, kw_only=True)
class Link:
    """One job on a path."""

    job: str
    waited: float
    """Seconds from the end of the job before (from its creation, for the first) to its start."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why there is no path."""

    reason: str


def path_of(attempt: RunAttempt, graph: Graph) -> tuple[Link, ...] | Refusal:
    """The jobs that an attempt had to wait for, first to last.

    From the job that ended last, back to that one of all it needs which ended last, and so on.
    """
    jobs = [job for job in attempt.jobs or () if job.ran]
    if not jobs:
        return Refusal(reason="no job of it is known")
    if any(job.seconds is None for job in jobs):
        return Refusal(reason="a job of it has no usable times")
    members: dict[int, list[TimedJob]] = {}
    place_of: dict[int, int] = {}
    for index, job in enumerate(jobs):
        fitting = [n for n, node in enumerate(graph) if node.name.fits(job.name)]
        if not fitting:
            return Refusal(reason=f"the workflow's file has no job `{job.name}`")
        most = max(graph[n].name.known for n in fitting)
        place, *others = (n for n in fitting if graph[n].name.known == most)
        if others:
            return Refusal(reason=f"several jobs of the workflow's file could be `{job.name}`")
        place_of[index] = place
        members.setdefault(place, []).append(job)
    current = max(range(len(jobs)), key=lambda index: _end(jobs[index]))
    place = place_of[current]
    job = jobs[current]
    links: list[Link] = []
    while True:
        earlier = [
            (_end(each), number, each)
            for number in sorted(graph[place].before)
            for each in members.get(number, ())
        ]
        if not earlier:
            links.append(Link(job=job.name, waited=job.queued_seconds or 0.0, seconds=_length(job)))
            return tuple(reversed(links))
        end, place, before = max(earlier, key=lambda each: each[:2])
        waited = _start(job) - end
        if waited < -_TOLERANCE_SECONDS:
            return Refusal(reason="a job of it began before one that it needs had ended")
        links.append(Link(job=job.name, waited=max(0.0, waited), seconds=_length(job)))
        job = before


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One job of the usual path."""

    job: str
    waited: Spread
    seconds: Spread


@dataclass(frozen=True, kw_only=True)
class UsualPath:
    """The path that most green first attempts took."""

    n: int
    """How many took it."""
    of: int
    """How many have a path at all."""
    stretches: tuple[Stretch, ...]
    left_out: Mapping[str, int]
    """Green first attempts without a path, by the reason."""


def usual_path(runs: Sequence[WorkflowRun], graph: Graph) -> UsualPath:
    """The most frequent path of the runs that were green at the first attempt."""
    paths: list[tuple[Link, ...]] = []
    left_out: Counter[str] = Counter()
    for run in runs:
        if run.completed and run.first is not None and run.first.conclusion == SUCCESS:
            found = path_of(run.first, graph)
            if isinstance(found, Refusal):
                left_out[found.reason] += 1
            else:
                paths.append(found)
    counted = Counter(tuple(link.job for link in path) for path in paths)
    names, n = counted.most_common(1)[0] if counted else ((), 0)
    same = [path for path in paths if tuple(link.job for link in path) == names]
    return UsualPath(
        n=n,
        of=len(paths),
        stretches=tuple(
            Stretch(job=links[0].job, waited=waited, seconds=seconds)
            for links in zip(*same, strict=True)
            if (waited := Spread.of([link.waited for link in links]))
            and (seconds := Spread.of([link.seconds for link in links]))
        ),
        left_out=dict(left_out),
    )


def _end(job: TimedJob) -> float:
    return job.completed.timestamp() if job.completed else 0.0


def _start(job: TimedJob) -> float:
    return job.started.timestamp() if job.started else 0.0


def _length(job: TimedJob) -> float:
    return job.seconds or 0.0
