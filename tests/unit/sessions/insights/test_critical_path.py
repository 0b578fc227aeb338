"""The critical path: times of jobs over the graph of the workflow files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import generation
from github_history import Row, job, run, skipped
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.sessions.insights.critical_path import (
    Graph,
    Link,
    Refusal,
    graph_of,
    path_of,
    usual_path,
)
from tasker_ci.sessions.insights.documents import Documents
from tasker_ci.sessions.insights.reading import history
from tasker_ci.workflows.pipeline import workflows_of

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.sessions.insights.model import RunAttempt, WorkflowRun

DIAMOND = {
    "ci.yml": {
        "jobs": {
            "build": {"name": "Build"},
            "lint": {"name": "Lint", "needs": "build"},
            "test": {
                "name": "Test (${{ matrix.toolchain }})",
                "needs": ["build"],
                "strategy": {"matrix": {"toolchain": ["stable", "beta"]}},
            },
            "gate": {"needs": ["lint", "test"]},
        }
    }
}


def runs_of(*rows: Row) -> tuple[WorkflowRun, ...]:
    documents = Documents()
    for row in rows:
        if "run_id" in row:
            documents.add_job(row)
        else:
            documents.add_run(row)
    return history(documents).runs


def attempt(*rows: Row) -> RunAttempt:
    first = runs_of(run(1), *rows)[0].first
    assert first is not None
    return first


def names(path: tuple[Link, ...] | Refusal) -> list[str]:
    assert not isinstance(path, Refusal), path.reason
    return [link.job for link in path]


def test_the_path_goes_back_from_the_last_end_over_what_each_job_needs() -> None:
    path = path_of(
        attempt(
            job("Build", 0, 100, queued=5),
            job("Lint", 110, 150),
            job("Test (stable)", 130, 400),
            job("Test (beta)", 105, 200),
            job("gate", 410, 412),
        ),
        graph_of(DIAMOND, "ci.yml"),
    )

    assert path == (
        Link(job="Build", waited=5, seconds=100),
        Link(job="Test (stable)", waited=30, seconds=270),
        Link(job="gate", waited=10, seconds=2),
    )


def test_the_links_fill_the_time_of_the_run() -> None:
    rows = (job("Build", 0, 100), job("Lint", 110, 150), job("gate", 160, 200))

    path = path_of(attempt(*rows), graph_of(DIAMOND, "ci.yml"))

    assert not isinstance(path, Refusal)
    assert sum(link.waited + link.seconds for link in path) == 200


def test_a_skipped_job_is_stepped_over() -> None:
    chain = {"ci.yml": {"jobs": {"a": {}, "b": {"needs": "a"}, "c": {"needs": "b"}}}}

    path = path_of(
        attempt(job("a", 0, 9), skipped("b", 9), job("c", 20, 30)), graph_of(chain, "ci.yml")
    )

    assert names(path) == ["a", "c"]


def test_an_unknown_job_is_told_and_no_path_is_made_up() -> None:
    path = path_of(attempt(job("Deploy", 0, 9)), graph_of(DIAMOND, "ci.yml"))

    assert path == Refusal(reason="the workflow's file has no job `Deploy`")


def test_times_that_contradict_the_graph_are_no_path() -> None:
    path = path_of(attempt(job("Build", 0, 100), job("Lint", 50, 150)), graph_of(DIAMOND, "ci.yml"))

    assert isinstance(path, Refusal)


def test_a_job_without_times_leaves_no_path() -> None:
    path = path_of(attempt(job("Build", 0, None)), graph_of(DIAMOND, "ci.yml"))

    assert isinstance(path, Refusal)


def test_jobs_of_called_workflows_are_named_with_their_callers() -> None:
    files = {
        "ci.yml": {
            "jobs": {
                "one": {"name": "One", "uses": "./.github/workflows/inner.yml"},
                "two": {"name": "Two", "uses": "$/.github/workflows/inner.yml", "needs": "one"},
                "far": {"name": "Far", "uses": "octo/x/.github/workflows/y.yml@v1", "needs": "two"},
            }
        },
        "inner.yml": {"jobs": {"a": {"name": "A"}, "b": {"name": "B", "needs": "a"}}},
    }

    path = path_of(
        attempt(
            job("One / A", 0, 10),
            job("One / B", 10, 30),
            job("Two / A", 30, 40),
            job("Two / B", 40, 50),
            job("Far / anything", 50, 60),
        ),
        graph_of(files, "ci.yml"),
    )

    assert names(path) == ["One / A", "One / B", "Two / A", "Two / B", "Far / anything"]


def test_a_matrix_that_the_name_does_not_show_is_added_by_github() -> None:
    files = {"ci.yml": {"jobs": {"t": {"name": "T", "strategy": {"matrix": {"v": [1]}}}}}}

    assert names(path_of(attempt(job("T (1, x)", 0, 9)), graph_of(files, "ci.yml"))) == ["T (1, x)"]


def test_workflows_that_call_one_another_in_a_circle_end() -> None:
    files = {"ci.yml": {"jobs": {"a": {"uses": "./.github/workflows/ci.yml"}}}}

    assert len(graph_of(files, "ci.yml")) == 1


def test_the_usual_path_is_that_of_most_runs() -> None:
    rows: list[Row] = []
    for of, slow in ((1, "Lint"), (2, "Test (beta)"), (3, "Test (beta)")):
        rows += [run(of), job("Build", 0, 100 * of, of=of)]
        rows += [job("Lint", 1000, 1400 if slow == "Lint" else 1010, of=of)]
        rows += [job("Test (beta)", 1000, 1300, of=of)]
    rows += [run(4, "failure"), job("Build", 0, 1, of=4), run(5), job("Other", 0, 1, of=5)]

    usual = usual_path(runs_of(*rows), graph_of(DIAMOND, "ci.yml"))

    assert (usual.n, usual.of) == (2, 3)
    assert [(each.job, each.seconds.median, each.seconds.n) for each in usual.stretches] == [
        ("Build", 250, 2),
        ("Test (beta)", 300, 2),
    ]
    assert dict(usual.left_out) == {"the workflow's file has no job `Other`": 1}


def test_nothing_green_is_no_path() -> None:
    assert usual_path((), graph_of(DIAMOND, "ci.yml")).stretches == ()


class TestGeneratedGraph:
    def graph(self, folder: Path) -> Graph:
        settings = generation.WITH_SERVICES
        inputs = generation.inputs_of(folder, settings, generation.DOCKERFILE)
        return graph_of({each.file: each.data() for each in workflows_of(inputs)}, "ci.yml")

    def test_every_stage_is_on_the_path_where_it_is_the_slowest(self, tmp_path: Path) -> None:
        graph = self.graph(tmp_path)
        documents = generation.full(tmp_path)
        caller = documents["ci.yml"]["jobs"]["images"]["name"]
        (inner,) = documents["build-docker-images.yml"]["jobs"].values()
        images = f"{caller} / {inner['name']}"

        def slowest(generated: int, image: int, unit: int) -> list[str]:
            start = max(image, unit) + 10
            end = max(start + 200, generated) + 10
            found = path_of(
                attempt(
                    job("Generated files", 0, generated),
                    job(images, 0, image),
                    job("Code quality / Code quality", 0, 60),
                    job("Unit tests / Unit tests (stable)", 0, unit),
                    job("Unit tests / Unit tests (beta)", 0, unit - 50),
                    job("Integration tests / Integration tests", start, start + 200),
                    job("ci-success / ci-success", end, end + 2),
                ),
                graph,
            )
            return names(found)

        unit, gate = "Unit tests / Unit tests (stable)", "ci-success / ci-success"
        integration = "Integration tests / Integration tests"
        assert slowest(10, 30, 300) == [unit, integration, gate]
        assert slowest(10, 300, 100) == [images, integration, gate]
        assert slowest(900, 30, 300) == ["Generated files", gate]


@given(
    st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=10),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 500)), min_size=10, max_size=10),
)
def test_a_schedule_that_keeps_the_graph_has_a_path_as_long_as_the_run(
    needs: list[set[int]], times: list[tuple[int, int]]
) -> None:
    jobs: dict[str, Any] = {}
    rows: list[Row] = []
    ends: list[int] = []
    for place, wanted in enumerate(needs):
        before = [each for each in wanted if each < place]
        wait, length = times[place]
        start = max((ends[each] for each in before), default=0) + (wait if before else 0)
        jobs[f"job{place}"] = {"needs": [f"job{each}" for each in before]}
        ends.append(start + length)
        rows.append(job(f"job{place}", start, start + length, queued=0))

    path = path_of(attempt(*rows), graph_of({"ci.yml": {"jobs": jobs}}, "ci.yml"))

    assert not isinstance(path, Refusal)
    assert sum(link.waited + link.seconds for link in path) == max(ends)


def test_a_name_out_of_a_matrix_takes_no_job_that_has_a_name_of_its_own() -> None:
    """`${{ matrix.name }}` fits every name; `Lint` and `Test (…)` are said more exactly."""
    workflow = {
        "jobs": {
            "each": {"name": "${{ matrix.name }}", "strategy": {"matrix": {"name": ["x"]}}},
            "lint": {"name": "Lint"},
            "test": {"name": "Test (${{ matrix.os }})", "needs": "lint", "strategy": {"matrix": 1}},
        }
    }
    jobs = [job("something", 0, 30), job("Lint", 0, 10), job("Test (linux)", 20, 90)]

    path = path_of(attempt(*jobs), graph_of({"ci.yml": workflow}, "ci.yml"))

    assert names(path) == ["Lint", "Test (linux)"]


def test_an_expression_may_come_out_empty() -> None:
    workflow = {"jobs": {"test": {"name": "Test${{ matrix.more }}", "strategy": {"matrix": {}}}}}
    path = path_of(attempt(job("Test", 0, 9)), graph_of({"ci.yml": workflow}, "ci.yml"))
    assert names(path) == ["Test"]


def test_a_name_that_two_jobs_fit_alike_makes_no_path() -> None:
    workflow = {"jobs": {"a": {"name": "${{ matrix.a }}"}, "b": {"name": "${{ matrix.b }}"}}}
    path = path_of(attempt(job("x", 0, 9)), graph_of({"ci.yml": workflow}, "ci.yml"))
    assert isinstance(path, Refusal)
    assert "several jobs" in path.reason


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["jobs", "needs", "name", "uses", "strategy", "matrix", "a", "b", 1, True]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_a_file_may_be_anything(document: Any) -> None:
    """It may lie beside a recording that somebody else made."""
    for files in ({"ci.yml": document}, {"ci.yml": {"jobs": document}}):
        path_of(attempt(job("a", 0, 9)), graph_of(files, "ci.yml"))


def test_lists_within_lists_are_no_names() -> None:
    """A few lines of aliases in YAML are a list of any size; as text it would need all of it."""
    big: list[Any] = ["x"]
    for _ in range(60):
        big = [big] * 9
    files = {"ci.yml": {"jobs": {"a": {"name": big, "uses": big, "needs": [big, "b"]}}}}
    assert isinstance(path_of(attempt(job("b", 0, 9)), graph_of(files, "ci.yml")), Refusal)


def test_files_that_call_one_another_without_end_make_no_endless_graph() -> None:
    jobs = {f"j{n}": {"uses": "./.github/workflows/ci.yml"} for n in range(20)}
    assert len(graph_of({"ci.yml": {"jobs": jobs}}, "ci.yml")) <= 2000


def test_a_name_of_many_expressions_is_compared_at_once() -> None:
    name = "x".join(["${{ matrix.a }}"] * 30)
    jobs = {"a": {"name": name}, "b": {"name": "b"}}
    path = path_of(attempt(job("x" * 100 + "y", 0, 9)), graph_of({"c": {"jobs": jobs}}, "c"))
    assert names(path) == ["x" * 100 + "y"]
    assert isinstance(
        path_of(attempt(job("z" * 100, 0, 9)), graph_of({"c": {"jobs": jobs}}, "c")), Refusal
    )
