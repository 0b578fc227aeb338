"""What `init` prints: four parts, each once, and no more than a screen of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces
from repositories import commit, repository, variables
from trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

USUAL, MOST = 25, 40
"""How many lines a usual project gets, and any project."""

SAMPLE = {"Cargo.toml": workspaces.manifest("sample"), "src/lib.rs": workspaces.CLEAN_LIBRARY}

USUAL_CI = """\
on: [push, pull_request, schedule]
env: {RUSTFLAGS: -D warnings}
jobs:
  test:
    strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}
    runs-on: ${{ matrix.os }}
    steps:
      - uses: actions/checkout@v4
      - run: cargo test --workspace
      - run: ./scripts/check.sh
  release:
    runs-on: ubuntu-latest
    steps: [{run: cargo publish --dry-run}]
"""


@pytest.fixture(autouse=True)
def tools(require_tool: Callable[[str], Path]) -> None:
    for name in ("cargo", "git"):
        require_tool(name)


def init(folder: Path, *words: str, **more: str) -> faces.Ended:
    ended = faces.run(["tasker-ci", "init", *words], folder, variables(NO_COLOR="1", **more))
    assert ended.exit_code == 0, ended.text
    return ended


def huge(jobs: int = 12) -> Mapping[str, str]:
    """Everything that a project can have, and much of it."""
    members = [f"member-{number}" for number in range(40)]
    steps = "".join(f"      - run: ./step-{number}.sh\n" for number in range(8))
    workflow = (
        "on:\n  push: {branches: [a, b, c]}\n  schedule: [{cron: '0 0 * * *'}]\njobs:\n"
        + "".join(
            f"  job-{number}:\n    runs-on: windows-2019\n    steps:\n{steps}"
            for number in range(jobs)
        )
    )
    services = "\n".join(f"  service-{number}: {{image: redis}}" for number in range(8))
    database = workspaces.CLEAN_LIBRARY + "\n/// Where.\npub const URL: Option<&str> = "
    database += 'option_env!("DATABASE_URL");\n'
    own = "import nox\n\n\n@nox.session\ndef unit(session):\n    pass\n"
    generated = ("ci", "ci-success", "code-quality", "test-unit")
    return {
        "Cargo.toml": f"[workspace]\nresolver = '2'\nmembers = {json.dumps(members)}\n",
        **{f"{name}/Cargo.toml": workspaces.manifest(name) for name in members},
        **{f"{name}/src/lib.rs": database for name in members},
        **{f"other-{number}/Cargo.toml": "[workspace]\n" for number in range(20)},
        **{f"compose-{number}.yml": f"services:\n{services}\n" for number in range(20)},
        **{f"docker/compose-{number}.yml": f"services:\n{services}\n" for number in range(20)},
        **{f".github/workflows/more-{number}.yml": workflow for number in range(30)},
        **{f".github/workflows/{name}.yml": workflow for name in generated},
        **{f".github/workflows/{name}.yaml": workflow for name in generated},
        ".github/workflows/broken.yml": "a: [",
        ".github/workflows/README.md": "ours\n",
        ".github/zizmor.yml": "rules: {unpinned-uses: {disable: true}}\n",
        ".github/actions/setup-env/action.yml": "runs: {using: composite, steps: [{run: ./a}]}\n",
        ".config/nextest.toml": "[profile.default]\nretries = 9\n[profile.ci]\nfail-fast = true\n",
        "noxfile.py": own,
        "tasks.py": own.replace("nox.session", "task").replace(
            "import nox", "from invoke import task"
        ),
        "rust-toolchain.toml": "[toolchain]\ncomponents = ['rustfmt']\n",
        "justfile": "",
        "Makefile": "",
        "migrations/1.sql": "",
        "unusual ü\n::error::name/x": "",
    }


def parts(text: str) -> list[str]:
    """The headings: lines that are not indented and end in a colon."""
    lines = text.splitlines()
    return [line for line in lines if not line.startswith((" ", "::")) and line.endswith(":")]


@pytest.mark.parametrize("more", [{}, {"GITHUB_ACTIONS": "true", "CI": "true"}])
def test_a_usual_project_gets_four_parts_each_once(tmp_path: Path, more: dict[str, str]) -> None:
    root = repository(tmp_path / "repo", {**SAMPLE, ".github/workflows/ci.yml": USUAL_CI})
    would = init(root, "--dry-run", **more)
    text = init(root, **more).text
    assert [heading.split()[0] for heading in parts(text)] == ["Found", "Written:", "No", "Next:"]
    assert [heading.split()[0] for heading in parts(would.text)] == ["Found", "Would", "No"]
    lost = "on schedule", "./scripts/check.sh", "cargo publish --dry-run"
    for part in (*lost[:2], "tasker-ci doctor", "tasker-ci rollback", "noxfile.py", "1 package"):
        assert text.count(part) == 1, part
    for part in lost:
        assert part in would.text
    for one in (text, would.text):
        assert len([line for line in one.splitlines() if not line.startswith("::")]) <= USUAL


def test_an_empty_crate_gets_few_lines(tmp_path: Path) -> None:
    text = init(repository(tmp_path / "repo", SAMPLE)).text
    assert parts(text) == [f"Found in {tmp_path / 'repo'}:", "Written:", "Next:"]
    assert len(text.splitlines()) <= 16


def shown(text: str) -> list[str]:
    """The lines that a person sees: the runner takes its commands, with the end of line before."""
    return re.sub(r"\n?^::.*::.*\n", "", text, flags=re.MULTILINE).splitlines()


@pytest.mark.parametrize("more", [{}, {"GITHUB_ACTIONS": "true", "CI": "true"}])
def test_however_large_the_project_is_it_stays_on_a_screen(
    tmp_path: Path, more: dict[str, str]
) -> None:
    root = repository(tmp_path / "repo", huge(), branch="trunk")
    before = commit(root, "all")
    for words in (["--dry-run"], ["--hooks"], []):
        lines = shown(init(root, *words, **more).text)
        assert len(lines) <= MOST, "\n".join(lines)
        assert max(map(len, lines)) < 400
        assert not any(line.lstrip().startswith("::error::name") for line in lines)
    for words in (["sync", "--dry-run"], ["sync"], ["rollback", "--dry-run"], ["rollback"]):
        ended = faces.run(["tasker-ci", *words], root, variables(NO_COLOR="1", **more))
        assert ended.exit_code == 0, ended.text
        assert len(ended.text.splitlines()) <= MOST, ended.text
    assert commit(root, "none") == before


def test_nothing_is_lost_that_the_screen_leaves_out(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", huge())
    init(root)
    files = tree(root)
    # Also afterwards, when the replaced files lie in the archive.
    document = json.loads(init(root, "--dry-run", "--json").stdout)
    assert tree(root) == files
    assert len(document["found"]["packages"]) == 40
    assert len(document["found"]["workflows"]) == 35
    replaced = {each["path"]: each for each in document["sync"]["replaced"]}
    assert set(replaced) >= {f".github/workflows/{name}.yml" for name in ("ci", "test-unit")}
    jobs = replaced[".github/workflows/ci.yml"]["jobs"]
    texts = [part["text"] for parts in jobs.values() for part in parts]
    assert "run ./step-7.sh" in texts
    assert any("DATABASE_URL" in step for step in document["next"])


def test_a_sync_that_cannot_be_written_still_reports_what_was(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {**SAMPLE, ".github/workflows/ci.yml/x": ""})
    ended = faces.run(["tasker-ci", "init"], root, variables())
    assert ended.exit_code == 3
    assert "noxfile.py               written" in ended.text
    assert "ci.yml cannot be written: what lies there is a folder" in ended.text
    rolled_back = faces.run(["tasker-ci", "rollback"], root, variables())
    assert rolled_back.exit_code == 0, rolled_back.text
