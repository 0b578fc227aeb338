"""What a value in a project's file is: a literal, or something that comes from elsewhere.

A value that comes from elsewhere is no literal, whatever stands around it; an empty one is none
either, because that is how a variable is switched off.
"""

from __future__ import annotations

import re

_DEFAULT = re.compile(r"\$\{\w+:?[-=](?P<value>[^}]*)")
_REFERENCE = re.compile(r"\$[\w{(]|`|%s")


def is_literal(value: str) -> bool:
    """Whether a value, without its quotes, is spelled out."""
    if any(is_default(match["value"]) for match in _DEFAULT.finditer(value)):
        return True
    return bool(value) and not _REFERENCE.search(value.replace("$$", ""))


def is_default(value: str) -> bool:
    """Whether what stands behind ``${NAME:-`` is spelled out."""
    return bool(value.strip("\"' ")) and not value.lstrip("\"' ").startswith("$")


def is_yaml_literal(rest: str, *, flow: bool) -> bool:
    """Whether the value of a YAML key is spelled out; ``flow``: within braces."""
    value = re.sub(r"^&\S+\s*", "", rest.strip())
    if value.startswith(("|", ">")):
        return True  # a block: the lines below are the value
    if value.startswith(("*", "{", "[", "#")):
        return False
    if not value.startswith(('"', "'")):
        value = until(value, ",}") if flow and "${" not in value else value
        value = re.split(r"\s#", value, maxsplit=1)[0].strip()
        return value not in {"~", "null"} and is_literal(value)
    return is_literal(until(value[1:], value[0]))


def shell_value(rest: str) -> tuple[str, bool]:
    """The value behind ``NAME=`` in a shell, and whether nothing in it is expanded."""
    if rest[:1] in {'"', "'"} and rest:
        return until(rest[1:], rest[0]), rest[0] == "'"
    if rest.startswith("$'"):
        return until(rest[2:], "'"), True
    depth, value = 0, ""
    for character in rest:
        if depth == 0 and character in " \t;&|)":
            break
        depth += (character in "({") - (character in ")}")
        value += character
    return value.strip("\"'\\").rstrip("`"), False


def unquoted(rest: str) -> str:
    """The value on the rest of a line, without quotes and comment."""
    value = rest.strip()
    if value[:1] in {'"', "'"} and value:
        return until(value[1:], value[0])
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip("\\ ")


def until(text: str, ends: str) -> str:
    """``text`` up to the first character of ``ends``."""
    return next((text[:place] for place, one in enumerate(text) if one in ends), text)
