"""Texts of the settings on their way into workflows: checked, or quoted, never code by accident."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

_EXPANDED = re.compile(r"[$`]")
_SPECIAL = re.compile(r'["$\\`]')
"""What a backslash takes its meaning from within double quotes."""

JOB_NAME = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_-]{0,98}")
"""GitHub keeps names with two underlines in front to itself; 99 characters are the most."""
INPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""Of an input or a secret of a workflow."""
TOOLCHAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ :-]*")
PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
PYTHON = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*")
BRANCH = re.compile(
    r"(?![/?+-])(?!.*(\.\.|//|@\{))[^\s\x00-\x1f\x7f$'\"`\\~^:\[\]{}()|<>&;]+(?<![/.])"
)
"""What git lets a branch be called, and GitHub's ``*``, ``?``, ``+`` and ``!``."""
PATH = re.compile(r"(?![-#~\s])[^\x00-\x1f\x7f\x85\u2028\u2029$'\"`\\*?!\[\]{}|<>,]+(?<!\s)")
"""Paths stand in globs (where ``#`` and ``~`` begin other things), in expressions and in lists."""
PERMISSION = re.compile(
    r"(?:actions|artifact-metadata|attestations|checks|code-quality|contents|deployments"
    r"|discussions|issues|packages|pages|pull-requests|repository-projects|security-events"
    r"|statuses): ?(?:read|write|none)"
    r"|id-token: ?(?:write|none)|(?:models|vulnerability-alerts): ?(?:read|none)"
    r"|copilot-requests: ?write"
)
"""GitHub's own list; not every scope has every level."""


def checked(text: str, pattern: re.Pattern[str], *, setting: str, what: str) -> str:
    """Return the text if the whole of it is of the pattern; raises `SettingsError` else."""
    if pattern.fullmatch(text):
        return text
    raise SettingsError(
        f"`{setting}` cannot stand in a workflow: {text!r} is no {what}.",
        next_step=f"Change it in {SETTINGS_FILE}.",
    )


def path_of_checkout(text: str, *, setting: str, absolute: bool = False) -> str:
    """A path from the checkout without `..`, which `hashFiles` and artifacts refuse.

    ``absolute`` says whether it may lie outside. Raises `SettingsError`.
    """
    path = posixpath.normpath(checked(text, PATH, setting=setting, what="path for a workflow"))
    if path.split("/", 1)[0] == ".." or (path.startswith("/") and not absolute):
        raise SettingsError(
            f"`{setting}` cannot stand in a workflow: {text!r} leads out of the checkout.",
            next_step=f"Name a place within the project in {SETTINGS_FILE}.",
        )
    return path


def checked_all(
    texts: Iterable[str], pattern: re.Pattern[str], *, setting: str, what: str
) -> tuple[str, ...]:
    """Like `checked`, for a list that may not be empty and that names nothing twice."""
    result = tuple(checked(text, pattern, setting=setting, what=what) for text in texts)
    if not result:
        raise SettingsError(
            f"`{setting}` is empty, and a workflow needs at least one {what}.",
            next_step=f"Name one in {SETTINGS_FILE}.",
        )
    return tuple(dict.fromkeys(result))


def counted(number: int, *, setting: str, most: int) -> int:
    """Return a number that GitHub can count with; raises `SettingsError` else."""
    if 1 <= number <= most:
        return number
    raise SettingsError(
        f"`{setting}` is {number}; it must be from 1 to {most}.",
        next_step=f"Change it in {SETTINGS_FILE}.",
    )


def shell_words(words: Iterable[str], *, setting: str) -> str:
    """A command for a line of bash, its words quoted; GitHub finds no expression in it.

    GitHub replaces ``${{ … }}`` in a ``run:`` before bash sees a quote, so the sequence is broken
    in two. Raises `SettingsError` for control characters and for an empty command.
    """
    command = tuple(words)
    if not command or any(_CONTROL.search(word) for word in command):
        raise SettingsError(
            f"`{setting}` is no command for one line: {list(command)!r}.",
            next_step=f"Write it as a list of words in {SETTINGS_FILE}.",
        )
    return " ".join(map(_quoted, command))


def _quoted(word: str) -> str:
    """A word of bash. To shellcheck `$`, a backtick and `~` within single quotes are slips."""
    if word.startswith("~"):
        return "\\~" + (_quoted(word[1:]) if word[1:] else "")
    if not _EXPANDED.search(word):
        return shlex.quote(word)
    return '"' + _SPECIAL.sub(r"\\\g<0>", word).replace("${{", '$""{{') + '"'
