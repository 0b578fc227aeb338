"""Foreign YAML as nodes: no value is made of them, so neither tags nor aliases do anything."""

from __future__ import annotations

import re
from typing import Any

MOST_BYTES = 1 << 20
"""Reading YAML takes half a second for so much; no file that people write comes near."""

_MOST_OPEN = 2000
"""Brackets, or columns of indentation, that are open at once: the reader calls itself for each."""

_BRACKETS = re.compile(rb"[\[\]{}]")
_INDENTATION = re.compile(rb"^(?:[-?:][ \t]+| )*+", re.MULTILINE)


class UnreadableYaml(ValueError):
    """A text that is no YAML; says why."""


def nodes_of(content: bytes) -> Any:
    """The root node of a document, None for an empty one. Raises `UnreadableYaml`.

    An alias is the node of its anchor itself. Of two documents in one file the first is read.
    """
    if len(content) > MOST_BYTES:
        message = f"it has {len(content)} bytes"
        raise UnreadableYaml(message)
    if _deepest(content) > _MOST_OPEN:
        raise UnreadableYaml("it is nested too deeply")
    import yaml

    loader = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader  # resolves no tags
    try:
        return yaml.compose(content.decode("utf-8-sig"), Loader=loader)
    except UnicodeDecodeError:
        message = "it is not UTF-8 text"
        raise UnreadableYaml(message) from None
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, TypeError) as error:
        reason = getattr(error, "problem", None) or type(error).__name__
        message = f"it is not valid YAML ({reason})"
        raise UnreadableYaml(message) from error


def _deepest(content: bytes) -> int:
    """How deep it may be nested; brackets in texts count too, so it may be fewer."""
    depth = most = 0
    for bracket in _BRACKETS.findall(content):
        depth += 1 if bracket in b"[{" else -1
        most = max(most, depth)
    return max(most, *map(len, _INDENTATION.findall(content)))


def entries(node: Any) -> dict[str, Any]:
    """The entries of a mapping by their keys, where these are text; empty for anything else."""
    pairs = getattr(node, "value", None)
    if not isinstance(pairs, list):
        return {}
    return {key: pair[1] for pair in pairs if isinstance(pair, tuple) and (key := text(pair[0]))}


def keys(node: Any) -> dict[str, Any]:
    """The nodes of a mapping's keys by their text."""
    pairs = getattr(node, "value", None)
    if not isinstance(pairs, list):
        return {}
    return {key: pair[0] for pair in pairs if isinstance(pair, tuple) and (key := text(pair[0]))}


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


def line(node: Any) -> int:
    """The line that a node begins on, from 1."""
    return int(node.start_mark.line) + 1


def is_block(node: Any) -> bool:
    """Whether a scalar is written below its key, after ``|`` or ``>``."""
    return getattr(node, "style", None) in {"|", ">"}


def is_plain(node: Any) -> bool:
    """Whether a scalar is written without quotes, so that it may be a number or a truth value."""
    return isinstance(getattr(node, "value", None), str) and not getattr(node, "style", None)
