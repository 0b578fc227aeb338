"""Git hooks are written into the repository's own folders and through no link, in real ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import repositories
from tool_parts import context_with_programs
from trees import tree

from tasker_ci.errors import PlaceTaken, UnsafePlace
from tasker_ci.sessions.project.git_hooks import add_hooks, hooks_folder, take_out_hooks, undo_hooks
from tasker_ci.sessions.project.initial.git_hooks import KEPT_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.context import Context

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there"),
    pytest.mark.usefixtures("_git"),
]

CALLS_UNIT = "-m tasker_ci unit"


@pytest.fixture
def _git(require_tool: Callable[[str], Path]) -> None:
    require_tool("git")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.repository(tmp_path / "repo", {"a": ""})


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of somebody else's, with a hook."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "pre-push").write_text("#!/bin/sh\n", encoding="utf-8")
    return folder


def context(root: Path) -> Context:
    return context_with_programs(root, **repositories.variables(PATH="/usr/bin:/bin"))


def configured(root: Path, value: str | Path) -> None:
    repositories.git(root, "config", "core.hooksPath", str(value))


def linked(root: Path, name: str, target: Path) -> None:
    link = root / name
    link.parent.mkdir(exist_ok=True)
    if link.is_dir():
        for file in link.iterdir():
            file.unlink()
        link.rmdir()
    link.symlink_to(target)


@pytest.mark.parametrize(
    ("link", "value", "reason"),
    [
        ("", "{elsewhere}", "outside of this repository"),
        ("", "../elsewhere", "outside of this repository"),
        ("", "/dev/null", "outside of this repository"),
        (".githooks", ".githooks", "A link leads to"),
        ("tools", "tools/hooks", "A link leads to"),
        ("tools", "{root}/tools", "A link leads to"),
        (".git/hooks", "", "A link leads to"),
    ],
)
def test_none_is_written_outside_of_the_repository(
    root: Path, elsewhere: Path, link: str, value: str, reason: str
) -> None:
    (elsewhere / "hooks").mkdir()
    if link:
        linked(root, link, elsewhere)
    if value:
        configured(root, value.format(root=root, elsewhere=elsewhere))
    before = tree(elsewhere.parent)
    here = context(root)
    with pytest.raises(PlaceTaken, match=reason) as refused:
        hooks_folder(here)
    assert "git config core.hooksPath .git/hooks" in str(refused.value.next_step)
    assert undo_hooks(here) == ()
    assert tree(elsewhere.parent) == before


def test_a_link_that_comes_later_is_not_followed_either(root: Path, elsewhere: Path) -> None:
    configured(root, "my hooks")
    here = context(root)
    folder = hooks_folder(here)
    add_hooks(here, folder)
    for file in (root / "my hooks").iterdir():
        file.rename(elsewhere / file.name)
    (elsewhere / "pre-push").unlink()
    linked(root, "my hooks", elsewhere)
    before = tree(elsewhere)
    with pytest.raises(PlaceTaken):
        hooks_folder(here)
    for change in (
        lambda: add_hooks(here, folder),
        lambda: take_out_hooks(here, folder),
        lambda: undo_hooks(here),
    ):
        with pytest.raises(UnsafePlace):
            change()
    assert tree(elsewhere) == before


@pytest.mark.parametrize("value", ["", "my hooks", "{root}/my hooks", ".git/other"])
def test_they_are_written_where_git_looks_in_the_repository(root: Path, value: str) -> None:
    if value:
        configured(root, value.format(root=root))
    name = value.rpartition("/")[2]
    folder = root / name if name == "my hooks" else root / ".git" / (name or "hooks")
    here = context(root)
    add_hooks(here, hooks_folder(here))
    assert CALLS_UNIT in (folder / "pre-push").read_text(encoding="utf-8")
    take_out_hooks(here, hooks_folder(here))
    assert not (folder / "pre-push").exists()


def test_a_hook_that_is_a_link_is_kept_as_the_link_it_is(root: Path, elsewhere: Path) -> None:
    hook = root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(elsewhere / "pre-push")
    here = context(root)
    before = tree(elsewhere)
    for _ in range(2):  # the second time it is up to date
        add_hooks(here, hooks_folder(here))
        assert not hook.is_symlink()
        assert hook.with_name(f"pre-push{KEPT_SUFFIX}").readlink() == elsewhere / "pre-push"
    assert [each.action for each in undo_hooks(here)] == ["removed", "removed"]
    assert hook.readlink() == elsewhere / "pre-push"
    assert tree(elsewhere) == before


def test_a_link_to_a_hook_of_ours_is_somebody_else_s(root: Path, tmp_path: Path) -> None:
    other = repositories.repository(tmp_path / "other", {"a": ""})
    add_hooks(context(other), hooks_folder(context(other)))
    theirs = other / ".git" / "hooks" / "pre-push"
    hook = root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(theirs)
    before = theirs.read_bytes()
    assert undo_hooks(context(root)) == ()
    add_hooks(context(root), hooks_folder(context(root)))
    assert theirs.read_bytes() == before
    assert hook.with_name(f"pre-push{KEPT_SUFFIX}").is_symlink()
