"""What follows `--` on a command line of cargo's: arguments of the test harness, or lints."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HARNESS = {"--nocapture", "--no-capture", "--show-output", "--color", "--quiet", "-q", "--exact"}
_HARNESS_VALUES = {"--skip", "--color"}
_REASONS = {
    "--ignored": "no session runs tests that are ignored",
    "--include-ignored": "no session runs tests that are ignored",
    "--test-threads": "the sessions run several tests at once",
}
_LINT = re.compile(r"(?:-(?P<short>[AWDF])|--(?P<long>allow|warn|deny|forbid)=?)(?P<name>\S*)")


def lints_of(words: Sequence[str]) -> list[tuple[str, str]] | None:
    """The lints on clippy's line, each with its level's letter; None for anything else there."""
    found: list[tuple[str, str]] = []
    waiting = iter(words)
    for word in waiting:
        match = _LINT.fullmatch(word)
        if match is None:
            return None
        letter = match["short"] or match["long"][0].upper()
        found.append((letter, match["name"] or next(waiting, "")))
    return found


def lint_doubt(theirs: Sequence[str], ours: Sequence[str]) -> str:
    """Why clippy does not find with our lints what it found with theirs; "" if it does."""
    asked, own = lints_of(theirs), lints_of(ours)
    stricter = own is not None and all(letter in "DF" for letter, _ in own)
    if asked is None or own is None:
        same = tuple(theirs) == tuple(ours)
    else:
        same = asked == own or (stricter and all(each in own for each in asked))
    return (
        "" if same else f"session clippy runs with `{shlex.join(ours)}` (`clippy.lint-arguments`)"
    )


def harness_doubt(words: Sequence[str]) -> str:
    """Why the sessions do not run the tests as the harness was told; "" if they do."""
    waiting = iter(words)
    for word in waiting:
        name, equals, _ = word.partition("=")
        if name in _HARNESS_VALUES:
            if not equals:
                next(waiting, None)
        elif name.startswith("-") and name not in _HARNESS:
            return _REASONS.get(name, f"no session runs tests with `{word}`")
    return ""
