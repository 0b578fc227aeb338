"""Which Cargo.lock an old cargo is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import WorkspaceError
from tasker_ci.process.command import Completed
from tasker_ci.sessions.msrv.locks import lock_for, make_lock, readable_lock
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "# This file is @generated.\n"
BODY = '\n[[package]]\nname = "a"\nversion = "4.0.0"\n'


@pytest.mark.parametrize(
    ("given", "release", "expected"),
    [
        ("version = 4\n", (1, 78, 0), "version = 4\n"),
        ("version = 4\n", (1, 77, 2), "version = 3\n"),
        ("version = 4\n", (1, 52, 0), ""),
        ("version = 3\n", (1, 53, 0), "version = 3\n"),
        ("", (1, 40, 0), ""),
    ],
)
def test_what_is_locked_stays_in_a_form_that_the_old_cargo_reads(
    given: str, release: tuple[int, ...], expected: str
) -> None:
    assert readable_lock(HEAD + given + BODY, release) == HEAD + expected + BODY


def project(folder: Path, manifest: str, lock: str | None) -> Path:
    files = {"Cargo.toml": manifest} | ({} if lock is None else {"Cargo.lock": lock})
    return workspaces.write_files(folder, files)


def test_the_projects_own_is_read_where_that_can_be(tmp_path: Path) -> None:
    root = project(tmp_path, '[workspace]\nresolver = "2"\n', f"version = 3\n{BODY}")
    lock = lock_for({}, root, "1.70.0")
    assert (lock.arguments, lock.told) == (("--locked",), "the project's Cargo.lock")
    make_lock(make_context(tmp_path), {}, lock, "1.70.0")
    assert not (root / "target").exists()
    assert lock_for({}, root, "1.70.0", own=True).folder is not None


def test_a_copy_where_it_cannot_be_read_and_the_projects_is_not_written(tmp_path: Path) -> None:
    manifest, text = '[workspace]\nresolver = "3"\n', f"version = 4\n{BODY}"
    root = project(tmp_path, manifest, text)
    lock = lock_for({}, root, "1.70.0")
    assert lock.folder is not None
    make_lock(make_context(tmp_path), {}, lock, "1.70.0")
    assert (lock.folder / "Cargo.lock").read_text("utf-8") == f"version = 3\n{BODY}"
    assert (lock.folder / "Cargo.toml").read_text("utf-8") == '[workspace]\nresolver = "2"\n'
    assert (root / "Cargo.lock").read_text("utf-8") == text
    assert (root / "Cargo.toml").read_text("utf-8") == manifest


def test_without_one_cargo_makes_it_and_says_why_it_cannot(tmp_path: Path) -> None:
    root = project(tmp_path, "[workspace]\n", None)
    answer = Completed(exit_code=101, seconds=0, stderr="    Updating index\nerror: no network\n")
    runner = RecordingRunner({"cargo generate-lockfile": answer})
    context, lock = make_context(tmp_path, runner=runner), lock_for({}, root, "1.70.0")
    with pytest.raises(WorkspaceError, match="no network") as caught:
        make_lock(context, {}, lock, "1.70.0")
    assert "Updating" not in caught.value.message
    assert not (root / "Cargo.lock").exists()
