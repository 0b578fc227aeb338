"""The workflow of the benchmarks is there only where settings ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import generation
import pytest

from tasker_ci.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "benchmarks.yml"
ON = "[bench]\npipeline = true\n"


@pytest.mark.parametrize("off", ["", "[bench]\nrounds = 9\n"])
def test_switched_off_it_leaves_no_trace_in_any_file(tmp_path: Path, off: str) -> None:
    planned = generation.texts(tmp_path / "a", off)
    assert planned == generation.texts(tmp_path / "b")
    assert not [path for path, text in planned.items() if "bench" in path or "nox -s bench" in text]


def test_it_may_only_read_and_keeps_its_results(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, ON)[FILE]["jobs"]["bench"]
    assert job["permissions"] == {"contents": "read"}
    kept = generation.step_of(job, "Keep the results")["with"]
    assert (kept["path"], kept["include-hidden-files"]) == (".tasker-ci/bench", True)


def test_earlier_results_are_brought_without_any_right_of_the_token(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, ON)[FILE]["jobs"]["bench"]
    names = [step["name"] for step in job["steps"]]
    bringing = generation.step_of(job, "Earlier results")["with"]
    keeping = generation.step_of(job, "Results for the next run")["with"]

    assert names.index("Earlier results") < names.index("bench")
    assert names.index("bench") < names.index("Results for the next run")
    assert bringing["path"] == keeping["path"] == ".tasker-ci/bench"
    assert bringing["key"] == keeping["key"]
    assert bringing["key"].startswith(bringing["restore-keys"])
    assert "github.run_id" not in bringing["restore-keys"]


def test_a_pull_request_keeps_nothing_for_other_runs(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, ON)[FILE]["jobs"]["bench"]
    condition = generation.step_of(job, "Results for the next run")["if"]
    assert "github.event_name == 'push'" in condition


def test_it_is_measured_beside_no_other_session_of_its_job(tmp_path: Path) -> None:
    job = generation.workflows(tmp_path, ON)[FILE]["jobs"]["bench"]
    assert [step["name"] for step in job["steps"] if "nox -s" in step.get("run", "")] == [
        "Tools",
        "bench",
    ]


@pytest.mark.parametrize("folder", [".", "results/..", "/"])
def test_the_cache_never_holds_the_whole_checkout(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SettingsError, match=r"bench\.folder"):
        generation.texts(tmp_path, f'[bench]\npipeline = true\nfolder = "{folder}"\n')


def test_the_logs_of_its_services_are_kept_where_something_went_wrong(tmp_path: Path) -> None:
    settings = ON + 'services = ["postgres"]\n' + generation.WITH_SERVICES
    found = generation.workflows(tmp_path / "a", settings, generation.DOCKERFILE)
    step = generation.step_of(found[FILE]["jobs"]["bench"], "Keep the services' logs")
    assert step["with"]["name"] == "service-logs-bench"
    assert step["if"] == "${{ failure() || cancelled() }}"
    plain = generation.workflows(tmp_path / "b", ON)[FILE]["jobs"]["bench"]
    assert all(step["name"] != "Keep the services' logs" for step in plain["steps"])
