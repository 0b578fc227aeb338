"""The legs of a job's matrix.

https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstrategymatrix
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.values import (
    UNKNOWN,
    Partial,
    TooMuch,
    Unknown,
    as_text,
    is_known,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Leg = dict[str, Any]
    """The values of one leg; a `Partial` may have more."""

MOST_LEGS = 256
"""GitHub makes no more."""


def legs_of(matrix: Any, value_of: Callable[[str], Any]) -> list[Leg]:
    """The legs of the node of a ``matrix:``, one without values where there is none.

    ``value_of`` gives the value of a text that may have expressions. Where only a run knows the
    matrix, one leg stands for all, and its values are `UNKNOWN`.
    """
    if matrix is None:
        return [{}]
    try:
        rows = _filled_in(plain(matrix), value_of)
    except TooMuch:
        return [Partial()]
    if not isinstance(rows, dict) or isinstance(rows, Partial):
        return [Partial()]
    axes = {name: values for name, values in rows.items() if name not in {"include", "exclude"}}
    include, exclude = rows.get("include") or [], rows.get("exclude") or []
    values = [v if isinstance(v, list) and v else [UNKNOWN] for v in axes.values()]
    if _size(values) > MOST_LEGS:
        return [Partial()]
    legs = [dict(zip(axes, each, strict=True)) for each in product(*values)] if axes else []
    if isinstance(exclude, list):  # where it is not known, each leg may run
        legs = [leg for leg in legs if not any(_fits(leg, pattern) for pattern in exclude)]
    if not isinstance(include, list) or not all(
        isinstance(more, dict) and not isinstance(more, Partial) for more in include
    ):
        return [*map(Partial, legs), Partial()]
    return _with_included(legs, include)[:MOST_LEGS]


def _with_included(legs: list[Leg], include: list[Leg]) -> list[Leg]:
    """Each entry goes to all legs of which it changes no original value, else it is a leg."""
    originals = [dict(leg) for leg in legs]
    added: list[Leg] = []
    for more in include:
        fitting = [
            place
            for place, original in enumerate(originals)
            if all(original[name] == value for name, value in more.items() if name in original)
        ]
        for place in fitting:
            legs[place] |= more
        if not fitting:
            added.append(dict(more))
    return [*legs, *added]


def _fits(value: Any, pattern: Any) -> bool:
    """Whether a value has all that a pattern of ``exclude`` names."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and _fits(value[name], wanted) for name, wanted in pattern.items()
        )
    if isinstance(value, list) or isinstance(pattern, list):
        return bool(value == pattern)
    return is_known(value) and is_known(pattern) and as_text(value) == as_text(pattern)


def _filled_in(value: Any, value_of: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return value_of(value) if "${{" in value else value
    if isinstance(value, dict):
        return {name: _filled_in(each, value_of) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, value_of) for each in value]
    return value


def _size(values: list[list[Any]]) -> int:
    size = 1
    for each in values:
        size *= len(each)
    return size


def is_complete(leg: Leg) -> bool:
    """Whether all values of a leg are known."""
    return not isinstance(leg, Partial) and not any(
        isinstance(value, Unknown) or not is_known(value) for value in leg.values()
    )
