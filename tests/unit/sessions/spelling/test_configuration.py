"""Which file asks for the search for misspelled words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.sessions.spelling.configuration import configuration_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("typos.toml", "", "typos.toml"),
        ("_typos.toml", "", "_typos.toml"),
        (".typos.toml", "broken = [", ".typos.toml"),
        ("Cargo.toml", "[workspace.metadata.typos]\n", "Cargo.toml"),
        ("Cargo.toml", "[package.metadata.typos.default]\n", "Cargo.toml"),
        ("Cargo.toml", "[package]\nmetadata = 1\n", None),
        ("Cargo.toml", "broken = [", None),
        ("pyproject.toml", "[tool.typos]\n", "pyproject.toml"),
        ("pyproject.toml", "[tool.ruff]\n", None),
        ("README.md", "", None),
    ],
)
def test_each_of_the_files_of_typos_is_found(
    tmp_path: Path, file: str, text: str, found: str | None
) -> None:
    workspaces.write_files(tmp_path, {file: text})
    assert configuration_file(tmp_path, tmp_path) == found
