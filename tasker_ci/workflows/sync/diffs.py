"""What differs between a file as it is and as it should be, in lines for a screen."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from tasker_ci.text.foreign import tabbed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.sync.changes import Change

_MOST_LINES = 3_000
"""Beyond it comparing takes seconds, and nobody reads the result."""

_NOTHING = "/dev/null"
_NO_NEWLINE = "\\ No newline at end of file"


def unified(change: Change) -> tuple[str, ...]:
    """One unified diff from what lies on the disk to what should; empty if they are the same.

    Lines are compared without regard to CRLF, which a remark below the heading names instead.
    Control characters of a foreign file are spelled out.
    """
    before, after = change.before, change.after
    if before is not None and not before.link and before.content == after:
        return ()
    heading = (
        f"--- {_NOTHING if before is None else f'a/{change.path}'}",
        f"+++ {_NOTHING if after is None else f'b/{change.path}'}",
    )
    old = "" if before is None else before.text
    new = "" if after is None else after.decode()
    if before is not None and before.link:
        return (*heading, f"# on the disk: a symbolic link to {tabbed(before.link)}")
    if old is None:
        size = len(before.content) if before else 0
        return (*heading, f"# on the disk: {size} bytes that are not UTF-8 text")
    return (*heading, *_remarks(old, new), *_hunks(old, new))


def _remarks(old: str, new: str) -> Iterator[str]:
    with_carriage_return, planned = old.count("\r\n"), new.count("\r\n")
    kept = planned and with_carriage_return == old.count("\n")  # of a file that is CRLF all over
    if with_carriage_return != planned and not kept:
        yield (
            f"# line endings: {with_carriage_return} of {old.count(chr(10))} lines end in CRLF, "
            f"{planned or 'none'} should"
        )


def _hunks(old: str, new: str) -> Iterator[str]:
    there, here = (_lines(text.replace("\r\n", "\n")) for text in (old, new))
    if max(len(there), len(here)) > _MOST_LINES:
        yield f"# {len(there)} lines on the disk, {len(here)} planned: too long for a diff"
        return
    hunks = unified_diff(there, here, lineterm="")
    for line in list(hunks)[2:]:  # the heading is ours
        text, newline, rest = line.partition("\n")
        yield tabbed(text)
        if newline and rest:
            yield rest


def _lines(text: str) -> list[str]:
    """The lines; the last one carries the remark of `diff` where its newline is missing."""
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n{_NO_NEWLINE}"] if last else lines
