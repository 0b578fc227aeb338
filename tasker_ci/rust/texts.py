"""The string literals of a Rust file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.rust.declarations import Text
from tasker_ci.rust.tokens import literals, parse, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_AROUND = 80
_LONGEST = 1000
"""A longer text with blanks, in which `format!` fills nothing in, is no path and no name."""

_FEATURE = re.compile(r"feature\s*=\s*$")
_OF_PACKAGE = re.compile(r"(package|crate|bin)\w*\(\s*$")
_UPWARDS = re.compile(r"\.(parent|ancestors|pop)\b")
_TEXTUAL = re.compile(
    r"(_with|contains|push_str|write_str|trim\w*|split\w*|r?find|strip_\w+)\(\s*$"
)
_MATCHED = re.compile(r"\s*(=>|\.(fmt|to_owned|to_string)\()")
_JOIN = re.compile(r"""\bjoin\(\s*"([^"\\]*)"\s*\)""")
_BEFORE = re.compile(rf"(?:{_JOIN.pattern}\s*\.\s*)+join\(\s*$")


def read_texts(content: bytes) -> tuple[Text, ...]:
    """The string literals of one file."""
    return texts_of(parse(content), content)


def texts_of(root: Node, content: bytes) -> tuple[Text, ...]:
    """Those of a file that is parsed, without empty ones and long prose."""
    return tuple(
        _text(node, value, content)
        for node in literals(root)
        if (value := text_of(node))
        and (len(value) <= _LONGEST or "{" in value or not set(value) & set(" \n"))
    )


def _text(node: Node, value: str, content: bytes) -> Text:
    before = content[max(0, node.start_byte - _AROUND) : node.start_byte].decode(errors="replace")
    after = content[node.end_byte : node.end_byte + _AROUND].decode(errors="replace")
    end = before.rstrip()[-1:]
    is_given = end == "("
    joined = _BEFORE.search(before) if is_given else None
    return Text(
        value=value,
        line=node.start_point[0] + 1,
        before="/".join(_JOIN.findall(joined[0])) if joined else "",
        is_feature=end == "=" and _FEATURE.search(before) is not None,
        of_package=is_given and _OF_PACKAGE.search(before) is not None,
        goes_up=_UPWARDS.search(after) is not None,
        is_prose=(is_given and _TEXTUAL.search(before) is not None)
        or _MATCHED.match(after) is not None,
    )
