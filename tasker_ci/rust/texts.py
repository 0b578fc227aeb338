"""The string literals of a Rust file."""

from __future__ import annotations

from tasker_ci.rust.declarations import Text
from tasker_ci.rust.tokens import literals, parse, text_of

_AROUND = 80


def read_texts(content: bytes) -> tuple[Text, ...]:
    """The string literals of one file."""
    return tuple(
        Text(
            value=text_of(node),
            line=node.start_point[0] + 1,
            before=content[max(0, node.start_byte - _AROUND) : node.start_byte].decode(
                errors="replace"
            ),
            after=content[node.end_byte : node.end_byte + _AROUND].decode(errors="replace"),
        )
        for node in literals(parse(content))
    )
