"""Flowcharts of Mermaid, which GitHub draws within Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UNSAFE_IN_LABELS = re.compile(r"[^A-Za-z0-9 ._,/:()+-]")


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
