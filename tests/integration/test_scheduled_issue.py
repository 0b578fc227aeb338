"""The step that writes the weekly issue, run as it stands in the workflow, against a GitHub."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import generation
import pytest
from github_server import GitHub, Reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

LABEL = {"name": "tasker-ci-schedule"}


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving(GitHub()) as github:
        yield github


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("project")
    documents = generation.workflows(folder, 'workflows.schedule = "weekly"\n')
    return documents["scheduled.yml"]["jobs"]["issue"]


def write(
    job: Any, github: GitHub, number: int = 7, **said: str
) -> subprocess.CompletedProcess[str]:
    """Run the step: each look by its name is red with that text, all others are green."""
    (step,) = job["steps"]
    looks = re.findall(r"^([\w-]+)=", step["env"]["RESULTS"], re.MULTILINE)
    assert set(said) <= set(looks)
    results = {each: "failure" if each in said else "success" for each in looks}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GITHUB_API_URL": github.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "octo/spoon",
            "GITHUB_RUN_ID": str(number),
            "TOKEN": "a-token",
            "RESULTS": "".join(f"{each}={result}\n" for each, result in results.items()),
            "SAID": "".join(f"{each}={said.get(each, 'fine')}\n" for each in looks),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_opened_once_and_written_anew_every_week(job: Any, github: GitHub) -> None:
    first = write(job, github, 1, advisories="1 vulnerability, first RUSTSEC-2026-0001")
    second = write(job, github, 2, beta="2 of 5 tests failed")

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout
    (issue,) = github.issues
    assert issue["labels"] == [LABEL]
    assert "https://github.example/octo/spoon/actions/runs/2" in issue["body"]
    assert "2 of 5 tests failed" in issue["body"]
    assert "RUSTSEC" not in issue["body"], "the page is that of the last run"
    assert all(each.headers["Authorization"] == "Bearer a-token" for each in github.asked)


def test_all_green_closes_it_and_red_opens_the_same_again(job: Any, github: GitHub) -> None:
    write(job, github, review="1 certain finding")
    write(job, github)
    (issue,) = github.issues
    assert issue["state"] == "closed"

    write(job, github, review="1 certain finding")
    (issue,) = github.issues
    assert issue["state"] == "open"


def test_without_anything_red_none_is_opened(job: Any, github: GitHub) -> None:
    ended = write(job, github)

    assert ended.returncode == 0
    assert github.issues == []
    assert [each.method for each in github.asked] == ["GET"]


def test_an_issue_of_somebody_else_is_left_alone(job: Any, github: GitHub) -> None:
    theirs = {"number": 1, "state": "open", "labels": [LABEL], "body": "mine", "title": "mine"}
    proposal = {**theirs, "number": 2, "pull_request": {}, "body": "<!-- written by the scheduled"}
    github.issues[:] = [dict(proposal), dict(theirs)]

    write(job, github, beta="red")

    assert github.issues[1:] == [proposal, theirs]
    assert github.issues[0]["number"] == 3


def test_it_is_found_behind_many_others(job: Any, github: GitHub) -> None:
    write(job, github, beta="red")
    (ours,) = github.issues
    others = [
        {"number": number, "state": "open", "labels": [LABEL], "body": None, "title": "x"}
        for number in range(2, 152)
    ]
    github.issues[:] = [*others, ours]

    write(job, github, beta="still red")

    assert len(github.issues) == 151
    assert "still red" in ours["body"]


def test_what_a_session_said_calls_nobody_and_breaks_no_table(job: Any, github: GitHub) -> None:
    write(job, github, review="a | b <img src=x> @octocat `x` [l](http://e) ${{ x }} \\")

    row = next(line for line in github.issues[0]["body"].splitlines() if "review" in line)
    assert row.count("|") == 4
    assert not set("@<`[") & set(row.replace("<code>", "").replace("</code>", ""))


def test_a_refusal_is_red_with_its_reason(job: Any, github: GitHub) -> None:
    github.fault = lambda asked, _: Reply(status=403) if asked.method == "POST" else None

    ended = write(job, github, beta="red")

    assert ended.returncode == 1
    assert "::error title=schedule::The issue cannot be written: HTTP Error 403" in ended.stdout
    assert "a-token" not in ended.stdout + ended.stderr
