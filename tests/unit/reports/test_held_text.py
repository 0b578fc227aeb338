"""Long texts of reports are out of memory, and nothing of them is lost or seen differently."""

from __future__ import annotations

import re
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tasker_ci.reports import held_text, open_element
from tasker_ci.reports.causes import causes_of
from tasker_ci.reports.documents import read_document
from tasker_ci.reports.held_text import (
    HeldText,
    TextStore,
    beginning,
    contains,
    is_blank,
    joined_texts,
)
from tasker_ci.reports.merge import Labelled, merge
from tasker_ci.reports.merged_file import write_merged
from tasker_ci.reports.page import write_page
from tasker_ci.reports.page_parts import Content
from tasker_ci.reports.places import find_panic, find_panics, find_place
from tasker_ci.reports.run import Attempt

if TYPE_CHECKING:
    from pathlib import Path

LONG = "ä€ one line of what a test printed & <b>\r\n" * 40


def held(text: str) -> HeldText:
    kept = TextStore().kept(text)
    assert isinstance(kept, HeldText)
    return kept


@pytest.fixture
def everything_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text counts as long, each piece of it is written down at once."""
    monkeypatch.setattr(held_text, "LEAST_CHARACTERS", 1)
    monkeypatch.setattr(held_text, "WAITING_BYTES", 1)
    monkeypatch.setattr(open_element, "_PIECE_CHARACTERS", 10)


class TestTexts:
    def test_a_short_text_stays_as_it_is(self) -> None:
        assert TextStore().kept("short") == "short"
        assert isinstance(TextStore().kept("short"), str)

    @pytest.mark.parametrize("waiting", [1, 10_000_000])
    def test_each_text_comes_back_from_memory_and_from_the_file(
        self, monkeypatch: pytest.MonkeyPatch, waiting: int
    ) -> None:
        monkeypatch.setattr(held_text, "WAITING_BYTES", waiting)
        store = TextStore()
        texts = [f"{number} {LONG}" for number in range(50)]
        kept = [store.kept(text) for text in texts]
        assert [str(each) for each in reversed(kept)] == texts[::-1]
        more = store.kept(LONG)
        assert str(more) == LONG
        assert str(kept[7]) == texts[7]

    def test_where_nothing_can_be_written_it_stays_in_memory(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held_text, "WAITING_BYTES", 5000)
        store = TextStore()
        first = [store.kept(f"{number} {LONG}") for number in range(3)]
        assert store._file is not None

        class Full:
            def write(self, content: bytearray) -> int:
                if len(content) < 100:
                    raise OSError(28, "No space left on device")
                return real.write(content[: len(content) // 2])  # a part fits

            def __getattr__(self, name: str) -> object:
                return getattr(real, name)

        real = store._file
        store._file = Full()  # type: ignore[assignment]
        later = [store.kept(f"{number} {LONG}") for number in range(3, 20)]
        assert [str(each) for each in (*first, *later)] == [f"{n} {LONG}" for n in range(20)]

    def test_texts_are_the_same_by_what_they_hold(self) -> None:
        one, same, other = held(LONG), held(LONG), held(LONG[:-1] + "!")
        assert one == same
        assert hash(one) == hash(same)
        assert one == LONG
        assert one != other
        assert one != 1
        assert sorted([one, LONG[1:], other]) == sorted([LONG, LONG[1:], str(other)])

    def test_a_text_in_pieces_loses_the_blanks_around_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held_text, "_CHUNK_BYTES", 4)
        store = TextStore()
        text = HeldText(store, b"ab ", 0)
        between = HeldText(store, b"another", 0)
        for piece in (" ä", "\u3000", " \n\n\u2003", "   "):
            text.add(piece.encode())
        text.end()
        assert str(text) == "ab  ä"
        assert str(between) == "another"
        whole = HeldText(store, "ab  ä".encode(), 0)
        whole.end()
        assert (text, hash(text)) == (whole, hash(whole))
        blank = HeldText(store, b" ", 0)
        blank.add(b"\n ")
        blank.end()
        assert str(blank) == ""

    def test_parts_of_a_text(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(held_text, "_CHUNK_BYTES", 7)
        text = held(LONG)
        assert beginning(text, 11) == beginning(LONG, 11) == LONG[:11]
        assert text.middle_out(20) == (LONG[:20], len(LONG) - 40, LONG[-20:])
        assert contains(re.compile("<b>"), text)
        assert not contains(re.compile("<i>"), text)
        assert not is_blank(text)
        assert joined_texts(iter([text])) is text
        assert joined_texts(iter([text, "b"])) == f"{LONG}\nb"

    def test_a_panic_is_found_across_the_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(held_text, "_CHUNK_BYTES", 300_000)
        panic = "thread 'a' panicked at src/deep/module.rs:1234:56:\nno such luck\n"
        for before in (0, 255_000, 299_970, 300_000, 599_990, 1_000_000):
            text = held(f"{'x' * before}\n{panic}{'y' * 400_000}")
            found = find_panic(text)
            assert found is not None
            assert (found["file"], found["line"], found["column"]) == (
                *("src/deep/module.rs", "1234"), "56",
            )  # fmt: skip
            assert found.string[found.end() :].startswith(":\nno such luck\n")
            assert find_place(text, find_panics(text)) == ("src/deep/module.rs", 1234, 56)
        python = held("x" * 400_000 + "\nfirst.py:1: E\n" + "y" * 400_000 + "\nlast.py:22: E\n")
        assert find_place(python, ()) == ("last.py", 22, 1)
        assert find_panic(held("z" * 700_000)) is None

    def test_a_reason_is_found_across_the_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(held_text, "_CHUNK_BYTES", 300_000)
        for before in (0, 255_000, 299_970, 299_997, 300_000, 599_990, 1_000_000):
            text = held(f"first\n{'x' * before}\nerror: no such luck\n{'y' * 400_000}")
            assert Attempt(status="failed", output=text).reason == "error: no such luck"
        without = held(f"\n \nfirst\n{'error ' * 200_000}")
        assert Attempt(status="failed", output=without).reason == "error " * 49 + "error…"
        assert Attempt(status="failed", output=held("\nfirst\n" + "z" * 700_000)).reason == "first"


def _report(number: int) -> str:
    """A report in which each kind of text is long."""
    lines = "line &amp; &lt;x&gt;\n" * 60
    output = f"thread 'a' panicked at src/lib.rs:{number}:5:\nbad\n{lines}"
    rerun = f'<rerunFailure message="m">{output}<system-out>{output}</system-out></rerunFailure>'
    inner = f"<system-out>\n {output} </system-out><system-err>{output}</system-err>"
    return (
        f'<testsuites name="n{number}"><testsuite name="s" timestamp="2026-01-01T00:00:0{number}Z">'
        f"<properties><property name='p'>{output}</property></properties>"
        f'<testcase name="a" time="1"><failure message="m">  {output}  </failure>{inner}</testcase>'
        f'<testcase name="b" time="2">{rerun}{inner}<extra>{output}<more>{output}</more></extra>'
        f'</testcase><testcase name="c"><skipped>{output}</skipped></testcase>'
        f"<system-out>{output}</system-out><error>{output}</error></testsuite></testsuites>"
    )


def _merged(folder: Path) -> tuple[bytes, str, list[tuple[str, ...]]]:
    """The merged file, the page and the causes of three reports, two of which are the same runs."""
    files = []
    for number, text in enumerate((_report(1), _report(2), f"{_report(1)}\n")):
        files.append(folder / f"{number}.xml")
        files[-1].write_text(text, encoding="utf-8")
    merged = merge(Labelled(document=read_document(file)) for file in files)
    write_merged(merged, folder / "merged.xml")
    content = Content(merged=merged, sources=())
    write_page(content, folder / "page.html", now=datetime(2026, 1, 1, tzinfo=UTC))
    causes = causes_of(merged.run.having("failed"))
    told = [(each.word, each.first.reason, str(each.first.location)) for each in causes]
    page = (folder / "page.html").read_text(encoding="utf-8")
    return (folder / "merged.xml").read_bytes(), page, told


def test_a_merged_report_is_the_same_byte_by_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(held_text, "LEAST_CHARACTERS", 1 << 30)
    in_memory = _merged(tmp_path)
    assert in_memory[0].count(b"panicked at") > 20
    monkeypatch.undo()
    request.getfixturevalue("everything_held")
    assert _merged(tmp_path) == in_memory


def test_memory_does_not_grow_with_what_tests_print(tmp_path: Path) -> None:
    file = tmp_path / "large.xml"
    with file.open("w", encoding="utf-8") as stream:
        stream.write("<testsuite name='s'><testcase name='giant'><system-out>")
        for _ in range(150):
            stream.write("one line of a test &amp; another\n" * 3000)
        stream.write("</system-out></testcase>")
        for number in range(800):
            stream.write(f"<testcase name='t{number}'><failure>{number}")
            stream.write("what it printed &lt;here&gt;\n" * 300)
            stream.write("</failure></testcase>")
        stream.write("</testsuite>")
    assert file.stat().st_size > 20_000_000
    tracemalloc.start()
    try:
        merged = merge([Labelled(document=read_document(file))])
        write_merged(merged, tmp_path / "merged.xml")
        content = Content(merged=merged, sources=())
        write_page(content, tmp_path / "page.html", now=datetime.now(UTC))
        causes_of(merged.run.having("failed"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 14_000_000
    again = read_document(tmp_path / "merged.xml").run
    assert len(again.cases) == 801
    assert str(again.cases[0].stdout) == "one line of a test & another\n" * 450_000
