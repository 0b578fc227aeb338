"""dependabot.yml and zizmor.yml: only where the settings ask, only with what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import generation
import pytest

from tasker_ci.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

DEPENDABOT = ".github/dependabot.yml"
ZIZMOR = ".github/zizmor.yml"
ASKED = "workflows.dependabot = true\n"


def updates(folder: Path, settings: str = "", files: dict[str, str] | None = None) -> Any:
    text = generation.texts(folder, ASKED + settings, files)[DEPENDABOT]
    document = generation.read(text)
    assert document["version"] == 2
    return {row["package-ecosystem"]: row for row in document["updates"]}


def test_without_the_setting_there_is_none(tmp_path: Path) -> None:
    assert DEPENDABOT not in generation.texts(tmp_path)


def test_every_ecosystem_that_is_there_and_no_other(tmp_path: Path) -> None:
    assert list(updates(tmp_path / "small")) == ["cargo", "github-actions"]

    files = {**generation.DOCKERFILE, "pyproject.toml": ""}
    found = updates(tmp_path / "full", generation.WITH_SERVICES, files)
    assert {name: row["directories"] for name, row in found.items()} == {
        "cargo": ["/"],
        "github-actions": ["/", "/.github/actions/*"],
        "docker": ["/docker/db"],
        "pip": ["/"],
    }


def test_folders_are_those_of_the_workspace(tmp_path: Path) -> None:
    files = {"rust/docker/db/Dockerfile": "FROM scratch\n"}
    found = updates(tmp_path, 'workspace = "rust"\n' + generation.WITH_SERVICES, files)

    assert found["cargo"]["directories"] == ["/rust"]
    assert found["docker"]["directories"] == ["/rust/docker/db"]


def test_new_versions_wait(tmp_path: Path) -> None:
    found = updates(tmp_path, "workflows.cooldown-days = 9\n")

    assert {row["cooldown"]["default-days"] for row in found.values()} == {9}
    assert {row["schedule"]["interval"] for row in found.values()} == {"weekly"}


@pytest.mark.parametrize("days", [0, -1, 91])
def test_a_cooldown_is_one_that_dependabot_takes(tmp_path: Path, days: int) -> None:
    with pytest.raises(SettingsError, match="cooldown-days"):
        updates(tmp_path, f"workflows.cooldown-days = {days}\n")


def test_a_rule_of_zizmor_is_off_only_for_a_reason(tmp_path: Path) -> None:
    assert generation.read(generation.texts(tmp_path)[ZIZMOR]) == {
        "rules": {"self-repository": {"disable": True}}
    }
    assert ZIZMOR not in generation.texts(tmp_path, 'workflows.references = "$/"\n')

    text = generation.texts(tmp_path, 'workflows.runner = ["Self-Hosted", "linux"]\n')[ZIZMOR]
    assert list(generation.read(text)["rules"]) == ["self-hosted-runner", "self-repository"]
    lines = text.splitlines()
    few = generation.texts(tmp_path, "[workflows]\ndependabot = true\ncooldown-days = 3\n")[ZIZMOR]
    assert generation.read(few)["rules"]["dependabot-cooldown"] == {"config": {"days": 3}}
    for rule in ("self-hosted-runner", "self-repository"):
        assert lines[lines.index(f"  {rule}:") - 1].startswith("  # ")


def test_an_ecosystem_has_one_pull_request_and_tasker_ci_one_of_its_own(tmp_path: Path) -> None:
    files = {**generation.DOCKERFILE, "requirements.txt": ""}
    found = updates(tmp_path, generation.WITH_SERVICES, files)

    assert {name: list(row["groups"]) for name, row in found.items()} == {
        "cargo": ["compatible"],
        "github-actions": ["actions"],
        "docker": ["base-images"],
        "pip": ["tasker-ci", "python"],
    }
    ours, others = found["pip"]["groups"].values()
    assert ours["patterns"] == others["exclude-patterns"] == ["tasker-ci"]
