"""Where this repository and others are checked out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from foreign_workflows import checkout

from tasker_ci.foreign.command import TOP, Surroundings
from tasker_ci.foreign.github.document import Job, Step, Workflow
from tasker_ci.foreign.github.folders import Folders
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.github.other_actions import installs_nothing, may_run
from tasker_ci.foreign.github.uses import Use
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from pathlib import Path


def job_run() -> JobRun:
    place = Place(PurePosixPath("ci.yml"), 1)
    return JobRun(workflow=Workflow(path=place.file, place=place), job=Job(name="a", place=place))


def use(name: str = "actions/checkout", **texts: str) -> Use:
    step = Step(place=Place(PurePosixPath("ci.yml"), 1), uses=f"{name}@v4")
    return Use(step=step, name=name, reference="v4", texts=texts, inputs=texts)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", TOP),
        (".", TOP),
        ("./a//b/../c/", PurePosixPath("a/c")),
        (r"a\\b", PurePosixPath("a/b")),
        ("/\ue001/a", PurePosixPath("a")),
        ("..", None),
        ("/tmp", None),
        ("~/x", None),
        ("C:/x", None),
        ("${{ vars.X }}", None),
        (None, None),
    ],
)
def test_paths_of_the_workspace(
    tmp_path: Path, written: str | None, expected: PurePosixPath | None
) -> None:
    assert Folders(checkout(tmp_path)).find(written) == (expected, frozenset())


@pytest.mark.parametrize(
    ("repository", "elsewhere"),
    [
        ("", False),
        ("${{ github.repository }}", False),
        ("${{ github.event.pull_request.head.repo.full_name }}", False),
        ("owner/here", False),
        ("owner/renamed", False),
        ("Owner/Cloned", False),
        ("owner/clone", True),
        ("other/thing", True),
    ],
)
def test_whose_repository_is_checked_out(tmp_path: Path, repository: str, elsewhere: bool) -> None:
    manifest = '[package]\nrepository = "https://github.com/owner/renamed"\n'
    folders = Folders(checkout(tmp_path / "here", files={"Cargo.toml": manifest}))
    (tmp_path / "here/.git").mkdir()
    remote = '[remote "origin"]\n\turl = git@github.com:owner/cloned.git\n'
    (tmp_path / "here/.git/config").write_text(remote, encoding="utf-8")
    folders.check_out(use(repository=repository))
    folder, others = folders.find("a")
    assert folder == PurePosixPath("a")
    assert any(map(folder.is_relative_to, others)) is elsewhere


def test_of_two_checkouts_in_one_place_either_may_be_there(tmp_path: Path) -> None:
    folders = Folders(checkout(tmp_path))
    before = folders.known
    folders.check_out(use(repository="other/thing"))
    folders.merge(before)
    assert folders.find("a") == (PurePosixPath("a"), frozenset())


def test_a_repository_in_a_folder_of_this_one_is_another(tmp_path: Path) -> None:
    folders = Folders(checkout(tmp_path))
    folders.check_out(use())
    folders.check_out(use(repository="other/thing", path="vendor/thing"))
    assert folders.find("") == (TOP, {PurePosixPath("vendor/thing")})
    around = Surroundings(run=job_run(), others=folders.find("")[1])
    assert not around.elsewhere
    assert around.in_folder(PurePosixPath("vendor/thing/core")).elsewhere


@pytest.mark.parametrize(
    ("name", "inputs", "opaque", "quiet"),
    [
        ("swatinem/rust-cache", {}, False, True),
        ("someone/setup-thing", {}, False, False),
        ("someone/setup-thing", {"command": "make all"}, True, False),
        ("someone/setup-thing", {"command": "jq ."}, False, False),
        ("someone/setup-rust", {}, False, False),
        ("someone/rust-cache", {}, False, False),
        ("actions/github-script", {"script": "execSync('unzip x')"}, False, True),
        ("actions/github-script", {"script": "execSync(`make ${x}`)"}, True, True),
        ("actions/github-script", {"script": "while (found = pattern.exec(text)) {}"}, False, True),
        ("actions/github-script", {"script": "await exec.exec(program)"}, True, True),
        (
            "actions/github-script",
            {"script": "const run = (cmd) => execSync(cmd, {}); run(`git fetch ${x}`)"},
            False,
            True,
        ),
        (
            "actions/github-script",
            {"script": "const run = (cmd) => execSync(cmd, {}); run(`cargo ${x}`)"},
            True,
            True,
        ),
        ("someone/nextest-all", {}, True, False),
        ("docker/login-action", {}, False, True),
    ],
)
def test_what_an_action_that_nobody_read_may_do(
    name: str, inputs: dict[str, str], opaque: bool, quiet: bool
) -> None:
    assert (may_run(use(name, **inputs)) is not None) is opaque
    assert installs_nothing(use(name, **inputs)) is quiet
