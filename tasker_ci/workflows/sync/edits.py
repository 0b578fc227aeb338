"""What `sync` changed within a file of the project's own, line by line, and how to take it back.

Only lines that were replaced are stored, never a whole file. Lines around an edit are stored as
digests: they say where the edit belongs in a file that somebody changed since.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

_DIGITS = 16
_AROUND = 3
"""How many lines on each side say where an edit belongs; as many as in a unified diff."""


class ChangedSince(Exception):
    """The lines of ours are no longer where they were, or not as they were."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One run of lines that `sync` put in the place of others."""

    line: int
    """Where it begins in the file as `sync` wrote it, from 0."""
    ours: bytes
    before: bytes
    """What was there before; empty for lines that are only added."""
    above: str
    below: str
    """Digests of the lines around it."""


@dataclass(frozen=True, kw_only=True)
class EditedText:
    """A file's content with LF, if every line of it ends in CRLF, as git makes them at checkout."""

    content: bytes
    crlf: bool

    @classmethod
    def of(cls, content: bytes) -> EditedText:
        """``content`` with its line ends apart from its text."""
        count = content.count(b"\r\n")
        crlf = 0 < count == content.count(b"\n")
        return cls(content=content.replace(b"\r\n", b"\n") if crlf else content, crlf=crlf)

    def like_it(self, content: bytes) -> bytes:
        """Another text with the line ends of this one."""
        return content.replace(b"\n", b"\r\n") if self.crlf else content


def digest(content: bytes) -> str:
    """A digest that does not depend on whether a checkout made CRLF of every line end."""
    return hashlib.sha256(EditedText.of(content).content).hexdigest()[:_DIGITS]


def edits_between(before: bytes, after: bytes) -> tuple[Edit, ...]:
    """What has to be put back into ``after`` to have ``before`` again."""
    as_text = EditedText.of(after).crlf or not EditedText.of(before).crlf
    old, new = (
        _lines(EditedText.of(each).content if as_text else each) for each in (before, after)
    )
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    matcher = SequenceMatcher(None, old[start:], new[start:], autojunk=False)
    found = []
    for kind, first, last, begin, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        above, below = _around(new, start + begin, start + end)
        found.append(
            Edit(
                line=start + begin,
                ours=b"".join(new[start + begin : start + end]),
                before=b"".join(old[start + first : start + last]),
                above=above,
                below=below,
            )
        )
    return tuple(found)


def undone(content: bytes, edits: Sequence[Edit]) -> bytes:
    """A file as `sync` wrote it, without its edits. Raises `ChangedSince` if it is another file."""
    text = EditedText.of(content)
    lines = _lines(text.content)
    for edit in sorted(edits, key=lambda each: each.line, reverse=True):
        count = len(_lines(edit.ours))
        if b"".join(lines[edit.line : edit.line + count]) != edit.ours:
            raise ChangedSince
        lines[edit.line : edit.line + count] = [edit.before]
    return text.like_it(b"".join(lines))


def taken_out(content: bytes, edits: Sequence[Edit], path: PurePosixPath) -> bytes:
    """A file that somebody changed since, without the edits of `sync`.

    Raises `ChangedSince` unless each edit is in exactly one place, whole, with the lines around it
    as they were. In Python a block that names tasker_ci needs no such lines: it is ours wherever it
    stands, and nothing else depends on it.
    """
    text = EditedText.of(content)
    lines = _lines(text.content)
    places = []
    for edit in edits:
        own = path.suffix == ".py" and b"tasker_ci" in edit.ours
        found = [
            place
            for place in _places(lines, edit)
            if own or _around(lines, place, place + len(_lines(edit.ours))) == _context(edit)
        ]
        if len(found) != 1:
            raise ChangedSince
        last = found[0] + len(_lines(edit.ours)) == len(lines)
        if edit.before and not edit.before.endswith(b"\n") and not last:
            raise ChangedSince  # the line would run into the one that was added below it
        places.append((found[0], edit))
    for place, edit in sorted(places, key=lambda each: each[0], reverse=True):
        lines[place : place + len(_lines(edit.ours))] = [edit.before]
    return text.like_it(b"".join(lines))


def _places(lines: list[bytes], edit: Edit) -> Iterator[int]:
    ours = _lines(edit.ours)
    for place in range(len(lines) - len(ours) + 1):
        if lines[place : place + len(ours)] == ours:
            yield place


def _context(edit: Edit) -> tuple[str, str]:
    return edit.above, edit.below


def _around(lines: list[bytes], begin: int, end: int) -> tuple[str, str]:
    above, below = lines[max(0, begin - _AROUND) : begin], lines[end : end + _AROUND]
    return digest(b"".join(above)), digest(b"".join(below))


def _lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)
