"""Which changed files begin a run, and which are only what runs, an editor or git leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.watch.files import PATIENCE, ChangedFiles

if TYPE_CHECKING:
    from pathlib import Path


def changed_files(root: Path, ignored: tuple[str, ...] = ()) -> ChangedFiles:
    return ChangedFiles(
        root=root,
        targets=(root / "build",),
        is_ignored=lambda files: {file for file in files if file.name in ignored},
    )


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("src/lib.rs", True),
        ("Cargo.toml", True),
        (".env", True),
        (".cargo/config.toml", True),
        (".github/workflows/ci.yml", True),
        ("build/debug/x", False),
        (".git/index.lock", False),
        (".tasker-ci/history/x.json.gz", False),
        ("src/.lib.rs.swp", False),
        ("src/4913", False),
        ("src/lib.rs~", False),
        ("src/.#lib.rs", False),
    ],
)
def test_a_file_of_the_project_counts_and_what_tools_leave_does_not(
    tmp_path: Path, name: str, *, counts: bool
) -> None:
    found = changed_files(tmp_path).counting([tmp_path / name], running=False)
    assert bool(found) is counts


def test_another_target_directory_is_known_by_its_tag(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/CACHEDIR.TAG").touch()
    files = changed_files(tmp_path)
    assert not files.counting([tmp_path / "other/debug/x"], running=False)


def test_what_git_ignores_counts_only_while_nothing_runs(tmp_path: Path) -> None:
    files = changed_files(tmp_path, ignored=(".env",))
    names = [tmp_path / ".env", tmp_path / "src/lib.rs"]
    assert files.counting(names, running=False) == sorted(names)
    assert files.counting(names, running=True) == [tmp_path / "src/lib.rs"]


def test_a_file_that_what_runs_writes_each_time_cuts_nothing_off_for_ever(tmp_path: Path) -> None:
    files = changed_files(tmp_path)
    log = tmp_path / "log.txt"
    for _ in range(PATIENCE - 1):
        assert files.cut_off([log]) == set()
    assert files.cut_off([log]) == {log}
    assert not files.counting([log], running=True)
    assert files.counting([log], running=False), "a person writes it now"


def test_a_run_that_ends_forgets_what_cut_off_others(tmp_path: Path) -> None:
    files = changed_files(tmp_path)
    log = tmp_path / "log.txt"
    for _ in range(3 * PATIENCE):
        assert files.cut_off([log]) == set()
        files.ended()
