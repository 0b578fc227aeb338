"""Files of ours are written whole, and never through a link of the project."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UnsafePlace
from tasker_ci.text import file_writing
from tasker_ci.text.file_removing import remove_tree
from tasker_ci.text.file_writing import (
    check_place,
    make_private_folder,
    open_file,
    whole_file,
    write_file,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the user's that no clone may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear", encoding="utf-8")
    return folder


def test_a_file_and_its_folders_are_made_with_the_modes_of_the_umask(project: Path) -> None:
    write_file(project / "a/b/c.txt", "Grüße\n", within=project)
    file = project / "a/b/c.txt"
    assert file.read_bytes() == "Grüße\n".encode()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE((project / "a").stat().st_mode) == 0o777 & ~umask


def test_an_old_file_keeps_its_mode_and_a_given_one_wins(project: Path) -> None:
    file = project / "script"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o750)
    write_file(file, b"new", within=project)
    assert stat.S_IMODE(file.stat().st_mode) == 0o750
    write_file(file, b"secret", within=project, mode=0o600)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_text_that_utf_8_cannot_hold_is_written_all_the_same(project: Path) -> None:
    write_file(project / "a", "x\udc80y", within=project)
    assert (project / "a").read_bytes() == b"x?y"


@pytest.mark.parametrize(
    ("link", "file"),
    [
        ("target", "target/tasker-ci/report/summary.md"),
        ("target/tasker-ci/report", "target/tasker-ci/report/summary.md"),
        ("target/tasker-ci/report/summary.md", "target/tasker-ci/report/summary.md"),
        (".config", ".config/nextest.toml"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_no_link_below_the_project_is_followed(
    project: Path, outside: Path, link: str, file: str, *, inside: bool
) -> None:
    elsewhere = project / "own" if inside else outside
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "letter.txt").write_text("dear", encoding="utf-8")
    leaf = link == file
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(elsewhere / "letter.txt" if leaf else elsewhere)
    for write in (
        lambda: write_file(project / file, "ours", within=project),
        lambda: open_file(project / file, within=project),
        lambda: check_place(project / file, within=project),
        lambda: remove_tree(project / file, within=project),
    ):
        with pytest.raises(UnsafePlace, match="is a link to") as caught:
            write()
        assert str(project / link) in caught.value.message
        assert caught.value.next_step
    assert sorted(each.name for each in elsewhere.iterdir()) == ["letter.txt"]
    assert (elsewhere / "letter.txt").read_text(encoding="utf-8") == "dear"
    assert (project / link).is_symlink()


@pytest.mark.parametrize("name", ["../outside/letter.txt", "a/../../outside/letter.txt"])
def test_a_path_out_of_the_project_is_refused(project: Path, outside: Path, name: str) -> None:
    with pytest.raises(UnsafePlace, match="does not lie in"):
        write_file(project / name, "ours", within=project)
    with pytest.raises(UnsafePlace, match="does not lie in"):
        write_file(outside / "letter.txt", "ours", within=project)
    assert (outside / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_links_above_the_project_are_the_users_own(project: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(project)
    write_file(tmp_path / "way/a/file", "ours", within=tmp_path / "way")
    assert (project / "a/file").read_text(encoding="utf-8") == "ours"


def test_a_hard_link_is_broken_and_the_other_name_keeps_its_content(
    project: Path, outside: Path
) -> None:
    os.link(outside / "letter.txt", project / "file")
    write_file(project / "file", "ours", within=project)
    assert (outside / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(project: Path) -> None:
    (project / "file").write_text("old", encoding="utf-8")

    def fail() -> None:
        with whole_file(project / "file", within=project) as stream:
            stream.write(b"half")
            message = "no"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        fail()
    assert [each.name for each in project.iterdir()] == ["file"]
    assert (project / "file").read_text(encoding="utf-8") == "old"


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(project: Path) -> None:
    """RLIMIT_FSIZE stands for the full disk: the write fails half way."""
    (project / "file").write_text("old", encoding="utf-8")
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from tasker_ci.text.file_writing import write_file\n"
        "try:\n    write_file(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except OSError as error:\n    sys.exit(7 if error.filename == sys.argv[1] else 1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(project / "file")],
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 7
    assert [each.name for each in project.iterdir()] == ["file"]
    assert (project / "file").read_text(encoding="utf-8") == "old"


def test_a_log_is_emptied_or_goes_on(project: Path) -> None:
    for append, wanted in ((False, b"one"), (True, b"onetwo"), (False, b"three")):
        with open_file(project / "logs/a.log", within=project, append=append) as log:
            log.write(wanted.removeprefix(b"one") if append else wanted)
        assert (project / "logs/a.log").read_bytes() == wanted


def test_a_pipe_is_no_place_for_a_log_and_does_not_hang(project: Path) -> None:
    os.mkfifo(project / "a.log")
    with pytest.raises(UnsafePlace, match="no regular file"):
        open_file(project / "a.log", within=project)


def test_the_other_name_of_a_file_keeps_its_content(project: Path, outside: Path) -> None:
    lock, log = project / "a.lock", project / "a.log"
    for file in (lock, log):
        os.link(outside / "letter.txt", file)
    open_file(lock, within=project).close()
    assert lock.read_bytes() == b""
    with pytest.raises(UnsafePlace, match="hard link"):
        open_file(log, within=project, append=True, mode=file_writing.PRIVATE)
    assert (outside / "letter.txt").read_text(encoding="utf-8") == "dear"
    assert stat.S_IMODE((outside / "letter.txt").stat().st_mode) != file_writing.PRIVATE


def test_a_file_on_the_way_is_named(project: Path) -> None:
    (project / "target").write_text("", encoding="utf-8")
    with pytest.raises(NotADirectoryError) as caught:
        write_file(project / "target/a/b", "ours", within=project)
    assert caught.value.filename == str(project / "target")


def test_what_cannot_be_replaced_is_named_and_not_the_part_beside_it(project: Path) -> None:
    (project / "page/inner").mkdir(parents=True)
    with pytest.raises(IsADirectoryError) as caught:
        write_file(project / "page", "ours", within=project)
    assert (caught.value.filename, caught.value.filename2) == (str(project / "page"), None)
    assert [each.name for each in project.iterdir()] == ["page"]


def test_a_private_folder_is_shut_and_those_above_it_are_not(project: Path) -> None:
    before = os.umask(0o022)
    try:
        make_private_folder(project / "a/logs", within=project)
        (project / "a/logs").chmod(0o755)
        make_private_folder(project / "a/logs", within=project)
    finally:
        os.umask(before)
    assert stat.S_IMODE((project / "a").stat().st_mode) == 0o755
    assert stat.S_IMODE((project / "a/logs").stat().st_mode) == 0o700
