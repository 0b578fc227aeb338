"""What tools find is told in one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Command, Completed
from tasker_ci.testing import RecordingRunner, make_context
from tasker_ci.tools.tool_findings import (
    ToolFinding,
    ToolVerdict,
    run_tool,
    tell_verdict,
    tool_failure,
)

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = {"GITHUB_ACTIONS": "true"}
UNUSED = ToolFinding(code="unused", message="`a` is unused", file="Cargo.toml", line=3, fix="go")
TWICE = ToolFinding(code="twice", message="`b` is there twice", file="b/Cargo.toml")
OLD = ToolFinding(code="old", message="`c` is old", level="warning")


def verdict(*findings: ToolFinding) -> ToolVerdict:
    words = {"unused": ("unused dependency", "unused dependencies")}
    return ToolVerdict(findings=findings, words=words, clean="all is used", step="Remove them.")


def test_what_is_red_is_counted_by_kind_with_the_first_place(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    with pytest.raises(CommandFailed) as raised:
        tell_verdict(
            context, "x", tmp_path, Completed(exit_code=4), verdict(OLD, UNUSED, TWICE, UNUSED)
        )
    error = raised.value
    assert error.message == (
        "2 unused dependencies, 1 finding in 2 files, first Cargo.toml:3: `a` is unused: go."
    )
    assert (error.exit_code, error.next_step) == (4, "Remove them.")
    assert [each["code"] for each in error.data["findings"]] == ["unused", "twice", "unused", "old"]
    for word in ("Cargo.toml:3", "b/Cargo.toml", "warning: `c` is old", "how to fix it"):
        assert word in context.printed


def test_warnings_alone_are_green_and_counted(tmp_path: Path) -> None:
    outcome = tell_verdict(make_context(tmp_path), "x", tmp_path, Completed(), verdict(OLD))
    assert outcome.summary == "all is used; 1 warning"


def test_each_finding_is_an_annotation_with_its_fix(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    environment = {**GITHUB, "GITHUB_WORKSPACE": str(tmp_path), "GITHUB_STEP_SUMMARY": str(summary)}
    workspaces.write_files(tmp_path, {"Cargo.toml": "", "b/Cargo.toml": ""})
    context = make_context(tmp_path, environment=environment)
    with pytest.raises(CommandFailed):
        tell_verdict(context, "x", tmp_path, Completed(exit_code=1), verdict(UNUSED, TWICE, OLD))
    assert "::error file=Cargo.toml,line=3::`a` is unused: go (unused)" in context.printed
    assert "::error file=b/Cargo.toml::`b` is there twice (twice)" in context.printed
    assert "::warning::`c` is old (old)" in context.printed
    assert "Cargo.toml:3" in summary.read_text(encoding="utf-8")


def test_a_long_list_ends_with_the_line_that_shows_all(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    with pytest.raises(CommandFailed):
        tell_verdict(context, "x", tmp_path, Completed(exit_code=1), verdict(*[UNUSED] * 60))
    assert "and 10 more: tasker-ci x --json" in context.printed


def test_a_tool_that_a_signal_ended_is_no_finding(tmp_path: Path) -> None:
    context = make_context(tmp_path, runner=RecordingRunner({"tool": Completed(exit_code=139)}))
    command = Command(argv=("tool",), cwd=tmp_path, environment={})
    with pytest.raises(CommandFailed, match="SIGSEGV"):
        run_tool(context, command)


def test_a_failure_has_the_tools_own_words(tmp_path: Path) -> None:
    command = Command(argv=("tool", "x"), cwd=tmp_path, environment={})
    said = tool_failure(command, Completed(exit_code=7, stderr="\x1b[31mno\x1b[0m"), "Bad", "Fix.")
    assert (said.message, said.exit_code) == ("Bad (exit code 7):\nno", 7)
    silent = tool_failure(command, Completed(exit_code=7), "Bad", "Fix.")
    assert silent.message.endswith("it said nothing (`tool x`)")
