"""The figures of `insights`, each small enough to be counted by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from github_history import Row, at, job, run, skipped, step
from hypothesis import example, given
from hypothesis import strategies as st

from tasker_ci.sessions.insights.documents import Documents
from tasker_ci.sessions.insights.figures import (
    NO_JOB_RAN,
    NO_TIMES,
    UNKNOWN_JOBS,
    cost,
    durations,
    rates,
    slowest_jobs,
    slowest_steps,
    waiting,
)
from tasker_ci.sessions.insights.metrics import Metric, key_metrics
from tasker_ci.sessions.insights.reading import history
from tasker_ci.sessions.insights.settings import InsightsSettings
from tasker_ci.sessions.insights.spread import SeriesTrend, Share, Spread
from tasker_ci.text.statistics import p90

if TYPE_CHECKING:
    from tasker_ci.sessions.insights.model import WorkflowHistory, WorkflowRun

TARGETS = InsightsSettings(
    total_minutes=10,
    hit_rate=80,
    parallel_gain=2,
    stability=95,
    request_seconds=1,
    limit_seconds=1,
)


def read(*rows: Row, evidence: list[Row] | None = None) -> WorkflowHistory:
    """The history out of runs and jobs; a run without a job here has a list of jobs all the same.

    A run with `jobs=None` has none that could be read.
    """
    documents = Documents(evidence=evidence or [])
    for row in rows:
        if "run_id" in row:
            assert documents.add_job(row)
        else:
            unread = row.pop("jobs", ()) is None
            documents.add_run(row)
            if not unread:
                documents.jobs.setdefault((row["id"], row["run_attempt"]), [])
    return history(documents)


def runs(*rows: Row) -> tuple[WorkflowRun, ...]:
    return read(*rows).runs


class TestSpread:
    def test_of_nothing_is_nothing(self) -> None:
        assert Spread.of([]) is None

    def test_the_p90_is_the_one_of_the_trends(self) -> None:
        assert Spread.of([100, 3, 1, 4, 2]) == Spread(n=5, median=3, p90=p90([1, 2, 3, 4, 100]))

    def test_of_few_values_there_is_a_median_and_no_p90(self) -> None:
        assert Spread.of([3, 4, 5, 6]) == Spread(n=4, median=4.5, p90=None)


class TestShare:
    def test_of_nothing_is_nothing_and_not_nought_or_a_hundred_percent(self) -> None:
        assert Share.of(0, 0) is None

    def test_wilsons_interval_of_nine_in_ten(self) -> None:
        share = Share.of(9, 10)
        assert share is not None
        # Wilson 1927; the same in statsmodels' proportion_confint(9, 10, method="wilson")
        assert (round(share.low, 4), round(share.high, 4)) == (0.5958, 0.9821)

    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_the_interval_holds_the_share_and_lies_between_nought_and_one(
        self, counts: tuple[int, int]
    ) -> None:
        share = Share.of(*counts)
        assert share is not None
        assert 0 <= share.low <= share.value <= share.high <= 1


class TestTrend:
    def test_seven_values_are_too_few(self) -> None:
        assert SeriesTrend.of([60.0] * 7) is None

    def test_twice_as_slow_is_slower(self) -> None:
        trend = SeriesTrend.of([100, 101, 99, 100, 200, 201, 199, 200])
        assert trend is not None
        assert (trend.verdict, trend.older, trend.newer, trend.change) == ("slower", 100, 200, 100)

    def test_half_as_slow_is_faster(self) -> None:
        trend = SeriesTrend.of([200.0] * 4 + [100.0] * 4)
        assert trend is not None
        assert trend.verdict == "faster"

    def test_a_difference_within_the_noise_is_none(self) -> None:
        trend = SeriesTrend.of([100, 140, 80, 120, 110, 150, 90, 130])
        assert trend is not None
        assert trend.verdict == "no difference"

    def test_a_second_is_no_difference_where_times_are_whole_seconds(self) -> None:
        trend = SeriesTrend.of([100.0] * 4 + [101.0] * 4)
        assert trend is not None
        assert trend.verdict == "no difference"

    @given(st.lists(st.floats(1, 1e5), min_size=8), st.floats(1, 1e5))
    def test_what_is_the_other_way_round_is_the_other_verdict(
        self, values: list[float], more: float
    ) -> None:
        there, back = SeriesTrend.of(values), SeriesTrend.of(values[::-1])
        assert there is not None
        assert back is not None
        assert there.change == pytest.approx(-back.change)


class TestRates:
    def test_cancelled_and_skipped_runs_are_neither_good_nor_bad(self) -> None:
        found = rates(
            runs(
                run(1),
                run(2),
                run(3),
                run(4, "failure"),
                run(5, "timed_out"),
                run(6, "startup_failure"),
                run(7, "cancelled"),
                run(8, "skipped"),
                run(9, "action_required"),
                run(10, "stale"),
                run(11, "neutral"),
            )
        )

        assert (found.success, found.failure) == (Share.of(3, 6), Share.of(3, 6))
        assert found.conclusions["cancelled"] == 1
        assert sum(found.conclusions.values()) == found.completed == 11

    def test_a_rerun_hides_no_failure_of_the_first_attempt(self) -> None:
        found = rates(
            runs(run(1), run(2, "failure"), run(2, "success", run_attempt=2), run(3, "failure"))
        )

        assert found.success == Share.of(1, 3)
        assert found.after_reruns == Share.of(2, 3)
        assert found.rerun == 1

    def test_a_first_attempt_that_nobody_knows_is_counted_as_unknown(self) -> None:
        found = rates(runs(run(1), run(2, "success", run_attempt=2)))

        assert (found.success, found.unknown) == (Share.of(1, 1), 1)

    @pytest.mark.parametrize("status", ["queued", "in_progress", "waiting", "requested", "pending"])
    def test_a_run_that_is_not_over_counts_nowhere(self, status: str) -> None:
        found = rates(runs(run(1), run(2, None, status=status)))

        assert (found.completed, found.unfinished, found.success) == (1, 1, Share.of(1, 1))

    def test_a_rerun_under_way_counts_nowhere_either(self) -> None:
        found = rates(runs(run(1, "failure"), run(1, None, run_attempt=2)))

        assert (found.completed, found.unfinished, found.success) == (0, 1, None)

    def test_no_run_is_no_rate(self) -> None:
        assert rates(()).success is None


class TestDurations:
    def test_from_the_first_start_to_the_last_end_and_not_to_the_runs_update(self) -> None:
        found = durations(runs(run(1), job("a", 10, 100), job("b", 100, 310)))

        assert found.seconds == (300,)

    def test_skipped_jobs_and_their_times_do_not_count(self) -> None:
        found = durations(runs(run(1), job("a", 10, 100), skipped("b", 5000)))

        assert found.seconds == (90,)

    def test_only_what_was_green_at_the_first_attempt_counts(self) -> None:
        found = durations(
            runs(
                run(1, "failure"),
                job("a", 0, 10, conclusion="failure"),
                run(1, "success", run_attempt=2),
                job("a", 500, 501, attempt=2),
                run(2, "cancelled"),
                job("a", 0, 5, of=2, conclusion="cancelled"),
            )
        )

        assert found.seconds == ()
        assert found.spread is None

    def test_a_rerun_counts_with_the_time_of_its_first_attempt(self) -> None:
        found = durations(
            runs(
                run(1),
                job("a", 0, 100),
                run(1, "success", run_attempt=2),
                job("a", 90_000, 90_001, attempt=2),
            )
        )

        assert found.seconds == (100,)

    @pytest.mark.parametrize(
        ("jobs", "reason"),
        [
            pytest.param([], NO_JOB_RAN, id="no job at all"),
            pytest.param([skipped("a", 0)], NO_JOB_RAN, id="all skipped"),
            pytest.param([job("a", 0, 9), job("b", 50, 20)], NO_TIMES, id="clock skew"),
            pytest.param([job("a", 0, 9), job("b", 50, None)], NO_TIMES, id="no end"),
            pytest.param([job("a", None, 9)], NO_TIMES, id="no start"),
            pytest.param([job("a", 0, 9, conclusion=None)], NO_TIMES, id="not over"),
        ],
    )
    def test_without_usable_times_a_run_is_left_out_and_said_to_be(
        self, jobs: list[Row], reason: str
    ) -> None:
        found = durations(runs(run(1), *jobs))

        assert (found.seconds, dict(found.left_out)) == ((), {reason: 1})

    def test_jobs_that_could_not_be_read_are_not_no_jobs(self) -> None:
        assert dict(durations(runs(run(1, jobs=None))).left_out) == {UNKNOWN_JOBS: 1}

    @pytest.mark.parametrize(
        "value", [None, "", "yesterday", 7, True, [], {}, "0001-01-01T00:00:00Z", "9999-99-99"]
    )
    def test_a_time_of_any_other_kind_is_no_time(self, value: Any) -> None:
        found = durations(runs(run(1), {**job("a", 0, 9), "completed_at": value}))

        assert found.seconds == ()

    def test_zones_and_fractions_are_understood(self) -> None:
        row = {
            **job("a", 0, 9),
            "started_at": "2026-03-02T14:00:00.500+02:00",
            "completed_at": "2026-03-02T12:01:00.5Z",
        }
        assert durations(runs(run(1), row)).seconds == (60,)


class TestWaiting:
    def test_from_creation_to_start_over_all_jobs_that_ran(self) -> None:
        found = waiting(
            runs(
                run(1, "failure"),
                job("a", 10, 20, queued=4),
                job("b", 10, 20, queued=6, conclusion="failure"),
                skipped("c", 99),
            )
        )

        assert (found.spread, found.left_out) == (Spread(n=2, median=5, p90=None), 0)

    def test_a_job_that_starts_before_it_is_made_is_left_out(self) -> None:
        found = waiting(runs(run(1), job("a", 10, 20, queued=-3), job("b", 10, 20)))

        assert (found.spread, found.left_out) == (None, 2)

    def test_a_job_that_was_cancelled_before_a_runner_took_it_did_not_run(self) -> None:
        never = job("a", 10, 3600, queued=0, conclusion="cancelled", steps=[], runner_id=0)

        found = waiting(runs(run(1, "cancelled"), never))

        assert (found.spread, found.left_out) == (None, 0)


class TestSlowest:
    def test_jobs_by_their_median_and_how_often_they_failed(self) -> None:
        found = slowest_jobs(
            runs(
                run(1),
                job("slow", 0, 100),
                job("quick", 0, 10),
                run(2, "failure"),
                job("slow", 0, 300, of=2),
                job("quick", 0, 1, of=2, conclusion="failure"),
            ),
            10,
        )

        assert [(each.job, each.seconds.median, each.failed) for each in found] == [
            ("slow", 200, 0),
            ("quick", 10, 1),
        ]

    def test_steps_name_their_job(self) -> None:
        steps = [step("build", 0, 50), step("test", 50, 60), step("post", None, None)]

        found = slowest_steps(runs(run(1), job("unit", 0, 60, steps=steps)), 1)

        assert [(each.job, each.step, each.seconds.median) for each in found] == [
            ("unit", "build", 50)
        ]

    def test_a_skipped_step_is_not_a_quick_one(self) -> None:
        found = slowest_steps(
            runs(run(1), job("unit", 0, 60, steps=[step("deploy", 60, 60, "skipped")])), 9
        )
        assert found == ()


class TestCost:
    def test_all_attempts_count_and_what_a_rerun_copies_counts_once(self) -> None:
        found = cost(
            runs(
                run(1, "failure"),
                job("good", 0, 90),
                job("bad", 0, 30, conclusion="failure"),
                run(1, "success", run_attempt=2),
                {**job("good", 0, 90, attempt=2), "id": 4711},
                job("bad", 600, 660, attempt=2),
            )
        )

        assert found.minutes == pytest.approx(3.0)  # 90 + 30 + 60 s
        assert found.billed == 4  # 2 + 1 + 1
        assert (found.n, found.by_labels) == (1, {"ubuntu-24.04": pytest.approx(3.0)})

    def test_jobs_of_one_name_and_the_same_seconds_are_several(self) -> None:
        """As those of a matrix whose name does not say its values."""
        twins = [{**job("test", 0, 60), "id": number} for number in (1, 2)]
        copies = [{**job("test", 0, 60, attempt=2), "id": number} for number in (3, 4)]

        assert cost(runs(run(1), *twins)).minutes == 2
        again = cost(runs(run(1, "failure"), *twins, run(1, run_attempt=2), *copies))
        assert again.minutes == 2

    @pytest.mark.parametrize("number", [101, 10**12])
    def test_a_number_of_an_attempt_that_cannot_be_true_costs_nothing(self, number: int) -> None:
        assert cost(runs(run(1, run_attempt=number))).left_out == 1

    def test_a_failed_and_a_cancelled_job_cost_as_well(self) -> None:
        found = cost(
            runs(
                run(1, "failure"),
                job("a", 0, 60, conclusion="failure"),
                run(2, "cancelled"),
                job("a", 0, 60, of=2, conclusion="cancelled"),
            )
        )
        assert found.per_run == Spread(n=2, median=1, p90=None)

    def test_a_run_of_which_an_attempt_is_not_known_is_left_out(self) -> None:
        found = cost(runs(run(1), job("a", 0, 60), run(2, "success", run_attempt=2, jobs=None)))
        assert (found.n, found.minutes, found.left_out) == (1, 1.0, 1)

    @given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
    def test_what_one_kind_of_runner_cost_is_all_to_the_last_digit(
        self, lengths: list[int]
    ) -> None:
        rows = [
            row
            for number, length in enumerate(lengths)
            for row in (run(number), job("a", 0, length, of=number))
        ]
        found = cost(runs(*rows))
        assert found.by_labels == {"ubuntu-24.04": found.minutes}
        assert found.minutes == sum(lengths) / 60

    @given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
    def test_it_is_the_sum_of_the_jobs_and_rounding_up_costs_less_than_a_minute_each(
        self, lengths: list[int]
    ) -> None:
        jobs = [job(f"job {n}", 0, length) for n, length in enumerate(lengths)]

        found = cost(runs(run(1), *jobs))

        assert found.minutes == pytest.approx(sum(lengths) / 60)
        assert found.minutes <= found.billed < found.minutes + len(lengths) + 1e-9
        assert found.billed == sum(math.ceil(length / 60) for length in lengths)


class TestKeyMetrics:
    def metrics(self, *rows: Row, evidence: list[Row] | None = None) -> list[Metric]:
        return list(key_metrics(read(*rows, evidence=evidence), TARGETS))

    def test_without_data_every_one_says_so_and_why(self) -> None:
        found = self.metrics()

        assert [each.verdict for each in found] == ["no data"] * 4
        assert all(each.n == 0 and each.value is None and each.detail for each in found)

    @pytest.mark.parametrize(
        ("seconds", "verdict"), [(599, "met"), (600, "missed"), (700, "missed")]
    )
    def test_total_time_is_the_median_of_green_runs(self, seconds: int, verdict: str) -> None:
        total = self.metrics(run(1), job("a", 0, seconds))[0]

        assert (total.value, total.n, total.verdict) == (seconds, 1, verdict)

    def test_the_hit_rate_is_the_median_over_runs_with_the_jobs_of_a_run_together(self) -> None:
        rate = self.metrics(
            run(1),
            run(2),
            run(3),
            evidence=[
                {"run_id": 1001, "kind": "sccache", "name": "a", "hits": 90, "misses": 0},
                {"run_id": 1001, "kind": "sccache", "name": "b", "hits": 0, "misses": 10},
                {"run_id": 1002, "kind": "sccache", "name": "a", "hits": 0, "misses": 1000},
                {"run_id": 1003, "kind": "sccache", "name": "a", "hits": 85, "misses": 15},
                {"run_id": 1003, "kind": "sccache", "name": "b", "hits": 0, "misses": 0},
            ],
        )[1]

        assert (rate.value, rate.n, rate.verdict) == (0.85, 3, "met")

    def test_eighty_percent_are_not_more_than_eighty_percent(self) -> None:
        row = {"run_id": 1001, "kind": "sccache", "name": "a", "hits": 80, "misses": 20}
        assert self.metrics(run(1), evidence=[row])[1].verdict == "missed"

    def test_nothing_cacheable_is_no_data(self) -> None:
        row = {"run_id": 1001, "kind": "sccache", "name": "a", "hits": 0, "misses": 0}
        rate = self.metrics(run(1), evidence=[row])[1]
        assert (rate.value, rate.detail) == (None, "sccache saw no cacheable request")

    def test_the_gain_is_what_tests_take_together_by_their_wall_time(self) -> None:
        common = {"run_id": 1001, "kind": "tests", "tests": 9, "flaky": 0}
        gain = self.metrics(
            run(1),
            evidence=[
                {**common, "name": "test-reports-a", "test_seconds": 50.0, "wall_seconds": 10.0},
                {**common, "name": "test-reports-b", "test_seconds": 10.0, "wall_seconds": 10.0},
                {**common, "name": "test-reports-b", "test_seconds": 0.0, "wall_seconds": 5.0},
                {
                    **common,
                    "name": "test-reports-integration",
                    "test_seconds": 1.0,
                    "wall_seconds": 99.0,
                },
            ],
        )[2]

        assert (gain.value, gain.n, gain.verdict) == (3.0, 1, "met")

    def test_stability_is_that_of_the_first_attempts_of_integration(self) -> None:
        name = "Integration tests / Integration tests"
        stability = self.metrics(
            run(1),
            job(name, 0, 9),
            run(2, "failure"),  # of something else
            job(name, 0, 9, of=2),
            job("unit", 0, 9, of=2, conclusion="failure"),
            run(3, "failure"),
            job(name, 0, 9, of=3, conclusion="failure"),
            run(3, "success", run_attempt=2),
            job(name, 0, 9, of=3, attempt=2),
            run(4, "cancelled"),
            job(name, 0, 9, of=4, conclusion="cancelled"),
            run(5, "failure"),
            skipped(name, 0, of=5),
        )[3]

        assert (stability.value, stability.n, stability.verdict) == (2 / 3, 3, "missed")
        assert name in stability.detail

    def test_integration_that_failed_before_a_runner_took_it_is_not_stable(self) -> None:
        rows = [
            job("integration", 0, 1, conclusion="failure", steps=[], runner_id=0),
            skipped("integration / more", 0),
        ]
        stability = self.metrics(run(1, "failure"), *rows)[3]
        assert (stability.value, stability.n) == (0.0, 1)


class TestReading:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(
                        [*run(1), *job("a", 0, 1), "steps", "evidence", "kind", "hits", "misses"]
                    ),
                    inner,
                )
            ),
            max_leaves=30,
        )
    )
    @example(4_000_000_000)
    def test_whatever_a_field_holds_is_read_without_an_error(self, value: Any) -> None:
        documents = Documents(evidence=[value] if isinstance(value, dict) else [])
        for key in ("status", "conclusion", "created_at", "path", "repository", "run_attempt"):
            documents.add_run({**run(1), key: value})
        documents.add_run(run(2))
        for key in ("name", "steps", "labels", "started_at", "runner_id", "conclusion"):
            documents.add_job({**job("a", 0, 9, of=2), "id": key, key: value})
        documents.add_job({**job("a", 0, 9, of=2), "steps": [value, {"name": value}]})

        found = history(documents)

        assert rates(found.runs).completed <= 2
        durations(found.runs)
        cost(found.runs)
        slowest_steps(found.runs, 5)
        key_metrics(found, TARGETS)

    def test_nothing_personal_is_kept(self) -> None:
        documents = Documents()
        documents.add_run(run(1, head_branch="alice/secret"), branch="main")
        documents.add_job(job("a", 0, 9))

        text = str(documents)
        for word in ("person", "alice", "title", "example.org"):
            assert word not in text

    def test_what_is_of_a_fork_is_marked_and_what_nobody_knows_is_not(self) -> None:
        documents = Documents()
        for row in (run(1, head_repository={"id": 2}), run(2, head_repository=None), run(3)):
            documents.add_run(row)

        assert [row.get("foreign", False) for row in documents.runs.values()] == [
            True,
            False,
            False,
        ]

    def test_a_job_that_is_over_wins_over_the_same_under_way(self) -> None:
        under_way = {**job("a", 0, None, conclusion=None), "id": 5}
        over = {**job("a", 0, 60), "id": 5}

        for rows in ((under_way, over), (over, under_way)):
            assert cost(runs(run(1), *rows)).minutes == 1

    def test_a_job_that_succeeded_ran_even_if_nothing_else_says_so(self) -> None:
        row = job("a", 0, 60, steps=[], runner_id=0)
        assert durations(runs(run(1), row)).seconds == (60,)

    def test_names_cannot_do_anything_to_a_terminal(self) -> None:
        name = "evil\x1b[31m\x07\r\n\u202e" + "x" * 500

        (found,) = slowest_jobs(runs(run(1), job(name, 0, 9)), 1)

        assert found.job.isprintable()
        assert len(found.job) <= 120

    def test_a_run_listed_twice_counts_once(self) -> None:
        assert len(runs(run(1, None), run(1), run(1, None))) == 1
        assert runs(run(1, None), run(1))[0].completed

    def test_a_job_listed_twice_counts_once(self) -> None:
        row = job("a", 0, 60)
        assert cost(runs(run(1), row, row)).minutes == 1

    def test_runs_are_in_the_order_of_their_creation(self) -> None:
        found = runs(run(3, created_at=at(5)), run(1, created_at=at(9)), run(2, created_at=None))
        assert [each.id for each in found] == [1002, 1003, 1001]
