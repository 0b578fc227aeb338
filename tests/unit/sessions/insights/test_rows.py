from __future__ import annotations

from tasker_ci.sessions.insights.rows import foreign, reduced_job, reduced_run


def test_of_a_run_no_person_no_message_and_no_other_branch_is_kept() -> None:
    run = {
        "id": 1,
        "event": "push",
        "head_branch": "main",
        "actor": {"login": "somebody"},
        "head_commit": {"message": "secret plan"},
        "html_url": "https://example.org",
    }
    assert reduced_run(run, branch="main") == {"id": 1, "event": "push", "head_branch": "main"}
    assert reduced_run(run, branch="other") == {"id": 1, "event": "push"}
    assert reduced_run(run) == {"id": 1, "event": "push"}


def test_a_run_of_a_fork_is_known_as_one_and_stays_so() -> None:
    run = {"id": 1, "repository": {"id": 1}, "head_repository": {"id": 2}}
    kept = reduced_run(run)
    assert kept == {"id": 1, "foreign": True}
    assert reduced_run(kept) == kept
    assert "foreign" not in reduced_run({**run, "head_repository": {"id": 1}})
    assert "foreign" not in reduced_run({**run, "head_repository": None})


def test_of_a_job_the_name_of_its_machine_is_not_kept() -> None:
    job = {
        "id": 5,
        "name": "build\x1b[2J",
        "runner_name": "the laptop of somebody",
        "labels": ["linux", 7],
        "steps": [{"number": 1, "name": "a\nb", "log": "x"}, "no table"],
    }
    assert reduced_job(job) == {
        "id": 5,
        "name": "build\N{REPLACEMENT CHARACTER}[2J",
        "labels": ["linux", ""],
        "steps": [{"number": 1, "name": "a\N{REPLACEMENT CHARACTER}b"}],
    }


def test_a_foreign_name_stays_on_one_line_and_short() -> None:
    assert foreign("a\u202eb") == "a\N{REPLACEMENT CHARACTER}b"
    assert foreign("x" * 120) == "x" * 120
    assert foreign("x" * 121) == "x" * 119 + "…"
    assert foreign(None) == ""
