"""Where this repository and others are checked out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from foreign_workflows import checkout

from tasker_ci.foreign.command import TOP
from tasker_ci.foreign.github.document import Step
from tasker_ci.foreign.github.folders import Folders
from tasker_ci.foreign.github.other_actions import installs_nothing, may_run
from tasker_ci.foreign.github.uses import Use
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from pathlib import Path


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
    assert Folders(checkout(tmp_path)).find(written) == (expected, False)


@pytest.mark.parametrize(
    ("repository", "elsewhere"),
    [
        ("", False),
        ("${{ github.repository }}", False),
        ("${{ github.event.pull_request.head.repo.full_name }}", False),
        ("owner/here", False),
        ("owner/renamed", False),
        ("other/thing", True),
    ],
)
def test_whose_repository_is_checked_out(tmp_path: Path, repository: str, elsewhere: bool) -> None:
    manifest = '[package]\nrepository = "https://github.com/owner/renamed"\n'
    folders = Folders(checkout(tmp_path / "here", files={"Cargo.toml": manifest}))
    folders.check_out(use(repository=repository))
    assert folders.find("a") == (PurePosixPath("a"), elsewhere)


def test_of_two_checkouts_in_one_place_either_may_be_there(tmp_path: Path) -> None:
    folders = Folders(checkout(tmp_path))
    before = folders.known
    folders.check_out(use(repository="other/thing"))
    folders.merge(before)
    assert folders.find("a") == (PurePosixPath("a"), False)


@pytest.mark.parametrize(
    ("name", "inputs", "opaque", "quiet"),
    [
        ("swatinem/rust-cache", {}, False, True),
        ("someone/setup-thing", {}, False, False),
        ("someone/setup-thing", {"command": "x"}, True, False),
        ("someone/nextest-all", {}, True, False),
        ("docker/login-action", {}, False, True),
    ],
)
def test_what_an_action_that_nobody_read_may_do(
    name: str, inputs: dict[str, str], opaque: bool, quiet: bool
) -> None:
    assert (may_run(use(name, **inputs)) is not None) is opaque
    assert installs_nothing(use(name, **inputs)) is quiet
