from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, jobs, planted

from tasker_ci.sessions.review.scripts_of_jobs import (
    commands_of_actions,
    commands_of_scripts,
    exported_variables,
)
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


ACTION = """\
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        echo A=1 >> $GITHUB_ENV
        printf 'B=%s\\n' "$(date)" | tee -a "$GITHUB_ENV"
        echo C=1
        cat >> $GITHUB_ENV <<END
        D=1
        E<<THE
        several
        lines
        THE
        END
"""


def test_what_an_action_leaves_to_later_steps(tmp_path: Path) -> None:
    files = {"tools/setup/action.yml": ACTION, "other/action.yaml": "runs: {using: node20}\n"}
    found = [*commands_of_actions(planted(tmp_path, files).checkout)]
    assert [left for each in found if (left := exported_variables(each))] == [
        {"A": "1"},
        {"B": "\ue000"},
        {"D": "1", "E": "several\nlines"},
    ]
