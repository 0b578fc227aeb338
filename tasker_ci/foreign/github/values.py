"""Values of GitHub's expressions: how they compare, count as true, and become text.

https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from tasker_ci.text.yaml_nodes import entries, is_plain, items, text

_NULL = {"", "null", "Null", "NULL", "~"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_DECIMAL = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_OTHER_BASE = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")

_MOST_DIGITS = 300
_MOST_VALUES = 20_000
_DEEPEST = 20


@dataclass(frozen=True)
class Unknown:
    """A value that only a run knows, with what is certain of it."""

    truth: bool | None = None
    """Whether it counts as true."""
    prefix: str = ""
    """How it begins, where it is a text."""

    def __str__(self) -> str:
        return "?"


UNKNOWN = Unknown()


class Partial(dict[str, Any]):
    """An object of which some entries are known; any other is `UNKNOWN`."""


class TooMuch(ValueError):
    """A value that is nested too deeply, or whose aliases make it too large."""


def is_known(value: Any) -> bool:
    """Whether a value has no part that only a run knows."""
    if isinstance(value, Unknown | Partial):
        return False
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return all(map(is_known, value)) if isinstance(value, list) else True


def scalar(node: Any) -> Any:
    """The value of a YAML scalar by the core schema of YAML 1.2, which GitHub reads."""
    written = text(node)
    if not is_plain(node):
        return written
    if written in _NULL:
        return None
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    if len(written) > _MOST_DIGITS:
        return written
    if _DECIMAL.fullmatch(written):
        return _number(float(written))
    return int(written, 0) if _OTHER_BASE.fullmatch(written) else written


def scalar_text(node: Any) -> str:
    """The text that GitHub makes of a YAML scalar: ``1.70`` without quotes is ``1.7``."""
    return as_text(scalar(node))


def plain(node: Any) -> Any:
    """A YAML node as plain values. Raises `TooMuch`."""
    return _plain(node, [_MOST_VALUES], _DEEPEST)


def _plain(node: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or not depth:
        raise TooMuch("it is nested too deeply or too large")
    if rows := entries(node):
        return {name: _plain(value, left, depth - 1) for name, value in rows.items()}
    value = getattr(node, "value", None)
    if isinstance(value, list):
        return [_plain(item, left, depth - 1) for item in items(node)]
    return scalar(node)


def _number(value: float) -> float | int:
    return int(value) if math.isfinite(value) and value == int(value) else value


def as_text(value: Any) -> str:
    """What stands in place of an expression that has this value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}".replace("e+", "E+").replace("e-", "E-")
    if isinstance(value, str | Unknown):
        return str(value)
    return "Array" if isinstance(value, list) else "Object"


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; None where that is not known."""
    if isinstance(value, Unknown):
        return value.truth
    if isinstance(value, list | dict):
        return True
    return bool(value) and value == value  # noqa: PLR0124 - not a number


def as_number(value: Any) -> float:
    """The number that a value is compared as."""
    if value is None or isinstance(value, bool | int | float):
        return float(value or 0)
    written = value.strip() if isinstance(value, str) else "an object"
    if not written:
        return 0
    if len(written) > _MOST_DIGITS:
        return math.nan
    if _DECIMAL.fullmatch(written):
        return float(written)
    return float(int(written, 0)) if _OTHER_BASE.fullmatch(written) else math.nan


def equal(left: Any, right: Any) -> bool | None:
    """Whether two values are equal: letters of texts without case; None where that is not known."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return False if _differ(left, right) or _differ(right, left) else None
    if isinstance(left, str) and isinstance(right, str):
        return left.upper() == right.upper()
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    if left is None and right is None:
        return True
    return as_number(left) == as_number(right)


def _differ(unknown: Any, other: Any) -> bool:
    """Whether a text that is known in part cannot be another one."""
    if isinstance(unknown, Unknown) and unknown.truth and other == "":
        return True
    if not isinstance(unknown, Unknown) or not unknown.prefix:
        return False
    if isinstance(other, Unknown):
        one, two = sorted((unknown.prefix.upper(), other.prefix.upper()), key=len)
        return not two.startswith(one)
    return isinstance(other, str) and not other.upper().startswith(unknown.prefix.upper())


def less(left: Any, right: Any) -> bool | None:
    """Whether one value comes before another; None where that is not known."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, str) and isinstance(right, str):
        return left.upper() < right.upper()
    return as_number(left) < as_number(right)


def entry(value: Any, key: Any) -> Any:
    """The entry of an object or a list, null where there is none; names without case."""
    if isinstance(value, Unknown) or isinstance(key, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        name = as_text(key)
        if name in value:
            return value[name]
        folded = name.casefold()
        found = next((each for each in value if each.casefold() == folded), None)
        if found is not None:
            return value[found]
        return UNKNOWN if isinstance(value, Partial) else None
    if isinstance(value, list):
        place = as_number(key)
        if math.isfinite(place) and 0 <= int(place) < len(value):
            return value[int(place)]
    return None
