"""The string literals of a Rust file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.rust.declarations import Text
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
_TELLING_BEFORE = (b"=", b"(")
_TELLING_AFTER = re.compile(rb"=>|\.(?:parent|ancestors|pop|fmt|to_)")
"""What none of the patterns above finds anything without; most texts have neither around them."""

_JOIN = re.compile(r"""\bjoin\(\s*"([^"\\]*)"\s*\)""")
_BEFORE = re.compile(rf"(?:{_JOIN.pattern}\s*\.\s*)+join\(\s*$")


def read_texts(content: bytes) -> tuple[Text, ...]:
    """The string literals of one file."""
    return texts_of(literals(parse(content)), content)


def texts_of(places: Iterable[tuple[int, int]], content: bytes) -> tuple[Text, ...]:
    """Those at these places of a file, without empty ones and long prose."""
    found: list[Text] = []
    line, counted = 1, 0
    for begin, end in places:
        value = text_of(content[begin:end])
        if value and (len(value) <= _LONGEST or "{" in value or not set(value) & set(" \n")):
            line += content.count(b"\n", counted, begin)
            counted = begin
            found.append(_text(value, line, content, begin, end))
    return tuple(found)


def _text(value: str, line: int, content: bytes, begin: int, end: int) -> Text:
    around = content[max(0, begin - _AROUND) : begin]
    telling = around.rstrip()[-1:] in _TELLING_BEFORE or not around.isascii()
    before = around.decode(errors="replace") if telling else ""
    last = before.rstrip()[-1:]
    given = before if last == "(" else ""
    joined = _BEFORE.search(given) if "join(" in given else None
    following = content[end : end + _AROUND]
    after = following.decode(errors="replace") if _TELLING_AFTER.search(following) else ""
    return Text(
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
