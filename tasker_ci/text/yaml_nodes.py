"""Foreign YAML as nodes: no value is made of them, so neither tags nor aliases do anything."""

from __future__ import annotations

import re
from typing import Any

MOST_BYTES = 256 * 1024
"""Reading YAML takes a second for so much; no file that people write comes near."""

_MOST_OPEN = 2000
"""Brackets that are open at once: the reader's time grows with their square."""

_BRACKETS = re.compile(rb"[\[\]{}]")


class UnreadableYaml(ValueError):
    """A text that is no YAML; says why."""


def nodes_of(content: bytes) -> Any:
    """The root node of a document, None for an empty one. Raises `UnreadableYaml`."""
    if len(content) > MOST_BYTES:
        message = f"it has {len(content)} bytes"
        raise UnreadableYaml(message)
    if _deepest(content) > _MOST_OPEN:
        raise UnreadableYaml("it is nested too deeply")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        message = "it is not UTF-8 text"
        raise UnreadableYaml(message) from None
    except (YAMLError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = getattr(error, "problem", None) or type(error).__name__
        message = f"it is not valid YAML ({reason})"
        raise UnreadableYaml(message) from error


def _deepest(content: bytes) -> int:
    """How many brackets are open at once; those in texts count too, so it may be fewer."""
    depth = most = 0
    for bracket in _BRACKETS.findall(content):
        depth += 1 if bracket in b"[{" else -1
        most = max(most, depth)
    return most


def entries(node: Any) -> dict[str, Any]:
    """The entries of a mapping by their keys, where these are text; empty for anything else."""
    pairs = getattr(node, "value", None)
    if not isinstance(pairs, list):
        return {}
    return {key: pair[1] for pair in pairs if isinstance(pair, tuple) and (key := text(pair[0]))}


def items(node: Any) -> list[Any]:
    """The items of a list; empty for anything else."""
    found = getattr(node, "value", None)
    return [] if not isinstance(found, list) or entries(node) else found


def text(node: Any) -> str:
    """A scalar as it is written; empty for anything else."""
    value = getattr(node, "value", None)
    return value if isinstance(value, str) else ""


def words(node: Any) -> tuple[str, ...]:
    """A scalar, or the scalars of a list, or the keys of a mapping."""
    single = text(node)
    if single:
        return (single,)
    return tuple(entries(node)) or tuple(each for item in items(node) if (each := text(item)))
