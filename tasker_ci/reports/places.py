"""Where a test failed, as its output says: a panic of Rust, or what pytest prints.

Output is anybody's, and of any size: no search takes more than one look at each of its characters,
and a bounded one at what follows a panic's words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.reports.held_text import Text

_BEGINNINGS = ("panicked at ", "did not panic as expected at ")
_PANIC = re.compile(
    r"(?:panicked at (?>'.{0,10000}', )?|did not panic as expected at )"  # 1.72: message, place
    r"(?P<file>[^\n:]{1,4096}+(?::[^\n:\d][^\n:]{0,4096}+){0,4}+)"
    r":(?P<line>\d{1,9}):(?P<column>\d{1,9})"
)
_TRIES = 1000
"""A text that has a panic's words more often without a place was made to take time."""

_BEHIND_CHARACTERS = 12_000
"""What is looked at behind a panic's place."""

_PYTHON = re.compile(r"^(?P<file>[^\s:]+\.py):(?P<line>\d{1,9}): \S", re.MULTILINE)
"""Where pytest's text of a failure says that it happened: in its last line."""


def find_panics(*texts: Text) -> tuple[re.Match[str], ...]:
    """The first panic of each text that has one."""
    return tuple(found for text in texts if (found := find_panic(text)) is not None)


def find_panic(text: Text) -> re.Match[str] | None:
    """The first panic that has a place; its groups are ``file``, ``line`` and ``column``.

    Its ``string`` is the text, of one that is not in memory the part with the panic.
    """
    if isinstance(text, str):
        return _find_panic(text)
    for window, is_last in text.windows():
        found = _find_panic(window)
        if found is not None and (is_last or found.end() < len(window) - _BEHIND_CHARACTERS):
            return found
    return None


def _find_panic(text: str) -> re.Match[str] | None:
    for number, start in enumerate(_starts(text)):
        if number == _TRIES:
            break
        found = _PANIC.match(text, start)
        if found is not None:
            return found
    return None


def find_place(output: Text, panics: tuple[re.Match[str], ...]) -> tuple[str, int, int] | None:
    """File, line and column of a failure, as its tool spelled them; None if nobody says."""
    if panics:
        found = panics[0]
        return found["file"], int(found["line"]), int(found["column"])
    last = None
    for part in whole_lines(output):
        if ".py:" in part:
            last = next(reversed([*_PYTHON.finditer(part)]), last)
    return (last["file"], int(last["line"]), 1) if last else None


def whole_lines(text: Text) -> Iterator[str]:
    """A text, or the parts of one that is not in memory, each from the beginning of a line on."""
    if isinstance(text, str):
        yield text
        return
    for number, (window, _) in enumerate(text.windows()):
        yield window.partition("\n")[2] if number else window


def _starts(text: str) -> Iterator[int]:
    """Where the words of a panic begin, in the order of the text."""
    place = {beginning: text.find(beginning) for beginning in _BEGINNINGS}
    while any(start >= 0 for start in place.values()):
        start, beginning = min((start, each) for each, start in place.items() if start >= 0)
        yield start
        place[beginning] = text.find(beginning, start + 1)
