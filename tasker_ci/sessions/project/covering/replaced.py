"""What a foreign workflow did, line by line, and what does it now that `sync` replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.document import Job, Step, Workflow
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.github.job_runs import job_runs
from tasker_ci.foreign.github.workflow_reading import read_action, read_workflows
from tasker_ci.foreign.own_calls import RUNNER
from tasker_ci.foreign.places import Place
from tasker_ci.sessions.project.covering.configuration import what_a_configuration_loses
from tasker_ci.sessions.project.covering.deeds import deeds_of
from tasker_ci.sessions.project.covering.own_runs import each_once
from tasker_ci.sessions.project.covering.triggers import MOST_ITEMS, compared, triggers_of
from tasker_ci.text import yaml_nodes
from tasker_ci.text.foreign import tabbed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.selections.reachability import FoundTest
    from tasker_ci.sessions.project.covering.covers import Covers
    from tasker_ci.sessions.project.covering.deeds import Deed

_MOST_CHARACTERS = 100
_SUFFIXES = {".yml", ".yaml"}
_NOTHING = "nothing covers it"


@dataclass(frozen=True, kw_only=True)
class LostTest:
    """One test that a step ran and no session runs."""

    place: str
    """``file:line``."""
    name: str
    why: str
    """Why no session runs it, as a clause."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One trigger, step or property that goes."""

    text: str
    """On one line, without control characters."""
    covered_by: str
    """What does it now; "" if nothing does."""
    reason: str = ""
    """Why nothing does, where that is known."""
    place: str = ""
    """``file:line`` of a step's command or action."""
    tests: tuple[LostTest, ...] = ()
    """Those that it ran and no session runs."""

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


def what_disappears(
    files: Mapping[PurePosixPath, bytes], covers: Covers, checkout: Checkout
) -> tuple[Replaced, ...]:
    """Read workflows, composite actions and configurations; what cannot be read is said.

    ``checkout`` is the repository that they belong to. Nothing of them is run, and no value is made
    of a YAML node's tag or alias.
    """
    before = checkout.with_contents(files)
    runs = _runs(files, before)
    found = (_replaced(path, files[path], covers, before, runs) for path in sorted(files))
    return tuple(found)


def _runs(
    files: Mapping[PurePosixPath, bytes], before: Checkout
) -> Mapping[tuple[PurePosixPath, str], list[JobRun]]:
    """The legs of the jobs of these files."""
    found: dict[tuple[PurePosixPath, str], list[JobRun]] = {}
    for run in job_runs(read_workflows(before))[0]:
        if run.workflow.path in files:
            found.setdefault((run.workflow.path, run.job.name), []).append(run)
    return found


def _replaced(
    path: PurePosixPath,
    content: bytes,
    covers: Covers,
    before: Checkout,
    runs: Mapping[tuple[PurePosixPath, str], list[JobRun]],
) -> Replaced:
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
        for text, cover in compared(triggers_of(document.get("on")), covers.events)
    )
    jobs: dict[str, tuple[Part, ...]] = {}
    rows = 0
    for name, job in yaml_nodes.entries(document.get("jobs")).items():
        found = _job(job, runs.get((path, name), []), covers, before)
        parts = _limited(found, MOST_ITEMS - rows)
        jobs[_short(name)] = parts
        rows += len(parts)
        if rows >= MOST_ITEMS:
            break
    if "runs" in document:
        deeds = _steps_of_action(path, before, covers)
        parts = _limited((_part(deed, covers) for deed in deeds), MOST_ITEMS)
        jobs["the action's steps"] = parts
    return Replaced(path=path, triggers=triggers, jobs=jobs)


def _steps_of_action(path: PurePosixPath, before: Checkout, covers: Covers) -> list[Deed]:
    """What the steps of a composite action do, wherever it is called."""
    action = read_action(before, path.parent)
    steps = action.steps if action is not None else ()
    run = _own_run(path, steps)
    problem = "it runs wherever the action is called"
    return deeds_of([run], before, covers.settings.workflows.runner, problem=problem)


def _own_run(path: PurePosixPath, steps: tuple[Step, ...]) -> JobRun:
    place = Place(path, 1)
    job = Job(name=path.parent.name, place=place, steps=steps)
    return JobRun(workflow=Workflow(path=path, place=place), job=job, machine=RUNNER)


def _job(node: Any, runs: list[JobRun], covers: Covers, before: Checkout) -> Iterator[Part]:
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
    for deed in deeds_of(runs, before, covers.settings.workflows.runner):
        yield _part(deed, covers)


def _part(deed: Deed, covers: Covers) -> Part:
    """What covers a deed on every occasion; with a reason that names the others."""
    verdicts = [(covers.occasion(each), each.leg) for each in deed.occasions]
    open_ones = [(verdict, leg) for verdict, leg in verdicts if not verdict.covered_by]
    covered = dict.fromkeys(verdict.covered_by for verdict, _ in verdicts if verdict.covered_by)
    place = str(deed.place)
    if not open_ones:
        return Part(text=_short(deed.text), covered_by=" and ".join(covered), place=place)
    verdict, leg = open_ones[0]
    reason = verdict.reason
    if covered and leg:
        more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
        reason = f"{reason + ', ' if reason else ''}in the leg {leg}{more}"
    tests = each_once(test for each, _ in verdicts for test in each.tests)
    return Part(
        text=_short(deed.text),
        covered_by="",
        reason=_short(reason),
        place=place,
        tests=tuple(_lost(test, covers) for test in tests),
    )


def _lost(test: FoundTest, covers: Covers) -> LostTest:
    why = test.reasons[0].why if test.reasons else "no session tests this workspace"
    place = f"{covers.file(test)}:{test.test.line}"
    return LostTest(place=place, name=test.test.name, why=tabbed(why))


def _limited(parts: Iterator[Part], most: int) -> tuple[Part, ...]:
    result: list[Part] = []
    for part in parts:
        if len(result) >= most:
            more = "and more; the archived file has it all"
            return (*result, Part(text=more, covered_by=""))
        result.append(part)
    return tuple(result)


def _short(text: str) -> str:
    line = tabbed(" ".join(text.split()))
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 2]} …"
