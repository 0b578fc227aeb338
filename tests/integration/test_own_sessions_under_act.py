"""Sessions of a project's own in the generated workflow of a stage of their own, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import act
import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """
[sessions.wording]
command = [["spell", "--version"], ["spell", "a b", "ü"]]
stage = "house-rules"
environment = { WHO = "me" }
report = "reports/*.xml"

[sessions.wording.tool]
program = "spell"
install = ["sh", "-c", "cp spell.sh $SCRIPTS/spell"]

[sessions.headers]
function = "house.checks:headers"
stage = "house-rules"
"""

SPELL = """\
#!/bin/sh
echo "::error::$WHO: $*"
mkdir -p reports
echo '<testsuite name="s"><testcase name="spelled" time="1"/></testsuite>' >reports/spell.xml
"""

FUNCTION = '''
from typing import Annotated
from tasker_ci import Context, Outcome, Output, run

def headers(context: Context, *, begin: Annotated[str, "How each file begins."] = "//!") -> Outcome:
    """Check that every Rust file says what it is."""
    names = run(context, "git", "ls-files", "*.rs", output=Output.CAPTURE).stdout.split()
    print("::error::printed by the function")
    context.reporter.annotation("warning", "meant", file=names[0], line=1)
    print("end within a line", end="")
    return Outcome(summary=f"{len(names)} begin with {begin}")
'''


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]
) -> act.Ended:
    for name in ("cargo", "rustup", "git", "node"):
        require_tool(name)
    folder = tmp_path_factory.mktemp("own-sessions")
    scripts = folder / "scripts"
    scripts.mkdir()
    project = workspaces.write_project(
        folder / "a project",
        {
            "spell.sh": SPELL,
            "house/checks.py": FUNCTION,
            ".gitignore": "/target\n/.nox\n__pycache__/\n",
        },
        settings=f'sccache = "off"\n{act.SETTINGS}{SETTINGS}',
    )
    (project / "spell.sh").chmod(0o755)
    act.synchronise(project)
    workflow = ".github/workflows/stage-house-rules.yml"
    return act.run(
        require_tool("act"),
        project,
        folder / "run",
        "workflow_call",
        "--workflows",
        workflow,
        SCRIPTS=str(scripts),
        PATH=f"{faces.clean_environment()['PATH']}:{scripts}",
    )


def test_a_command_and_a_function_run_as_steps(ended: act.Ended) -> None:
    assert ended.exit_code == 0, ended.complaints
    assert ended.jobs == {"house-rules": "success"}
    assert ended.steps("house-rules")["wording"] == "success"
    assert "me: a b ü" in ended.log("house-rules", "wording")
    assert "headers: 1 begin with //!" in ended.log("house-rules", "headers")


def test_a_print_is_no_command_and_what_the_reporter_says_is(ended: act.Ended) -> None:
    # act marks what the runner would show beside the code by its level
    said = {
        level: [str(event["msg"]).strip() for event in ended.events if event.get("level") == level]
        for level in ("error", "warning")
    }
    assert [text for text in said["error"] if "::" in text] == []
    assert [text.partition("::")[2] for text in said["warning"] if "::" in text] == [
        "warning file=src/lib.rs,line=1::meant"
    ]
    assert "::error::printed by the function" in ended.log("house-rules", "headers")


def test_the_report_and_a_record_of_each_are_kept(ended: act.Ended) -> None:
    kept = ended.kept()
    assert kept["test-reports-house-rules"] == ["wording.xml"]
    records = [file.split(".")[1] for file in kept["history-house-rules"] if file[0] != "."]
    assert records == ["headers", "wording"]
    assert ended.steps("house-rules")["Tool spell"] == "success"
