"""Why a test failed, in one line, from what it printed and what its tool says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.reports.places import whole_lines
from tasker_ci.text.foreign import unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.reports.held_text import Text

_ERROR = re.compile(r"(?:\A|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])(?P<line>(?:\x1b\[[\d;]*m)*+error)")
_WORD = re.compile(r"(?P<line>\S)")
_REASON_CHARACTERS = 300
_AFTER_CHARACTERS = 10_000
"""As much of what follows a panic as may hold its first line with a word in it."""


def reason_of(output: Text, message: str, panics: Iterable[re.Match[str]]) -> str:
    """What the first panic said, else what the tool said, else what the test printed."""
    for found in panics:
        # Of a very long text ``string`` is the part with the panic.
        after = found.string[found.end() : found.end() + _AFTER_CHARACTERS]
        line = _first_line(after.lstrip(":\n"))
        if line.strip():
            return _short(line)
    # A doctest that does not compile has the compiler's text alone.
    said = _line(_WORD, message) or _line(_ERROR, output, "error") or _line(_WORD, output)
    return _short(said or "") or "no message"


def _line(pattern: re.Pattern[str], text: Text, words: str = "") -> str | None:
    """The first line with a match, from there on and without colours; None if there is none.

    Every match holds these ``words``, which are found faster.
    """
    cut = None
    for part in whole_lines(text):
        found = pattern.search(part) if words in part else None
        if found is None:
            continue
        start = found.start("line")
        line = part[start : start + _AFTER_CHARACTERS].splitlines()[0]
        cut = unescaped(line)
        if start + len(line) < len(part):
            break  # else it may go on in the next part
    return cut


def _first_line(text: str) -> str:
    """Looked for in the beginning first, where it ends as a rule."""
    for part in (text[:_REASON_CHARACTERS], text):
        lines = part.splitlines()
        if len(lines) > 1:
            return lines[0]
    return lines[0] if lines else ""


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= _REASON_CHARACTERS else line[: _REASON_CHARACTERS - 1] + "…"
