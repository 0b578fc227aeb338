"""The session `deny`: with a database, without any, and without rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.context import Status
from tasker_ci.errors import CommandFailed, UsageError
from tasker_ci.process.command import Completed
from tasker_ci.sessions.deny.configuration import configuration_file
from tasker_ci.sessions.deny.proves import deny_proves
from tasker_ci.sessions.deny.session import deny
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

ALL = "cargo-deny --workspace --format json check licenses bans sources advisories"
OFFLINE = "cargo-deny --offline --workspace --format json check licenses bans sources advisories"
REST = "cargo-deny --workspace --format json check licenses bans sources"
CLEAN = Completed(stderr='{"type": "summary", "fields": {}}\n')
FAILED = Completed(
    exit_code=1,
    stderr='{"type": "log", "fields": {"level": "ERROR", "message": '
    '"failed to fetch advisory database"}}\n',
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    workspaces.write_files(tmp_path, {"deny.toml": "", "bin/cargo-deny": ""})
    (tmp_path / "bin/cargo-deny").chmod(0o755)
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}


def test_all_is_looked_at_at_once(tmp_path: Path, environment: dict[str, str]) -> None:
    runner = RecordingRunner({ALL: CLEAN})
    context = make_context(tmp_path, environment=environment, runner=runner)
    summary = "licenses, bans, sources, advisories: nothing against deny.toml"
    assert deny(context).summary == summary
    assert "fetched" in deny_proves(context).outside


def test_advisories_are_left_to_audit(tmp_path: Path, environment: dict[str, str]) -> None:
    runner = RecordingRunner({REST: CLEAN})
    settings = "[deny]\nadvisories = false\n"
    context = make_context(tmp_path, settings, environment=environment, runner=runner)
    assert deny(context).summary.endswith("; advisories are left to audit")
    assert deny_proves(context).outside == ""


def test_a_database_that_lies_there_is_used(tmp_path: Path, environment: dict[str, str]) -> None:
    runner = RecordingRunner({ALL: FAILED, OFFLINE: CLEAN})
    context = make_context(tmp_path, environment=environment, runner=runner)
    assert "nothing against" in deny(context).summary
    assert "USING A LOCAL ADVISORY DATABASE" in context.printed


def test_without_any_database_the_rest_is_looked_at(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    runner = RecordingRunner({ALL: FAILED, OFFLINE: FAILED, REST: CLEAN})
    outcome = deny(make_context(tmp_path, environment=environment, runner=runner))
    assert outcome.status is Status.NOT_CHECKED
    assert outcome.summary.startswith("Advisories were not looked up: there is no database (failed")
    with pytest.raises(CommandFailed, match="were not looked up") as raised:
        deny(make_context(tmp_path, environment={**environment, "CI": "true"}, runner=runner))
    assert raised.value.next_step.endswith("cargo-deny fetch db")


def test_broken_rules_are_named(tmp_path: Path, environment: dict[str, str]) -> None:
    said = '{"type": "log", "fields": {"level": "ERROR", "message": "failed to parse config"}}'
    runner = RecordingRunner({ALL: Completed(exit_code=1, stderr=said)})
    with pytest.raises(CommandFailed, match="failed to parse config") as raised:
        deny(make_context(tmp_path, environment=environment, runner=runner))
    assert raised.value.next_step == "Fix what it names, in deny.toml most often."


def test_without_rules_it_does_not_start(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "deny.toml").unlink()
    with pytest.raises(UsageError, match=r"There is no deny\.toml"):
        deny(make_context(tmp_path, environment=environment, runner=RecordingRunner()))


@pytest.mark.parametrize("name", ["deny.toml", ".deny.toml", ".cargo/deny.toml", "../deny.toml"])
def test_the_rules_are_found_as_cargo_deny_finds_them(tmp_path: Path, name: str) -> None:
    workspaces.write_files(tmp_path / "w", {name: ""})
    assert configuration_file(tmp_path / "w", tmp_path / "w") == (
        name if not name.startswith("..") else None
    )
    assert configuration_file(tmp_path, tmp_path / "w") == str(
        (tmp_path / "w" / name).resolve().relative_to(tmp_path)
    )
