"""Actions by full SHA: the package's table, and what the settings may put over it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import generation
import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.workflows.pins import package_pins, pinned_actions

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def pinning(name: str, version: str, commit: str) -> str:
    return f"[pins.'{name}']\nversion = '{version}'\ncommit = '{commit}'\n"


@pytest.mark.parametrize("name", package_pins())
def test_every_row_is_a_released_version_and_a_full_sha(name: str) -> None:
    row = package_pins()[name]

    assert re.fullmatch(r"v\d+\.\d+\.\d+", row.version)
    assert re.fullmatch(r"[0-9a-f]{40}", row.commit)
    assert re.fullmatch(r"[\w-]+/[\w-]+(/[\w-]+)?", row.name)


def test_parts_of_one_repository_have_one_commit() -> None:
    commits: dict[str, set[tuple[str, str]]] = {}
    for row in package_pins().values():
        repository = "/".join(row.name.split("/")[:2])
        commits.setdefault(repository, set()).add((row.version, row.commit))
    assert [name for name, found in commits.items() if len(found) > 1] == []


OPTIONAL = """\
[coverage]
pipeline = true
upload = "codecov"
[scan]
pipeline = true
[bench]
pipeline = true
[review]
pipeline = true
"""


def test_no_row_is_dead(tmp_path: Path) -> None:
    used = {
        step["uses"].partition("@")[0]
        for _, step in generation.steps_of(generation.full(tmp_path, OPTIONAL))
        if "@" in step.get("uses", "")
    }
    assert used == set(package_pins())


def test_the_settings_overlay_the_table(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path, pinning("actions/checkout", "v9.9.9", COMMIT))

    pins = pinned_actions(inputs.settings)

    assert pins["actions/checkout"].reference == f"actions/checkout@{COMMIT}"
    others = package_pins()
    assert pins["actions/upload-artifact"] == others["actions/upload-artifact"]


def test_a_pin_of_the_settings_is_in_every_file(tmp_path: Path) -> None:
    texts = generation.texts(tmp_path, pinning("actions/checkout", "v9.9.9", COMMIT))

    uses = {
        line.strip()
        for text in texts.values()
        for line in text.splitlines()
        if "uses: actions/checkout@" in line
    }
    assert uses == {f"uses: actions/checkout@{COMMIT} # v9.9.9"}


@pytest.mark.parametrize(
    ("name", "version", "commit"),
    [
        ("somebody/thing", "v1.2.3", COMMIT),
        ("actions/Checkout", "v1.2.3", COMMIT),
        ("actions/checkout", "v1.2.3", COMMIT[:7]),
        ("actions/checkout", "v1.2.3", COMMIT.upper()),
        ("actions/checkout", "v1.2.3", f"{COMMIT}0"),
        ("actions/checkout", "main", COMMIT),
        ("actions/checkout", "v1.2.3 # x", COMMIT),
        ("actions/checkout", "", COMMIT),
        ("actions/checkout", "v1.2.3", ""),
    ],
)
def test_what_is_no_pin_is_refused(tmp_path: Path, name: str, version: str, commit: str) -> None:
    inputs = generation.inputs_of(tmp_path, pinning(name, version, commit))

    with pytest.raises(SettingsError) as caught:
        pinned_actions(inputs.settings)

    assert name in caught.value.message
    assert caught.value.exit_code == 2
