from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, planted

from tasker_ci.sessions.review.idle_wrappers import idle_wrappers, wrapper_of

if TYPE_CHECKING:
    from pathlib import Path

ACTION = """\
runs:
  using: composite
  steps:
    - shell: bash
      run: echo "RUSTC_WRAPPER=sccache" >> "$GITHUB_ENV"
"""


def idle(root: Path, *steps: str) -> list[str]:
    lines = "".join(f"    - {step}\n" for step in ("uses: ./.github/actions/env", *steps))
    text = f"image:\n  runs-on: ubuntu-latest\n  steps:\n    - uses: actions/checkout@v4\n{lines}"
    files = {CI: jobs(text), ".github/actions/env/action.yml": ACTION}
    found = idle_wrappers(planted(root, files).reading)
    return [f"{place} {wrapper} {job}" for place, wrapper, job in found]


def test_a_job_that_sets_it_and_builds_an_image(tmp_path: Path) -> None:
    assert idle(tmp_path, "run: docker build .") == [f"{CI}:7 sccache image"]


@pytest.mark.parametrize(
    "step",
    [
        "run: cargo build",  # then the job needs it, and another finding says so
        "uses: mozilla-actions/sccache-action@v0.0.9",
        "run: curl -L https://example.org/sccache | tar xz",
        "uses: someone/setup-things@v1",
    ],
)
def test_a_job_that_uses_it_or_may_have_it(step: str, tmp_path: Path) -> None:
    assert idle(tmp_path, step) == []


@pytest.mark.parametrize(
    ("variables", "wrapper"),
    [
        ({"RUSTC_WRAPPER": "sccache"}, "sccache"),
        ({"RUSTC_WRAPPER": ""}, None),
        ({"RUSTC_WRAPPER": None}, None),
        ({"RUSTC_WRAPPER": "tools/sccache"}, None),
        ({"RUSTC_WRAPPER": "wrap"}, None),
        ({}, None),
    ],
)
def test_a_wrapper_that_no_image_has(variables: dict[str, str | None], wrapper: str | None) -> None:
    assert wrapper_of(variables) == wrapper
