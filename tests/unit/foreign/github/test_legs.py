"""The legs of a matrix, by the examples of GitHub's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from tasker_ci.foreign.github.expressions import resolve
from tasker_ci.foreign.github.legs import is_complete, legs_of
from tasker_ci.foreign.github.values import UNKNOWN
from tasker_ci.text.yaml_nodes import nodes_of

CONTEXTS = {"inputs": {"os": '["ubuntu", "windows"]'}}


def legs(text: str) -> list[dict[str, Any]]:
    return legs_of(nodes_of(text.encode()), lambda each: resolve(each, CONTEXTS))


def test_every_combination_is_a_leg() -> None:
    found = legs("{version: [10, 12], os: [ubuntu, windows]}")
    assert found == [
        {"version": 10, "os": "ubuntu"},
        {"version": 10, "os": "windows"},
        {"version": 12, "os": "ubuntu"},
        {"version": 12, "os": "windows"},
    ]
    assert legs_of(None, str) == [{}]


def test_include_adds_where_it_changes_no_original_value() -> None:
    found = legs("""
fruit: [apple, pear]
animal: [cat, dog]
include:
  - color: green
  - color: pink
    animal: cat
  - fruit: apple
    shape: circle
  - fruit: banana
  - fruit: banana
    animal: cat
""")
    assert found == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_include_alone_makes_each_leg() -> None:
    assert legs("include: [{site: production}, {site: staging}]") == [
        {"site": "production"},
        {"site": "staging"},
    ]


def test_exclude_needs_to_match_in_part_and_goes_before_include() -> None:
    found = legs("""
os: [macos, windows]
version: [12, 14, 16]
environment: [staging, production]
exclude:
  - {os: macos, version: 12, environment: production}
  - {os: windows, version: 16}
include:
  - {os: windows, version: 16, environment: again}
""")
    assert len(found) == 12 - 1 - 2 + 1
    assert found[-1] == {"os": "windows", "version": 16, "environment": "again"}


def test_exclude_looks_into_values() -> None:
    found = legs("""
rust: [{name: stable, edition: 2021}, {name: beta, edition: 2021}]
exclude: [{rust: {name: beta}}]
""")
    assert found == [{"rust": {"name": "stable", "edition": 2021}}]


@pytest.mark.parametrize(
    "text",
    [
        "os: ${{ fromJSON(inputs.os) }}",
        """{os: "${{ fromJSON('[\\"ubuntu\\", \\"windows\\"]') }}"}""",
        r'''"${{ fromJSON('{\"os\":[\"ubuntu\",\"windows\"]}') }}"''',
        "os: [ubuntu, \"${{ 'windows' }}\"]",
    ],
)
def test_lists_may_come_out_of_expressions(text: str) -> None:
    assert legs(text) == [{"os": "ubuntu"}, {"os": "windows"}]


def test_what_only_a_run_knows_is_one_value() -> None:
    assert legs("${{ fromJSON(needs.plan.outputs.matrix) }}") == [{}]
    assert not is_complete(legs("${{ fromJSON(needs.plan.outputs.matrix) }}")[0])
    found = legs("{os: [a, b], package: '${{ fromJSON(needs.plan.outputs.packages) }}'}")
    assert found == [{"os": "a", "package": UNKNOWN}, {"os": "b", "package": UNKNOWN}]
    assert not is_complete(found[0])
    more = legs("{os: [a], include: '${{ fromJSON(needs.plan.outputs.more) }}'}")
    assert more == [{"os": "a"}, {}]
    assert not any(map(is_complete, more))
    assert is_complete({"os": "a"})


def test_a_matrix_of_any_size_takes_no_time() -> None:
    axis = "[" + ", ".join(map(str, range(200))) + "]"
    assert len(legs("".join(f"a{n}: {axis}\n" for n in range(200)))) == 1
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )
    assert len(legs(bomb)) == 1
    assert len(legs("a: &a [*a]")) == 1
