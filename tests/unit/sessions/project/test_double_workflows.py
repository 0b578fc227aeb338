"""Which workflows of a project are taken for doubles of generated ones."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.project.discovery.double_workflows import double_workflows
from tasker_ci.workflows.files import GeneratedFile, with_header

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = PurePosixPath(".github/workflows")
CI = GeneratedFile(path=FOLDER / "ci.yml", text=with_header("name: CI\non: push\n"))
README = GeneratedFile(path=FOLDER / "README.md", text=with_header("name: Text\n"))


def doubles(folder: Path, file: str, content: str | bytes, *called: str) -> list[str]:
    place = folder / FOLDER / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [each.file.name for each in double_workflows(folder, (CI, README), called)]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("ci.yaml", "on: push\n"),
        ("CI.yml", "on: push\n"),
        ("ci.yaml", "[ no yaml\n"),
        ("ci.yaml", b"\xff\xfe"),
        ("build.yml", "on: push\nname: CI\n"),
        ("build.yml", "name: 'ci'   # ours\r\non: push\r\n"),
        ("build.yml", '\ufeff"name" : "CI"\non: [push, workflow_call]\n'),
    ],
)
def test_the_name_of_the_file_or_of_the_workflow_makes_one(
    tmp_path: Path, file: str, content: str | bytes
) -> None:
    assert doubles(tmp_path, file, content) == [file]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("ci.yml", "name: CI\non: push\n"),  # sync archives it
        ("ci.yaml", CI.text),
        ("ci.yaml", "on: workflow_call\n"),
        ("build.yml", "name: CI\non:\n  workflow_call:\n"),
        ("build.yml", "on: push\njobs:\n  a:\n    name: CI\n"),
        ("build.yml", ""),
        ("README.yml", "name: Text\non: push\n"),
        ("ci.txt", "name: CI\n"),
    ],
)
def test_what_runs_beside_no_generated_one_is_none(tmp_path: Path, file: str, content: str) -> None:
    assert doubles(tmp_path, file, content) == []


def test_what_the_pipeline_calls_belongs_to_it(tmp_path: Path) -> None:
    both = "name: CI\non: [push, workflow_call]\n"

    assert doubles(tmp_path, "mine.yml", both, "./.github/workflows/mine.yml") == []
    assert doubles(tmp_path, "mine.yml", both, ".github/workflows/other.yml") == ["mine.yml"]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    os.mkfifo(tmp_path / FOLDER / "ci.yaml")
    (tmp_path / FOLDER / "CI.yaml").mkdir()

    assert doubles(tmp_path, "other.yml", "on: push\n") == []
