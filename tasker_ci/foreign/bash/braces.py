"""``a{b,c}`` and ``{1..3}``, which a shell turns into several words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.-?(\d+))?|([a-zA-Z])\.\.([a-zA-Z])")
_MOST = 256
_LONGEST = 2000


@dataclass(frozen=True)
class Piece:
    """A part of a word."""

    text: str
    quoted: bool = True
    """False where the shell splits it: an expansion without quotes."""
    bare: bool = False
    """Whether it is written there without quotes."""
    many: tuple[str, ...] | None = None
    """Of an array in quotes: each element a word."""


def braces_expanded(pieces: list[Piece]) -> list[list[Piece]]:
    """The words that one becomes."""
    if not any(piece.bare and "{" in piece.text for piece in pieces):
        return [pieces]
    if sum(len(piece.text) for piece in pieces) > _LONGEST:
        return [pieces]
    return list(islice(_expanded(list(_characters(pieces))), _MOST))


def _characters(pieces: list[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        if piece.bare:
            yield from (replace(piece, text=character) for character in piece.text)
        else:
            yield piece


def _expanded(pieces: list[Piece]) -> Iterator[list[Piece]]:
    for begin, piece in enumerate(pieces):
        if not (piece.bare and piece.text == "{"):
            continue
        depth, commas = 0, [begin]
        for end in range(begin, len(pieces)):
            text = pieces[end].text if pieces[end].bare else ""
            depth += (text == "{") - (text == "}")
            if text == "," and depth == 1:
                commas.append(end)
            if depth == 0:
                break
        else:
            continue
        choices = _choices(pieces, commas, end)
        if choices is None:
            continue
        for choice in choices:
            for middle in _expanded(choice):
                for after in _expanded(pieces[end + 1 :]):
                    yield [*pieces[:begin], *middle, *after]
        return
    yield pieces


def _choices(pieces: list[Piece], commas: list[int], end: int) -> list[list[Piece]] | None:
    if len(commas) > 1:
        stops = [*commas[1:], end]
        return [pieces[one + 1 : two] for one, two in zip(commas, stops, strict=True)]
    inner = pieces[commas[0] + 1 : end]
    found = _RANGE.fullmatch("".join(each.text for each in inner if each.bare))
    if found is None or not all(each.bare for each in inner):
        return None
    if found[4]:
        one, two = ord(found[4]), ord(found[5])
        step = 1 if two >= one else -1
        return [[Piece(chr(code))] for code in range(one, two + step, step)]
    one, two = int(found[1]), int(found[2])
    step = max(1, int(found[3] or 1)) * (1 if two >= one else -1)
    numbers = range(one, two + (1 if step > 0 else -1), step)
    return [[Piece(str(number))] for number in numbers[:_MOST]]
