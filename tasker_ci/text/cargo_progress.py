"""Cargo's progress lines, which say nothing once a command has ended."""

from __future__ import annotations

from tasker_ci.text.foreign import unescaped

_VERBS = frozenset({
    "Adding", "Blocking", "Building", "Checking", "Compiling", "Dirty", "Documenting",
    "Downgrading", "Downloaded", "Downloading", "Fetch", "Finished", "Fresh", "Locking",
    "Removing", "Scraping", "Unchanged", "Unpacking", "Updating", "Upgrading", "Waiting",
})  # fmt: skip
_COMPILED = "Finished"
_WIDTH = 12
"""Cargo writes the verb to the right in so many columns, then a blank."""


def is_progress(line: str) -> bool:
    """Whether a line is one of cargo's about its progress, not an error or a warning."""
    plain = unescaped(line).rstrip("\r\n").rpartition("\r")[2]
    verb = plain[:_WIDTH]
    return plain[_WIDTH : _WIDTH + 1] == " " and verb.strip() in _VERBS and verb[-1:] != " "


def without_progress(text: str) -> str:
    """The text without cargo's progress lines."""
    return "".join(line for line in text.splitlines(keepends=True) if not is_progress(line))


def says_compiled(text: str) -> bool:
    """Whether cargo says in it that it has compiled all: it holds no lock of the directory then."""
    return _COMPILED in text and any(
        _COMPILED in line and is_progress(line) for line in text.splitlines()
    )
