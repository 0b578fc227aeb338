"""A push runs nothing again only where a full, green run speaks for its very tree."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from github_server import GitHub, Reply, json_reply, serving
from green_runs import RUN, GreenRun, archive

from tasker_ci.errors import UsageError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Completed
from tasker_ci.sessions.proof.proof import Conditions, read_proof
from tasker_ci.sessions.proof.session import proof
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.testing import RecordedContext, RecordingRunner, make_context
from tasker_ci.text.file_writing import write_file
from tasker_ci.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from github_server import Asked

    from tasker_ci.context import Outcome

TREE = "7" * 40
IMAGE = "ghcr.io/octo/spoon/database@sha256:" + "ab" * 32
ADDRESS = f"https://github.example/octo/spoon/actions/runs/{RUN}"
COMPILERS = {"stable": "rustc 1.90.0\nhost: somewhere", "": "rustc 1.89.0\nhost: somewhere"}
JOBS = "quality=quality unit=unit-stable,unit-other integration=integration"
CACHES = "quality=true unit=true,true integration=none"
GIVEN = {
    "PATH": "",
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "octo/spoon",
    "GITHUB_RUN_ID": "99",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_TOKEN": "a-token",
    "RUNNER_OS": "Linux",
    "ImageVersion": "20261130.1",
}


@dataclass(kw_only=True)
class Case:
    """A push, and the run of the merge queue before it."""

    folder: Path
    run: GreenRun
    github: GitHub
    environment: dict[str, str]
    tree: str = TREE

    def context(self, **given: str) -> RecordedContext:
        answers = {
            "git": f"{self.tree}\n",
            "rustc": Completed(exit_code=1),
            "rustc +stable": COMPILERS["stable"],
            "rustc -vV": COMPILERS[""],
        }
        return make_context(
            self.folder,
            runner=RecordingRunner(answers),
            environment={
                **self.environment,
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                **given,
            },
        )

    def asked(self, *, jobs: str = JOBS, caches: str = CACHES, image: str = IMAGE) -> Outcome:
        return proof(
            self.context(), jobs=jobs, caches=caches, image=image, carry="carried", hours=12
        )

    @property
    def output(self) -> dict[str, str]:
        """What the later jobs hear."""
        file = self.folder / "output"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return dict(line.split("=", 1) for line in lines)


def document(leg: str, **changed: str) -> dict[str, Any]:
    """What a job of the run has left."""
    toolchain = "stable" if leg == "unit-stable" else ""
    conditions = {
        "tree": TREE,
        "toolchain": toolchain,
        "compiler": COMPILERS[toolchain],
        "image": IMAGE if leg == "integration" else "",
        "machine": "Linux   20261130.1",
        "version": __version__,
    }
    of_run = {"proof": 1, "run": str(RUN), "attempt": "1", "event": "merge_group"}
    return {**of_run, "conditions": {**conditions, **changed}}


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    monkeypatch.setattr(Cancellation, "pause", lambda _self, _seconds: None)
    legs = ("quality", "unit-stable", "unit-other", "integration")
    run = GreenRun(tree=TREE, repository="octo/spoon", proofs={leg: document(leg) for leg in legs})
    with serving(GitHub(fault=run.answer)) as github:
        given = {**GIVEN, "HOME": str(tmp_path), "GITHUB_API_URL": github.url}
        yield Case(folder=tmp_path, run=run, github=github, environment=given)


def test_a_push_of_a_tree_that_the_merge_queue_has_tested(case: Case) -> None:
    outcome = case.asked()

    assert outcome.summary == (
        f"{ADDRESS} has tested this tree; not run again: quality, unit, integration"
    )
    assert case.output == {
        "run": ADDRESS,
        "proven-quality": ADDRESS,
        "proven-unit": ADDRESS,
        "proven-integration": ADDRESS,
    }
    assert ADDRESS in (case.folder / "summary").read_text(encoding="utf-8")


def test_what_fills_a_cache_that_is_not_there_runs(case: Case) -> None:
    outcome = case.asked(caches="quality=true unit=true, integration=none")

    assert outcome.summary.endswith(
        "not run again: quality, integration; run to fill a cache: unit"
    )
    assert case.output.keys() == {"run", "proven-quality", "proven-integration"}


@pytest.mark.parametrize("caches", ["", "quality=false unit=,true integration=", "unit=trueish"])
def test_a_cache_that_is_not_known_to_be_there_is_filled(case: Case, caches: str) -> None:
    case.asked(caches=caches)

    assert case.output == {}


def test_the_history_of_what_is_skipped_is_carried_over(case: Case) -> None:
    files = {"a.unit.json.gz": "a record", "../../b.json.gz": "another", "notes.txt": "no record"}
    case.run.more = {"history-unit-stable": archive(files), "history-integration": b"no archive"}

    outcome = case.asked(caches="quality=false unit=true,true integration=none")

    assert "not run again: unit, integration" in outcome.summary
    carried = case.folder / "carried"
    assert sorted(file.name for file in carried.iterdir()) == ["a.unit.json.gz", "b.json.gz"]
    assert not (case.folder.parent / "b.json.gz").exists()


def changed_row(**changes: Any) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.run.row.update(changes)

    return change


def changed_proof(leg: str, **changes: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.run.proofs[leg] = document(leg, **changes)

    return change


def of_another_run(case: Case) -> None:
    case.run.proofs["quality"]["run"] = "78"


def of_another_event(case: Case) -> None:
    case.run.proofs["quality"]["event"] = "pull_request"


def of_a_later_version(case: Case) -> None:
    case.run.proofs["quality"]["proof"] = 2


def with_more_in_it(case: Case) -> None:
    case.run.proofs["quality"]["more"] = "what is that?"


def without_a_condition(case: Case) -> None:
    del case.run.proofs["quality"]["conditions"]["machine"]


def without_one(case: Case) -> None:
    del case.run.proofs["unit-other"]


def with_one_twice(case: Case) -> None:
    case.run.answer = twice(case.run)  # type: ignore[method-assign]
    case.github.fault = case.run.answer


def twice(run: GreenRun) -> Callable[[Asked, int], Reply | None]:
    plain = run.answer

    def answer(asked: Asked, before: int) -> Reply | None:
        reply = plain(asked, before)
        if reply is None or "/artifacts" not in asked.path or asked.path.endswith("/zip"):
            return reply
        rows = json.loads(reply.body)["artifacts"]
        return json_reply({"total_count": len(rows) + 1, "artifacts": [*rows, rows[0]]})

    return answer


def expired(case: Case) -> None:
    case.run.expired = True


def in_pieces(case: Case) -> None:
    case.run.proofs = {}
    case.run.more = {
        f"proof-{leg}": b"PK\x03\x04"
        for leg in ("quality", "unit-stable", "unit-other", "integration")
    }


def job_ended(name: str, conclusion: str | None) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.run.jobs.append({"name": name, "status": "completed", "conclusion": conclusion})

    return change


def unfinished(case: Case) -> None:
    case.run.jobs.append({"name": "a", "status": "in_progress", "conclusion": None})


def without_jobs(case: Case) -> None:
    case.run.jobs = []


def ago(**time: float) -> Callable[[Case], None]:
    created = datetime.now(UTC) - timedelta(**time)
    return changed_row(created_at=f"{created:%Y-%m-%dT%H:%M:%SZ}")


def environment(**given: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.environment.update(given)

    return change


def other_tree(case: Case) -> None:
    """GitHub says that the run was of this tree, and what the jobs had checked out was another."""
    case.tree = case.run.row["head_commit"]["tree_id"] = "8" * 40


def answers(reply: Reply, of: str = "") -> Callable[[Case], None]:
    """Whatever is asked whose address has ``of`` in it gets this answer."""

    def change(case: Case) -> None:
        plain = case.run.answer
        case.github.fault = lambda asked, before: (
            reply if of in asked.path else plain(asked, before)
        )

    return change


FORK = {"full_name": "fork/spoon"}
ATTACKS: dict[str, Callable[[Case], None]] = {
    "a pull request": changed_row(event="pull_request"),
    "a schedule": changed_row(event="schedule"),
    "by hand": changed_row(event="workflow_dispatch"),
    "red": changed_row(conclusion="failure"),
    "cancelled": changed_row(conclusion="cancelled"),
    "not over": changed_row(status="in_progress", conclusion=None),
    "repeated": changed_row(run_attempt=2),
    "an attempt that is not said": changed_row(run_attempt=None),
    "of a fork": changed_row(head_repository=FORK),
    "in a fork": changed_row(repository=FORK, head_repository=FORK),
    "another workflow of the same name": changed_row(path=".github/workflows/other.yml", name="CI"),
    "this run itself": changed_row(id=99),
    "without a number": changed_row(id="77"),
    "too old": ago(hours=13),
    "from the future": ago(hours=-1),
    "without a time": changed_row(created_at=None),
    "a commit that is not its own": changed_row(head_sha="d" * 40),
    "another tree": changed_row(head_commit={"id": "c" * 40, "tree_id": "8" * 40}),
    "without a commit": changed_row(head_commit=None),
    "jobs of another tree": other_tree,
    "another compiler": changed_proof("unit-stable", compiler="rustc 1.91.0"),
    "a toolchain that is not here": changed_proof("unit-other", toolchain="nightly"),
    "a toolchain with no such name": changed_proof("unit-other", toolchain="/tmp/any -x"),
    "another image": changed_proof("integration", image=IMAGE.replace("ab", "cd")),
    "another runner": changed_proof("quality", machine="Linux   20261201.1"),
    "another tasker-ci": changed_proof("quality", version="0.0.1"),
    "a proof of another run": of_another_run,
    "a proof of another event": of_another_event,
    "a proof of a later version": of_a_later_version,
    "a proof with more in it": with_more_in_it,
    "a proof without a condition": without_a_condition,
    "a job without a proof": without_one,
    "two artifacts of one name": with_one_twice,
    "expired artifacts": expired,
    "artifacts in pieces": in_pieces,
    "proven itself": job_ended("Unit tests", "skipped"),
    "tolerated red": job_ended("Unit tests / Unit tests (beta)", "failure"),
    "a job that was cancelled": job_ended("project / all", "cancelled"),
    "a job without an end": job_ended("Unit tests / more", None),
    "a job that goes on": unfinished,
    "no job": without_jobs,
    "a repetition of this run": environment(GITHUB_RUN_ATTEMPT="2"),
    "a repository without a name": environment(GITHUB_REPOSITORY=""),
    "a refusal": answers(json_reply({"message": "Resource not accessible"}, status=403)),
    "not there": answers(json_reply({}, status=404)),
    "an empty object": answers(json_reply({})),
    "a list in place of an object": answers(json_reply([])),
    "no JSON": answers(Reply(body=b"<html>busy</html>")),
    "a list of something else": answers(json_reply({"total_count": 1, "workflow_runs": [7]})),
    "a list that is cut": answers(json_reply({"total_count": 9, "jobs": []}), "/jobs"),
    "no jobs to be had": answers(json_reply({}, status=500), "/jobs"),
    "no artifacts to be had": answers(json_reply({}, status=410), "/artifacts"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_everything_runs_after(case: Case, attack: Callable[[Case], None]) -> None:
    attack(case)

    outcome = case.asked()

    assert outcome.summary == "no green run is known to have tested this tree: everything runs"
    assert case.output.keys() <= {"said"}


@pytest.mark.parametrize("image", ["", "ghcr.io/octo/spoon/database:latest"])
def test_an_image_without_a_digest_is_none_to_compare_with(case: Case, image: str) -> None:
    assert case.asked(image=image).data == {"run": None}


def test_a_server_that_does_not_answer_is_not_waited_for(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasker_ci.sessions.proof.speaking._BUDGET_SECONDS", 0.5)
    case.github.fault = lambda _asked, _before: Reply(silent=True)

    assert case.asked().data == {"run": None}


def test_a_workflow_of_the_projects_own_may_have_been_skipped(case: Case) -> None:
    """It runs again, whatever is proven."""
    (case.folder / ".github" / "workflows").mkdir(parents=True)
    settings = '[workflows.own.deploy]\npath = ".github/workflows/deploy.yml"\n'
    write_file(case.folder / SETTINGS_FILE, settings)
    job_ended("deploy / all", "skipped")(case)

    assert case.asked().data["run"] == ADDRESS


def test_a_push_speaks_for_another_push(case: Case) -> None:
    case.run.row["event"] = "push"
    for each in case.run.proofs.values():
        each["event"] = "push"

    assert case.asked().data["run"] == ADDRESS


def test_the_token_reaches_the_api_and_no_text(case: Case) -> None:
    case.asked()

    assert {each.headers["Authorization"] for each in case.github.asked} == {"Bearer a-token"}
    assert "a-token" not in "".join(each.path for each in case.github.asked)


# What a job leaves


def test_a_job_leaves_what_it_tested(case: Case) -> None:
    outcome = proof(case.context(GITHUB_EVENT_NAME="merge_group"), keep="tested.json", image=IMAGE)

    kept = read_proof((case.folder / "tested.json").read_text(encoding="utf-8"))
    assert (kept.run, kept.attempt, kept.event) == ("99", "1", "merge_group")
    assert kept.conditions == Conditions(
        tree=TREE,
        toolchain="",
        compiler=COMPILERS[""],
        image=IMAGE,
        machine="Linux   20261130.1",
        version=__version__,
    )
    assert case.output["kept"] == "true"
    assert outcome.summary == "tested.json says what this job has tested"


@pytest.mark.parametrize(
    ("given", "image"),
    [
        pytest.param({"GITHUB_EVENT_NAME": "pull_request"}, None, id="a pull request"),
        pytest.param({"GITHUB_RUN_ATTEMPT": "2"}, None, id="a repetition"),
        pytest.param({"GITHUB_RUN_ID": ""}, None, id="not on GitHub"),
        pytest.param({}, "", id="without the image"),
        pytest.param({}, "postgres:17", id="an image without a digest"),
    ],
)
def test_a_job_that_proves_nothing(case: Case, given: dict[str, str], image: str | None) -> None:
    outcome = proof(case.context(**given), keep="tested.json", image=image)

    assert outcome.summary.startswith("this job proves nothing: ")
    assert not (case.folder / "tested.json").exists()
    assert case.output == {}


def test_a_job_without_a_compiler_that_answers_proves_nothing(case: Case) -> None:
    runner = RecordingRunner({"git": TREE, "rustc": Completed(exit_code=1)})

    outcome = proof(replace(case.context(), runner=runner), keep="tested.json")

    assert outcome.summary == "this job proves nothing: The compiler does not say which it is."


def test_without_a_question_it_says_who_asks(case: Case) -> None:
    with pytest.raises(UsageError, match="--keep nor --jobs"):
        proof(case.context())
