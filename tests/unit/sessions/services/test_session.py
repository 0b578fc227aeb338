"""Services around a session's work; stacks themselves are met elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tool_parts import context_with_programs

from tasker_ci.context import Outcome
from tasker_ci.keys import new_api_key
from tasker_ci.stack import run as stack_run
from tasker_ci.stack.beside import with_services
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Context

WORKED = Outcome(summary="worked")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The API keys that are made."""
    keys: list[str] = []

    def make() -> str:
        keys.append(new_api_key())
        return keys[-1]

    monkeypatch.setattr("tasker_ci.settings.environment.new_api_key", make)
    return keys


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, str]]:
    """The environments of the stacks that are asked for; none is started."""
    found: list[Mapping[str, str]] = []

    def with_stack(_: Context, __: Any, environment: Mapping[str, str], ___: Any) -> Outcome:
        found.append(environment)
        return WORKED

    monkeypatch.setattr(stack_run, "with_stack", with_stack)
    return found


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return context_with_programs(
        tmp_path, ("preset", "tasker"), ("integration.database.service", "")
    )


def test_without_services_nothing_starts(context: Context, stacks: list[Mapping[str, str]]) -> None:
    outcome = with_services(
        context, "unit", (), {"A": "1"}, lambda found: Outcome(summary=found["A"])
    )
    assert outcome == Outcome(summary="1")
    assert stacks == []


def test_the_keys_of_a_session_that_has_some_are_those_of_its_services(
    context: Context, stacks: list[Mapping[str, str]], made: list[str]
) -> None:
    environment = child_environment(context, secrets=True)
    assert with_services(context, "unit", ("x",), environment, lambda _: WORKED) is WORKED
    (found,) = stacks
    assert [found["API_KEY"]] == made
    assert found["JWT_PRIVATE_KEY"] == environment["JWT_PRIVATE_KEY"]


def test_services_get_keys_though_the_session_has_none(
    context: Context, stacks: list[Mapping[str, str]], made: list[str]
) -> None:
    environment = child_environment(context, OWN="1")
    assert "API_KEY" not in environment
    with_services(context, "clippy", ("x",), environment, lambda _: WORKED)
    (found,) = stacks
    assert [found["API_KEY"]] == made
    assert found["OWN"] == "1"
