"""Settings that lean on other settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions import load_settings
from tasker_ci.settings.model import effective_features, features_of_table

if TYPE_CHECKING:
    from pathlib import Path


def test_a_session_has_its_own_features_or_those_of_all(tmp_path: Path) -> None:
    given = [("features", "none"), ("clippy.features", "all")]
    settings = load_settings(tmp_path, {}, given).settings

    assert effective_features("inherit", settings) == "none"
    assert effective_features(("a", "b"), settings) == ("a", "b")
    assert features_of_table("clippy", settings) == "all"
    assert features_of_table("unit", settings) == "none"
    assert features_of_table("audit", settings) == "none", "it has no setting of its own"
