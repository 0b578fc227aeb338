"""`init` writes how jobs get tasker-ci, from what the installer noted on this machine."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMIT = "89abcdef01" * 4
NOTE = {
    "url": "https://git.example/ours.git",
    "vcs_info": {"vcs": "git", "commit_id": COMMIT},
}


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    folder = cargo_workspace()
    (folder / ".config" / "tasker-ci.toml").unlink(missing_ok=True)
    return folder


def init(project: Path, note: object, *arguments: str) -> faces.Ended:
    place = project.parent / "site" / "tasker_ci-0.1.0.dist-info"
    place.mkdir(parents=True, exist_ok=True)
    (place / "METADATA").write_text("Metadata-Version: 2.4\nName: tasker-ci\nVersion: 0.1.0\n")
    (place / "direct_url.json").write_text(json.dumps(note))
    environment = faces.clean_environment(PYTHONPATH=str(place.parent))
    return faces.run(["tasker-ci", *arguments], project, environment)


def test_the_settings_and_every_job_name_the_commit(project: Path) -> None:
    ended = init(project, NOTE, "init")

    assert ended.exit_code == 0, ended.text
    settings = tomllib.loads((project / ".config/tasker-ci.toml").read_text("utf-8"))
    assert settings["workflows"]["install"][-1].endswith(
        f"git+https://git.example/ours.git@{COMMIT}"
    )
    for name in ("ci", "code-quality", "test-unit"):
        text = (project / f".github/workflows/{name}.yml").read_text("utf-8")
        assert f"ours.git@{COMMIT}" in text
    newer = {**NOTE, "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}
    assert init(project, newer, "sync", "--check").exit_code == 0, "the settings say which"


def test_a_checkout_elsewhere_is_an_error_before_anything_is_written(project: Path) -> None:
    note = {"url": project.parent.as_uri() + "/ours", "dir_info": {"editable": True}}
    before = sorted(project.rglob("*"))

    ended = init(project, note, "init")

    assert ended.exit_code == 2
    assert f"{project.parent}/ours, which no job has" in ended.text
    assert "workflows.install" in ended.text
    assert sorted(project.rglob("*")) == before
    own = init(project, note, "init", "--no-sync")
    assert own.exit_code == 0, own.text
