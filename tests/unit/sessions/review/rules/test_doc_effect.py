from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import told

from tasker_ci.sessions.review.rules.doc_effect import RULE

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = "services:\n  db:\n    image: postgres\nvolumes:\n  data:\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Clear cache if needed: `sccache --zero-stats`", ["warning A.md:1"]),
        ("To purge the cache, run `sccache -z`.", ["warning A.md:1"]),
        ("Reset the statistics: `sccache --zero-stats`", []),
        ("Clear the cache: `rm -r ~/.cache/sccache`", []),
        ("Clean up:\n```sh\ndocker compose down\n```", ["warning? A.md:3"]),
        ("Clean up:\n```sh\ndocker-compose -f compose.yml down\n```", ["warning? A.md:3"]),
        ("Clean up:\n```sh\ndocker compose down -v\n```", []),
        ("Clean up:\n```sh\ndocker compose down --volumes --remove-orphans\n```", []),
        ("Stop it:\n```sh\ndocker compose down\n```", []),
        ("Clean up:\n```sh\ndocker compose -f other.yml down\n```", []),
    ],
)
def test_what_a_command_does(text: str, expected: list[str], tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {"A.md": text, "compose.yml": COMPOSE}) == expected


def test_a_stack_without_volumes_and_an_old_document(tmp_path: Path) -> None:
    files = {
        "A.md": "Clean up: `docker compose down`",
        "compose.yml": "services: {db: {image: postgres}}\n",
        "archive/B.md": "Clear the cache: `sccache -z`",
    }
    assert told(tmp_path, RULE, files) == []
