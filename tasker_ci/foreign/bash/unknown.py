"""Texts with a part that is not known without running something.

The part is one character of Unicode's private use, so that such a text goes through quotes, words
and patterns like any other, and keeps what is known of it.
"""

from __future__ import annotations

import re

UNKNOWN = "\ue000"
"""Stands for any text, also for none."""

REPOSITORY = "/\ue001"
"""Where the repository is, as an absolute path: nobody knows the real one."""

_OF_DIST = re.compile(r"matrix\.(?:install_dist\.run|packages_install)\b")
"""Commands in the workflows that `dist` writes: they install it and packages of the system."""
_BOOLEAN = re.compile(
    r"^[ \t]*\$\{\{(?:(?!\}\}|\|\|).){0,400}[=!]=(?:(?!\}\}|\|\|).){0,400}\}\}",
    re.DOTALL | re.MULTILINE,
)
"""`${{ needs.a.result == 'success' }}` as a command: `true` or `false`."""
_EXPRESSION = re.compile(r"\$\{\{.{0,4000}?\}\}", re.DOTALL)


def is_known(text: str) -> bool:
    """Whether every part of a text is known."""
    return UNKNOWN not in text


def known(text: str) -> str | None:
    """A text as others see it: None unless all of it is known."""
    return None if UNKNOWN in text else text


def from_known(text: str | None) -> str:
    """A text from others, who write None for one that is not known."""
    return UNKNOWN if text is None else text


def without_expressions(text: str) -> str:
    """A text with each expression of GitHub's replaced by an unknown part; its lines stay."""
    if "${{" not in text or "}}" not in text:
        return text
    text = _BOOLEAN.sub(lambda found: f"test {_unknown(found[0])}", text)
    return _EXPRESSION.sub(lambda found: _unknown(found[0]), text)


def _unknown(expression: str) -> str:
    if _OF_DIST.search(expression):
        return "true"
    return UNKNOWN + "\\\n" * expression.count("\n")


_FLAG_WITH_UNKNOWN = re.compile(rf"(--[\w-]+)=(.*{UNKNOWN}.*)|(-[A-Za-z])({UNKNOWN}.*)", re.DOTALL)


def halves(word: str) -> tuple[str, ...]:
    """`--flag=?` as `--flag ?`, which means the same, so that the flag is known."""
    if UNKNOWN not in word or not (found := _FLAG_WITH_UNKNOWN.fullmatch(word)):
        return (word,)
    return (found[1], found[2]) if found[1] else (found[3], found[4])
