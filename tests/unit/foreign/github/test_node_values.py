from __future__ import annotations

import pytest

from tasker_ci.foreign.github.node_values import (
    defaults_of,
    first_of,
    inputs_of_triggers,
    labels_of,
    scalar,
    texts_of,
)
from tasker_ci.text.yaml_nodes import entries, nodes_of


def rows(text: str) -> dict[str, object]:
    return {**entries(nodes_of(text.encode()))}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("a: linux", ("linux",)),
        ("a: [self-hosted, linux]", ("self-hosted", "linux")),
        ("a: {group: big, labels: [linux]}", ("linux",)),
        ("a: {group: big}", ()),
    ],
)
def test_the_spellings_of_labels(text: str, labels: tuple[str, ...]) -> None:
    assert labels_of(rows(text)["a"]) == labels


def test_scalars_and_mappings() -> None:
    found = rows("a: {image: x, n: 1}\nb: y\nc:\ndefaults: {run: {shell: sh}}\n")
    assert texts_of(found["a"]) == {"image": "x", "n": "1"}
    assert [first_of(found[name], "image") for name in "abc"] == ["x", "y", None]
    assert [scalar(found[name]) for name in "bc"] == ["y", None]
    assert defaults_of(found) == ("sh", None)


def test_an_input_of_both_events_is_that_of_a_call() -> None:
    on = """\
workflow_dispatch: {inputs: {level: {default: a}, only: {required: true}}}
workflow_call: {inputs: {level: {type: string, required: true}}}
"""
    found = inputs_of_triggers(nodes_of(on.encode()))
    assert {name: (each.default, each.required) for name, each in found.items()} == {
        "level": (None, True),
        "only": (None, True),
    }
