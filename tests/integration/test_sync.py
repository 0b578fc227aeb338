"""`sync` and `rollback` as people run them: what they write, what they leave, what they say."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces
from trees import tree

from tasker_ci.workflows.files import GeneratedFile
from tasker_ci.workflows.sync.applying import apply, tidy
from tasker_ci.workflows.sync.changes import compare
from tasker_ci.workflows.sync.rolling_back import plan_rollback, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from trees import Entry

CI = ".github/workflows/ci.yml"
UNIT = ".github/workflows/test-unit.yml"
INTEGRATION = ".github/workflows/test-integration.yml"
ARCHIVE = ".github/workflows/archived"
FOREIGN = (
    b"name: theirs\r\non: [push, schedule]\r\njobs:\r\n  a:\r\n    steps:\r\n      - run: make"
)
COMMIT = "b" * 40


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project, nothing synchronised yet, on a path with spaces."""
    return workspaces.write_project(tmp_path / "a project")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., faces.Ended]:
    """Run a session in a project; it keeps its lock beside it."""

    def run(
        project: Path, session: str, *arguments: str, face: str = "tasker-ci", **environment: str
    ) -> faces.Ended:
        return faces.run(
            faces.command_line(face, session, *arguments),
            project,
            environment_of(tmp_path, **environment),
        )

    return run


def environment_of(tmp_path: Path, **more: str) -> dict[str, str]:
    # Not TASKER_CI_SCCACHE either, which the other tests set: variables do not count here.
    environment = faces.clean_environment(XDG_CACHE_HOME=str(tmp_path / "cache"), **more)
    return {name: value for name, value in environment.items() if name != "TASKER_CI_SCCACHE"}


def put(project: Path, name: str, content: bytes, mode: int = 0o644) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def archived(project: Path) -> list[Path]:
    """What made room; the record of what was done lies beside it."""
    return [each for each in (project / ARCHIVE).iterdir() if each.name != "index.json"]


def edit(project: Path, name: str, old: str, new: str) -> None:
    file = project / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def pin_of(project: Path, action: str) -> str:
    """``@SHA # version`` of an action in ci.yml."""
    text = (project / CI).read_text(encoding="utf-8")
    return text.partition(f"uses: {action}")[2].partition("\n")[0]


@pytest.mark.parametrize("face", faces.FACES)
def test_what_sync_writes_is_what_its_check_wants(
    project: Path, run: Callable[..., faces.Ended], face: str
) -> None:
    untouched = tree(project)
    red = run(project, "sync", "--check", face=face)
    assert red.exit_code == 1
    assert f"+++ b/{CI}" in red.text
    assert f"Write them: {faces.command_line(face, 'sync')[0]}" in red.text
    assert tree(project) == untouched
    first = run(project, "sync", face=face)
    assert first.exit_code == 0, first.text
    assert f"written    {CI}" in first.text
    written = tree(project)
    check = run(project, "sync", "--check", face=face)
    assert check.exit_code == 0, check.text
    assert "---" not in check.text
    again = run(project, "sync", face=face)
    assert again.exit_code == 0
    assert "unchanged  9 files" in again.text
    assert tree(project) == written


def test_the_check_shows_every_stale_file_and_changes_nothing(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    edit(project, CI, "name: CI\n", "name: Mine\n")
    put(project, UNIT, (project / UNIT).read_bytes().replace(b"\n", b"\r\n", 1))
    (project / ".config/nextest.toml").unlink()
    before = tree(project)
    ended = run(project, "sync", "--check", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["stale"] == [".config/nextest.toml", CI, UNIT]
    assert "-name: Mine\n+name: CI\n" in ended.stderr
    assert "lines end in CRLF, none should" in ended.stderr
    assert "--- /dev/null\n+++ b/.config/nextest.toml" in ended.stderr
    assert ended.stderr.count("\n+++ b/") == 3 - ended.stderr.startswith("+++")
    assert tree(project) == before


def test_a_workflow_that_looks_like_a_generated_one_is_named(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    theirs = b"name: Theirs\non: push\njobs: {}\n"
    put(project, ".github/workflows/ci.yaml", theirs)
    put(project, ".github/workflows/build.yml", theirs.replace(b"Theirs", b"unit tests"))
    put(project, ".github/workflows/other.yml", theirs)
    before = tree(project)

    for arguments in (("sync", "--check"), ("sync",), ("sync", "--dry-run"), ("workflows",)):
        ended = run(project, *arguments, "--json")
        assert ended.exit_code == 0, ended.text
        assert json.loads(ended.stdout)["doubles"] == [
            ".github/workflows/build.yml",
            ".github/workflows/ci.yaml",
        ]
        assert ended.stderr.count("warning: ") == 2
        assert f"ci.yaml has the file name of {CI}, which sync writes" in ended.stderr
        assert f"has the name 'unit tests' of {UNIT}" in ended.stderr
    assert tree(project) == before


def git(project: Path, *words: str) -> str:
    """What git says, with none but the repository's own configuration."""
    ended = subprocess.run(
        ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@b.example", *words],
        env=faces.clean_environment(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1"),
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout


def test_a_checkout_that_makes_crlf_of_every_newline_changes_nothing(
    project: Path, tmp_path: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "all")
    clone = tmp_path / "clone"
    git(project, "clone", "-q", "-c", "core.autocrlf=true", str(project), str(clone))
    assert b"\r\n" in (clone / CI).read_bytes()
    before = tree(clone)

    check = run(clone, "sync", "--check")
    assert check.exit_code == 0, check.text
    assert run(clone, "sync").exit_code == 0
    assert tree(clone) == before

    put(clone, ".config/tasker-ci.toml", b'workflows.branches = ["main", "next"]\r\n')
    assert run(clone, "sync").exit_code == 0
    content = (clone / CI).read_bytes()
    assert 0 < content.count(b"\n") == content.count(b"\r\n")
    assert set(git(clone, "diff", "--name-only", "HEAD").split()) == {
        ".config/tasker-ci.toml",
        CI,
        ".github/workflows/README.md",
    }
    assert run(clone, "rollback").exit_code == 0
    assert not (clone / CI).exists()
    assert not (clone / ARCHIVE).exists()  # nobody had edited anything


def test_newer_pins_are_known_in_such_a_checkout_too(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    old = pin_of(project, "actions/checkout")
    for file in (project / ".github").rglob("*.yml"):
        text = file.read_text(encoding="utf-8").replace(
            f"actions/checkout{old}", f"actions/checkout@{COMMIT} # v99.0.0"
        )
        put(project, str(file), text.replace("\n", "\r\n").encode())

    check = run(project, "sync", "--check")
    assert check.exit_code == 0, check.text
    assert "Newer pins" in check.text
    assert run(project, "sync", "--adopt").exit_code == 0
    assert COMMIT in (project / ".config/tasker-ci.toml").read_text(encoding="utf-8")
    assert archived(project) == []


def test_the_check_starts_no_cargo(
    project: Path, tmp_path: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    programs = tmp_path / "programs"
    for name in ("cargo", "rustc", "rustup", "sccache", "docker"):
        put(programs, name, f'#!/bin/sh\ntouch "{tmp_path}/started"\n'.encode(), 0o755)
    path = f"{programs}:{environment_of(tmp_path)['PATH']}"
    assert run(project, "sync", "--check", PATH=path).exit_code == 0
    assert not (tmp_path / "started").exists()


def test_a_diff_is_coloured_where_colour_is_wanted_alone(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    assert "\x1b" not in run(project, "sync", "--check").text
    assert "\x1b[32m+name: CI" in run(project, "sync", "--check", FORCE_COLOR="1").text


def test_nothing_in_a_foreign_file_is_a_command_to_github(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    put(project, CI, b"name: a\n::add-mask::x\n::error::evil\n")
    lines = run(project, "sync", "--check", GITHUB_ACTIONS="true").stdout.splitlines()
    (place,) = (number for number, line in enumerate(lines) if "::error::evil" in line)
    stopped = [line for line in lines[:place] if line.startswith("::stop-commands::")]
    token = stopped[-1].removeprefix("::stop-commands::")
    assert f"::{token}::" not in lines[:place]
    assert f"::{token}::" in lines[place:]
    assert any(line.startswith(f"::error file={CI},line=1::") for line in lines)


@pytest.mark.parametrize("face", faces.FACES)
def test_a_foreign_file_is_archived_and_comes_back_to_the_byte(
    project: Path, run: Callable[..., faces.Ended], face: str
) -> None:
    put(project, CI, FOREIGN, 0o755)
    put(project, ".github/dependabot.yml", b"version: 2\n")
    put(project, ".github/workflows/release.yml", b"name: release\n")
    put(project, f"{ARCHIVE}/ci.yml", b"archived by themselves\n")
    (project / UNIT).symlink_to("../nowhere")
    before = tree(project)
    ended = run(project, "sync", face=face)
    assert ended.exit_code == 0, ended.text
    assert f"archived   {ARCHIVE}/2/ci.yml (not written by sync)" in ended.text
    lost = ended.text.partition("No longer covered, ")[2].splitlines()
    assert lost[0].endswith("(tasker-ci init --dry-run --json has all):")
    assert lost[1].startswith("  ci.yml, triggers: ")
    assert "on schedule" in lost[1]
    assert lost[2] == "  ci.yml, a: make"
    assert "on push:" not in ended.text  # what is covered is no news
    assert (project / ARCHIVE / "2/ci.yml").read_bytes() == FOREIGN
    back = run(project, "rollback", face=face)
    assert back.exit_code == 0, back.text
    assert f"restored   {CI}" in back.text
    assert tree(project) == before
    again = run(project, "rollback", face=face)
    assert again.exit_code == 0
    assert "nothing to undo" in again.text


def test_a_dry_run_says_it_all_and_does_nothing(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    put(project, CI, FOREIGN)
    before = tree(project)
    ended = run(project, "sync", "--dry-run", "--json")
    assert ended.exit_code == 0, ended.text
    document = json.loads(ended.stdout)
    actions = {each["path"]: (each["was"], each["action"]) for each in document["files"]}
    assert actions[CI] == ("foreign", "written")
    assert document["replaced"][0]["jobs"] == {
        "a": [
            {
                "text": "run make",
                "covered_by": None,
                "reason": None,
                "place": ".github/workflows/ci.yml:6",
                "tests": [],
            }
        ]
    }
    assert tree(project) == before
    run(project, "sync")
    synchronised = tree(project)
    back = run(project, "rollback", "--dry-run")
    assert f"would be restored   {CI}" in back.text
    assert tree(project) == synchronised


def test_a_file_that_the_settings_no_longer_make_goes(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    put(project, ".config/tasker-ci.toml", b'[integration]\ntargets = ["sample::end_to_end"]\n')
    run(project, "sync")
    assert (project / INTEGRATION).exists()
    put(project, ".config/tasker-ci.toml", b"")
    red = run(project, "sync", "--check")
    assert f"--- a/{INTEGRATION}\n+++ /dev/null" in red.text
    ended = run(project, "sync")
    assert f"removed    {INTEGRATION}" in ended.text
    assert not (project / INTEGRATION).exists()
    assert run(project, "sync", "--check").exit_code == 0


def test_the_files_do_not_depend_on_who_writes_them(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    written = tree(project)
    odd = {"TASKER_CI_SCCACHE": "off", "TASKER_CI_WORKFLOWS_PYTHON": "3.13", "RUST_LOG": "debug"}
    assert faces.run(
        ["tasker-ci", "sync", "--check"], project, {**os.environ, **odd}
    ).text.endswith("what the settings make\n")
    run(project, "sync", CI="true", GITHUB_ACTIONS="true")
    assert tree(project) == written


KILLED = """
import os, signal, sys
at, seen = int(sys.argv.pop(1)), 0
def hook(event, arguments):
    global seen
    if event in {"os.rename", "os.link", "os.remove"}:
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from tasker_ci.faces.cli import run
sys.exit(run(["tasker-ci", *sys.argv[1:]]))
"""
"""`tasker-ci`, killed before the moment when it changes a name for the N-th time."""


@pytest.mark.parametrize("session", ["sync", "rollback"])
def test_killed_at_any_moment_it_leaves_whole_files_and_loses_nothing(
    project: Path, tmp_path: Path, run: Callable[..., faces.Ended], session: str
) -> None:
    put(project, CI, FOREIGN, 0o755)
    put(project, ".config/nextest.toml", b"# ours\n")
    synchronised = shutil.copytree(project, tmp_path / "synchronised")
    run(synchronised, "sync")
    before, after = tree(project), tree(synchronised)
    files = [
        GeneratedFile(path=PurePosixPath(name), text=entry[0].decode())
        for name, entry in after.items()
        if name.startswith(".github") and ARCHIVE not in name and isinstance(entry, tuple)
    ]
    for moment in range(1, 60):
        copy = tmp_path / str(moment)
        shutil.copytree(project if session == "sync" else synchronised, copy)
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(moment), session],
            cwd=copy,
            env=environment_of(tmp_path),
            capture_output=True,
            check=False,
        )
        found = tree(copy)
        for name, entry in found.items():
            whole = entry in {before.get(name), after.get(name)}
            assert whole or name.endswith((".tasker-ci-part", "index.json")), name
        assert FOREIGN in [entry[0] for entry in found.values()]
        if ended.returncode != -signal.SIGKILL:
            assert ended.returncode == 0, ended.stdout
            break
        # The next one finishes what this one began, and the way back is open all the same.
        if session == "sync":
            tidy(copy, compare(copy, files))
            apply(copy, compare(copy, files))
            assert in_github(tree(copy)) == in_github(after)
        roll_back(copy, plan_rollback(copy))
        assert tree(copy) == before
        shutil.rmtree(copy)
    else:
        pytest.fail("it changed more names than there are files")
    assert moment > 5


def in_github(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """What lies in .github, but the record, which also knows of files elsewhere."""
    return {
        name: entry
        for name, entry in entries.items()
        if name.startswith(".github") and not name.endswith("index.json")
    }


def test_several_at_once_do_no_harm(project: Path, tmp_path: Path) -> None:
    put(project, CI, FOREIGN)
    program = shutil.which("tasker-ci", path=environment_of(tmp_path)["PATH"])
    assert program is not None
    started = [
        subprocess.Popen(
            [program, "sync"],
            cwd=project,
            env=environment_of(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(4)
    ]
    texts = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], texts
    assert sum(f"archived   {ARCHIVE}/ci.yml" in text for text in texts) == 1
    assert (project / ARCHIVE / "ci.yml").read_bytes() == FOREIGN
    assert not (project / ARCHIVE / "2").exists()
    check = faces.run(["tasker-ci", "sync", "--check"], project, environment_of(tmp_path))
    assert check.exit_code == 0, check.text


@pytest.mark.parametrize("place", ["folder", "link", "file"])
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_touched(
    project: Path, tmp_path: Path, run: Callable[..., faces.Ended], place: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    if place == "folder":
        (project / CI).mkdir(parents=True)
    elif place == "link":
        (project / ".github").symlink_to(outside)
    else:
        put(project, ".github", b"a file\n")
    before = tree(project)
    for arguments in ((), ("--check",), ("--dry-run",)):
        ended = run(project, "sync", *arguments)
        assert ended.exit_code == 3
        assert f"{CI} " in ended.text
        assert "next:" in ended.text
    assert tree(project) == before
    assert tree(outside) == {}


def test_a_bumped_pin_passes_the_check_and_is_taken_in_on_request(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    put(project, ".config/tasker-ci.toml", b"# why\nsccache = 'auto' # as is\n")
    run(project, "sync")
    before = pin_of(project, "actions/checkout")
    for file in (project / ".github/workflows").glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(before, f"@{COMMIT} # v99.0.0"), encoding="utf-8")
    bumped = tree(project)
    check = run(project, "sync", "--check")
    assert check.exit_code == 0, check.text
    assert "v99.0.0. `tasker-ci sync --adopt` takes them in" in check.text
    assert "::notice::" in run(project, "sync", "--check", GITHUB_ACTIONS="true").text
    plain = run(project, "sync")
    assert plain.exit_code == 0
    assert f"kept       {CI}" in plain.text
    dry = run(project, "sync", "--adopt", "--dry-run")
    assert "would adopt actions/checkout" in dry.text
    assert tree(project) == bumped
    adopt = run(project, "sync", "--adopt")
    assert adopt.exit_code == 0, adopt.text
    settings = (project / ".config/tasker-ci.toml").read_text(encoding="utf-8")
    assert settings.startswith("# why\nsccache = 'auto' # as is\n")
    assert tomllib.loads(settings)["pins"] == {
        "actions/checkout": {"version": "v99.0.0", "commit": COMMIT}
    }
    assert archived(project) == []
    assert pin_of(project, "actions/checkout") == f"@{COMMIT} # v99.0.0"
    assert "notice" not in run(project, "sync", "--check").text
    # Taking the pin out of the settings again is a change of the settings, no bump.
    put(project, ".config/tasker-ci.toml", b"")
    assert run(project, "sync", "--check").exit_code == 1
    assert run(project, "sync").exit_code == 0
    assert pin_of(project, "actions/checkout") == before


def test_a_bump_is_not_taken_back_by_another_change(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    run(project, "sync")
    edit(project, CI, pin_of(project, "actions/checkout"), f"@{COMMIT} # v99.0.0")
    put(project, ".config/tasker-ci.toml", b'[workflows]\nbranches = ["trunk"]\n')
    before = tree(project)
    red = run(project, "sync", "--check")
    assert red.exit_code == 1
    assert "Write them: tasker-ci sync --adopt" in red.text
    assert "would take back newer pins" in run(project, "sync", "--dry-run").text
    dry = run(project, "sync", "--adopt", "--dry-run")
    assert f"would be updated: {CI}\n" in dry.text
    ended = run(project, "sync")
    assert ended.exit_code == 1
    assert "would take back newer pins" in ended.text
    assert tree(project) == before
    assert run(project, "sync", "--adopt").exit_code == 0
    assert pin_of(project, "actions/checkout") == f"@{COMMIT} # v99.0.0"
    assert archived(project) == []
    assert run(project, "sync", "--check").exit_code == 0


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("@v99 # v99.0.0", "v99 is not the full SHA of a commit"),
        (f"@{COMMIT}", "the comment with the version is missing"),
        (f"@{COMMIT} # v0.0.1", "is older than"),
    ],
)
def test_a_pin_that_is_no_bump_is_refused(
    project: Path, run: Callable[..., faces.Ended], pin: str, reason: str
) -> None:
    run(project, "sync")
    edit(project, CI, pin_of(project, "actions/checkout"), pin)
    before = tree(project)
    assert run(project, "sync", "--check").exit_code == 1
    ended = run(project, "sync", "--adopt")
    assert ended.exit_code == 1
    assert reason in ended.text
    assert tree(project) == before


def test_values_of_a_foreign_nextest_configuration_become_settings(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    foreign = b"# ours\n[profile.ci]\nretries = 3 # flaky\n"
    put(project, ".config/nextest.toml", foreign)
    red = run(project, "sync", "--check")
    assert red.exit_code == 1
    assert "b/.config/tasker-ci.toml" in red.text
    ended = run(project, "sync")
    assert ended.exit_code == 0, ended.text
    settings = tomllib.loads((project / ".config/tasker-ci.toml").read_text(encoding="utf-8"))
    assert settings["nextest"]["profile"]["ci"]["retries"] == 3
    text = (project / ".config/nextest.toml").read_text(encoding="utf-8")
    assert "retries = 3 # flaky" in text
    written = tree(project)
    assert run(project, "sync", "--check").exit_code == 0
    assert run(project, "sync").exit_code == 0
    assert tree(project) == written


def test_settings_without_effect_are_read_and_named(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    settings = b'[environment]\nliterals = "error"\nallow-literals = ["run.sh"]\n'
    put(project, ".config/tasker-ci.toml", settings)
    put(project, "run.sh", b"#!/bin/sh\nexport RUST_BACKTRACE=full\n")
    for arguments in ((), ("--check",)):
        ended = run(project, "sync", *arguments)
        assert ended.exit_code == 0, ended.text
        for line, name in ((2, "literals"), (3, "allow-literals")):
            assert (
                f"warning: .config/tasker-ci.toml:{line}: environment.{name} has no effect "
                "and will go. Remove it."
            ) in ended.text
        assert "run.sh" not in ended.text
    put(project, ".config/tasker-ci.toml", b"")
    assert "no effect" not in run(project, "sync", "--check").text


def test_check_and_adopt_exclude_each_other(project: Path, run: Callable[..., faces.Ended]) -> None:
    assert run(project, "sync", "--check", "--adopt").exit_code == 2


@pytest.mark.parametrize("link", [".github", ".github/workflows"])
def test_where_a_folder_of_github_is_a_link_it_is_told_that_nothing_starts(
    project: Path, run: Callable[..., faces.Ended], link: str
) -> None:
    (project / "elsewhere").mkdir()
    (project / link).parent.mkdir(exist_ok=True)
    (project / link).symlink_to(project / "elsewhere")

    for arguments in ((), ("--check",)):
        ended = run(project, "sync", *arguments)
        assert ended.exit_code == 0, ended.text
        assert f"warning: {link} is a symbolic link, and GitHub looks behind none" in ended.text


def test_a_workspace_that_is_not_there_is_told(
    project: Path, run: Callable[..., faces.Ended]
) -> None:
    assert "There is no Cargo.toml" not in run(project, "sync").text
    put(project, ".config/tasker-ci.toml", b'workspace = "absent"\n')
    assert f"warning: There is no Cargo.toml in {project / 'absent'}" in run(project, "sync").text


def test_a_project_below_the_root_of_the_repository_is_told_that_github_reads_nothing_there(
    tmp_path: Path, run: Callable[..., faces.Ended]
) -> None:
    project = workspaces.write_project(tmp_path / "repository" / "rust")
    subprocess.run(["git", "init", "-q", str(project.parent)], check=True)
    ended = run(project, "sync")
    assert ended.exit_code == 0, ended.text
    assert f"The repository begins at {project.parent}" in ended.text
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    assert "The repository begins" not in run(project, "sync").text
