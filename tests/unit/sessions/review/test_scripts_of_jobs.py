from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, jobs, planted

from tasker_ci.sessions.review.scripts_of_jobs import commands_of_scripts
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
one:
  runs-on: ubuntu-latest
  steps:
    - run: echo a
    - run: docker compose up
      working-directory: docker
    - run: print("no shell")
      shell: python
    - uses: actions/checkout@v4
      with: {repository: some/thing}
    - run: ./there.sh
two:
  runs-on: windows-latest
  steps:
    - run: echo a
    - run: echo b
      shell: bash
"""


def test_the_commands_of_a_jobs_own_scripts(tmp_path: Path) -> None:
    reading = planted(tmp_path, {CI: jobs(TEXT)}).reading
    found = {
        job.name: [
            (command.text, str(command.around.folder))
            for command in commands_of_scripts(workflow, job)
        ]
        for workflow, job in jobs_of(reading)
    }
    assert found == {
        "one": [("echo a", "."), ("docker compose up", "docker"), ("./there.sh", "None")],
        "two": [("echo b", ".")],
    }
