"""Several reports as one: nothing is counted twice, nothing is lost, and the order has no part."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.reports.documents import Document, read_document
from tasker_ci.reports.executions import by_status
from tasker_ci.reports.merge import Labelled, Merged, merge
from tasker_ci.reports.merged_file import write_merged
from tasker_ci.reports.run import Attempt, Case, TestRun

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORDED = Path(__file__).parents[2] / "resources" / "reports" / "nextest.xml"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()


def document(
    *cases: Case,
    digest: str = "",
    begin: float | None = None,
    seconds: float | None = None,
    **attributes: str,
) -> Document:
    dated = begin is not None and seconds is not None
    return Document(
        file=Path("a.xml"),
        run=TestRun(cases=cases, seconds=seconds or 0.0),
        digest=digest or repr((cases, begin, seconds, attributes)),
        attributes=attributes,
        intervals=((begin, begin + seconds),) if dated else (),  # type: ignore[operator]
        undated_seconds=None if dated else seconds,
    )


def merged(*documents: Document) -> Merged:
    return merge(Labelled(document=each) for each in documents)


def case(name: str, status: str = "passed", **more: object) -> Case:
    return Case(suite="core", name=name, status=status, **more)  # type: ignore[arg-type]


def statuses(found: Merged) -> dict[str, str]:
    return {each.name: each.status for each in found.run.cases}


def test_shards_are_the_union_of_their_tests() -> None:
    found = merged(document(case("a"), case("b", "failed")), document(case("c")))
    assert statuses(found) == {"a": "passed", "b": "failed", "c": "passed"}
    assert (found.reports, found.executions) == (2, 3)


def test_what_every_shard_repeats_as_skipped_counts_once_and_not_where_it_ran() -> None:
    found = merged(
        document(case("a"), case("b", "skipped"), case("c", "skipped")),
        document(case("a", "skipped"), case("b", "failed"), case("c", "skipped")),
    )
    assert statuses(found) == {"a": "passed", "b": "failed", "c": "skipped"}
    assert found.executions == 2


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        pytest.param("failed", "passed", "flaky", id="a rerun passed"),
        pytest.param("passed", "failed", "failed", id="the last one failed"),
        pytest.param("passed", "passed", "passed", id="overlapping shards"),
        pytest.param("failed", "failed", "failed", id="a rerun failed again"),
    ],
)
def test_the_last_execution_decides_and_pass_and_fail_is_flaky(
    first: str, then: str, status: str
) -> None:
    documents = [
        document(case("a", first, started=NOON, seconds=1.0)),
        document(case("a", then, started=NOON + 9, seconds=2.0)),
    ]
    for order in (documents, documents[::-1]):
        (found,) = merged(*order).run.cases
        assert found.status == status
        assert found.seconds == 2.0
        assert found.unstable is (first != then)
        assert [other.status for other in found.others] == [first]


def test_the_start_of_a_report_dates_tests_that_have_none() -> None:
    early = document(case("a", "failed"), begin=NOON, seconds=5.0)
    late = document(case("a"), begin=NOON + 60, seconds=5.0)
    assert statuses(merged(late, early)) == {"a": "flaky"}


def test_the_worst_decides_where_nobody_knows_which_was_the_last() -> None:
    found = merged(document(case("a")), document(case("a", "failed")))
    assert statuses(found) == {"a": "failed"}
    assert found.run.cases[0].unstable


def test_retries_within_one_run_stay_retries() -> None:
    failure = Attempt(status="failed", seconds=0.5, started=NOON, message="no")
    flaky = case("a", "flaky", started=NOON + 1, others=(failure,))
    again = case("a", "failed", started=NOON + 50)
    found = merged(document(flaky), document(again))
    assert [other.status for other in found.run.cases[0].others] == ["failed", "passed"]
    assert found.executions == 3


def test_another_system_is_another_test_and_never_flaky() -> None:
    linux, windows = document(case("a")), document(case("a", "failed"), system="win32")
    found = merged(linux, windows)
    assert [(each.group, each.status) for each in found.run.cases] == [
        ("core", "passed"),
        ("core [win32]", "failed"),
    ]


def test_another_toolchain_or_label_is_another_test_and_never_flaky() -> None:
    stable, beta = document(case("a")), document(case("a", "failed"), toolchain="beta")
    found = merged(stable, beta)
    assert [(each.group, each.status) for each in found.run.cases] == [
        ("core", "passed"),
        ("core [beta]", "failed"),
    ]
    labelled = merge([Labelled(document=stable, label="linux"), Labelled(document=stable)])
    assert [each.group for each in labelled.run.cases] == ["core", "core [linux]"]


def test_nextests_own_file_and_the_copy_of_it_are_one_run() -> None:
    raw = document(case("a"), uuid="u")
    kept = document(case("a"), uuid="u", toolchain="beta", digest="copy")
    assert [each.group for each in merged(raw, kept).run.cases] == ["core [beta]"]


def test_a_name_that_comes_again_in_one_report_is_a_rerun_or_another_test() -> None:
    rerun = merged(document(case("a", "failed"), case("a")))
    assert statuses(rerun) == {"a": "flaky"}
    twins = merged(document(case("a"), case("a")))
    assert len(twins.run.cases) == 2
    assert merged(document(case("a"), case("a")), document(case("a"), digest="x")).executions == 2


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        pytest.param([(0, 10), (0, 7)], 10, id="shards side by side: the longest"),
        pytest.param([(0, 10), (20, 7)], 17, id="one after the other: the sum"),
        pytest.param([(0, 10), (6, 7)], 13, id="overlapping: what they cover"),
        pytest.param([(None, 10), (None, 7)], 17, id="without a start: the sum"),
        pytest.param([(0, None)], None, id="nothing known: no data"),
    ],
)
def test_wall_time_is_the_time_in_which_tests_ran(
    spans: list[tuple[float | None, float | None]], seconds: float | None
) -> None:
    documents = [
        document(case(f"t{place}"), begin=None if begin is None else NOON + begin, seconds=length)
        for place, (begin, length) in enumerate(spans)
    ]
    assert merged(*documents).wall_seconds == seconds


def test_of_two_reports_that_skipped_a_test_the_order_does_not_matter() -> None:
    one = document(case("t", "skipped", started=NOON), begin=NOON, seconds=1.0)
    other = document(case("t", "skipped", started=NOON + 1), begin=NOON + 1, seconds=1.0)
    assert totals(merged(one, other)) == totals(merged(other, one))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
results = st.sampled_from(["passed", "failed", "skipped"])
moments = st.integers(0, 1000).map(lambda each: NOON + each)
cases = st.lists(
    st.builds(
        Case,
        suite=st.sampled_from(["core", "core::it", "doctests"]),
        classname=st.sampled_from([None, "module"]),
        name=st.integers(0, 12).map(str),
        status=results,
        seconds=st.integers(0, 5000).map(lambda each: each / 1000),
        started=moments,
        message=texts,
    ),
    max_size=25,
    unique_by=lambda each: (each.suite, each.classname, each.name),
)


def totals(found: Merged) -> tuple[object, ...]:
    return (
        found.run.cases,
        by_status(found.run.cases),
        found.executions,
        found.wall_seconds,
        found.run.started,
    )


@given(parts=st.lists(cases, min_size=1, max_size=4), data=st.data())
def test_order_and_copies_change_nothing(parts: list[list[Case]], data: st.DataObject) -> None:
    documents = [
        document(*part, begin=NOON + place, seconds=60.0) for place, part in enumerate(parts)
    ]
    expected = totals(merged(*documents))
    shuffled = data.draw(st.permutations(documents))
    copies = data.draw(st.lists(st.sampled_from(documents), max_size=3))
    renamed = [replace(each, digest=f"{each.digest}'") for each in copies]  # other bytes, same run
    assert totals(merged(*shuffled, *copies, *renamed)) == expected


@given(whole=cases, data=st.data())
def test_a_report_in_shards_is_the_report(whole: list[Case], data: st.DataObject) -> None:
    places = [data.draw(st.integers(0, 3)) for _ in whole]
    shards: Sequence[list[Case]] = [
        [each for each, place in zip(whole, places, strict=True) if place == shard]
        for shard in range(4)
    ]
    together = merged(document(*whole, begin=NOON, seconds=60.0))
    apart = merged(*(document(*shard, begin=NOON, seconds=60.0) for shard in shards))
    assert totals(apart) == totals(together)


@given(parts=st.lists(cases, min_size=1, max_size=3))
def test_every_count_is_the_count_of_distinct_tests(parts: list[list[Case]]) -> None:
    found = merged(*(document(*part) for part in parts))
    keys = {(each.suite, each.classname, each.name) for part in parts for each in part}
    assert len(found.run.cases) == len(keys)
    assert sum(by_status(found.run.cases).values()) == len(keys)
    ran = {
        (each.suite, each.classname, each.name)
        for part in parts
        for each in part
        if each.status != "skipped"
    }
    assert found.run.executed == len(ran)


@given(parts=st.lists(cases, min_size=1, max_size=3))
def test_the_merged_file_says_the_same_as_its_sources(
    parts: list[list[Case]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    documents = [
        document(*part, begin=NOON + place, seconds=60.0) for place, part in enumerate(parts)
    ]
    expected = merged(*documents)
    target = tmp_path_factory.getbasetemp() / "merged.xml"
    write_merged(expected, target)
    again = merged(read_document(target))
    assert [_plain(each) for each in again.run.cases] == [
        _plain(each) for each in expected.run.cases
    ]
    assert again.executions == expected.executions
    assert again.wall_seconds == pytest.approx(expected.wall_seconds, abs=0.001)


def _plain(case: Case) -> tuple[object, ...]:
    """A case without the texts, from which XML takes what it cannot hold."""
    others = tuple((each.status, each.seconds, each.started) for each in case.others)
    return case.suite, case.classname, case.name, case.status, case.seconds, case.started, others


def without_sources(run: TestRun) -> TestRun:
    """A run without the list of reports that it was merged from."""
    return replace(run, suites=tuple(facts for facts in run.suites if facts.path))


def test_the_merged_file_of_nextests_keeps_all_of_it(tmp_path: Path) -> None:
    source = read_document(RECORDED)
    write_merged(merged(source), tmp_path / "m.xml")
    copy = read_document(tmp_path / "m.xml")
    assert without_sources(merged(copy).run) == without_sources(merged(source).run)
    assert merged(copy, source).run.cases == merged(source).run.cases
    text = (tmp_path / "m.xml").read_text(encoding="utf-8")
    assert text.count("<flakyFailure") == 1
    assert text.count("<rerunFailure") == RECORDED.read_text("utf-8").count("<rerunFailure")


def test_suites_of_two_toolchains_have_two_names_in_the_merged_file(tmp_path: Path) -> None:
    found = merged(document(case("a")), document(case("a"), toolchain="beta"))
    write_merged(found, tmp_path / "m.xml")
    text = (tmp_path / "m.xml").read_text(encoding="utf-8")
    assert re.findall(r'<testsuite name="([^"]+)"', text) == ["core", "core [beta]"]
    again = read_document(tmp_path / "m.xml").run.cases
    assert [(each.suite, each.variant) for each in again] == [("core", None), ("core", "beta")]
    assert [file.name for file in tmp_path.iterdir()] == ["m.xml"]
