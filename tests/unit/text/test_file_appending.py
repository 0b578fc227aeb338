"""What is added to a file of another program is there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tasker_ci.text.file_appending import append_text
from tasker_ci.text.file_reading import UnfitFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "new\n"),
        ("", "new\n"),
        ("old\n", "old\nnew\n"),
        ("old", "old\nnew\n"),
        ("old\n\n", "old\n\nnew\n"),
    ],
)
def test_it_begins_a_line_of_its_own(tmp_path: Path, before: str | None, after: str) -> None:
    file = tmp_path / "env"
    if before is not None:
        file.write_text(before, encoding="utf-8")
    append_text(file, "new\n")
    assert file.read_text(encoding="utf-8") == after


@pytest.mark.parametrize("before", ["old\n", "old", ""])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, before: str) -> None:
    """RLIMIT_FSIZE stands for the full disk: the write fails half way."""
    file = tmp_path / "env"
    file.write_text(before, encoding="utf-8")
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from tasker_ci.text.file_appending import append_text\n"
        "try:\n    append_text(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except OSError as error:\n    sys.exit(7 if error.filename == sys.argv[1] else 1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)],
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 7
    assert file.read_text(encoding="utf-8") == before


def test_a_pipe_that_nobody_reads_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "env")
    with pytest.raises(OSError, match="nobody reads") as raised:
        append_text(tmp_path / "env", "new\n")
    assert raised.value.errno == errno.EINVAL


def test_one_that_somebody_reads_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "env")
    reader = os.open(tmp_path / "env", os.O_RDONLY | os.O_NONBLOCK)
    append_text(tmp_path / "env", "new\n")
    assert os.read(reader, 100) == b"new\n"
    os.close(reader)


def test_a_folder_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnfitFile, match="its folder does not exist") as raised:
        append_text(tmp_path / "none" / "env", "new\n")
    assert raised.value.filename == str(tmp_path / "none" / "env")


def test_a_socket_is_no_place_either(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "env"))
        with pytest.raises(OSError, match="nobody reads"):
            append_text(tmp_path / "env", "new\n")


def test_a_device_is_written_to() -> None:
    program = (
        "from pathlib import Path\nfrom tasker_ci.text.file_appending import append_text\n"
        "append_text(Path('/dev/stdout'), 'new\\n')\nappend_text(Path('/dev/null'), 'new')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert done.stdout == b"new\n"
