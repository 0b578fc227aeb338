"""When `doctor` looks at services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tool_parts import examine

from tasker_ci.sessions.services.checks import CHECKS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("", False),
        ('[integration]\ntargets = ["a::b"]\n', True),
        ('[unit]\nservices = ["postgres"]\n', True),
        ('[clippy]\nservices = ["postgres"]\n', True),
        ('[examples.run.client]\nservices = ["postgres"]\n', True),
        ("[integration.services.api]\nport = 8080\n", False),
    ],
)
def test_docker_is_asked_where_a_session_starts_services(
    tmp_path: Path, settings: str, wanted: bool
) -> None:
    planned = [str(each) for each in CHECKS.planned(examine(tmp_path, settings=settings))]

    assert any(each.startswith("docker compose version") for each in planned) is wanted
