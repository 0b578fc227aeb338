"""The string literals of a Rust file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.rust.declarations import TextLiteral
from tasker_ci.rust.tokens import literals, parse, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_AROUND = 80
_LONGEST = 1000
"""A longer text with blanks, in which `format!` fills nothing in, is no path and no name."""

_FEATURE = re.compile(r"feature\s*=\s*$")
_PACKAGES = ("package", "crate", "bin")
_OF_PACKAGE = re.compile(rf"({'|'.join(_PACKAGES)})\w*\(\s*$")
_UPWARDS = re.compile(r"\.(parent|ancestors|pop)\b")
_TEXTUAL = re.compile(
    r"(_with|contains|push_str|write_str|trim\w*|split\w*|r?find|strip_\w+)\(\s*$"
)
_MATCHED = re.compile(r"\s*(=>|\.(fmt|to_owned|to_string)\()")
_WORDS_BEFORE = re.compile(
    rb"(?:_with|contains|push_str|write_str|trim|split|find|strip_|package|crate|bin|join)\w*\($"
)
_UPWARDS_BYTES = re.compile(rb"\.(?:parent|ancestors|pop)")
_MATCHED_BYTES = re.compile(rb"\s*(?:=>|\.(?:fmt|to_)|[\x1c-\x1f\x80-\xff])")
"""What none of the patterns above finds anything without; most texts have none of them around."""

_JOIN = re.compile(r"""\bjoin\(\s*"([^"\\]*)"\s*\)""")
_BEFORE = re.compile(rf"(?:{_JOIN.pattern}\s*\.\s*)+join\(\s*$")


def read_texts(content: bytes) -> tuple[TextLiteral, ...]:
    """The string literals of one file."""
    return texts_of(literals(parse(content)), content)


def texts_of(places: Iterable[tuple[int, int]], content: bytes) -> tuple[TextLiteral, ...]:
    """Those at these places of a file, without empty ones and long prose."""
    found: list[TextLiteral] = []
    line, counted = 1, 0
    for begin, end in places:
        literal = content[begin:end]
        if literal[:1] == b'"' == literal[-1:] and b"\\" not in literal:
            value = literal[1:-1].decode(errors="replace")
        else:
            value = text_of(literal)
        if value and (len(value) <= _LONGEST or "{" in value or not set(value) & set(" \n")):
            line += content.count(b"\n", counted, begin)
            counted = begin
            before, after = _telling_before(content, begin), _telling_after(content, end)
            is_plain = not (before or after)
            found.append(
                TextLiteral(value, line) if is_plain else _text(value, line, before, after)
            )
    return tuple(found)


def _text(value: str, line: int, before: str, after: str) -> TextLiteral:
    """A text with what its surroundings say of it."""
    last = before.rstrip()[-1:]
    given = before if last == "(" else ""
    joined = _BEFORE.search(given) if "join(" in given else None
    return TextLiteral(
        value,
        line,
        before="/".join(_JOIN.findall(joined[0])) if joined else "",
        is_feature=last == "=" and _FEATURE.search(before) is not None,
        of_package=any(word in given for word in _PACKAGES)
        and _OF_PACKAGE.search(given) is not None,
        goes_up=bool(after) and _UPWARDS.search(after) is not None,
        is_prose=(bool(given) and _TEXTUAL.search(given) is not None)
        or (bool(after) and _MATCHED.match(after) is not None),
    )


def _telling_before(content: bytes, begin: int) -> str:
    """What stands before a text; "" where none of the patterns would find anything.

    That is most often so: a macro is given it (`format!("…")`), or none of the words is there.
    """
    around = content[max(0, begin - _AROUND) : begin]
    if around.isascii():
        stripped = around.rstrip()
        if stripped.endswith(b"("):
            if stripped.endswith(b"!(") or not _WORDS_BEFORE.search(stripped):
                return ""
        elif not stripped.endswith(b"=") or b"feature" not in stripped:
            return ""
    return around.decode(errors="replace")


def _telling_after(content: bytes, end: int) -> str:
    """What stands after a text; "" where none of the patterns would find anything."""
    following = content[end : end + _AROUND]
    if _MATCHED_BYTES.match(following) or _UPWARDS_BYTES.search(following):
        return following.decode(errors="replace")
    return ""
