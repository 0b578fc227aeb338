"""What makes room for a generated file is kept, and comes back to the byte."""

from __future__ import annotations

import json
import stat
from pathlib import Path, PurePosixPath

import pytest
from trees import tree

from tasker_ci.errors import AccessError, ArchiveUnreadable, PlaceTaken
from tasker_ci.workflows.files import GeneratedFile, with_header
from tasker_ci.workflows.sync.applying import Done, FileAction, apply
from tasker_ci.workflows.sync.archive import keep, take_out
from tasker_ci.workflows.sync.changes import compare
from tasker_ci.workflows.sync.index import INDEX, Archived, Index, original, read_index
from tasker_ci.workflows.sync.rolling_back import Way, plan_rollback, roll_back
from tasker_ci.workflows.sync.writing import remove_empty_folders, write_file

ARCHIVED = Path(".github/workflows/archived")
CI = PurePosixPath(".github/workflows/ci.yml")
UNIT = PurePosixPath(".github/workflows/test-unit.yml")
DEPENDABOT = PurePosixPath(".github/dependabot.yml")
ACTION = PurePosixPath(".github/actions/setup-env/action.yml")
OURS = with_header("name: ours\n")
FILES = tuple(GeneratedFile(path=path, text=OURS) for path in (CI, UNIT, DEPENDABOT, ACTION))
THEIRS = b"name: theirs\r\n\xff no newline"


def put(root: Path, path: PurePosixPath, content: bytes, mode: int = 0o644) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)
    return file


def sync(root: Path, *files: GeneratedFile) -> dict[PurePosixPath, Done]:
    return {each.path: each for each in apply(root, compare(root, files or FILES))}


def archived(root: Path) -> tuple[Archived, ...]:
    index = read_index(root)
    return index.archived if index is not None else ()


def rollback(root: Path) -> dict[PurePosixPath, Way]:
    plan = plan_rollback(root)
    roll_back(root, plan)
    return {each.path: each.way for each in plan.returns}


def test_what_sync_did_not_write_is_kept_and_comes_back_to_the_byte(tmp_path: Path) -> None:
    put(tmp_path, CI, THEIRS, 0o755)
    put(tmp_path, ACTION, b"", 0o600)
    put(tmp_path, PurePosixPath("Cargo.toml"), b"")
    (tmp_path / UNIT).symlink_to("nowhere.yml")
    before = tree(tmp_path)
    done = sync(tmp_path)
    assert {path: (each.action, each.archived) for path, each in done.items()} == {
        CI: (FileAction.WRITTEN, PurePosixPath(ARCHIVED / "ci.yml")),
        UNIT: (FileAction.WRITTEN, PurePosixPath(ARCHIVED / "test-unit.yml")),
        DEPENDABOT: (FileAction.WRITTEN, None),
        ACTION: (FileAction.WRITTEN, PurePosixPath(ARCHIVED / "root" / ACTION)),
    }
    assert (tmp_path / ARCHIVED / "ci.yml").read_bytes() == THEIRS
    assert all((tmp_path / file.path).read_text(encoding="utf-8") == OURS for file in FILES)
    # A program of theirs was no program of ours.
    assert stat.S_IMODE((tmp_path / CI).stat().st_mode) == 0o644
    assert rollback(tmp_path) == {
        CI: Way.RESTORED,
        UNIT: Way.RESTORED,
        ACTION: Way.RESTORED,
        DEPENDABOT: Way.REMOVED,
    }
    assert tree(tmp_path) == before
    assert plan_rollback(tmp_path).returns == ()
    rollback(tmp_path)
    assert tree(tmp_path) == before


def test_a_project_without_any_file_is_left_without_any(tmp_path: Path) -> None:
    sync(tmp_path)
    rollback(tmp_path)
    assert tree(tmp_path) == {}


def test_a_second_sync_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, CI, THEIRS)
    sync(tmp_path)
    before = tree(tmp_path)
    assert {each.action for each in sync(tmp_path).values()} == {FileAction.UNCHANGED}
    assert tree(tmp_path) == before


def test_our_own_file_keeps_its_mode_and_is_not_kept(tmp_path: Path) -> None:
    put(tmp_path, CI, with_header("name: old\n").encode(), 0o664)
    assert sync(tmp_path)[CI] == Done(path=CI, action=FileAction.UPDATED)
    assert stat.S_IMODE((tmp_path / CI).stat().st_mode) == 0o664
    assert archived(tmp_path) == ()


def test_an_archived_file_is_never_written_over(tmp_path: Path) -> None:
    # The project may have had such a folder itself.
    put(tmp_path, PurePosixPath(ARCHIVED / "ci.yml"), b"the project's own")
    for content in (b"first", b"second"):
        put(tmp_path, CI, content)
        sync(tmp_path)
    kept = {
        str(file.relative_to(tmp_path / ARCHIVED)): file.read_bytes()
        for file in (tmp_path / ARCHIVED).rglob("ci.yml")
    }
    assert kept == {"ci.yml": b"the project's own", "2/ci.yml": b"first", "3/ci.yml": b"second"}
    assert rollback(tmp_path)[CI] is Way.RESTORED
    assert (tmp_path / CI).read_bytes() == b"second"
    assert rollback(tmp_path) == {CI: Way.KEPT}
    assert (tmp_path / CI).read_bytes() == b"second"
    assert (tmp_path / ARCHIVED / "ci.yml").read_bytes() == b"the project's own"
    assert (tmp_path / ARCHIVED / "2/ci.yml").read_bytes() == b"first"


def test_what_the_project_itself_archived_is_not_ours_to_bring_back(tmp_path: Path) -> None:
    put(tmp_path, PurePosixPath(ARCHIVED / "old.yml"), b"old")
    before = tree(tmp_path)
    sync(tmp_path)
    rollback(tmp_path)
    assert tree(tmp_path) == before


def test_a_file_edited_by_hand_is_kept_but_was_not_there_before(tmp_path: Path) -> None:
    sync(tmp_path)
    edited = (OURS + "# mine\n").encode()
    put(tmp_path, CI, edited)
    done = sync(tmp_path)[CI]
    assert (done.action, done.archived) == (FileAction.UPDATED, PurePosixPath(ARCHIVED / "ci.yml"))
    assert rollback(tmp_path)[CI] is Way.REMOVED
    assert not (tmp_path / CI).exists()
    assert (tmp_path / ARCHIVED / "ci.yml").read_bytes() == edited
    assert plan_rollback(tmp_path).returns == ()


def test_rolling_back_keeps_what_was_edited_by_hand_where_it_is(tmp_path: Path) -> None:
    put(tmp_path, CI, THEIRS)
    sync(tmp_path)
    edited = (OURS + "# mine\n").encode()
    put(tmp_path, CI, edited)
    put(tmp_path, UNIT, edited)
    done = rollback(tmp_path)
    assert done == {CI: Way.KEPT, UNIT: Way.KEPT, ACTION: Way.REMOVED, DEPENDABOT: Way.REMOVED}
    assert (tmp_path / CI).read_bytes() == edited
    assert (tmp_path / UNIT).read_bytes() == edited
    assert (tmp_path / ARCHIVED / "ci.yml").read_bytes() == THEIRS
    after = tree(tmp_path)
    rollback(tmp_path)
    assert tree(tmp_path) == after
    # The user deletes what he no longer needs, and has his old file back.
    (tmp_path / CI).unlink()
    (tmp_path / UNIT).unlink()
    assert rollback(tmp_path) == {CI: Way.RESTORED}
    assert set(tree(tmp_path)) == {".github", ".github/workflows", str(CI)}


def test_a_file_of_the_projects_own_is_not_written_over_by_an_older_one(tmp_path: Path) -> None:
    put(tmp_path, CI, b"old")
    sync(tmp_path)
    put(tmp_path, CI, b"new")
    assert rollback(tmp_path)[CI] is Way.KEPT
    assert (tmp_path / CI).read_bytes() == b"new"
    assert (tmp_path / ARCHIVED / "ci.yml").read_bytes() == b"old"


def test_a_left_over_file_goes_and_an_edited_one_is_kept(tmp_path: Path) -> None:
    sync(tmp_path)
    put(tmp_path, ACTION, OURS.encode() + b"# mine\n")
    done = sync(tmp_path, FILES[0])
    assert done[UNIT] == Done(path=UNIT, action=FileAction.REMOVED)
    assert done[ACTION].archived == PurePosixPath(ARCHIVED / "root" / ACTION)
    assert not (tmp_path / ".github/actions").exists()
    assert (tmp_path / ARCHIVED / "root" / ACTION).read_bytes().endswith(b"# mine\n")


def test_a_write_that_fails_changes_no_file_at_all(tmp_path: Path) -> None:
    put(tmp_path, CI, THEIRS)
    put(tmp_path, PurePosixPath(".github/actions/setup-env"), b"a file in the way of a folder")
    before = tree(tmp_path)
    changes = compare(tmp_path, FILES[:3])
    action = compare(tmp_path / "nowhere", [FILES[3]])
    with pytest.raises(AccessError, match=r"action\.yml cannot be written"):
        apply(tmp_path, (*changes, *action))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("and_leave", [True, False])
def test_what_was_kept_for_nothing_is_taken_out_again(tmp_path: Path, and_leave: bool) -> None:
    put(tmp_path, CI, THEIRS)
    before = tree(tmp_path)
    entry = Archived(path=CI, place=PurePosixPath(ARCHIVED / "2/ci.yml"), edited=False)
    keep(tmp_path, entry, and_leave=and_leave)
    assert (tmp_path / CI).exists() is and_leave
    assert (tmp_path / entry.place).read_bytes() == THEIRS
    take_out(tmp_path, entry)
    remove_empty_folders((tmp_path / entry.place).parent, tmp_path)
    assert tree(tmp_path) == before


def test_a_file_that_was_kept_and_not_replaced_is_kept_once(tmp_path: Path) -> None:
    put(tmp_path, CI, THEIRS)
    before = tree(tmp_path)
    entry = Archived(path=CI, place=PurePosixPath(ARCHIVED / "ci.yml"), edited=False)
    for next_command in (sync, rollback):
        # As a process leaves it that is killed between the two steps.
        new = frozenset({PurePosixPath(ARCHIVED)})
        index = Index(archived=(entry,), folders=new, in_place={}, complete=True)
        write_file(tmp_path / INDEX, index.text())
        keep(tmp_path, entry, and_leave=True)
        next_command(tmp_path)
        assert not (tmp_path / ARCHIVED / "2").exists()
        rollback(tmp_path)
        assert tree(tmp_path) == before


@pytest.mark.parametrize("folder", ["outside", "project/.git"])
def test_nothing_is_archived_outside_the_project(tmp_path: Path, folder: str) -> None:
    root, outside = tmp_path / "project", tmp_path / folder
    put(root, CI, THEIRS)
    outside.mkdir()
    (root / ARCHIVED).symlink_to(outside)
    with pytest.raises(PlaceTaken, match="outside the project"):
        sync(root)
    assert tree(outside) == {}
    assert (root / CI).read_bytes() == THEIRS


@pytest.mark.parametrize(
    "index",
    [
        b"no json",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        {"path": ".git/hooks/pre-commit", "place": f"{ARCHIVED}/x", "edited": False},
        {"path": "../out.yml", "place": f"{ARCHIVED}/root/../out.yml", "edited": False},
        {
            "path": ".github/../../out",
            "place": f"{ARCHIVED}/root/.github/../../out",
            "edited": False,
        },
        {"path": str(CI), "place": "/etc/passwd", "edited": False},
        {"path": str(CI), "place": "Cargo.toml", "edited": False},
        {"path": str(CI), "edited": False},
    ],
)
def test_an_index_that_sync_cannot_have_written_moves_nothing(
    tmp_path: Path, index: bytes | dict[str, object]
) -> None:
    put(tmp_path, CI, THEIRS)
    put(tmp_path, PurePosixPath(ARCHIVED / "x"), b"#!/bin/sh\n", 0o755)
    content = index if isinstance(index, bytes) else json.dumps({"archived": [index]}).encode()
    put(tmp_path, INDEX, content)
    before = tree(tmp_path)
    with pytest.raises(ArchiveUnreadable):
        plan_rollback(tmp_path)
    with pytest.raises(ArchiveUnreadable):
        sync(tmp_path)
    assert tree(tmp_path) == before


def test_every_place_belongs_to_one_path() -> None:
    places = {
        "ci.yml": CI,
        "2/ci.yml": CI,
        "root/.github/dependabot.yml": DEPENDABOT,
        "17/root/.github/actions/setup-env/action.yml": ACTION,
        "index": PurePosixPath(".github/workflows/index"),
        "a/b/ci.yml": None,
        "root/Cargo.toml": None,
        "2": None,
    }
    assert {name: original(PurePosixPath(ARCHIVED / name)) for name in places} == places
    assert original(PurePosixPath("Cargo.toml")) is None


def test_an_original_that_is_gone_is_reported(tmp_path: Path) -> None:
    put(tmp_path, CI, THEIRS)
    sync(tmp_path)
    (tmp_path / ARCHIVED / "ci.yml").unlink()
    (lost,) = [each for each in plan_rollback(tmp_path).returns if each.path == CI]
    assert (lost.way, lost.reason) == (
        Way.REMOVED,
        "the file that was there before is no longer in the archive",
    )
    assert rollback(tmp_path)[CI] is Way.REMOVED


@pytest.mark.parametrize("name", ["a folder with spaces", "ünï", "new\nline"])
def test_any_name_of_the_project_will_do(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    put(root, CI, THEIRS)
    before = tree(root)
    sync(root)
    rollback(root)
    assert tree(root) == before
