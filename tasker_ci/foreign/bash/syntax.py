"""The syntax tree of a shell script."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_TWO_SUBSHELLS = re.compile(r"(?<![$(\w])\(\((?=(?:cargo|command|which|test|git|cd)\s)")
"""Two subshells, which tree-sitter takes for arithmetic."""
_COMMENT = re.compile(r"(?<=[ \t])`#[^`\n]*`(?=\s)")
"""A comment within a command of several lines, which tree-sitter takes for an error."""
LONGEST = 1 << 20
"""A text that is longer is not read."""


@lru_cache(maxsize=1024)
def tree_of(text: str) -> Tree:
    """The tree of a script."""
    text = _TWO_SUBSHELLS.sub("( (", text)
    text = _COMMENT.sub(lambda found: " " * len(found[0]), text)
    return _parser().parse(text.encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def text_of(node: Node | None) -> str:
    """What a node spans, as it is written."""
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", "replace")


def one_line(text: str, longest: int = 500) -> str:
    """A text without its line ends."""
    text = text.replace(UNKNOWN, "${{ … }}").replace(REPOSITORY, "$GITHUB_WORKSPACE")
    line = " ".join(text.replace("\\\n", " ").split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


_RUNNERS = re.compile(
    r"\b(?:cargo|cross|nextest|make|just|test|tests|xtask|ci|bash|sh|task|docker|nix)\b"
)


def may_run_tests(text: str) -> bool:
    """Whether a text that cannot be read names anything that could run tests."""
    return _RUNNERS.search(text) is not None


def elements_of(array: Node) -> list[Node]:
    """The elements of an array, without the comments between them."""
    return [child for child in array.named_children if child.type != "comment"]
