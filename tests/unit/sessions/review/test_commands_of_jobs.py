from __future__ import annotations

from typing import TYPE_CHECKING

from planted import CI, jobs, planted

from tasker_ci.sessions.review.commands_of_jobs import commands_by_job, jobs_of, key_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_job_has_its_commands_and_those_of_the_workflow_that_it_calls(tmp_path: Path) -> None:
    called = ".github/workflows/called.yml"
    text = f"""\
        one:
          runs-on: ubuntu-latest
          steps: [{{run: cargo test}}]
        two:
          uses: ./{called}
        """
    inner = "in:\n  runs-on: ubuntu-latest\n  steps: [{run: cargo clippy}]\n"
    files = {CI: jobs(text), called: jobs(inner, on="workflow_call")}
    reading = planted(tmp_path, files).reading
    commands = commands_by_job(reading)
    found = {
        job.name: [command.text for command in commands[key_of(workflow, job)]]
        for workflow, job in jobs_of(reading)
    }
    assert found == {"one": ["cargo test"], "two": ["cargo clippy"], "in": ["cargo clippy"]}
