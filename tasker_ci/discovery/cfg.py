"""Conditions of `#[cfg(…)]`, as far as features decide them.

https://doc.rust-lang.org/reference/conditional-compilation.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_FEATURE = re.compile(r'feature\s*=\s*"(?P<name>[^"]+)"')
_OPERATION = re.compile(r"(?P<word>all|any|not)\s*\(")


def features_in(condition: str) -> tuple[str, ...]:
    """The features that a condition names."""
    return tuple(dict.fromkeys(_FEATURE.findall(condition)))


def holds(condition: str, features: Collection[str]) -> bool | None:
    """Whether a condition holds with these features on; None if something else decides it."""
    condition = condition.strip()
    feature = _FEATURE.fullmatch(condition)
    if feature:
        return feature["name"] in features
    operation = _OPERATION.match(condition)
    if not operation:
        return None
    parts = [holds(part, features) for part in arguments(condition, operation.end()) if part]
    if operation["word"] == "not":
        return None if not parts or parts[0] is None else not parts[0]
    decisive = operation["word"] == "any"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def arguments(text: str, start: int) -> list[str]:
    """What stands between a parenthesis before ``start`` and its partner, divided at commas."""
    parts, depth, begun = [], 0, start
    for place in range(start, len(text)):
        letter = text[place]
        if letter == ")" and not depth:
            parts.append(text[begun:place].strip())
            break
        if letter == "," and not depth:
            parts.append(text[begun:place].strip())
            begun = place + 1
        depth += {"(": 1, ")": -1}.get(letter, 0)
    return parts or [""]
