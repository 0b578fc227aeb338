from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, told

from tasker_ci.sessions.review.rules.endless_wait import RULE

if TYPE_CHECKING:
    from pathlib import Path


def step(run: str, job: str = "runs-on: ubuntu-latest") -> dict[str, str]:
    lines = "".join(f"\n          {line}" for line in run.split("\n"))
    return {CI: f"on: push\njobs:\n  one:\n    {job}\n    steps:\n      - run: |{lines}\n"}


@pytest.mark.parametrize(
    "run",
    [
        "true\nuntil pg_isready; do\n  sleep 2\ndone",
        "true\nwhile ! nc -z localhost 5432; do sleep 1; done",
        "true\nwhile true; do curl -f localhost && sleep 1; done",
    ],
)
def test_a_wait_without_an_end(run: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step(run)) == [f"warning {CI}:8"]


@pytest.mark.parametrize(
    "run",
    [
        "timeout 60 bash -c 'until pg_isready; do sleep 2; done'",
        "for i in $(seq 30); do pg_isready && break; sleep 1; done",
        "n=0\nuntil pg_isready || [ $n -gt 30 ]; do n=$((n+1)); sleep 1; done",
        "while read -r line; do echo $line; sleep 1; done < list",
        "while ! ready; do\n  tries=$(expr $tries + 1)\n  sleep 1\ndone",
    ],
)
def test_a_wait_that_ends(run: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, step(run)) == []


def test_a_job_with_a_limit(tmp_path: Path) -> None:
    run = "until pg_isready; do sleep 1; done"
    limit = "runs-on: ubuntu-latest\n    timeout-minutes: 10"
    assert told(tmp_path, RULE, step(run, limit)) == []
