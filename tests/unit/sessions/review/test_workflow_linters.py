from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, jobs, planted

from tasker_ci.errors import CommandTimedOut
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Completed
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions.review.workflow_linters import found_by_linters
from tasker_ci.testing import RecordingRunner

if TYPE_CHECKING:
    from tasker_ci.process.command import Command

LIE = jobs(
    "one:\n  runs-on: ubuntu-latest\n  steps:\n    - run: echo ${{ github.head_ref }} ${{ a.b }}\n"
)


@pytest.mark.parametrize("program", ["actionlint", "zizmor"])
def test_what_both_say_of_a_workflow(program: str, tmp_path: Path) -> None:
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if shutil.which(program, path=here) is None:
        pytest.skip(f"{program} is not here")
    subject = planted(tmp_path, {CI: LIE})
    found = [*found_by_linters(subject, ProcessRunner(Cancellation()), dict(os.environ))]
    own = [each for each in found if each.rule.startswith(f"{program}:")]
    assert own
    assert {str(each.place.file) for each in own} == {CI}
    assert not any(each.fails for each in found)


def finding(path: Path, line: int) -> dict[str, object]:
    where = {"location": {"start_point": {"row": line - 1}}}
    key = {"Local": {"verbatim_path": str(path / CI)}}
    return {
        "ident": "unpinned-uses",
        "desc": "an action without a hash",
        "url": "https://docs.zizmor.sh/audits/#unpinned-uses",
        "determinations": {"confidence": "High", "severity": "Medium"},
        "locations": [
            {"symbolic": {"kind": "Hidden", "key": key}, "concrete": where},
            {"symbolic": {"kind": "Primary", "key": key}, "concrete": where},
        ],
    }


def programs(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("actionlint", "zizmor"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder), "GITHUB_TOKEN": "secret", "ZIZMOR_CONFIG": "x"}


def test_one_finding_for_each_rule_and_no_token(tmp_path: Path) -> None:
    subject = planted(tmp_path / "clone", {CI: LIE})
    root = subject.checkout.root.resolve()
    said = json.dumps([finding(root, 3), finding(root, 2), {**finding(root, 9), "ignored": True}])

    def answer(command: Command) -> Completed:
        return Completed(stdout=said if command.argv[0].endswith("zizmor") else "no JSON")

    runner = RecordingRunner({"": answer})
    found = [*found_by_linters(subject, runner, programs(tmp_path))]
    assert [(each.rule, each.place.line, each.evidence) for each in found] == [
        ("zizmor:unpinned-uses", 2, (f"also {CI}:3",))
    ]
    for command in runner.commands:
        assert "GITHUB_TOKEN" not in command.environment
        assert not command.cwd.is_relative_to(root)
        assert command.argv[-1] == str(root / CI)


def test_a_program_that_hangs_says_nothing(tmp_path: Path) -> None:
    subject = planted(tmp_path / "clone", {CI: LIE})
    runner = RecordingRunner({"": CommandTimedOut("It took too long.")})
    assert [*found_by_linters(subject, runner, programs(tmp_path))] == []


def test_without_a_workflow_nothing_is_started(tmp_path: Path) -> None:
    runner = RecordingRunner({})
    assert [*found_by_linters(planted(tmp_path, {}), runner, {"PATH": ""})] == []
    assert runner.commands == []
