"""What reports say of a suite itself: its times, properties and output, from several as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.reports.markup import properties_first
from tasker_ci.reports.run import Suite, SuiteFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.reports.markup import Markup, Pairs

VARIANT = "tasker-ci:variant"
"""The property of a merged report for the toolchain or label of a suite."""

COUNTED = ("tests", "failures", "errors", "skipped")
"""What a header says of its tests; it is counted anew."""

_IDENTITY = ("name", "file", "package", "hostname", "id", "time", "timestamp")

Key = tuple[str | None, tuple[Suite, ...]]
"""Variant and path."""


def facts_attributes(attributes: Mapping[str, str]) -> Pairs:
    """The attributes of a suite that no field has and no count replaces."""
    known = {*COUNTED, *_IDENTITY}
    return tuple((name, value) for name, value in attributes.items() if name not in known)


@dataclass(slots=True)
class _Collected:
    started: list[float] = field(default_factory=list)
    spans: set[tuple[float, float]] = field(default_factory=set)
    undated: list[float] = field(default_factory=list)
    attributes: dict[tuple[str, str], None] = field(default_factory=dict)
    more: dict[Markup, None] = field(default_factory=dict)


class FactsOf:
    """The facts of suites, collected; a suite that comes again is one, nothing is kept twice."""

    def __init__(self) -> None:
        self._found: dict[Key, _Collected] = {}

    def _of(self, path: tuple[Suite, ...], variant: str | None) -> _Collected:
        return self._found.setdefault((variant, path), _Collected())

    def more(self, path: tuple[Suite, ...], variant: str | None, markup: Markup) -> None:
        """An element of a suite."""
        self._of(path, variant).more[markup] = None

    def add(self, facts: SuiteFacts, *, variant: str | None = None) -> None:
        """What one report says; ``variant`` for a suite that has none."""
        found = self._of(facts.path, facts.variant or variant)
        found.attributes.update(dict.fromkeys(facts.attributes))
        found.more.update(dict.fromkeys(facts.more))
        if facts.started is not None:
            found.started.append(facts.started)
        if facts.seconds is not None:
            if facts.started is not None:
                found.spans.add((facts.started, facts.seconds))
            else:
                found.undated.append(facts.seconds)

    def all(self) -> tuple[SuiteFacts, ...]:
        """Every suite once, in the order of its first."""
        return tuple(
            SuiteFacts(
                path=path,
                variant=variant,
                started=min(found.started, default=None),
                seconds=(
                    _covered(found.spans) + sum(sorted(found.undated))
                    if found.spans or found.undated
                    else None
                ),
                attributes=tuple(found.attributes),
                more=tuple(properties_first(found.more, distinct=True)),
            )
            for (variant, path), found in self._found.items()
        )


def _covered(found: set[tuple[float, float]]) -> float:
    """The seconds that suites with a begin and a length ran; of one alone its own length."""
    if len(found) == 1:
        return next(seconds for _, seconds in found)
    return covered((begin, begin + seconds) for begin, seconds in found)


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """The seconds that spans cover together, overlaps once.

    Rounded to microseconds: moments since 1970 know no more.
    """
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return round(total, 6)
