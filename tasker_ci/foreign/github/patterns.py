"""Filters of paths and branches, as GitHub reads them.

https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PART = re.compile(r"\*\*/|\*\*|\*|\[[^\]]*\]|\\.|.", re.DOTALL)
_MEANINGS = {"**/": r"(?:.*/)?", "**": ".*", "*": "[^/]*"}


def matches(patterns: Sequence[str], name: str) -> bool:
    """Whether a list of patterns takes a name: the last one that fits decides, ``!`` takes back."""
    taken = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        if compiled(pattern.removeprefix("!")).fullmatch(name):
            taken = not negated
    return taken


def takes_any(pattern: str, names: Iterable[str]) -> bool:
    """Whether one pattern, without its ``!``, fits any of the names."""
    fits = compiled(pattern.removeprefix("!")).fullmatch
    return any(fits(name) for name in names)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression of one pattern; one that is broken fits itself alone.

    ``?`` and ``+`` belong to the character before them.
    """
    parts: list[str] = []
    for part in _PART.findall(pattern):
        if part in _MEANINGS:
            parts.append(_MEANINGS[part])
        elif part in {"?", "+"} and parts:
            parts.append(part)
        elif len(part) > 1 and part[0] == "[":
            parts.append("[" + part[1:-1].replace("\\", r"\\") + "]")
        else:
            parts.append(re.escape(part[-1]))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))
