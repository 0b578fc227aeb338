"""Long outputs: beginning and end in memory, all of it in a file, and read from there."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import CommandFailed
from tasker_ci.process.kept_output import KeptOutput, WholeAnswer, WholeOutput, contains, every_line
from tasker_ci.text.masking import Secrets

if TYPE_CHECKING:
    from pathlib import Path


def kept(*parts: bytes, head: int = 10, tail: int = 10) -> KeptOutput:
    output = KeptOutput(head=head, tail=tail)
    for part in parts:
        output.add(part)
    return output


@pytest.mark.parametrize("parts", [(), (b"abc\n",), (b"a",) * 25, (b"0123456789" * 3,)])
def test_what_is_short_is_kept_as_it_is(parts: tuple[bytes, ...]) -> None:
    output = kept(*parts)
    assert output.text == b"".join(parts).decode()
    assert output.whole() is None


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_of_what_is_long_the_file_has_all(size: int, tmp_path: Path) -> None:
    everything = b"".join(b"line %d\n" % number for number in range(100))
    output = kept(*(everything[at : at + size] for at in range(0, len(everything), size)))
    whole = output.whole()
    assert whole is not None
    assert b"".join(whole.parts()) == everything
    assert b"".join(whole.parts()) == everything, "a second time"
    assert whole.save(tmp_path / "logs" / "log", within=tmp_path)
    assert (tmp_path / "logs" / "log").read_bytes() == everything
    first, note, last = output.text.splitlines()
    assert (first, last) == ("line 0", "line 99")
    assert note == "[… 0.0 MB left out here …]"


@pytest.mark.parametrize("size", [30, 1 << 20])
def test_what_nobody_may_read_is_not_saved(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasker_ci.process.kept_output._PART_BYTES", size)
    everything = b"a key: 0123456789abcdef\n\xff\n" * 50
    whole = kept(everything).whole()
    assert whole is not None
    hide = Secrets({"KEY": "0123456789abcdef"}).known_hidden
    assert whole.save(tmp_path / "log", within=tmp_path, hide=hide)
    assert (tmp_path / "log").read_bytes() == b"a key: ***\n\xff\n" * 50


def test_a_line_without_an_end_is_cut_in_its_middle() -> None:
    output = kept(b"x" * 1000)
    assert output.text == f"{'x' * 10}\n[… 0.0 MB left out here …]\n{'x' * 10}"


def test_the_file_cannot_be_written(tmp_path: Path) -> None:
    whole = kept(b"x" * 1000).whole()
    assert whole is not None
    (tmp_path / "file").touch()
    assert not whole.save(tmp_path / "file" / "log", within=tmp_path)


@pytest.mark.parametrize("size", [1, 5, 4096])
def test_lines_and_words_are_found_where_the_text_leaves_them_out(size: int) -> None:
    lines = [f"line {number} é" for number in range(200)]
    everything = "\n".join(lines).encode()
    output = kept(*(everything[at : at + size] for at in range(0, len(everything), size)))
    whole = output.whole()
    assert list(every_line(output.text, whole)) == lines
    assert "line 77" not in output.text
    assert contains("line 77 é\nline 78", output.text, whole)
    assert contains("", output.text, whole)
    assert not contains("left out here", output.text, whole)


def test_a_short_output_is_read_from_its_text() -> None:
    assert list(every_line("a\nb", None)) == ["a", "b"]
    assert contains("b", "a\nb", None)


def test_an_answer_is_not_cut_and_has_an_end() -> None:
    answer = WholeAnswer("git status", most=10 << 20)
    answer.add(b"x" * (10 << 20))
    assert len(answer.text) == 10 << 20
    with pytest.raises(CommandFailed, match="`git status` prints more than 10 MiB"):
        answer.add(b"x")


@pytest.mark.parametrize("size", [1, 3, 7])
def test_words_are_found_across_the_parts_of_a_file(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = kept(b"-" * 1000 + b"what is wanted" + b"-" * 1000)
    monkeypatch.setattr("tasker_ci.process.kept_output._PART_BYTES", size)
    assert contains("what is wanted", output.text, output.whole())
    assert not contains("what is not", output.text, output.whole())


def test_without_room_for_the_file_beginning_and_end_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(_: WholeOutput, __: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(WholeOutput, "write", full)
    output = kept(b"0123456789", b"x" * 1000, b"x" * 1000, b"9876543210")
    assert output.whole() is None
    assert output.cut
    assert output.text.startswith("0123456789")
    assert output.text.endswith("9876543210")
