"""The legs of a job's matrix, and expressions as far as a leg decides them.

https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstrategymatrix
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

from tasker_ci.text.yaml_nodes import entries, items, text, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_LEGS = 256
"""GitHub makes no more."""

Leg = dict[str, str]
"""The values of one leg by their names; those within a value as ``axis.name``."""

_EXPRESSION = re.compile(r"\$\{\{\s*(?P<context>matrix|env)\.(?P<name>[\w.-]+)\s*\}\}")
_CLAUSE = re.compile(
    r"(?P<name>(?:matrix|runner)\.[\w.-]+)\s*(?P<operator>==|!=)\s*'(?P<value>[^']*)'"
)
_ALWAYS = re.compile(r"always\(\)|success\(\)|!\s*cancelled\(\)|!\s*failure\(\)|true|")


def legs_of(matrix: Any) -> list[Leg] | None:
    """The legs of a ``matrix:``, one without values where there is none; None if unknown."""
    if matrix is None:
        return [{}]
    rows = entries(matrix)
    if not rows:
        return None  # an expression
    axes = {name: node for name, node in rows.items() if name not in {"include", "exclude"}}
    values = [[*_values(name, node)] for name, node in axes.items()]
    if not all(values) or _size(values) > MOST_LEGS:
        return None
    legs = [_merged(each) for each in product(*values)] if values else []
    for node in items(rows.get("exclude")):
        out = _flat("", node)
        legs = [leg for leg in legs if not out.items() <= leg.items()]
    if "include" in rows and not items(rows["include"]):
        return None
    return _with_included(legs, [_flat("", node) for node in items(rows.get("include"))], set(axes))


def substituted(text: str, leg: Mapping[str, str], environment: Mapping[str, str | None]) -> str:
    """A text with the values of a leg in place of their expressions; others stay."""

    def value(found: re.Match[str]) -> str:
        if found["context"] == "env":
            known = environment.get(found["name"])
            return found[0] if known is None else known
        whole = any(name.startswith(f"{found['name']}.") for name in leg)
        return found[0] if whole else leg.get(found["name"], "")

    return _EXPRESSION.sub(value, text)


def holds(condition: str, leg: Mapping[str, str], labels: tuple[str, ...]) -> bool | None:
    """Whether an ``if:`` holds; None where more than the leg decides it."""
    condition = condition.strip().removeprefix("${{").removesuffix("}}").strip()
    answers = [_clause(each.strip(), leg, labels) for each in condition.split("&&")]
    if False in answers and "||" not in condition:
        return False
    return None if "||" in condition or None in answers else True


def _clause(clause: str, leg: Mapping[str, str], labels: tuple[str, ...]) -> bool | None:
    if _ALWAYS.fullmatch(clause):
        return True
    found = _CLAUSE.fullmatch(clause)
    if found is None:
        return None
    context, _, name = found["name"].partition(".")
    if context == "matrix":
        value = leg.get(name, "")
    elif name == "os" and len(labels) == 1 and "${{" not in labels[0]:
        system = labels[0].partition("-")[0].lower()
        value = {"ubuntu": "Linux", "windows": "Windows", "macos": "macOS"}.get(system, "")
        if not value:
            return None
    else:
        return None
    same = value.lower() == found["value"].lower()  # GitHub's comparison
    return same == (found["operator"] == "==")


def _values(name: str, node: Any) -> Iterator[Leg]:
    listed = items(node)
    if listed:
        yield from (_flat(name, each) for each in listed)
    elif single := text(node):
        yield from () if "${{" in single else ({name: single},)
    elif not words(node):
        yield from ()


def _flat(name: str, node: Any) -> Leg:
    rows = entries(node)
    if not rows:
        single = text(node)
        return {name: single or " ".join(words(node))} if name else {}
    found: Leg = {}
    for key, value in rows.items():
        found |= _flat(f"{name}.{key}" if name else key, value)
    return found


def _merged(parts: tuple[Leg, ...]) -> Leg:
    return {name: value for part in parts for name, value in part.items()}


def _with_included(legs: list[Leg], included: list[Leg], axes: set[str]) -> list[Leg]:
    original = [dict(leg) for leg in legs]
    added: list[Leg] = []
    for more in included:
        fitting = [
            place
            for place, leg in enumerate(original)
            if all(leg.get(name) == value for name, value in more.items() if _axis(name) in axes)
        ]
        for place in fitting:
            legs[place] |= more
        if not fitting:
            added.append(dict(more))
    return [*legs, *added][:MOST_LEGS]


def _axis(name: str) -> str:
    return name.partition(".")[0]


def _size(values: list[list[Leg]]) -> int:
    size = 1
    for each in values:
        size *= len(each)
    return size
