"""The code blocks of documentation that rustdoc takes for tests."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tasker_ci.rust.declarations import DocumentationExample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it import MarkdownIt

    from tasker_ci.rust.conditions import Condition

_RUST = re.compile(
    r"rust|should_panic|no_run|compile_fail|test_harness|standalone(_crate)?|edition\d{4}"
    r"|E\d{4}|\{.*\}|custom"
)
"""https://doc.rust-lang.org/rustdoc/write-documentation/documentation-tests.html#attributes"""


def examples_of(
    comments: Sequence[tuple[int, str]], conditions: tuple[Condition, ...]
) -> Iterator[DocumentationExample]:
    """The fenced blocks of one item's comments, which come with the number of their line.

    Indented ones are left out: most are text that somebody has indented.
    """
    lines: list[tuple[int, str]] = []
    for number, comment in comments:
        lines += _plain(number, comment)
    for token in _markdown().parse("\n".join(text for _, text in lines)):
        if token.type != "fence" or token.map is None:
            continue
        tags = [tag for tag in re.split(r"[,\s]+", token.info) if tag]
        if all(_RUST.fullmatch(tag) for tag in tags) and token.content.strip():
            yield DocumentationExample(
                line=lines[min(token.map[0], len(lines) - 1)][0],
                code=token.content,
                conditions=conditions,
            )


def is_rust(code: str) -> bool:
    """Whether it can be Rust at all; people also write shell lines without naming it."""
    from tasker_ci.rust.tokens import parse

    if not set("(;{") & set(code):  # `shell --help` is an expression too
        return False
    shown = re.sub(r"^\s*#( |$)", "", code, flags=re.MULTILINE)  # what rustdoc hides
    return not parse(f"fn main() {{\n{shown}\n}}".encode()).has_error


def _plain(number: int, comment: str) -> Iterable[tuple[int, str]]:
    """The lines of a comment without its marks."""
    if comment.startswith("//"):
        return [(number, _without_blank(comment.rstrip("\n")[3:]))]
    body = comment[3:].removesuffix("*/").split("\n")
    starred = all(line.lstrip().startswith("*") for line in body[1:] if line.strip())
    return [
        (
            number + place,
            _without_blank(line.lstrip().removeprefix("*") if starred and place else line),
        )
        for place, line in enumerate(body)
    ]


def _without_blank(text: str) -> str:
    return text.removeprefix(" ")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt()
