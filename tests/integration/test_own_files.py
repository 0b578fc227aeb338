"""The repository runs itself: what lies under .github and .config is what its settings make."""

from __future__ import annotations

from pathlib import Path

import faces

ROOT = Path(__file__).parents[2]


def test_the_generated_files_of_this_repository_are_current() -> None:
    ended = faces.run(
        faces.command_line("tasker-ci", "sync", "--check"), ROOT, faces.clean_environment()
    )
    assert ended.exit_code == 0, ended.text
