"""Many runs together: times that may be compared, flaky tests, and what changed between two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.history.difference import difference
from tasker_ci.sessions.history.proposals import proposals
from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import History, leave
from tasker_ci.sessions.history.trend import Trend, read_trend
from tasker_ci.sessions.history.verdicts import flaky_tests, session_times, test_times

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def written(
    folder: Path, day: float, tests: dict[str, tuple[str, float]] | None = None, **more: Any
) -> None:
    """One record ``day`` days after noon; clean code of one commit unless said otherwise."""
    values: dict[str, Any] = {
        "run": f"run{day}",
        "session": "unit",
        "seconds": 10.0,
        "status": "passed",
        "commit": "c1",
        "dirty": False,
        "branch": "main",
        "tests": {("core", "", name): result for name, result in (tests or {}).items()},
        **more,
    }
    record = Record(started=NOON + timedelta(days=day), **values)
    leave(record, folder, keep=9999, maximum_bytes=1 << 30)


def read(folder: Path, **more: Any) -> Trend:
    found = History(folders=(folder,))
    trend = read_trend(found, **{"last": 30, **more})
    assert found.problems == []
    return trend


def key(name: str, toolchain: str = "") -> tuple[str, str, str, str]:
    return (toolchain, "core", "", name)


def test_a_median_is_of_successful_first_attempts(tmp_path: Path) -> None:
    for day, seconds in enumerate((10.0, 20.0, 30.0)):
        written(tmp_path, day, seconds=seconds)
    written(tmp_path, 3, seconds=500.0, status="failed")
    written(tmp_path, 4, seconds=500.0, attempt=2)
    (found,) = session_times(read(tmp_path))
    assert (found.runs, found.passed, found.sample) == (5, 4, 3)
    assert (found.median, found.p90, found.newest) == (20.0, None, 30.0)


def test_nothing_is_made_up_where_nothing_counts(tmp_path: Path) -> None:
    written(tmp_path, 0, status="failed")
    (found,) = session_times(read(tmp_path))
    assert (found.median, found.p90, found.newest, found.hits) == (None, None, None, None)
    assert test_times(read(tmp_path)) == []


def test_only_runs_of_the_same_wish_are_compared(tmp_path: Path) -> None:
    written(tmp_path, 0, seconds=100.0)
    written(tmp_path, 1, seconds=1.0, arguments=("--package", "core"))
    written(tmp_path, 2, seconds=90.0, toolchain="beta")
    medians = {each.title: each.median for each in session_times(read(tmp_path))}
    assert medians == {"unit": 100.0, "unit --package core": 1.0, "unit [beta]": 90.0}


def test_shards_of_a_run_are_one_run_as_long_as_the_longest(tmp_path: Path) -> None:
    for shard, seconds in ((1, 30.0), (2, 20.0)):
        tests = {f"t{shard}": ("passed", 1.0)}
        written(tmp_path, 0, tests, seconds=seconds, partition=f"slice:{shard}/2", run="one")
    trend = read(tmp_path)
    assert trend.titles == ["unit"]
    (found,) = session_times(trend)
    assert (found.runs, found.median) == (1, 30.0)
    assert set(trend.results(0)) == {key("t1"), key("t2")}


def test_a_lone_shard_is_compared_with_its_like_alone(tmp_path: Path) -> None:
    for day, partition in enumerate(["", "slice:1/2", "slice:2/2", "slice:1/2"]):
        tests = {f"t{partition}": ("passed", 1.0)}
        written(tmp_path, day, tests, partition=partition)
    assert {title: len(read(tmp_path).of(title)) for title in read(tmp_path).titles} == {
        "unit": 1,
        "unit --partition slice:1/2": 2,
        "unit --partition slice:2/2": 1,
    }


def test_the_last_runs_are_read_and_no_others(tmp_path: Path) -> None:
    for day in range(10):
        written(tmp_path, day, seconds=float(day))
        written(tmp_path, day, session="fmt", seconds=1.0, branch="side")
    trend = read(tmp_path, last=3)
    assert [run.seconds for run in trend.runs if run.session == "unit"] == [9.0, 8.0, 7.0]
    assert {each.title for each in session_times(read(tmp_path, sessions=("fmt",)))} == {"fmt"}
    assert {run.session for run in read(tmp_path, branch="side").runs} == {"fmt"}


def test_sccaches_counts_are_summed_and_absent_ones_are_no_zero(tmp_path: Path) -> None:
    written(tmp_path, 0, sccache={"hits": 8, "misses": 2})
    written(tmp_path, 1)
    (found,) = session_times(read(tmp_path))
    assert (found.hits, found.cacheable) == (8, 10)


def test_a_slower_test_is_found_with_its_sample(tmp_path: Path) -> None:
    for day in range(8):
        slow = 1.0 if day < 5 else 3.0
        written(tmp_path, day, {"grows": ("passed", slow), "stays": ("passed", 1.0)})
    found = {each.key[3]: each.regression for each in test_times(read(tmp_path))}
    assert found["stays"] is None
    assert found["grows"] is not None
    assert (found["grows"].runs_before, found["grows"].runs_after) == (5, 3)


def test_pass_and_fail_on_one_commit_is_flaky(tmp_path: Path) -> None:
    for day, (first, second, third) in enumerate(
        [("passed", "failed", "failed"), ("failed", "failed", "passed"), ("passed",) * 3]
    ):
        commit = f"c{day // 2}"  # the third run is of another commit
        results = {"wobbly": first, "broken": second, "changed": third}
        tests = {name: (status, 1.0) for name, status in results.items()}
        written(tmp_path, day, tests, commit=commit)
    found = {each.key[3]: each for each in flaky_tests(read(tmp_path))}
    assert set(found) == {"wobbly", "changed"}
    assert (found["wobbly"].failed, found["wobbly"].runs, found["wobbly"].commits) == (1, 3, 1)


def test_uncommitted_changes_and_unknown_commits_prove_nothing(tmp_path: Path) -> None:
    for commit, dirty in (("c1", True), ("", False)):
        folder = tmp_path / f"{commit}{dirty}"
        written(folder, 0, {"a": ("passed", 1.0)}, commit=commit, dirty=dirty)
        written(folder, 1, {"a": ("failed", 1.0)}, commit=commit, dirty=dirty)
        assert flaky_tests(read(folder)) == []


def test_another_toolchain_proves_nothing_and_a_retry_does(tmp_path: Path) -> None:
    written(tmp_path, 0, {"a": ("passed", 1.0), "b": ("flaky", 1.0)})
    written(tmp_path, 1, {"a": ("failed", 1.0)}, toolchain="beta")
    (found,) = flaky_tests(read(tmp_path))
    assert (found.key, found.retried, found.failed) == (key("b"), 1, 0)
    assert found.share is not None


def test_jobs_on_several_systems_are_kept_apart(tmp_path: Path) -> None:
    for system, status in (("linux x86_64", "passed"), ("darwin arm64", "failed")):
        written(tmp_path, 0, {"a": (status, 1.0)}, system=system, run="one")
    trend = read(tmp_path)
    assert flaky_tests(trend) == []
    assert set(trend.tests) == {key("a", "linux x86_64"), key("a", "darwin arm64")}
    assert sorted(trend.titles) == ["unit on darwin arm64", "unit on linux x86_64"]
    alone = tmp_path / "alone"
    written(alone, 0, {"a": ("passed", 1.0)}, system="linux x86_64")
    assert read(alone).titles == ["unit"]
    assert set(read(alone).tests) == {key("a")}


def test_overlapping_shards_that_disagree_are_flaky(tmp_path: Path) -> None:
    written(tmp_path, 0, {"a": ("passed", 1.0)}, run="one", partition="slice:1/2")
    written(
        tmp_path, 0.001, {"a": ("failed", 1.0)}, run="one", partition="slice:2/2", status="failed"
    )
    trend = read(tmp_path)
    assert trend.results(0)[key("a")][0] == "flaky"
    assert not trend.runs[0].passed


def test_what_changed_between_two_runs(tmp_path: Path) -> None:
    before = {
        "stays": ("passed", 1.0),
        "breaks": ("passed", 1.0),
        "heals": ("failed", 1.0),
        "goes": ("passed", 1.0),
        "rests": ("passed", 1.0),
        "slows": ("passed", 1.0),
    }
    after = {
        "stays": ("passed", 1.01),
        "breaks": ("failed", 9.0),
        "heals": ("flaky", 1.0),
        "comes": ("passed", 1.0),
        "rests": ("skipped", 0.0),
        "slows": ("passed", 2.0),
    }
    written(tmp_path, 0, before)
    written(tmp_path, 1, after, status="failed")
    trend = read(tmp_path)
    found = difference(trend, base=1, head=0)
    assert (found.new, found.gone) == ((key("comes"),), (key("goes"),))
    assert (found.broken, found.fixed) == ((key("breaks"),), (key("heals"),))
    assert found.skipped == (key("rests"),)
    assert [(each.key, each.before, each.after, each.sample) for each in found.slower] == [
        (key("slows"), 1.0, 2.0, 1)
    ]
    assert found.perhaps_unreached, "a failed run may have stopped before"
    assert not difference(trend, base=0, head=0).slower


def test_what_affected_leaves_out_is_neither_gone_nor_new(tmp_path: Path) -> None:
    both = {"arguments": ("--affected",)}
    written(tmp_path, 0, {"a": ("passed", 1.0), "b": ("passed", 1.0)}, **both)
    written(tmp_path, 1, {"b": ("failed", 1.0), "c": ("passed", 1.0)}, status="failed", **both)
    found = difference(read(tmp_path), base=1, head=0)
    assert (found.new, found.gone, found.broken) == ((), (), (key("b"),))
    assert not found.perhaps_unreached
    assert found.narrowed


def test_a_session_that_had_nothing_to_do_is_no_run(tmp_path: Path) -> None:
    written(tmp_path, 0)
    written(tmp_path, 1, status="skipped")
    written(tmp_path, 2, status="skipped", session="doctest")
    trend = read(tmp_path)
    assert trend.titles == ["unit"]
    (found,) = session_times(trend)
    assert (found.runs, found.passed) == (1, 1)


def test_a_test_whose_times_scatter_is_not_slower_for_one_of_them(tmp_path: Path) -> None:
    for day, seconds in enumerate((0.5, 3.0, 1.0, 2.5, 0.4, 2.8)):
        written(tmp_path, day, {"a": ("passed", seconds)})
    assert difference(read(tmp_path), base=1, head=0).slower == ()


def test_what_fails_now_and_then_is_proposed_for_quarantine_with_its_numbers(
    tmp_path: Path,
) -> None:
    shaky = {"shaky": ("flaky", 0.1), "once": ("passed", 0.1), "held": ("flaky", 0.1)}
    held = frozenset({("core", "", "held")})
    written(tmp_path, 0, {**shaky, "once": ("flaky", 0.1)}, quarantined=held)
    written(tmp_path, 1, {**shaky, "shaky": ("failed", 0.1)}, quarantined=held)
    (found,) = proposals(flaky_tests(read(tmp_path)))
    assert found.entry == "[[unit.quarantine]] test = 'binary_id(=core) & test(=shaky)'"
    assert found.because.startswith("failed in 1 and passed on a retry in 1 of 2 runs, ")
    assert found.data()["test"] == "shaky"


def test_a_test_that_left_the_quarantine_and_fails_may_be_proposed_again(tmp_path: Path) -> None:
    held = frozenset({("core", "", "t")})
    written(tmp_path, 0, {"t": ("flaky", 0.1)}, quarantined=held)
    written(tmp_path, 1, {"t": ("flaky", 0.1)})
    assert len(proposals(flaky_tests(read(tmp_path)))) == 1
