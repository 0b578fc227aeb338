"""Foreign text in Markdown and in Mermaid: shown as it is, never read as markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BACKTICKS = re.compile(r"`+")
_UNSAFE_IN_LABELS = re.compile(r"[^A-Za-z0-9 ._,/:()+-]")


def code(text: str) -> str:
    """The text as a code span, on one line, whatever backticks it holds.

    https://spec.commonmark.org/0.31.2/#code-spans
    """
    line = " ".join(text.split())
    if not line:
        return ""
    longest = max((len(run) for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * (longest + 1 if longest else 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{blank}{line}{blank}{fence}"


def codes(texts: Iterable[str], *, between: str = ", ") -> str:
    """Several code spans, one after the other."""
    return between.join(map(code, texts))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already, and a ``|`` in them, also within code, is no border.

    https://github.github.com/gfm/#example-200
    """
    lines = [columns, *rows]
    head, *body = ("| " + " | ".join(map(_cell, line)) + " |" for line in lines)
    return "\n".join([head, "|" + " --- |" * len(columns), *body]) + "\n"


def flowchart(labels: Mapping[str, Sequence[str]], edges: Iterable[tuple[str, str]]) -> str:
    """A Mermaid flowchart from left to right, fenced; ``labels`` are the lines of each node.

    Nodes are numbered, because a name could be a word of Mermaid's (``end``).
    https://mermaid.js.org/syntax/flowchart.html
    """
    numbers = {name: f"job{place}" for place, name in enumerate(labels)}
    nodes = [
        f'  {numbers[name]}["{"<br/>".join(map(mermaid_text, lines))}"]'
        for name, lines in labels.items()
    ]
    arrows = [f"  {numbers[first]} --> {numbers[second]}" for first, second in edges]
    return "\n".join(["```mermaid", "flowchart LR", *nodes, *arrows, "```"]) + "\n"


def mermaid_text(text: str) -> str:
    """A text within the quotes of a label: what could end it or mean something is a number."""
    line = " ".join(text.split())
    return _UNSAFE_IN_LABELS.sub(lambda found: f"#{ord(found[0])};", line)


def without_detours(needs: Mapping[str, Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """The edges of a graph without those that a longer way says already."""
    direct = {name: tuple(dict.fromkeys(before)) for name, before in needs.items()}

    def behind(name: str) -> set[str]:
        found: set[str] = set()
        waiting = list(direct.get(name, ()))
        while waiting:
            found.add(each := waiting.pop())
            waiting += [before for before in direct.get(each, ()) if before not in found]
        return found

    return tuple(
        (before, name)
        for name, all_before in direct.items()
        for before in all_before
        if not any(before in behind(other) for other in all_before if other != before)
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
