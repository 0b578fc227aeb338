"""Which runs count before any of their jobs is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from github_server import GitHub, serving
from green_runs import RUN, GreenRun, archive

from tasker_ci.sessions.insights.public import client_of
from tasker_ci.sessions.insights.repository import Access
from tasker_ci.sessions.proof.green_run import GreenRuns, NotGreen
from tasker_ci.sessions.proof.proof import Unknown
from tasker_ci.sessions.proof.speaking import speaking_run
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TREE = "7" * 40


@pytest.fixture
def run() -> GreenRun:
    return GreenRun(tree=TREE, repository="octo/spoon", proofs={})


@pytest.fixture
def github(run: GreenRun) -> Iterator[GitHub]:
    with serving(GitHub(fault=run.answer)) as serving_it:
        yield serving_it


@pytest.fixture
def runs(tmp_path: Path, github: GitHub) -> GreenRuns:
    context = make_context(tmp_path, runner=RecordingRunner())
    allowed = Access(api=github.url, token="")
    return GreenRuns(
        client=client_of(context, allowed, request_seconds=5, budget_seconds=10),
        repository="octo/spoon",
        own_run="99",
        now=datetime.now(UTC),
        hours=24,
        runs_anyway=("Tested already", "deploy"),
    )


def test_only_runs_of_the_tree_are_there(runs: GreenRuns) -> None:
    assert [run["id"] for run in runs.of_tree(TREE)] == [RUN]
    assert list(runs.of_tree("8" * 40)) == []


def test_a_run_of_yesterday_does_not_count(runs: GreenRuns, run: GreenRun) -> None:
    """Code and dates of review read the clock."""
    now = datetime.now(UTC).astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    created = (midnight - timedelta(seconds=1)).astimezone(UTC)
    run.row["created_at"] = f"{created:%Y-%m-%dT%H:%M:%SZ}"

    assert list(runs.of_tree(TREE)) == []


def test_a_job_that_runs_anyway_may_have_been_skipped_but_not_red(
    runs: GreenRuns, run: GreenRun
) -> None:
    run.jobs.append(GreenRun.job("deploy / all", "skipped"))
    runs.check_jobs(run.row)
    run.jobs.append(GreenRun.job("deploy / all", "failure"))
    with pytest.raises(NotGreen, match="its job deploy / all was failure"):
        runs.check_jobs(run.row)


def test_an_archive_that_unpacks_to_too_much_is_not_read(runs: GreenRuns, run: GreenRun) -> None:
    run.more = {"proof-unit": archive({"tested.json": "0" * 100_000})}
    with pytest.raises(NotGreen, match="too large"):
        runs.proof(runs.artifacts(run.row), run.row, "unit")


def test_a_repeated_run_asks_nobody(tmp_path: Path, github: GitHub) -> None:
    given = {"PATH": "", "HOME": str(tmp_path), "GITHUB_RUN_ATTEMPT": "2"}
    context = make_context(tmp_path, runner=RecordingRunner(), environment=given)
    with pytest.raises(Unknown, match="repeated"):
        speaking_run(context, ("unit",), image=None, hours=1, api=github.url)
    assert github.asked == []
