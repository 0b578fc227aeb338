from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import findings, told

from tasker_ci.sessions.review.rules.doc_path import RULE

if TYPE_CHECKING:
    from pathlib import Path


def document(command: str) -> str:
    return f"```sh\n{command}\n```\n"


@pytest.mark.parametrize(
    "command",
    [
        "docker compose -f docker/compose.ci.yml up",
        "./ci/check.sh",
        "bash ci/check.sh",
        "docker-compose up -d postgres",
        "cargo test --manifest-path crates/gone/Cargo.toml",
    ],
)
def test_a_path_that_is_not_there(command: str, tmp_path: Path) -> None:
    files = {"docs/ci.md": document(command), "docker/compose.test.yml": ""}
    assert told(tmp_path, RULE, files) == ["warning? docs/ci.md:2"]
    assert findings(tmp_path, RULE, files)[0].evidence == (f"`{command}`",)


@pytest.mark.parametrize(
    "command",
    [
        "docker compose -f docker/compose.test.yml up",
        "docker compose -f compose.local.yml up",
        "docker compose up",
        "docker compose version",
        "docker compose logs -f server",
        "./made",
        "./check.sh",
        "./target/debug/tool",
        "docker compose -f <file> up",
        "git clone https://example.com/x\n./x/run.sh",
    ],
)
def test_a_path_that_is_there_or_made(command: str, tmp_path: Path) -> None:
    files = {
        "docs/ci.md": document(command),
        "docs/compose.local.yml": "",
        "docker/compose.test.yml": "",
        "docker-compose.yml": "",
        "check.sh": "",
    }
    assert told(tmp_path, RULE, files) == []
