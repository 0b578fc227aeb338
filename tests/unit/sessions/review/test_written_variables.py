from __future__ import annotations

from typing import TYPE_CHECKING

from planted_ci import CI, planted

from tasker_ci.sessions.review.written_variables import VariableSource, variables_of

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = """\
on: push
env:
  SHARED_NAME: one
  FROM_CONTEXT: ${{ github.sha }}
jobs:
  one:
    runs-on: ubuntu-latest
    env:
      JOB_NAME: two
    steps:
      - run: |
          echo "LATER_NAME=three" >> "$GITHUB_ENV"
          echo "COPIED_NAME=$OTHER" >> "$GITHUB_ENV"
        env:
          STEP_NAME: four
"""


def test_every_literal_value_with_its_place(tmp_path: Path) -> None:
    files = {
        CI: WORKFLOW,
        ".env": "# a comment\nexport DOTENV_NAME='five'  # why\nEMPTY_NAME=\nlower=x\n",
        "run.sh": "export SCRIPT_NAME=six; other\nLOCAL_NAME=x\n",
        "compose.yml": "services:\n  a:\n    environment:\n      MAP_NAME: seven\n      NO_NAME:\n",
        "other/compose.test.yml": "services:\n  a:\n    environment:\n      - LIST_NAME=eight\n",
        "deploy/.env": "DOTENV_NAME=elsewhere\n",
        "compose.yaml": "a: [\n",
    }
    found = {
        each.name: (each.value, str(each.place), each.source, each.shared)
        for each in variables_of(planted(tmp_path, files))
    }
    assert found == {
        "SHARED_NAME": ("one", f"{CI}:3", VariableSource.WORKFLOW, True),
        "JOB_NAME": ("two", f"{CI}:9", VariableSource.WORKFLOW, False),
        "LATER_NAME": ("three", f"{CI}:12", VariableSource.WORKFLOW, True),
        "STEP_NAME": ("four", f"{CI}:15", VariableSource.WORKFLOW, False),
        "DOTENV_NAME": ("five", ".env:2", VariableSource.DOTENV, True),
        "SCRIPT_NAME": ("six", "run.sh:1", VariableSource.SCRIPT, True),
        "MAP_NAME": ("seven", "compose.yml:4", VariableSource.COMPOSE, False),
        "LIST_NAME": ("eight", "other/compose.test.yml:4", VariableSource.COMPOSE, False),
    }
