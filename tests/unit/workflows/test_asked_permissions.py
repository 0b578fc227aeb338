from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.workflows.asked_permissions import asked_beyond

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST, SECOND = ".github/workflows/first.yml", ".github/workflows/second.yml"


def asked(granted: dict[str, str], **files: Mapping[str, Any]) -> list[tuple[str, str]]:
    known = {f".github/workflows/{name}.yml": each for name, each in files.items()}
    return [*asked_beyond(FIRST, granted, lambda path: known.get(path, {}))]


@pytest.mark.parametrize(
    ("granted", "wanted", "beyond"),
    [
        ({"contents": "read"}, {"contents": "read"}, []),
        ({"contents": "read"}, {"contents": "write"}, ["contents: write"]),
        ({"contents": "write"}, {"contents": "read"}, []),
        ({}, {"packages": "read", "contents": "none"}, ["packages: read"]),
        ({"contents": "write"}, "write-all", ["write-all"]),
        ({}, None, []),
        ({}, ["no", "table"], []),
        ({"contents": "nonsense"}, {"contents": "read"}, ["contents: read"]),
    ],
)
def test_a_job_asks_for_what_its_caller_has_not(
    granted: dict[str, str], wanted: Any, beyond: list[str]
) -> None:
    of_job = {"jobs": {"one": {"permissions": wanted}, "two": "no table"}}
    assert asked(granted, first=of_job) == [(FIRST, each) for each in beyond]
    assert asked(granted, first={"permissions": wanted}) == [(FIRST, each) for each in beyond]


@pytest.mark.parametrize(
    ("of_file", "of_job", "beyond"),
    [
        (None, {"contents": "read"}, True),
        ({"contents": "read"}, None, True),
        ({"contents": "read"}, {"contents": "write"}, False),
        (None, None, False),
    ],
)
def test_a_job_hands_on_its_own_then_those_of_its_file_then_what_it_was_given(
    of_file: Any, of_job: Any, beyond: bool
) -> None:
    first = {"permissions": of_file, "jobs": {"x": {"uses": f"./{SECOND}", "permissions": of_job}}}
    second = {"jobs": {"y": {"permissions": {"contents": "write"}}}}
    found = asked({"contents": "write"}, first=first, second=second)
    assert found == ([(SECOND, "contents: write")] if beyond else [])


def test_workflows_that_call_one_another_in_a_circle_come_to_an_end() -> None:
    first = {"jobs": {"x": {"uses": f"./{SECOND}", "permissions": {"contents": "read"}}}}
    second = {"jobs": {"y": {"uses": f"./{FIRST}", "permissions": {"contents": "write"}}}}
    assert (SECOND, "contents: write") in asked({"contents": "read"}, first=first, second=second)


def test_workflows_of_other_repositories_are_not_read() -> None:
    first = {"jobs": {"x": {"uses": f"a/b/{SECOND}@main"}}}
    assert asked({}, first=first, second={"permissions": "write-all"}) == []
