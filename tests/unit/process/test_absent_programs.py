"""Why a program cannot be started: nowhere, without permission, on a disk where nothing runs."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasker_ci.errors import MissingToolError
from tasker_ci.process.absent_programs import (
    is_noexec,
    why_absent,
    why_closed,
    without_relative_folders,
)
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command
from tasker_ci.process.runner import ProcessRunner


@pytest.fixture
def noexec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every disk is mounted noexec; the mount itself is no affair of a unit test."""
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_NOEXEC))


def put(folder: Path, name: str, mode: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(mode)
    return folder / name


def test_a_program_that_is_nowhere(tmp_path: Path) -> None:
    (tmp_path / "cargo").mkdir()  # a folder of that name is none
    assert why_closed("cargo", str(tmp_path)) is None
    reason, step = why_absent("cargo", str(tmp_path))
    assert reason == "is not on PATH"
    assert "rustup" in step
    assert why_absent("jq", "")[0] == "is not on PATH"


def test_a_program_that_can_be_run_is_not_closed(tmp_path: Path) -> None:
    put(tmp_path / "first", "jq", 0o644)
    put(tmp_path / "second", "jq", 0o755)
    assert why_closed("jq", f"{tmp_path}/first:{tmp_path}/second") is None


def test_a_path_is_not_looked_up(tmp_path: Path) -> None:
    put(tmp_path / "bin", "jq", 0o755)
    assert why_absent(f"{tmp_path}/jq", str(tmp_path / "bin"))[0] == "is not there"


@pytest.mark.parametrize("by_path", [True, False])
def test_a_program_without_the_permission(tmp_path: Path, *, by_path: bool) -> None:
    file = put(tmp_path / "a folder", "jq", 0o644)
    found = why_absent(str(file) if by_path else "jq", "" if by_path else str(file.parent))
    assert found == (f"is {file}, which may not be run", f"chmod +x '{file}'")


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "jq").symlink_to("gone")
    reason, _ = why_absent("jq", str(tmp_path))
    assert reason == f"is {tmp_path}/jq, a link to gone, which is not there"


@pytest.mark.usefixtures("noexec")
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_program_on_a_disk_where_nothing_runs(tmp_path: Path, mode: int) -> None:
    file = put(tmp_path, "jq", mode)
    reason, step = why_absent("jq", str(tmp_path))
    assert reason == f"is {file}, on a disk that is mounted noexec"
    assert "chmod" not in step


def test_a_disk_that_nobody_can_ask_is_no_reason(tmp_path: Path) -> None:
    assert not is_noexec(tmp_path / "not there")
    assert not is_noexec(tmp_path)


def test_a_folder_that_nobody_may_enter_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may enter every folder, so the system's refusal is made up."""
    file = put(tmp_path / "second", "jq", 0o644)
    real = Path.stat

    def refused(path: Path, **options: bool) -> os.stat_result:
        if path.is_relative_to(tmp_path / "first"):
            raise PermissionError
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refused)
    found = why_absent("jq", f"{tmp_path}/first:{tmp_path}/second")
    assert found[0] == f"is {file}, which may not be run"


def test_a_program_that_only_others_may_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path, "jq", 0o750)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    reason, step = why_absent("jq", str(tmp_path))
    assert reason == f"is {file}, which this user may not run"
    assert "chmod" not in step


def test_the_runner_says_why(tmp_path: Path) -> None:
    file = put(tmp_path, "jq", 0o644)
    command = Command(argv=("jq",), cwd=tmp_path, environment={"PATH": str(tmp_path)})
    with pytest.raises(MissingToolError) as caught:
        ProcessRunner(Cancellation()).run(command)
    assert caught.value.message == f"The program `jq` is {file}, which may not be run."
    assert caught.value.next_step == f"chmod +x {file}"


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (".:/bin", "/bin"),
        (":/bin:", "/bin"),
        ("/a::/b:./c:d:../e", "/a:/b"),
        ("/usr/bin:/bin", "/usr/bin:/bin"),
        (".", os.devnull),  # where no program lies
        ("", os.devnull),
    ],
)
def test_no_folder_of_path_is_another_one_in_each_project(path: str, left: str) -> None:
    assert without_relative_folders({"PATH": path, "A": "b"}) == {"PATH": left, "A": "b"}


def test_without_path_programs_are_looked_for_where_the_system_has_them() -> None:
    assert without_relative_folders({}) == {"PATH": os.defpath}
