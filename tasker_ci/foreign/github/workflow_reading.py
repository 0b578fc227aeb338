"""Read workflow files and actions of a repository into values."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.document import (
    WHOLE,
    CompositeAction,
    Job,
    Step,
    Trigger,
    Workflow,
)
from tasker_ci.foreign.github.node_values import (
    defaults_of,
    first_of,
    inputs_of,
    inputs_of_triggers,
    labels_of,
    scalar,
    texts_of,
)
from tasker_ci.foreign.github.values import scalar_text
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.text.yaml_nodes import (
    UnreadableYaml,
    entries,
    is_block,
    items,
    keys,
    line,
    nodes_of,
    text,
    words,
)

if TYPE_CHECKING:
    from tasker_ci.foreign.checkout import Checkout

FOLDER = PurePosixPath(".github/workflows")

_MOST_WORKFLOWS = 400
_MOST_BYTES = 2 << 20
"""Of all workflows together."""

_MOST_STEPS = 20_000
"""Of one file; the list of steps that an alias repeats counts each time."""

_ACTION_FILES = ("action.yml", "action.yaml")


def read_workflows(checkout: Checkout) -> tuple[Workflow, ...]:
    """The workflows of a repository in the order of their names; the unreadable say why."""
    files = sorted(
        file
        for file in checkout.files
        if file.parent == FOLDER and file.suffix in {".yml", ".yaml"} and checkout.is_file(file)
    )
    found: list[Workflow] = []
    left = _MOST_BYTES
    for file in files[:_MOST_WORKFLOWS]:
        content = checkout.content(file)
        left -= len(content or b"")
        found.append(
            _unread(file, "it cannot be read")
            if content is None
            else _unread(file, "the workflows are too large")
            if left < 0
            else read_workflow(file, content)
        )
    found += [_unread(file, "there are too many workflows") for file in files[_MOST_WORKFLOWS:]]
    return tuple(found)


def read_workflow(path: PurePosixPath, content: bytes) -> Workflow:
    """One workflow file."""
    try:
        root = nodes_of(content)
    except UnreadableYaml as error:
        return _unread(path, str(error))
    if not entries(root):
        return _unread(path, "it is no mapping")
    return _Reader(path, content).workflow(root)


def read_action(checkout: Checkout, folder: PurePosixPath) -> CompositeAction | None:
    """The action in a folder, of whatever kind; None where there is none."""
    path = next((folder / name for name in _ACTION_FILES if checkout.has(folder / name)), None)
    if path is None:
        return None
    content = checkout.content(path)
    try:
        root = None if content is None else nodes_of(content)
    except UnreadableYaml as error:
        return CompositeAction(path=path, opaque=(Opaque(Place(path, 1), str(error)),))
    if not entries(root):
        return CompositeAction(path=path, opaque=(Opaque(Place(path, 1), "it cannot be read"),))
    return _Reader(path, content or b"").action(root)


def _unread(path: PurePosixPath, why: str) -> Workflow:
    place = Place(path, 1)
    return Workflow(path=path, place=place, opaque=(Opaque(place, why),))


class _Reader:
    """Reads one file."""

    def __init__(self, path: PurePosixPath, content: bytes) -> None:
        self.path = path
        self.lines = content.split(b"\n")
        self.opaque: list[Opaque] = []
        self.steps_left = _MOST_STEPS

    def place(self, node: Any) -> Place:
        return Place(self.path, line(node))

    def remark(self, node: Any) -> str:
        """The comment behind a text on its line."""
        return self.lines[line(node) - 1].partition(b" #")[2].decode(errors="replace").strip()

    def workflow(self, root: Any) -> Workflow:
        rows = entries(root)
        triggers = self.triggers(rows.get("on"))
        places = keys(rows.get("jobs"))
        shell, folder = defaults_of(rows)
        jobs = {
            name: self.job(name, self.place(places[name]), node)
            for name, node in entries(rows.get("jobs")).items()
        }
        return Workflow(
            path=self.path,
            place=Place(self.path, 1),
            name=text(rows.get("name")) or None,
            triggers=triggers,
            inputs=inputs_of_triggers(rows.get("on")),
            environment=self.environment(rows.get("env")),
            shell=shell,
            folder=folder,
            concurrency=first_of(rows.get("concurrency"), "group"),
            jobs=jobs,
            opaque=tuple(self.opaque),
        )

    def action(self, root: Any) -> CompositeAction:
        rows = entries(root)
        runs = entries(rows.get("runs"))
        outputs = {
            name: scalar_text(entries(node).get("value"))
            for name, node in entries(rows.get("outputs")).items()
        }
        return CompositeAction(
            path=self.path,
            inputs=inputs_of(rows.get("inputs")),
            outputs=outputs,
            steps=self.steps(runs.get("steps")),
            using=text(runs.get("using")) or "nothing",
            opaque=tuple(self.opaque),
        )

    def triggers(self, node: Any) -> dict[str, Trigger]:
        events = entries(node)
        if events:
            places = keys(node)
            return {
                event: self.trigger(event, self.place(places[event]), filters)
                for event, filters in events.items()
            }
        single = [node] if text(node) else items(node)
        return {
            text(each): Trigger(event=text(each), place=self.place(each))
            for each in single
            if text(each)
        }

    def trigger(self, event: str, place: Place, node: Any) -> Trigger:
        rows = entries(node)
        filters = {
            name: words(value)
            for name, value in rows.items()
            if name not in {"inputs", "outputs", "secrets"}
        }
        places = {name: self.place(key) for name, key in keys(node).items() if name in filters}
        if event == "schedule":
            crons = [cron for item in items(node) if text(cron := entries(item).get("cron"))]
            filters = {"cron": tuple(map(text, crons))}
            places = {"cron": self.place(crons[0])} if crons else {}
        return Trigger(event=event, place=place, filters=filters, places=places)

    def job(self, name: str, place: Place, node: Any) -> Job:
        rows = entries(node)
        shell, folder = defaults_of(rows)
        strategy = entries(rows.get("strategy"))
        container = rows.get("container")
        within = self.environment(entries(container).get("env"))
        services = entries(rows.get("services"))
        return Job(
            name=name,
            place=place,
            title=scalar_text(rows.get("name")) or None,
            needs=words(rows.get("needs")),
            condition=scalar(rows.get("if")),
            condition_place=self.place(rows["if"]) if "if" in rows else None,
            runs_on=labels_of(rows.get("runs-on")),
            environment={**within, **self.environment(rows.get("env"))},
            shell=shell,
            folder=folder,
            matrix=strategy.get("matrix"),
            fail_fast=scalar(strategy.get("fail-fast")),
            steps=self.steps(rows.get("steps")),
            uses=text(rows.get("uses")).strip() or None,
            uses_place=self.place(rows["uses"]) if "uses" in rows else None,
            inputs=texts_of(rows.get("with")),
            outputs=texts_of(rows.get("outputs")),
            services={name: first_of(service, "image") or "" for name, service in services.items()},
            service_environment={
                name: texts_of(entries(service).get("env")) for name, service in services.items()
            },
            container=first_of(container, "image"),
            continue_on_error=scalar(rows.get("continue-on-error")),
            timeout=scalar(rows.get("timeout-minutes")),
        )

    def steps(self, node: Any) -> tuple[Step, ...]:
        listed = items(node)
        if len(listed) > self.steps_left:
            self.opaque.append(Opaque(self.place(node), "it has too many steps"))
            return ()
        self.steps_left -= len(listed)
        return tuple(self.step(each) for each in listed if entries(each))

    def step(self, node: Any) -> Step:
        rows = entries(node)
        run = rows.get("run")
        place = self.place(next(iter(keys(node).values())))
        run_place = None
        if run is not None:
            run_place = Place(self.path, line(run) + is_block(run))
        return Step(
            place=place,
            id=text(rows.get("id")) or None,
            name=scalar_text(rows.get("name")) or None,
            condition=scalar(rows.get("if")),
            uses=text(rows.get("uses")).strip() or None,
            remark=self.remark(rows["uses"]) if "uses" in rows else "",
            inputs=texts_of(rows.get("with")),
            input_places={
                name: Place(self.path, line(value) + is_block(value))
                for name, value in entries(rows.get("with")).items()
            },
            run=None if run is None else scalar_text(run),
            run_place=run_place,
            shell=text(rows.get("shell")) or None,
            folder=text(rows.get("working-directory")) or None,
            environment=self.environment(rows.get("env")),
            continue_on_error=scalar(rows.get("continue-on-error")),
            timeout=scalar(rows.get("timeout-minutes")),
        )

    def environment(self, node: Any) -> dict[str, str]:
        found = {WHOLE: text(node)} if text(node) else texts_of(node)
        if found.pop("<<", None) is not None:
            self.opaque.append(Opaque(self.place(node), "GitHub does not know the key `<<`"))
        return found
