from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, told

from tasker_ci.sessions.review.rules.fallback_unreached import RULE

if TYPE_CHECKING:
    from pathlib import Path

ASKS = "${{ steps.build.outcome }}"


def workflow(test: str, *, first: str = "", second: str = "", otherwise: str = "else") -> str:
    return f"""\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - id: build
        run: docker build .
{first}
      - name: choose
{second}
        run: |
          if {test}; then
            echo one
          {otherwise}
            echo two
          fi
"""


@pytest.mark.parametrize(
    "test", [f'[[ "{ASKS}" == "success" ]]', f"[ '{ASKS}' = success ]", f"[ {ASKS} != failure ]"]
)
def test_a_branch_that_is_never_taken(test: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {CI: workflow(test)}) == [f"warning {CI}:14"]


def test_a_branch_for_what_was_skipped(tmp_path: Path) -> None:
    text = workflow(f'[ "{ASKS}" = success ]', first="        if: github.ref == 'x'")
    assert told(tmp_path, RULE, {CI: text}) == [f"warning? {CI}:14"]


@pytest.mark.parametrize(
    "text",
    [
        workflow(f'[ "{ASKS}" = success ]', first="        continue-on-error: true"),
        workflow(f'[ "{ASKS}" = success ]', second="        if: always()"),
        workflow(f'[ "{ASKS}" = success ]', second="        if: ${{ !cancelled() }}"),
        workflow(f'[ "{ASKS}" = success ]', otherwise="true"),
        workflow('[ "${{ steps.other.outcome }}" = success ]'),
        workflow('[ "${{ steps.build.outputs.cached }}" = success ]'),
        workflow(
            f'[ "{ASKS}" = success ]', otherwise="fi\n          if true; then true\n          else"
        ),
    ],
)
def test_a_branch_that_may_be_taken(text: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {CI: text}) == []
