"""A text as the cell of a Markdown table: shown as it is, whatever it holds."""

from __future__ import annotations

import re

from tasker_ci.text.foreign import one_line

_ESCAPES = str.maketrans(
    {
        **{each: f"\\{each}" for each in "\\|`*[~"},
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "\n": "<br>",
    }
)
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore within a word is one in GitHub's Markdown: https://github.github.com/gfm/"""


def markdown_cell(text: str) -> str:
    """The text on one line of Markdown; what cannot be printed is spelled out."""
    lines = "\n".join(map(one_line, text.split("\n")))
    return _EMPHASIS.sub(r"\\_", lines.translate(_ESCAPES))
