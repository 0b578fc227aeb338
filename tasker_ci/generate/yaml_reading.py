"""The nodes of foreign YAML, looked at without making a value of any."""

from __future__ import annotations

from typing import Any

MOST_ITEMS = 300
"""Of a list more is not read."""


def entries_of(node: Any) -> dict[str, Any]:
    """The entries of a mapping by their keys, where these are text; empty for anything else."""
    pairs = getattr(node, "value", None)
    if not isinstance(pairs, list):
        return {}
    return {key: pair[1] for pair in pairs if isinstance(pair, tuple) and (key := text_of(pair[0]))}


def items_of(node: Any) -> list[Any]:
    """The items of a list; empty for anything else."""
    found = getattr(node, "value", None)
    return [] if not isinstance(found, list) or entries_of(node) else found


def words_of(node: Any) -> tuple[str, ...]:
    """A scalar, or the scalars of a list."""
    single = text_of(node)
    if single:
        return (single,)
    return tuple(each for item in items_of(node)[:MOST_ITEMS] if (each := text_of(item)))


def text_of(node: Any) -> str:
    """A scalar as it is written; "" for anything else."""
    value = getattr(node, "value", None)
    return value if isinstance(value, str) else ""
