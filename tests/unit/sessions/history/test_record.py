"""Records of runs: what is written is read again, and nothing else is believed."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.sessions.history import record as history
from tasker_ci.sessions.history.record import Record, read_record, results_of
from tasker_ci.sessions.history.record_folder import History, leave

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
    proven=st.just({}) | st.just({"run": "r", "commit": "1a2b3c4", "made": "2026-11-24"}),
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
