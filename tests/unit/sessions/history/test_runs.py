"""Records of runs: what is written is read again, however many write at once."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.sessions.history import runs as history
from tasker_ci.sessions.history.runs import History, Record, leave, read_record, results_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORD = Record(run="r", session="unit", started=NOON, seconds=1.5, status="passed")
MEBIBYTE = 1024 * 1024

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.none() | texts.filter(bool)
seconds = st.integers(0, 10**9).map(lambda each: each / 1000)
records = st.builds(
    Record,
    run=texts,
    session=st.sampled_from(["unit", "unit-ci", "fmt"]),
    started=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
        lambda each: each.replace(tzinfo=UTC)
    ),
    seconds=seconds,
    status=st.sampled_from(["passed", "failed", "skipped", "not checked"]),
    exit_code=st.integers(0, 255),
    arguments=st.lists(texts, max_size=3).map(tuple),
    partition=names,
    toolchain=names,
    system=texts,
    build_seconds=st.none() | seconds,
    test_seconds=st.none() | seconds,
    commit=names,
    dirty=st.booleans(),
    branch=names,
    attempt=st.integers(1, 9),
    sccache=st.none() | st.just({"hits": 1, "misses": 2}),
    report=names,
    tests=st.dictionaries(
        st.tuples(texts, texts, texts),
        st.tuples(st.sampled_from(["passed", "failed", "flaky", "skipped"]), seconds),
        max_size=5,
    ),
)


@given(record=records)
def test_what_is_written_is_read_again(
    record: Record, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "history"
    file = leave(record, folder, keep=1, maximum_bytes=MEBIBYTE)
    try:
        assert read_record(file) == record
    finally:
        file.unlink()


def test_names_that_come_again_are_all_kept() -> None:
    cases = tuple(
        Case(suite="s", name="(unnamed)", status=status, seconds=1.0)  # type: ignore[arg-type]
        for status in ("passed", "failed", "passed")
    )
    assert results_of(TestRun(cases=cases)) == {
        ("s", "", "(unnamed)"): ("passed", 1.0),
        ("s", "", "(unnamed) #2"): ("failed", 1.0),
        ("s", "", "(unnamed) #3"): ("passed", 1.0),
    }


def test_the_folder_ignores_itself_if_it_is_made_here(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    leave(RECORD, tmp_path / ".tasker-ci" / "history", keep=9, maximum_bytes=MEBIBYTE)
    own = tmp_path / "records"
    own.mkdir()
    leave(RECORD, own, keep=9, maximum_bytes=MEBIBYTE)
    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"]
    shown = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    assert ".tasker-ci" not in shown
    assert "records/" in shown, "somebody made it, and may want to commit it"


def test_only_the_newest_stay(tmp_path: Path) -> None:
    for day in range(10):
        record = replace(RECORD, started=NOON + timedelta(days=day), run=str(day))
        leave(record, tmp_path, keep=3, maximum_bytes=MEBIBYTE)
    assert [each.run for each in History(folders=(tmp_path,)).records()] == ["9", "8", "7"]


def test_their_size_is_bounded_and_the_newest_stays_whatever_its_size(tmp_path: Path) -> None:
    names = {("s", "", f"{place * 7919 % 10007:x}"): ("passed", 0.1) for place in range(2000)}
    for day in range(4):
        record = replace(RECORD, started=NOON + timedelta(days=day), tests=names)  # type: ignore[arg-type]
        leave(record, tmp_path, keep=99, maximum_bytes=1000)
    (left,) = History(folders=(tmp_path,)).records()
    assert left.started == NOON + timedelta(days=3)


def test_what_a_killed_writer_left_half_written_goes_after_an_hour(tmp_path: Path) -> None:
    stamp = "20261124T120000000000Z.unit.00000000.json.gz"
    old, new = tmp_path / f".{stamp}.1", tmp_path / f".{stamp}.2"
    for file in (old, new):
        file.write_bytes(b"half")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    os.utime(old, (long_ago.timestamp(), long_ago.timestamp()))
    leave(RECORD, tmp_path, keep=3, maximum_bytes=MEBIBYTE)
    assert not old.exists()
    assert new.exists(), "its writer may be at it"


def test_what_cannot_be_moved_into_place_is_not_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="name too long"):
        leave(replace(RECORD, session="a" * 300), tmp_path, keep=3, maximum_bytes=MEBIBYTE)
    assert list(tmp_path.iterdir()) == []


def test_only_our_own_records_are_removed(tmp_path: Path) -> None:
    """Names and content both count, and a link is not ours whatever it leads to."""
    folder = tmp_path / "history"
    old = leave(RECORD, folder, keep=9, maximum_bytes=MEBIBYTE)
    elsewhere = tmp_path / "elsewhere.json.gz"
    elsewhere.write_bytes(old.read_bytes())
    foreign = {
        "20200101T000000000000Z.unit.00000000.json.gz": b"not a record",
        "20200101T000000000000Z.unit.00000001.json.gz": gzip.compress(b'{"version": 1}'),
        "backup-2020.json.gz": old.read_bytes(),
        ".20200101.json.gz.bak": b"mine",
        "notes.txt": b"mine",
    }
    for name, content in foreign.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (0, 0))
    link = folder / "20200101T000000000000Z.unit.00000002.json.gz"
    link.symlink_to(elsewhere)
    os.mkfifo(folder / "20200101T000000000000Z.unit.00000003.json.gz")
    later = replace(RECORD, started=NOON + timedelta(hours=1))
    new = leave(later, folder, keep=1, maximum_bytes=1)
    assert not old.exists()
    left = {each.name for each in folder.iterdir()}
    assert left == {
        ".gitignore", new.name, link.name, "20200101T000000000000Z.unit.00000003.json.gz", *foreign
    }  # fmt: skip
    assert elsewhere.exists()


def _write_many(folder: Path, writer: int, barrier: Any) -> None:
    barrier.wait()
    for number in range(30):
        record = replace(RECORD, run=f"{writer}-{number}", started=datetime.now(UTC))
        leave(record, folder, keep=20, maximum_bytes=MEBIBYTE)


def test_several_write_at_once_and_every_record_is_whole(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    folder = tmp_path / "history"
    writers = [
        context.Process(target=_write_many, args=(folder, writer, barrier)) for writer in range(3)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    assert [each.exitcode for each in writers] == [0, 0, 0]
    found = History(folders=(folder,))
    left = [each.run for each in found.records()]
    assert found.problems == []
    assert len(left) == len(set(left)) == 20
    assert sorted(each.name for each in folder.iterdir() if each.name.startswith(".")) == [
        ".gitignore"
    ], "nothing half-written stays"


def test_a_record_in_two_folders_is_one(tmp_path: Path) -> None:
    file = leave(RECORD, tmp_path / "a", keep=9, maximum_bytes=MEBIBYTE)
    nested = tmp_path / "artifacts" / "history-1" / file.name
    nested.parent.mkdir(parents=True)
    nested.write_bytes(file.read_bytes())
    found = History(folders=(tmp_path / "a", tmp_path / "artifacts"))
    assert len(list(found.records())) == 1
    assert list(found.records(["doctest"])) == []
    assert list(found.records(enough=lambda session: session == "unit")) == []


def damaged(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = history._data(RECORD)
    change(document)
    return gzip.compress(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "cannot be read", id="empty"),
        pytest.param(b"{}", "cannot be read", id="not packed"),
        pytest.param(gzip.compress(b"[" * 100_000), "cannot be read", id="nested without end"),
        pytest.param(gzip.compress(b"{}" * 9)[:12] + b"\xff" * 20, "cannot be read", id="damaged"),
        pytest.param(gzip.compress(b"{}" * 9)[:-9], "cannot be read", id="truncated"),
        pytest.param(damaged(lambda each: each.update(version=2)), "has version 2", id="newer"),
        pytest.param(damaged(lambda each: each.pop("tests")), "cannot be read", id="lacks a key"),
        pytest.param(
            damaged(lambda each: each.update(tests=[["s", "", [["n", "?", 1]]]])),
            "cannot be read",
            id="unknown result",
        ),
        pytest.param(
            damaged(lambda each: each.update(started="soon")), "cannot be read", id="no time"
        ),
        *(
            pytest.param(
                damaged(lambda each, time=time: each.update(started=time)),  # type: ignore[misc]
                "nothing started in the year",
                id=f"year {time[:4]}",
            )
            for time in ("9999-12-31T23:59:59", "0001-01-01T00:00:00+14:00", "1969-01-01")
        ),
        pytest.param(
            damaged(lambda each: each.update(seconds="many")), "cannot be read", id="no number"
        ),
    ],
)
def test_what_is_no_record_is_a_problem_and_no_end(
    tmp_path: Path, content: bytes, words: str
) -> None:
    good = leave(RECORD, tmp_path, keep=9, maximum_bytes=MEBIBYTE)
    bad = tmp_path / good.name.replace("unit", "doc")
    bad.write_bytes(content)
    with pytest.raises(ReportError, match=words):
        read_record(bad)
    found = History(folders=(tmp_path,))
    assert [each.session for each in found.records()] == ["unit"]
    assert len(found.problems) == 1
    assert str(bad) in found.problems[0]


def test_a_record_that_unpacks_to_any_size_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "bomb.json.gz"
    file.write_bytes(gzip.compress(b" " * 5 * MEBIBYTE))
    with pytest.raises(ReportError, match="unpacks to more than"):
        read_record(file, maximum_bytes=MEBIBYTE)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop", "huge"])
def test_a_record_that_is_no_file_of_ours_is_a_problem_and_no_end(
    tmp_path: Path, kind: str
) -> None:
    good = leave(RECORD, tmp_path, keep=9, maximum_bytes=MEBIBYTE)
    bad = tmp_path / good.name.replace("unit", "doc")
    if kind == "pipe":
        os.mkfifo(bad)
    elif kind == "device":
        bad.symlink_to("/dev/zero")
    elif kind == "folder":
        bad.mkdir()
    elif kind == "loop":
        bad.symlink_to(bad.name)
    else:
        bad.touch()
        os.truncate(bad, 10 << 30)
    found = History(folders=(tmp_path,))
    assert [each.session for each in found.records()] == ["unit"]
    assert [str(bad) in each for each in found.problems] == [True]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@example(key="seconds", value=float("nan"))
@example(key="seconds", value=10**400)
@example(key="tests", value=[["s", "", [["n", "+", float("inf")]]]])
@example(key="tests", value={"a": 1})
@given(key=st.sampled_from(sorted(history._data(RECORD))), value=json_values)
def test_a_record_with_anything_in_any_place_is_read_or_refused(
    key: str, value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json.gz"
    file.write_bytes(damaged(lambda each: each.update({key: value})))
    with suppress(ReportError):
        found = read_record(file)
        assert 0 <= found.seconds < 1e10
