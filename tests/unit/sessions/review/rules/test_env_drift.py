from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.env_drift import RULE

if TYPE_CHECKING:
    from pathlib import Path

ACTION = ".github/actions/setup/action.yml"


def action(line: str) -> str:
    head = "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: |\n"
    return f'{head}        echo "{line}" >> $GITHUB_ENV\n'


def workflow(variable: str) -> str:
    return f"env:\n  {variable}\n" + jobs("one:\n  runs-on: ubuntu-latest\n  steps: [{run: a}]\n")


def compose(variable: str) -> str:
    return f"services:\n  app:\n    environment:\n      {variable}\n"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({ACTION: action("LOG_LEVEL=warn"), ".env": "LOG_LEVEL=info\n"}, f"{ACTION}:6"),
        ({CI: workflow("LOG_LEVEL: warn"), "compose.yml": compose("LOG_LEVEL: info")}, f"{CI}:2"),
        ({CI: workflow("LOG_LEVEL: warn"), "compose.yml": compose("- LOG_LEVEL=info")}, f"{CI}:2"),
        (
            {
                CI: workflow("DATABASE_URL: postgres://a@localhost/x"),
                ".env": "DATABASE_URL=postgresql://a@localhost/x\n",
            },
            f"{CI}:2",
        ),
        ({CI: workflow("LOG_LEVEL: warn"), "run.sh": "export LOG_LEVEL=info\n"}, f"{CI}:2"),
        (
            {
                CI: workflow("RUST_NIGHTLY_VERSION: '1'"),
                ".github/workflows/b.yml": workflow("RUST_NIGHTLY_VERSION: '2'"),
            },
            ".github/workflows/b.yml:2",
        ),
    ],
)
def test_two_values(files: dict[str, str], place: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, files) == [f"warning? {place}"]


@pytest.mark.parametrize(
    "files",
    [
        {ACTION: action("LOG_LEVEL=info"), ".env": "LOG_LEVEL=info\n"},
        # the other side of a network
        {
            CI: workflow("DATABASE_URL: postgres://localhost/x"),
            "compose.yml": compose("DATABASE_URL: postgres://db/x"),
        },
        # handed on, a placeholder, another machine's path
        {CI: workflow("LOG_LEVEL: warn"), "compose.yml": compose("LOG_LEVEL: ${LOG_LEVEL:-info}")},
        {CI: workflow("TOKEN_NAME: warn"), ".env.example": "TOKEN_NAME=<your name>\n"},
        {CI: workflow("CONFIG_ROOT: config"), ".env": "CONFIG_ROOT=/home/me/config\n"},
        # another kind of environment, another database, one for each job
        {CI: workflow("LOG_LEVEL: warn"), ".env.production": "LOG_LEVEL=error\n"},
        {CI: workflow("DATABASE_URL: sqlite://x"), ".env": "DATABASE_URL=postgres://x/y\n"},
        {CI: workflow("RUSTFLAGS: -Dwarnings"), ".env": "RUSTFLAGS=-Cdebuginfo=0\n"},
        {CI: workflow("LOG_LEVEL: warn"), ".github/workflows/b.yml": workflow("LOG_LEVEL: info")},
    ],
)
def test_one_value_or_two_that_are_meant(files: dict[str, str], tmp_path: Path) -> None:
    assert told(tmp_path, RULE, files) == []


def test_no_secret_is_shown(tmp_path: Path) -> None:
    files = {CI: workflow("API_TOKEN: abcdefgh"), ".env": "API_TOKEN=ijklmnop\n"}
    found = findings(tmp_path, RULE, files)
    assert [each.evidence for each in found] == [
        (f"{CI}:2 has ***", ".env:1 has ***"),
    ]
    url = "DATABASE_URL: postgres://me:hunter22@localhost/x"
    files = {CI: workflow(url), ".env": "DATABASE_URL=postgres://me:hunter22@localhost/y\n"}
    found = findings(tmp_path, RULE, files)
    assert len(found) == 1
    assert "hunter22" not in repr(found)
