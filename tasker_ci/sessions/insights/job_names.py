"""Which job of a workflow file a name of the API's means, as far as the file says its name.

A walk over positions and not a regular expression: the file and the name may both be foreign, and
many `.*` in one expression take for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_CALLED = " / "


@dataclass(frozen=True, kw_only=True)
class Anything:
    """What the file does not say: the value of an expression, an inner job."""

    fewest: int = 0
    """How many characters it has at least."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """` (a, b)`, or nothing: GitHub adds a matrix where the name has no expression."""


Part = str | Anything | Matrix


@dataclass(frozen=True, kw_only=True)
class JobName:
    """The names that a job may have."""

    parts: tuple[Part, ...] = ()

    @property
    def known(self) -> int:
        """How many characters the file says: `${{ matrix.name }}` alone fits every job."""
        return sum(len(part) for part in self.parts if isinstance(part, str))

    def fits(self, name: str) -> bool:
        """Whether a job of this name may be meant."""
        ends = {0}
        for part in self.parts:
            ends = {after for end in ends for after in _after(part, name, end)}
        return len(name) in ends

    def caller(self) -> JobName:
        """How the names begin of the jobs in the workflow that this job calls."""
        return JobName(parts=(*self.parts, _CALLED))

    def inner(self, key: str, job: Mapping[str, Any]) -> JobName:
        """The name of a job of a file, whose names begin with this."""
        name = plain(job.get("name")) or key
        strategy = job.get("strategy")
        first, *others = _EXPRESSION.split(name)
        parts: list[Part] = [first]
        for text in others:
            parts += [Anything(), text]
        if not others and isinstance(strategy, dict) and "matrix" in strategy:
            parts.append(Matrix())
        return JobName(parts=(*self.parts, *parts))

    def anything(self) -> JobName:
        """The names of jobs in a workflow that is called, and of which there is no file."""
        return JobName(parts=(*self.parts, _CALLED, Anything(fewest=1)))


def plain(value: Any) -> str:
    """A value of a file as text; empty for what is none: as text, lists of aliases have no end."""
    return str(value) if isinstance(value, str | int | float) else ""


def _after(part: Part, name: str, start: int) -> range | set[int]:
    """Where a part may end that begins at a place."""
    if isinstance(part, str):
        return {start + len(part)} if name.startswith(part, start) else set()
    if isinstance(part, Anything):
        return range(start + part.fewest, len(name) + 1)
    found = {start}
    if name.startswith(" (", start):
        found |= {place + 1 for place in range(start + 3, len(name)) if name[place] == ")"}
    return found
