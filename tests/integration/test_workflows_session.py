"""The session `workflows`: drift first, then the checkers, on the generated files by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import act
import faces
import generation
import pytest
import workspaces
from tool_parts import write_program

from tasker_ci.errors import MissingToolError
from tasker_ci.sessions.project.workflows import schema_checker
from tasker_ci.testing import make_context
from tasker_ci.tools.pins import pinned_tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BROKEN = "on: push\njobs:\n  a:\n    runs-on: nowhere\n    steps: [{run: 'echo ${{ x }}'}]\n"
"""A workflow that every checker objects to."""


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
    """A project whose files are current, with foreign workflows that are not ours to judge."""
    require_tool("zizmor")
    require_tool("check-jsonschema")
    folder = workspaces.write_project(tmp_path / "project", generation.DOCKERFILE)
    workspaces.write_files(
        folder,
        {
            ".config/tasker-ci.toml": generation.WITH_SERVICES,
            ".github/workflows/foreign.yml": BROKEN,
            ".github/workflows/archived/old.yml": BROKEN,
        },
    )
    act.synchronise(folder)
    return folder


def run(project: Path, *arguments: str, **environment: str) -> faces.Ended:
    words = ["tasker-ci", "workflows", *arguments]
    return faces.run(words, project, faces.clean_environment(**environment))


def test_current_files_pass_and_nothing_foreign_is_judged(project: Path) -> None:
    ended = run(project, "--json")

    assert ended.exit_code == 0, ended.text
    document = json.loads(ended.stdout)
    assert document["checked_by"][:2] == ["zizmor", "check-jsonschema"]
    assert document["failed"] == []
    assert "foreign.yml" not in ended.text
    assert "old.yml" not in ended.text


def test_a_token_in_the_environment_sends_nobody_online(project: Path) -> None:
    ended = run(project, "--dry-run", GITHUB_TOKEN="none")

    assert "--persona=auditor --offline" in ended.text
    assert "--config .github/zizmor.yml .github/workflows/build-docker-images.yml" in ended.text


def test_a_stale_file_fails_before_any_checker_starts(project: Path) -> None:
    file = project / ".github" / "workflows" / "code-quality.yml"
    file.write_text(file.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")

    ended = run(project)

    assert ended.exit_code == 1
    assert "-# by hand" in ended.text
    assert "tasker-ci sync" in ended.text
    assert "zizmor --" not in ended.text


def test_a_finding_is_printed_and_fails(project: Path, tmp_path: Path) -> None:
    """No generated file has a finding, so a stand-in for zizmor has one."""
    cache = tmp_path / "cache"
    tool = f"zizmor-{pinned_tools()['zizmor'].version}"
    program = cache / "tasker-ci" / "tools" / tool / "bin" / "zizmor"
    write_program(program, "echo 'error[unpinned-uses]: somewhere'; exit 14")

    ended = run(project, XDG_CACHE_HOME=str(cache))

    assert ended.exit_code == 1
    assert "error[unpinned-uses]: somewhere" in ended.text
    assert "zizmor: the generated files are not as they should be" in ended.text
    assert "check-jsonschema --" in ended.text, "the others are asked all the same"


def test_an_absent_actionlint_is_said(
    project: Path, tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(require_tool("git"))

    here = run(project, PATH=str(programs), HOME=str(tmp_path))

    assert here.exit_code == 0, here.text
    assert "actionlint is not installed and was not asked" in here.text


def test_a_missing_schema_checker_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    context = make_context(tmp_path)

    with pytest.raises(MissingToolError) as caught:
        schema_checker(context, None)

    assert caught.value.exit_code == 3
    assert "tasker-ci[tools]" in caught.value.next_step


def test_a_dry_run_starts_nothing(project: Path) -> None:
    (project / ".github" / "workflows" / "ci.yml").unlink()

    ended = run(project, "--dry-run", "--json")

    assert ended.exit_code == 0, ended.text
    commands = [row["argv"] for row in json.loads(ended.stdout)["commands"]]
    names = [command[0].rpartition("/")[2] for command in commands]
    assert names[:4] == ["zizmor", *["check-jsonschema"] * 3]
    assert all(".github/workflows/ci.yml" in commands[number] for number in range(3))
