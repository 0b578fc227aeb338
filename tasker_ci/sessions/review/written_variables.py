"""Literal values of environment variables, wherever files of a repository set them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.workflow_reading import read_action
from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.references import line_with
from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, items, line, nodes_of
from tasker_ci.text.yaml_nodes import text as scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.github.document import Step
    from tasker_ci.sessions.review.subject import Subject

_NAME = r"[A-Z][A-Z0-9_]{2,}"
_TO_JOB = re.compile(rf"echo\s+([\"']?)({_NAME})=(.*?)\1\s*>>\s*[\"']?\$\{{?GITHUB_ENV")
_EXPORT = re.compile(rf"^\s*(?:export|declare -x)\s+({_NAME})=(.*)$")
_DOTENV_LINE = re.compile(rf"^\s*(?:export\s+)?({_NAME})\s*=\s*(.*)$")
_DOTENV = re.compile(r"(?:^|/)(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env(?:\.[\w.-]+)?)$")
_COMPOSE = re.compile(
    r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$|(?:^|/)docker-compose[\w.-]*\.ya?ml$"
)
_SCRIPT = re.compile(r"\.(?:sh|bash)$")
_OTHER_ENVIRONMENT = re.compile(
    r"prod|staging|deploy|release|vendor|third[-_]party|(?:^|/)examples?/", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"<[^>]*>|your[-_ ]|change[-_]?me|xxx|\.\.\.|example\.(?:com|org)", re.IGNORECASE
)
_MACHINE = re.compile(r"^(?:/|~|[A-Za-z]:\\)")


class VariableSource(Enum):
    """What kind of file sets a variable."""

    WORKFLOW = "workflows"
    ACTION = "an action"
    DOTENV = "a dotenv file"
    COMPOSE = "a compose file"
    SCRIPT = "a script"


@dataclass(frozen=True, kw_only=True)
class WrittenVariable:
    """One literal value."""

    name: str
    value: str
    place: Place
    source: VariableSource
    shared: bool = False
    """Whether it is there for all jobs of its file."""


def variables_of(subject: Subject) -> Iterator[WrittenVariable]:
    """Every literal value in workflows, actions, dotenv and compose files and scripts."""
    checkout = subject.checkout
    for workflow in subject.reading.workflows:
        yield from _mapping(checkout, workflow.environment, workflow.place, shared=True)
        for job in workflow.jobs.values():
            yield from _mapping(checkout, job.environment, job.place)
            for step in job.steps:
                yield from _mapping(checkout, step.environment, step.place)
                yield from _written(step, VariableSource.WORKFLOW)
    for file in checkout.in_order:
        name = str(file)
        if file.name in {"action.yml", "action.yaml"}:
            action = read_action(checkout, file.parent)
            for step in action.steps if action else ():
                yield from _written(step, VariableSource.ACTION)
        elif _OTHER_ENVIRONMENT.search(name):
            continue
        elif _DOTENV.search(name):
            yield from _lines(checkout, file, _DOTENV_LINE, VariableSource.DOTENV)
        elif _SCRIPT.search(name):
            yield from _lines(checkout, file, _EXPORT, VariableSource.SCRIPT)
        elif _COMPOSE.search(name):
            yield from _compose(checkout, file)


def _mapping(
    checkout: Checkout, environment: Mapping[str, str], near: Place, *, shared: bool = False
) -> Iterator[WrittenVariable]:
    for name, value in environment.items():
        if _is_literal(name, value):
            place = line_with(checkout, near, f"{name}:")
            yield WrittenVariable(
                name=name, value=value, place=place, source=VariableSource.WORKFLOW, shared=shared
            )


def _written(step: Step, source: VariableSource) -> Iterator[WrittenVariable]:
    """What a script writes to GITHUB_ENV."""
    place = step.run_place or step.place
    for number, text in enumerate((step.run or "").split("\n"), place.line):
        found = _TO_JOB.search(text)
        if found and _is_literal(found[2], found[3]):
            yield WrittenVariable(
                name=found[2],
                value=found[3],
                place=Place(place.file, number),
                source=source,
                shared=True,
            )


def _lines(
    checkout: Checkout, file: PurePosixPath, pattern: re.Pattern[str], source: VariableSource
) -> Iterator[WrittenVariable]:
    for number, text in enumerate((checkout.text(file) or "").split("\n"), 1):
        found = pattern.match(text)
        if not found:
            continue
        value = found[2].strip()
        quoted = re.match(r"([\"'])(.*?)\1", value)
        value = quoted[2] if quoted else value.split(" #")[0].split(";")[0].strip()
        if _is_literal(found[1], value):
            yield WrittenVariable(
                name=found[1], value=value, place=Place(file, number), source=source, shared=True
            )


def _compose(checkout: Checkout, file: PurePosixPath) -> Iterator[WrittenVariable]:
    content = checkout.content(file)
    if content is None:
        return
    try:
        document = entries(nodes_of(content))
    except UnreadableYaml:
        return
    for service in entries(document.get("services")).values():
        environment = entries(service).get("environment")
        pairs = [(name, scalar(node), line(node)) for name, node in entries(environment).items()]
        for item in items(environment):
            name, _, value = scalar(item).partition("=")
            pairs.append((name, value, line(item)))
        for name, value, number in pairs:
            if re.fullmatch(_NAME, name) and _is_literal(name, value):
                yield WrittenVariable(
                    name=name, value=value, place=Place(file, number), source=VariableSource.COMPOSE
                )


def _is_literal(name: str, value: str) -> bool:
    return (
        bool(value)
        and re.fullmatch(_NAME, name) is not None
        and "$" not in value
        and "`" not in value
        and "BEGIN " not in value
        and not _PLACEHOLDER.search(value)
        and not _MACHINE.match(value)
    )
