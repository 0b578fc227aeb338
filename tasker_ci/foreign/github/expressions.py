"""GitHub's expressions, as far as their values are known without running anything.

https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.expression_syntax import UnreadableExpression, meaning_of
from tasker_ci.foreign.github.values import UNKNOWN, Unknown, as_text, truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["UNKNOWN", "condition", "evaluate", "filled_in", "interpolate", "resolve"]

_STATUS = re.compile(r"\b(?:failure|cancelled|success)\s*\(", re.IGNORECASE)
_OUTCOMES = ("success", "failure", "cancelled")


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """The value of an expression without its braces, or of a text that is one with them.

    A context that is not among ``contexts`` and what cannot be read are `UNKNOWN`.
    """
    pieces = [*_pieces(text)]
    if len(pieces) == 1 and pieces[0][0]:
        text = pieces[0][1]
    try:
        return meaning_of(text.strip())(contexts)
    except UnreadableExpression:
        return UNKNOWN


def resolve(text: str, contexts: Mapping[str, Any]) -> Any:
    """The value of a text of a workflow: of any kind if it is one expression, else a text."""
    if "${{" not in text:
        return text
    pieces = [*_pieces(text)]
    if len(pieces) == 1 and pieces[0][0]:
        return evaluate(pieces[0][1], contexts)
    known = ""
    for is_expression, piece in pieces:
        value = evaluate(piece, contexts) if is_expression else piece
        if isinstance(value, Unknown):
            return Unknown(truth=True if known else None, prefix=known + value.prefix)
        known += as_text(value)
    return known


def interpolate(text: str, contexts: Mapping[str, Any]) -> str | None:
    """A text with its expressions replaced; None if one of them is not known."""
    value = resolve(text, contexts)
    return None if isinstance(value, Unknown) else as_text(value)


def filled_in(text: str, contexts: Mapping[str, Any]) -> str:
    """A text with its expressions replaced, each as far as it is known; others stay."""
    if "${{" not in text:
        return text
    return "".join(
        (
            f"${{{{{piece}}}}}"
            if isinstance(value := evaluate(piece, contexts), Unknown)
            else as_text(value)
        )
        if is_expression
        else piece
        for is_expression, piece in _pieces(text)
    )


def condition(text: str | None, contexts: Mapping[str, Any]) -> bool | None:
    """Whether an ``if:`` holds; None where that is not known.

    A failure or a cancellation may come at any time, so what asks for one may hold.
    """
    if text is None or not text.strip():
        return True
    pieces = [*_pieces(text)]
    if any(is_expression for is_expression, _ in pieces):
        if len(pieces) > 1:
            return True  # GitHub takes the whole for a text, and a text counts as true
        text = pieces[0][1]
    outcomes = _OUTCOMES if _STATUS.search(text) else _OUTCOMES[:1]
    found = [truth(evaluate(text, {**contexts, "outcome": outcome})) for outcome in outcomes]
    if found[0]:
        return True
    return False if {*found} == {False} else None


def asks_for_status(text: str | None) -> bool:
    """Whether a condition looks at the outcome itself; else `success()` is part of it."""
    return text is not None and bool(_ANY_STATUS.search(text))


_ANY_STATUS = re.compile(r"\b(?:failure|cancelled|always|success)\s*\(", re.IGNORECASE)


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The expressions of a text without their braces, each marked as one, and what is around."""
    place = 0
    while (begin := text.find("${{", place)) >= 0:
        end = begin + 3
        while found := _END.search(text, end):
            if found[0] == "}}":
                break
            end = text.find("'", found.end()) + 1
            if not end:
                found = None
                break
        if not found:
            break
        if begin > place:
            yield False, text[place:begin]
        yield True, text[begin + 3 : found.start()]
        place = found.end()
    if place < len(text):
        yield False, text[place:]


_END = re.compile(r"'|\}\}")
