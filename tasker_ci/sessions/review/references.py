"""What the expressions of a workflow refer to: ``needs.build.result``, ``matrix.os``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.github.document import Job, Step

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_INDEX = re.compile(r"\[\s*'([\w-]+)'\s*\]")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_REFERENCE = re.compile(
    r"(?<![\w.-])(needs|steps|inputs|matrix)\b((?:\s*\.\s*(?:[\w-]+|\*))*)", re.IGNORECASE
)
_FAR = 400
"""Lines below the beginning of a job or step in which its keys are looked for."""

Reference = tuple[str, ...]
"""``("needs", "build", "result")``; ``*`` stands for any."""


def references(text: str | None, *, bare: bool = False) -> Iterator[Reference]:
    """What a text with ``${{ }}`` refers to; ``bare`` for an ``if:``, which needs no braces."""
    if not text:
        return
    expressions = (text,) if bare else _EXPRESSION.findall(text)
    for expression in expressions:
        plain = _LITERAL.sub("''", _INDEX.sub(r".\1", expression))
        for found in _REFERENCE.finditer(plain):
            names = [part.strip() for part in found[2].split(".") if part.strip()]
            yield (found[1].lower(), *names)


def of_mapping(texts: Mapping[str, str]) -> Iterator[Reference]:
    """What the values of ``env:``, ``with:`` or ``outputs:`` refer to."""
    for text in texts.values():
        yield from references(text)


def of_step(step: Step) -> Iterator[Reference]:
    """What all keys of a step refer to."""
    yield from references(step.condition, bare=True)
    for text in (step.run, step.folder, step.continue_on_error, step.timeout):
        yield from references(text)
    yield from of_mapping(step.environment)
    yield from of_mapping(step.inputs)


def of_job(job: Job) -> Iterator[Reference]:
    """What the keys of a job refer to, without its steps."""
    yield from references(job.condition, bare=True)
    for text in (job.container, job.continue_on_error, job.timeout, *job.runs_on):
        yield from references(text)
    for texts in (job.environment, job.inputs, job.outputs, job.services):
        yield from of_mapping(texts)


def line_with(checkout: Checkout, near: Place, *needles: str) -> Place:
    """The first line from a place on that has a text; the place itself where none has."""
    lines = checkout.lines(near.file)[near.line - 1 : near.line + _FAR]
    for needle in needles:
        for number, line in enumerate(lines, near.line):
            if needle in line and not line.lstrip().startswith("#"):
                return Place(near.file, number)
    return near
