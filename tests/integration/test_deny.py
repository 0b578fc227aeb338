"""`deny` with the real cargo-deny: members alone, and a database from this machine."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = """\
[advisories]
db-path = "{database}"
db-urls = ["https://example.org/advisory-db"]
git-fetch-with-cli = true
[licenses]
allow = ["MIT"]
"""
ADVISORY = """\
```toml
[advisory]
id = "RUSTSEC-2031-0001"
package = "other"
date = "2031-02-03"

[versions]
patched = []
```

# Reads past the end of its buffer

Made for a test.
"""
MIT = 'license = "MIT"\n'


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    require_tool("cargo-deny")
    files = {
        "Cargo.toml": workspaces.manifest("sample", MIT),
        "deny.toml": RULES.format(database=tmp_path / "databases"),
    }
    return workspaces.write_project(tmp_path / "a project", files)


def upstream(folder: Path) -> dict[str, str]:
    """An environment in which git fetches the database from a folder of this machine."""
    workspaces.write_files(folder, {"crates/other/RUSTSEC-2031-0001.md": ADVISORY})
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for words in (("init", "-qb", "main"), ("add", "-A"), (*who, "commit", "-qm", "Advisories")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{folder}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://example.org/advisory-db",
    }


def bare(folder: Path, *words: str) -> int:
    """The exit code of cargo-deny itself."""
    command = ["cargo-deny", "check", *words]
    return subprocess.run(
        command, cwd=folder, env=faces.clean_environment(), check=False, capture_output=True
    ).returncode


def test_a_licence_that_is_not_allowed_is_red_with_its_place(project: Path) -> None:
    (project / "Cargo.toml").write_text(
        workspaces.manifest("sample", 'license = "ISC"\n'), encoding="utf-8"
    )
    words = ("deny", "--json", "--set", "deny.advisories=false")
    ended = faces.run(["tasker-ci", *words], project)
    told = json.loads(ended.stdout)
    assert ended.exit_code == bare(project, "licenses", "bans", "sources") == 4
    assert told["summary"].startswith("1 licence that is not allowed, Cargo.lock:")
    assert "sample 0.1.0 has the licence ISC, which is not allowed" in told["summary"]


def test_without_network_and_database_the_rest_is_checked(project: Path) -> None:
    environment = faces.clean_environment()
    environment.pop("CI", None)
    ended = faces.run(["tasker-ci", "deny", "--json"], project, environment)
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["status"]) == (0, "not checked"), ended.text
    ended = faces.run(["tasker-ci", "deny"], project, {**environment, "CI": "true"})
    assert ended.exit_code == 1
    assert "Advisories were not looked up" in ended.text


def test_a_database_is_fetched_and_used_again_without_network(
    project: Path, tmp_path: Path
) -> None:
    with_upstream = faces.clean_environment(**upstream(tmp_path / "upstream"))
    ended = faces.run(["tasker-ci", "deny"], project, with_upstream)
    assert ended.exit_code == 0, ended.text
    assert "LOCAL" not in ended.text
    ended = faces.run(["tasker-ci", "deny"], project)
    assert ended.exit_code == 0, ended.text
    assert "USING A LOCAL ADVISORY DATABASE" in ended.text


def test_the_pipeline_looks_up_advisories_once(project: Path) -> None:
    (project / ".config/tasker-ci.toml").unlink()
    assert faces.run(["tasker-ci", "init"], project).exit_code == 0
    settings = (project / ".config/tasker-ci.toml").read_text(encoding="utf-8")
    assert "[deny]\n# deny.toml is its configuration.\npipeline = true\n" in settings
    workflow = (project / ".github/workflows/code-quality.yml").read_text(encoding="utf-8")
    assert "exec nox -s deny\n" in workflow
    assert "exec nox -s audit\n" not in workflow
    words = ("sync", "--set", "deny.advisories=false")
    assert faces.run(["tasker-ci", *words], project).exit_code == 0
    workflow = (project / ".github/workflows/code-quality.yml").read_text(encoding="utf-8")
    assert "exec nox -s audit\n" in workflow
