"""What a service prints reaches its log without secrets, and nobody else may read it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UnsafePlace
from tasker_ci.keys import new_private_key
from tasker_ci.stack.log_writer import copy_hidden, start_writer
from tasker_ci.text.file_writing import PRIVATE, make_private_folder, open_file
from tasker_ci.text.masking import Secrets

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0123456789abcdef0123456789abcdef"


def copied(blocks: list[bytes], secrets: Secrets) -> bytes:
    """What comes out where these blocks go in."""
    rest, written = iter([*blocks, b""]), bytearray()
    copy_hidden(lambda _: next(rest), written.extend, secrets)
    return bytes(written)


@pytest.mark.parametrize("cut", [1, 5, 20, 35])
def test_a_value_in_two_writes_is_found(cut: int) -> None:
    text = f"key={KEY}\n".encode()
    assert copied([text[:cut], text[cut:]], Secrets({"API_KEY": KEY})) == b"key=***\n"


def test_a_line_without_an_end_is_written_at_the_end() -> None:
    assert copied([b"one\ntwo ", KEY.encode()], Secrets({"API_KEY": KEY})) == b"one\ntwo ***"


def test_a_line_that_never_ends_does_not_fill_the_memory() -> None:
    block = b"x" * 65_000
    text = copied([block] * 40 + [KEY[:9].encode(), KEY[9:].encode()], Secrets({"API_KEY": KEY}))
    assert text == block * 40 + b"***"


def test_bytes_that_are_no_text_stay() -> None:
    assert copied([b"\xff\x00\xfe\r\n"], Secrets({})) == b"\xff\x00\xfe\r\n"


def test_a_full_disk_does_not_stop_it() -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    blocks = iter([b"one\n", b"two\n", b""])
    copy_hidden(lambda _: next(blocks), full, Secrets({}))
    assert next(blocks, None) is None


def test_the_process_writes_what_several_writers_print(tmp_path: Path) -> None:
    key = new_private_key()
    log = tmp_path / "web.log"
    writer = start_writer(log, Secrets({"KEY": key, "API_KEY": KEY}), {})
    for number, line in enumerate([*key.splitlines(), f"api {KEY}", "\N{SNOWMAN} ready"]):
        os.write(writer.pipe, f"{number} {line}\n".encode())
    writer.close()
    writer.finish()
    assert writer.process.returncode == 0
    text = log.read_text(encoding="utf-8")
    assert text.endswith("api ***\n" + text.splitlines()[-1] + "\n")
    assert "\N{SNOWMAN} ready" in text
    assert not [line for line in (*key.splitlines()[1:-1], KEY) if line in text]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_no_secret_stands_where_ps_shows_it(tmp_path: Path) -> None:
    import psutil

    writer = start_writer(tmp_path / "web.log", Secrets({"API_KEY": KEY}), {"MARK": "1"})
    process = psutil.Process(writer.process.pid)
    assert KEY not in " ".join(process.cmdline()) + str(process.environ())
    writer.close()
    writer.finish()


def test_a_log_that_was_open_to_all_is_shut_and_a_link_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir(mode=0o755)
    log = folder / "web.log"
    log.write_text("before\n", encoding="utf-8")
    log.chmod(0o644)
    make_private_folder(folder)
    with open_file(log, append=True, mode=PRIVATE) as file:
        file.write(b"after\n")
    assert log.read_text(encoding="utf-8") == "before\nafter\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    (folder / "link.log").symlink_to(log)
    with pytest.raises(UnsafePlace, match=r"link\.log"):
        start_writer(folder / "link.log", Secrets({}), {})
