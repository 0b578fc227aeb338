from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, planted

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.references import line_with, of_job, of_step, references

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${{ needs.build.result }}", [("needs", "build", "result")]),
        ("${{ needs['build'].outputs.x }}", [("needs", "build", "outputs", "x")]),
        ("${{ contains(needs.*.result, 'failure') }}", [("needs", "*", "result")]),
        ("${{ toJSON(needs) }} ${{ matrix.os }}", [("needs",), ("matrix", "os")]),
        ("${{ format('needs.build.result') }}", []),
        ("${{ github.event.inputs.x }}", []),
        ("needs.build.result", []),
        (None, []),
    ],
)
def test_what_a_text_refers_to(text: str | None, found: list[tuple[str, ...]]) -> None:
    assert [*references(text)] == found


def test_a_condition_needs_no_braces() -> None:
    assert [*references("steps.a.outcome == 'x'", bare=True)] == [("steps", "a", "outcome")]


def test_what_jobs_and_steps_refer_to(tmp_path: Path) -> None:
    text = """\
        one:
          if: needs.a.result == 'success'
          runs-on: ${{ matrix.os }}
          name: ${{ matrix.name }}
          steps:
            - name: ${{ matrix.shown }}
              if: steps.x.outcome
              run: echo ${{ inputs.a }}
              env: {B: "${{ matrix.b }}"}
        """
    job = planted(tmp_path, {CI: jobs(text)}).reading.workflows[0].jobs["one"]
    assert {*of_job(job)} == {("needs", "a", "result"), ("matrix", "os")}
    assert {*of_step(job.steps[0])} == {("steps", "x", "outcome"), ("inputs", "a"), ("matrix", "b")}


def test_the_line_of_a_key(tmp_path: Path) -> None:
    checkout = planted(tmp_path, {"a.yml": "a: 1\n# b: 2\nb: 3\n"}).checkout
    file = PurePosixPath("a.yml")
    assert line_with(checkout, Place(file, 1), "b:") == Place(file, 3)
    assert line_with(checkout, Place(file, 1), "c:", "a:") == Place(file, 1)
    assert line_with(checkout, Place(file, 2), "z:") == Place(file, 2)
