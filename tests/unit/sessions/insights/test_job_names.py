from __future__ import annotations

from typing import Any

import pytest

from tasker_ci.sessions.insights.job_names import JobName, plain


@pytest.mark.parametrize(
    ("job", "name", "fits"),
    [
        ({}, "build", True),
        ({}, "build (1)", False),
        ({"name": "Build it"}, "Build it", True),
        ({"name": "Build it"}, "build", False),
        ({"strategy": {"matrix": {"os": ["a"]}}}, "build", True),
        ({"strategy": {"matrix": {"os": ["a"]}}}, "build (a, b (c))", True),
        ({"strategy": {"matrix": {"os": ["a"]}}}, "build ()", False),
        ({"strategy": {"fail-fast": False}}, "build (a)", False),
        ({"name": "on ${{ matrix.os }}!"}, "on linux!", True),
        ({"name": "on ${{ matrix.os }}!"}, "on !", True),
        ({"name": "on ${{ matrix.os }}!"}, "on linux", False),
        ({"name": "${{ a }}x${{ b }}"}, "1x2x3", True),
        ({"name": "${{ a }}x${{ b }}"}, "123", False),
        ({"name": ["no", "text"]}, "build", True),
    ],
)
def test_a_name_of_the_api_is_that_of_a_job_where_the_file_allows_it(
    job: dict[str, Any], name: str, fits: bool
) -> None:
    assert JobName().inner("build", job).fits(name) is fits


def test_jobs_of_a_called_workflow_have_the_name_of_their_caller_before_theirs() -> None:
    caller = JobName().inner("test", {}).caller()
    assert caller.inner("unit", {}).fits("test / unit")
    assert not caller.inner("unit", {}).fits("unit")
    unknown = JobName().inner("test", {}).anything()
    assert unknown.fits("test / whatever")
    assert not unknown.fits("test / ")


def test_what_the_file_says_counts_for_the_better_fit() -> None:
    assert JobName().inner("build", {}).known == len("build")
    assert JobName().inner("build", {"name": "${{ matrix.name }}"}).known == 0


def test_a_foreign_name_of_many_expressions_takes_no_time_without_end() -> None:
    job = {"name": "${{ a }}a" * 40}
    assert JobName().inner("build", job).fits("a" * 400)
    assert not JobName().inner("build", job).fits("a" * 400 + "b")


def test_only_texts_and_numbers_are_names() -> None:
    assert [plain(value) for value in ("a", 1, 1.5, None, ["a"], {"a": 1})] == [
        "a",
        "1",
        "1.5",
        "",
        "",
        "",
    ]
