"""Texts of others go through every session, and none does anything to a screen or a step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

import faces
import pytest

from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="file names are UTF-8 there, whoever makes them"
)

EVIL = "a\n::stop-commands::t\n\x1b[31m##[add-mask]e\x1b]0;t\x07\u202e\u200b"
WORDS: dict[str, tuple[str, ...]] = {
    "affected": ("--base", "HEAD"),
    "audit": ("--dry-run",),
    "down": ("--dry-run",),
    "init": ("--dry-run",),
    "insights": ("--local",),
    "sync": ("--check",),
    "tools": ("--dry-run",),
    "watch": ("--dry-run",),  # else it never ends
    "unit": ("--affected", "--base", "HEAD"),
    **dict.fromkeys(
        ("bench", "ci", "clippy", "coverage", "doc", "doctest", "examples", "fmt", "images"),
        ("--dry-run",),
    ),
    **dict.fromkeys(
        ("integration", "scan", "unit-ci", "unit-default", "unit-local", "up"), ("--dry-run",)
    ),
}
"""How the sessions are called; those that are not here without anything."""

WORKFLOW = {"name": EVIL, "on": {"push": {"branches": ["main"]}}, "jobs": {
    "x": {"runs-on": EVIL, "steps": [{"name": EVIL, "run": "cargo test # " + EVIL}]}}}  # fmt: skip
REPORT = (
    '<testsuites><testsuite name="{0}"><testcase classname="{0}" name="{0}">'
    '<failure message="{0}">{0}</failure><system-out>{0}</system-out>'
    "</testcase></testsuite></testsuites>"
)
XML = "a&#10;::stop-commands::t&#10;##[add-mask]e\u202e\u200b"


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    made = cargo_workspace()
    git = ("git", "-c", "user.name=" + "a\u202e", "-c", "user.email=a@localhost")
    branch = "evil\u202e##(add-mask)e"  # git takes no bracket
    subprocess.run([*git, "init", "--quiet", f"--initial-branch={branch}"], cwd=made, check=True)
    subprocess.run([*git, "add", "--all"], cwd=made, check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", EVIL], cwd=made, check=True)
    for name in (f"tests/sub/{EVIL}.rs", f"src/{EVIL}.rs", f"{EVIL}.sh", f"{EVIL}.md"):
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#[test]\nfn lost() {}\nLOG_LEVEL=debug\n", encoding="utf-8")
    (made / os.fsdecode(b"tests/sub/\xff\x9b.rs")).write_bytes(b"#[test]\nfn lost() {}\n")
    workflow = made / ".github" / "workflows" / "foreign.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(json.dumps(WORKFLOW), encoding="utf-8")
    reports = made / "target" / "tasker-ci" / "reports"
    reports.mkdir(parents=True)
    (reports / "unit.default.xml").write_text(REPORT.format(XML), encoding="utf-8")
    return made


def obeyed(text: str) -> list[str]:
    """What GitHub's runner would obey of a step's output."""
    found, token = [], ""
    for line in re.split(r"\r\n|\r|\n", text):
        bare = line.strip()
        if token:
            token = "" if bare == f"::{token}::" else token
        elif bare.startswith("::stop-commands::") and len(bare) == len("::stop-commands::") + 32:
            token = bare.removeprefix("::stop-commands::")
        elif bare.startswith("::") or "##[" in bare:
            found.append(bare)
    return found


def check(ended: faces.Ended, session: str) -> None:
    for line in ended.text.replace("\t", " ").split("\n"):
        kinds = {unicodedata.category(each) for each in line}
        assert not kinds & {"Cc", "Cf", "Zl", "Zp"}, f"{session}: {line!r}"
    ours = ("::group::", "::endgroup::", "::warning", "::error", "::notice", "::add-mask::")
    for line in obeyed(ended.text):
        assert line.startswith(ours), f"{session}: {line!r}"
        assert line != "::add-mask::e"
    assert "Traceback" not in ended.text


@pytest.mark.parametrize("session", SESSIONS)
def test_no_text_of_others_does_anything(project: Path, tmp_path: Path, session: str) -> None:
    page = tmp_path / "summary.md"
    argv = ["tasker-ci", session, *WORDS.get(session, ())]
    step = {
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "NO_COLOR": "1",
        "GITHUB_STEP_SUMMARY": str(page),
    }
    check(faces.run(argv, project, faces.clean_environment(**step)), session)
    if page.exists():
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f\u202e\u200b]", page.read_text(encoding="utf-8")
        )
    wrong = [*argv, "--set", f"{EVIL}=1"]
    check(faces.run(wrong, project, faces.clean_environment(**step)), session)


@pytest.mark.parametrize("session", ["inventory", "affected", "report"])
def test_nor_on_a_terminal_and_json_can_be_read(project: Path, session: str) -> None:
    argv = ["tasker-ci", session, *WORDS.get(session, ())]
    plain = faces.clean_environment(NO_COLOR="1")
    ended = faces.run(argv, project, plain)
    assert "\x1b" not in ended.text
    assert "\u202e" not in ended.text
    document = faces.run([*argv, "--json"], project, plain)
    assert "##[" not in document.stdout
    json.loads(document.stdout)


@pytest.mark.parametrize("session", ["bench", "doctest"])
@pytest.mark.parametrize("face", faces.FACES)
def test_nor_in_what_a_face_or_a_tool_says_of_an_argument(
    project: Path, face: str, session: str
) -> None:
    """nox prints reasons past our reporter, cargo repeats what it was given."""
    step = faces.clean_environment(GITHUB_ACTIONS="true", CI="true", NO_COLOR="1")
    ended = faces.run(faces.command_line(face, session, "--package", EVIL), project, step)
    assert ended.exit_code
    for text in (ended.stdout, ended.stderr):
        own = ("::group::", "::endgroup::", "::warning", "::error")
        assert all(line.startswith(own) and "##[" not in line for line in obeyed(text))
