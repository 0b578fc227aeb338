"""Where a test failed, as its output says: a panic of Rust, or what pytest prints.

Output is anybody's, and of any size: no search takes more than one look at each of its characters,
and a bounded one at what follows a panic's words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGINNINGS = ("panicked at ", "did not panic as expected at ")
_PANIC = re.compile(
    r"(?:panicked at (?>'.{0,10000}', )?|did not panic as expected at )"  # 1.72: message, place
    r"(?P<file>[^\n:]{1,4096}+(?::[^\n:\d][^\n:]{0,4096}+){0,4}+)"
    r":(?P<line>\d{1,9}):(?P<column>\d{1,9})"
)
_TRIES = 1000
"""A text that has a panic's words more often without a place was made to take time."""

_PYTHON = re.compile(r"^(?P<file>[^\s:]+\.py):(?P<line>\d{1,9}): \S", re.MULTILINE)
"""Where pytest's text of a failure says that it happened: in its last line."""


def find_panic(text: str) -> re.Match[str] | None:
    """The first panic that has a place; its groups are ``file``, ``line`` and ``column``."""
    for number, start in enumerate(_starts(text)):
        if number == _TRIES:
            break
        found = _PANIC.match(text, start)
        if found is not None:
            return found
    return None


def find_place(output: str, message: str) -> tuple[str, int, int] | None:
    """File, line and column of a failure, as its tool spelled them; None if nobody says."""
    found = find_panic(output) or find_panic(message)
    if found is not None:
        return found["file"], int(found["line"]), int(found["column"])
    places = [*_PYTHON.finditer(output)] if ".py:" in output else []
    return (places[-1]["file"], int(places[-1]["line"]), 1) if places else None


def _starts(text: str) -> Iterator[int]:
    """Where the words of a panic begin, in the order of the text."""
    place = {beginning: text.find(beginning) for beginning in _BEGINNINGS}
    while any(start >= 0 for start in place.values()):
        start, beginning = min((start, each) for each, start in place.items() if start >= 0)
        yield start
        place[beginning] = text.find(beginning, start + 1)
