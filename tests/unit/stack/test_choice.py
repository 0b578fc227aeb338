from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UsageError
from tasker_ci.process.command import Completed
from tasker_ci.stack.choice import choose_stack, with_flags
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.settings.model import IntegrationSettings


@pytest.fixture
def settings(tmp_path: Path) -> IntegrationSettings:
    """Those of a project that says nothing."""
    return make_context(tmp_path).settings.integration


def test_what_is_chosen_is_taken_without_a_question(
    tmp_path: Path, settings: IntegrationSettings
) -> None:
    native = replace(settings, stack="native")
    assert choose_stack(make_context(tmp_path), native, {}) == ("native", "as chosen")


def test_without_a_compose_file_it_is_native_and_says_which(
    tmp_path: Path, settings: IntegrationSettings
) -> None:
    kind, reason = choose_stack(make_context(tmp_path), settings, {})
    assert kind == "native"
    assert reason == f"because there is no {settings.compose_file}"


def test_without_compose_it_is_native_and_says_why(
    tmp_path: Path, settings: IntegrationSettings
) -> None:
    file = tmp_path / settings.compose_file
    file.parent.mkdir(parents=True)
    file.write_text("services: {}\n", encoding="utf-8")
    absent = Completed(exit_code=1, stderr="docker: unknown command: docker compose")
    context = make_context(tmp_path, runner=RecordingRunner({"docker": absent}))
    kind, reason = choose_stack(context, settings, {"PATH": ""})
    assert kind == "native"
    assert "no Compose plugin" in reason


def test_flags_come_before_settings(settings: IntegrationSettings) -> None:
    changed = with_flags(settings, stack="compose", ports="auto", timeout=5)
    assert (changed.stack, changed.ports, changed.healthy_seconds) == ("compose", "auto", 5)
    assert with_flags(settings) == settings


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_time_that_is_none_is_refused(settings: IntegrationSettings, seconds: int) -> None:
    with pytest.raises(UsageError, match="above 0"):
        with_flags(settings, timeout=seconds)
