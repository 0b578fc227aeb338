from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.gate import RULE

if TYPE_CHECKING:
    from pathlib import Path

WORK = """\
lint:
  runs-on: ubuntu-latest
  steps: [{run: cargo clippy}]
test:
  runs-on: ubuntu-latest
  steps: [{run: cargo test}]
"""


def gate(text: str) -> dict[str, str]:
    return {CI: jobs(WORK + text)}


LIES = {
    "no always": """\
        gate:
          needs: [lint, test]
          runs-on: ubuntu-latest
          steps: [{run: echo passed}]
        """,
    "one need and a name": """\
        ci-success:
          needs: test
          runs-on: ubuntu-latest
          steps: [{run: echo passed}]
        """,
    "always and echo": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps: [{run: "echo passed\\nexit 0"}]
        """,
    "results in the condition alone": """\
        gate:
          needs: [lint, test]
          if: always() && !contains(needs.*.result, 'failure')
          runs-on: ubuntu-latest
          steps: [{run: echo passed}]
        """,
    "a look without always": """\
        gate:
          needs: [lint, test]
          runs-on: ubuntu-latest
          steps: [{if: "contains(needs.*.result, 'failure')", run: exit 1}]
        """,
    "failure of a step instead of a need": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps: [{if: failure(), run: exit 1}]
        """,
    "only printed": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps: [{run: 'echo "${{ needs.test.result }}"  # exit 1'}]
        """,
    "judged, and tolerated": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps:
            - if: contains(needs.*.result, 'failure')
              run: exit 1
              continue-on-error: true
        """,
    "one of two": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps: [{run: '[ "${{ needs.lint.result }}" = success ]'}]
        """,
}

TWINS = {
    "compares": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps:
            - run: |
                [ "${{ needs.lint.result }}" = success ]
                [ "${{ needs.test.result }}" = success ]
        """,
    "a step of its own": """\
        gate:
          needs: [lint, test]
          if: ${{ always() }}
          runs-on: ubuntu-latest
          steps:
            - if: contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')
              run: exit 1
        """,
    "an action": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps:
            - uses: re-actors/alls-green@release/v1
              with: {jobs: "${{ toJSON(needs) }}"}
        """,
    "by the environment": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          env: {RESULTS: "${{ toJSON(needs) }}"}
          steps:
            - run: jq -e 'all(.[]; .result == "success")' <<< "$RESULTS"
        """,
    "runs and fails after a failure only": """\
        gate:
          needs: [lint, test]
          if: always() && contains(needs.*.result, 'failure')
          runs-on: ubuntu-latest
          steps: [{run: exit 1}]
        """,
    "functions": """\
        gate:
          needs: [lint, test]
          if: always()
          runs-on: ubuntu-latest
          steps:
            - run: |
                failed=""
                check() { if [ "$1" != success ]; then failed=yes; fi; }
                check "${{ needs.lint.result }}"
                check "${{ needs.test.result }}"
                if [ -n "$failed" ]; then exit 1; fi
        """,
    "does something else": """\
        publish:
          needs: [lint, test]
          runs-on: ubuntu-latest
          steps: [{run: cargo publish}]
        """,
    "a summary that somebody asked for": """\
        dry-run-summary:
          needs: [lint, test]
          if: github.event.inputs.dry_run == 'true'
          runs-on: ubuntu-latest
          steps: [{run: echo done}]
        """,
    "hands an output on": """\
        facts:
          needs: [lint, test]
          outputs: {day: "${{ steps.day.outputs.day }}"}
          runs-on: ubuntu-latest
          steps: [{id: day, run: 'echo "day=1" >> "$GITHUB_OUTPUT"'}]
        """,
    "others need it": """\
        ready:
          needs: [lint, test]
          runs-on: ubuntu-latest
          steps: [{run: echo ready}]
        publish:
          needs: ready
          runs-on: ubuntu-latest
          steps: [{run: cargo publish}]
        """,
}


@pytest.mark.parametrize("name", LIES)
def test_a_gate_that_passes_after_a_failure(name: str, tmp_path: Path) -> None:
    assert [each.split(":")[0] for each in told(tmp_path, RULE, gate(dedent(LIES[name])))] == [
        f"error {CI}"
    ]


@pytest.mark.parametrize("name", TWINS)
def test_a_gate_that_holds_and_what_is_none(name: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, gate(dedent(TWINS[name]))) == []


def test_a_gate_in_a_called_workflow(tmp_path: Path) -> None:
    files = gate("success:\n  needs: [test]\n  uses: ./.github/workflows/success.yml\n")
    called = (
        "on: workflow_call\njobs:\n  done:\n    runs-on: ubuntu-latest\n    steps: [{run: echo}]\n"
    )
    found = findings(tmp_path, RULE, {**files, ".github/workflows/success.yml": called})
    assert [each.place.line for each in found] == [9]
    assert "skipped" in found[0].message


def test_the_finding_names_what_it_does_not_look_at(tmp_path: Path) -> None:
    found = findings(tmp_path, RULE, gate(dedent(LIES["one of two"])))
    assert found[0].message == "The gate `gate` does not look at the result of test."
