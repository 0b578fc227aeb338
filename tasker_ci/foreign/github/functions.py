"""The functions of GitHub's expressions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.values import (
    UNKNOWN,
    Unknown,
    as_text,
    equal,
    is_known,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PLACE = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}")
_MOST_CHARACTERS = 1_000_000


def called(name: str, arguments: Sequence[Any], contexts: Mapping[str, Any]) -> Any:
    """The value of a function; ``outcome`` of the contexts is that of the steps before."""
    if name in _OUTCOMES:
        outcome = contexts.get("outcome", UNKNOWN)
        return UNKNOWN if isinstance(outcome, Unknown) else outcome in _OUTCOMES[name]
    function = _FUNCTIONS.get(name)
    if function is None:
        return UNKNOWN
    try:
        return function(*arguments)
    except (TypeError, ValueError, RecursionError, IndexError):
        return UNKNOWN  # GitHub refuses it


_OUTCOMES = {
    "success": {"success"},
    "failure": {"failure"},
    "cancelled": {"cancelled"},
    "always": {"success", "failure", "cancelled"},
}


def _contains(where: Any, what: Any) -> Any:
    if isinstance(where, Unknown):
        return UNKNOWN
    if isinstance(where, list):
        answers = [equal(item, what) for item in where]
        return True if True in answers else UNKNOWN if None in answers else False
    if isinstance(what, Unknown):
        return UNKNOWN
    if isinstance(where, dict) or isinstance(what, list | dict):
        return False
    return as_text(what).upper() in as_text(where).upper()


def _starts_with(text: Any, prefix: Any) -> Any:
    if isinstance(prefix, Unknown):
        return UNKNOWN
    wanted = as_text(prefix).upper()
    if isinstance(text, Unknown):
        known = text.prefix.upper()
        if known.startswith(wanted):
            return True
        return UNKNOWN if wanted.startswith(known) else False
    return as_text(text).upper().startswith(wanted)


def _ends_with(text: Any, suffix: Any) -> Any:
    if isinstance(text, Unknown) or isinstance(suffix, Unknown):
        return UNKNOWN
    return as_text(text).upper().endswith(as_text(suffix).upper())


def _format(pattern: Any, *values: Any) -> Any:
    if isinstance(pattern, Unknown):
        return UNKNOWN
    pieces: list[str] = []
    place = 0
    written = as_text(pattern)
    for found in _PLACE.finditer(written):
        pieces.append(written[place : found.start()])
        place = found.end()
        if found[1] is None:
            pieces.append(found[0][0])
        elif isinstance(value := values[int(found[1])], Unknown):
            return Unknown(prefix="".join(pieces) + value.prefix)
        else:
            pieces.append(as_text(value))
        if sum(map(len, pieces)) > _MOST_CHARACTERS:
            return UNKNOWN
    return "".join((*pieces, written[place:]))


def _join(items: Any, separator: Any = ",") -> Any:
    if not is_known(items) or isinstance(separator, Unknown):
        return UNKNOWN
    if not isinstance(items, list):
        return as_text(items)
    return as_text(separator).join(map(as_text, items))


def _to_json(value: Any) -> Any:
    return json.dumps(value, indent=2, ensure_ascii=False) if is_known(value) else UNKNOWN


def _from_json(text: Any) -> Any:
    return UNKNOWN if isinstance(text, Unknown) else json.loads(as_text(text))


def _case(*arguments: Any) -> Any:
    *pairs, default = arguments
    for place in range(0, len(pairs) - 1, 2):
        answer = truth(pairs[place])
        if answer is None:
            return UNKNOWN
        if answer:
            return pairs[place + 1]
    return default


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "contains": _contains,
    "startswith": _starts_with,
    "endswith": _ends_with,
    "format": _format,
    "join": _join,
    "tojson": _to_json,
    "fromjson": _from_json,
    "case": _case,
}
