from __future__ import annotations

from pathlib import Path

import default_selection

from tasker_ci.sessions import SESSIONS

INTEGRATION = Path(__file__).resolve().parents[1] / "integration"


def test_every_session_has_a_real_run() -> None:
    assert set(default_selection.SESSIONS) == set(SESSIONS)
    assert all(default_selection.SESSIONS.values())


def test_no_name_is_out_of_date() -> None:
    assert default_selection.broken(INTEGRATION) == []


def test_a_test_belongs_by_its_file_its_class_its_name_or_a_parameter() -> None:
    def belongs(name: str) -> bool:
        return default_selection.belongs(f"tests/integration/{name}")

    assert belongs("test_audit.py::test_anything")
    assert belongs("test_quality.py::TestFmt::test_anything[a::b]")
    assert belongs("test_sync.py::test_what_sync_writes_is_what_its_check_wants[nox]")
    assert belongs("test_rollback.py::test_the_tree_is_as_it_was_to_the_byte[plain-init]")
    assert not belongs("test_rollback.py::test_the_tree_is_as_it_was_to_the_byte[other]")
    assert not belongs("test_quality.py::TestFmtOther::test_anything")
    assert not belongs("test_sync.py::test_what_sync_writes")
    assert default_selection.belongs("tests/unit/text/test_toml.py::test_anything")
