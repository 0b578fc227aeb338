"""Values that stand in more than one place of a workflow, in one of their spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.document import Input
from tasker_ci.foreign.github.values import scalar_text
from tasker_ci.text.yaml_nodes import entries, text, words

if TYPE_CHECKING:
    from collections.abc import Mapping


def defaults_of(rows: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The shell and the folder of ``defaults: run:``."""
    run = entries(entries(rows.get("defaults")).get("run"))
    return text(run.get("shell")) or None, text(run.get("working-directory")) or None


def scalar(node: Any) -> str | None:
    """A scalar as a text; None for none, or an empty one."""
    return None if node is None else scalar_text(node) or None


def texts_of(node: Any) -> dict[str, str]:
    """A mapping of scalars as texts."""
    return {name: scalar_text(value) for name, value in entries(node).items()}


def first_of(node: Any, key: str) -> str | None:
    """A scalar, or that of a key of a mapping."""
    return text(node) or text(entries(node).get(key)) or None


def labels_of(node: Any) -> tuple[str, ...]:
    """The labels of ``runs-on``, in one of its spellings."""
    return words(entries(node).get("labels")) if entries(node) else words(node)


def inputs_of(node: Any) -> dict[str, Input]:
    """The inputs of an action or of an event."""
    return {
        name: Input(
            name=name,
            default=scalar_text(row["default"]) if "default" in row else None,
            required=scalar_text(row.get("required")) == "true",
            type=text(row.get("type")) or None,
        )
        for name, row in ((name, entries(value)) for name, value in entries(node).items())
    }


def inputs_of_triggers(node: Any) -> dict[str, Input]:
    """The inputs of a workflow; a call knows more of one than a start by hand."""
    found: dict[str, Input] = {}
    for event in ("workflow_dispatch", "workflow_call"):
        found |= inputs_of(entries(entries(node).get(event)).get("inputs"))
    return found
