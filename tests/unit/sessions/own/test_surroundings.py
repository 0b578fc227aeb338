"""What surrounds a session of the project's own is of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Outcome
from tasker_ci.errors import SettingsError, UsageError
from tasker_ci.sessions.own.settings import OwnSession
from tasker_ci.sessions.own.surroundings import beside_services, directory_of
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = """
[integration.database]
service = "database"
[integration.services.web]
port = 18080
command = ["web"]
"""


def test_a_service_that_is_not_there_is_refused_with_all_that_are(tmp_path: Path) -> None:
    context = make_context(tmp_path, SERVICES)
    own = OwnSession(services=("wbe",))
    with pytest.raises(UsageError, match="`wbe`, which the session `x` wants") as caught:
        beside_services(context, "x", own, {}, lambda _: Outcome(summary=""))
    assert caught.value.next_step == "Name one of database, web."


def test_without_services_the_work_gets_its_environment(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    outcome = beside_services(
        context, "x", OwnSession(), {"A": "b"}, lambda given: Outcome(summary=str(given))
    )
    assert outcome.summary == "{'A': 'b'}"


def test_its_folder_is_one_of_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "link").symlink_to(tmp_path)
    context = make_context(project)
    assert directory_of(context, "x", OwnSession(directory="src")) == (project / "src").resolve()
    for directory, why in (("link", "leaves the project"), ("gone", "is no folder")):
        with pytest.raises(SettingsError, match=f"The directory of the session `x` {why}"):
            directory_of(context, "x", OwnSession(directory=directory))
