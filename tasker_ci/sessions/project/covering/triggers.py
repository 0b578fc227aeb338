"""What starts a workflow, as its nodes say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.text import yaml_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

Events = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By event its filters."""

MOST_ITEMS = 300
"""Of a list more is not told."""

_PLAIN_TYPES = {"opened", "synchronize", "reopened"}
"""The kinds of event on which a pull request starts a workflow without a filter."""


def triggers_of(node: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """Every event with its filters."""
    mapping = yaml_nodes.entries(node)
    if mapping:
        return {
            event: {
                name: yaml_nodes.words(value)[:MOST_ITEMS]
                for name, value in yaml_nodes.entries(filters).items()
            }
            for event, filters in mapping.items()
        }
    return {event: {} for event in yaml_nodes.words(node)[:MOST_ITEMS]}


def compared(foreign: Events, ours: Events) -> Iterator[tuple[str, str]]:
    """Each trigger as a text, and what covers it; ``ours`` are those of the new ci.yml."""
    for event, filters in foreign.items():
        if event not in ours:
            shown = "; ".join(f"{name}: {', '.join(words)}" for name, words in filters.items())
            yield f"on {event}" + (f" ({shown})" if shown else ""), ""
            continue
        if tags := filters.get("tags"):
            yield f"on {event} of the tags {', '.join(tags)}", ""
            if "branches" not in filters:
                continue
        yield f"on {event}", ORCHESTRATOR
        here = ours[event].get("branches", ())
        there = filters.get("branches", ())
        if missing := [name for name in there if here and name not in here]:
            yield f"on {event} to {', '.join(missing)}", ""
        if here and not there and "branches-ignore" not in filters:
            yield f"on {event} to other branches than {', '.join(here)}", ""
        if ignored := filters.get("branches-ignore"):
            yield f"on {event} to all branches but {', '.join(ignored)}", ""
        if (types := set(filters.get("types", ()))) - _PLAIN_TYPES:
            yield f"on {event} of the types {', '.join(sorted(types - _PLAIN_TYPES))}", ""
        if inputs := filters.get("inputs"):
            yield f"on {event} with the inputs {', '.join(inputs)}", ""
        if "paths" in filters or "paths-ignore" in filters:
            yield f"on {event}, only for some paths", f"{ORCHESTRATOR}, for every path"
