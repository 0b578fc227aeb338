"""The one table of variables: what applies, who wins, and which keys are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UsageError
from tasker_ci.keys import new_private_key, public_key_of
from tasker_ci.sessions import load_settings
from tasker_ci.settings.environment import (
    PROCESS,
    STEPS,
    EnvironmentRow,
    is_ci,
    is_github,
    resolve,
    values,
    variables,
)
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Rows = Callable[..., dict[str, EnvironmentRow]]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """The table for a settings text and an environment, by name."""

    def rows(
        text: str = "",
        environment: Mapping[str, str] | None = None,
        *,
        with_secrets: bool = True,
        make_keys: bool = False,
        sccache: bool = False,
        for_steps: bool = False,
    ) -> dict[str, EnvironmentRow]:
        file = tmp_path / SETTINGS_FILE
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        found = resolve(
            load_settings(tmp_path, {}),
            environment or {},
            with_secrets=with_secrets,
            make_keys=make_keys,
            sccache=sccache,
            for_steps=for_steps,
        )
        return {row.name: row for row in found}

    return rows


@pytest.fixture(scope="module")
def private_key() -> str:
    return new_private_key()


def value_of(row: EnvironmentRow) -> str:
    assert row.value is not None
    return row.value


class TestRows:
    def test_every_workspace_has_backtraces(self, rows: Rows) -> None:
        assert values(tuple(rows().values())) == {
            "RUST_BACKTRACE": "1",
            "RUST_LIB_BACKTRACE": "0",
        }

    @pytest.mark.parametrize(
        ("environment", "sccache", "more"),
        [
            pytest.param({"CI": "true"}, False, {"CARGO_INCREMENTAL": "0"}, id="CI"),
            pytest.param({"CI": "false"}, False, {}, id="CI set to false is no CI"),
            pytest.param(
                {"CI": "true", "GITHUB_ACTIONS": "true"},
                False,
                {"CARGO_INCREMENTAL": "0", "SCCACHE_GHA_ENABLED": "true"},
                id="GitHub",
            ),
            pytest.param({}, True, {"RUSTC_WRAPPER": "sccache"}, id="sccache answered"),
        ],
    )
    def test_a_row_applies_where_it_says(
        self, rows: Rows, environment: dict[str, str], sccache: bool, more: dict[str, str]
    ) -> None:
        found = values(tuple(rows("", environment, sccache=sccache).values()))
        always = {"RUST_BACKTRACE": "1", "RUST_LIB_BACKTRACE": "0"}
        assert found == {**always, **more}

    def test_colour_is_for_the_steps_of_a_job_and_says_so(self, rows: Rows) -> None:
        github = {"CI": "true", "GITHUB_ACTIONS": "true"}
        text = '[environment.variables]\nFORCE_COLOR = "1"\n'
        for environment in ({}, github):
            found = rows(text, environment)
            for name in ("CARGO_TERM_COLOR", "FORCE_COLOR"):
                assert (found[name].value, found[name].applies) == (None, STEPS)
        for_steps = rows(text, github, for_steps=True)
        assert for_steps["CARGO_TERM_COLOR"].value == "always"
        assert for_steps["FORCE_COLOR"].value == "1"

    def test_colour_of_the_process_stays(self, rows: Rows) -> None:
        row = rows("", {"CARGO_TERM_COLOR": "never"})["CARGO_TERM_COLOR"]
        assert (row.value, row.source) == ("never", PROCESS)

    def test_a_row_that_does_not_apply_is_shown_without_a_value(self, rows: Rows) -> None:
        row = rows()["CARGO_INCREMENTAL"]
        assert (row.value, row.applies, row.source) == (None, "ci", "default")

    def test_the_preset_adds_its_rows_with_purpose_and_source(self, rows: Rows) -> None:
        row = rows('preset = "tasker"')["DATABASE_URL"]
        assert row.value == "postgres://tasker:tasker@localhost:5432/tasker_rust_test"
        assert row.purpose
        assert row.source == "preset tasker"

    def test_the_process_wins_even_with_nothing(self, rows: Rows) -> None:
        found = rows('preset = "tasker"', {"RUST_LOG": "debug", "LOG_LEVEL": ""})
        assert (found["RUST_LOG"].value, found["RUST_LOG"].source) == ("debug", PROCESS)
        assert (found["LOG_LEVEL"].value, found["LOG_LEVEL"].source) == ("", PROCESS)

    def test_the_process_wins_where_the_row_would_not_apply(self, rows: Rows) -> None:
        assert rows("", {"CARGO_INCREMENTAL": "1"})["CARGO_INCREMENTAL"].value == "1"

    def test_a_workspace_drops_adds_and_changes(self, rows: Rows) -> None:
        found = rows(
            'preset = "tasker"\n[environment]\ndrop = ["DATABASE_URL", "UNKNOWN"]\n'
            '[environment.variables]\nRUST_LOG = "info"\nMORE = { value = "x", applies = "ci" }\n'
        )
        assert "DATABASE_URL" not in found
        assert found["RUST_LOG"].value == "info"
        assert found["RUST_LOG"].source == ".config/tasker-ci.toml:5"
        assert found["MORE"].value is None

    def test_secrets_are_left_out_where_they_are_not_wanted(self, rows: Rows) -> None:
        assert "API_KEY" not in rows('preset = "tasker"', with_secrets=False)

    def test_a_dropped_variable_is_none_of_the_settings_either(self, tmp_path: Path) -> None:
        loaded = load_settings(tmp_path, {}, [("environment.drop", "RUST_BACKTRACE")])
        assert "RUST_BACKTRACE" not in variables(loaded)


class TestKeys:
    PRESET = 'preset = "tasker"'

    def test_looking_at_the_table_makes_none(self, rows: Rows) -> None:
        row = rows(self.PRESET)["API_KEY"]
        assert (row.value, row.secret) == (None, True)

    def test_a_whole_set_is_made_where_none_is_there(self, rows: Rows) -> None:
        found = rows(self.PRESET, make_keys=True)
        private, public = value_of(found["JWT_PRIVATE_KEY"]), value_of(found["JWT_PUBLIC_KEY"])
        assert public == public_key_of(private, name="JWT_PRIVATE_KEY")
        assert len(value_of(found["API_KEY"])) == 64
        assert {found[name].source for name in ("JWT_PRIVATE_KEY", "API_KEY")} == {
            "made for this run"
        }

    def test_each_run_has_its_own(self, rows: Rows) -> None:
        first, second = rows(self.PRESET, make_keys=True), rows(self.PRESET, make_keys=True)
        for name in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "API_KEY"):
            assert first[name].value != second[name].value

    def test_a_given_private_key_is_completed(self, rows: Rows, private_key: str) -> None:
        found = rows(self.PRESET, {"JWT_PRIVATE_KEY": private_key}, make_keys=True)
        assert found["JWT_PRIVATE_KEY"].value == private_key
        assert found["JWT_PRIVATE_KEY"].source == PROCESS
        assert found["JWT_PUBLIC_KEY"].value == public_key_of(private_key, name="JWT_PRIVATE_KEY")

    def test_a_given_pair_and_api_key_stay(self, rows: Rows, private_key: str) -> None:
        given = {"JWT_PRIVATE_KEY": private_key, "JWT_PUBLIC_KEY": "theirs", "API_KEY": "theirs"}
        found = rows(self.PRESET, given, make_keys=True)
        assert {name: found[name].value for name in given} == given

    def test_a_public_key_alone_gets_no_private_key_that_contradicts_it(self, rows: Rows) -> None:
        found = rows(self.PRESET, {"JWT_PUBLIC_KEY": "theirs"}, make_keys=True)
        assert found["JWT_PUBLIC_KEY"].value == "theirs"
        assert found["JWT_PRIVATE_KEY"].value is None

    def test_an_empty_key_counts_as_absent(self, rows: Rows) -> None:
        found = rows(self.PRESET, {"API_KEY": "", "JWT_PRIVATE_KEY": ""}, make_keys=True)
        assert found["API_KEY"].value
        private_key = value_of(found["JWT_PRIVATE_KEY"])
        assert found["JWT_PUBLIC_KEY"].value == public_key_of(private_key, name="JWT_PRIVATE_KEY")

    def test_what_is_no_key_is_said_without_showing_it(self, rows: Rows) -> None:
        given = {"JWT_PRIVATE_KEY": "not a key at all"}
        with pytest.raises(UsageError) as caught:
            rows(self.PRESET, given, make_keys=True)
        assert "JWT_PRIVATE_KEY" in caught.value.message
        assert "not a key at all" not in caught.value.message + caught.value.next_step

    def test_no_pair_is_made_where_no_row_wants_one(self, rows: Rows) -> None:
        given = {"JWT_PRIVATE_KEY": "of somebody else"}
        assert "JWT_PRIVATE_KEY" not in rows("", given, make_keys=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), ("", False), ("0", False), ("False", False), ("true", True), ("1", True)],
)
def test_what_counts_as_ci(value: str | None, expected: bool) -> None:
    assert is_ci({} if value is None else {"CI": value}) is expected


def test_what_counts_as_github() -> None:
    assert is_github({"GITHUB_ACTIONS": "true"})
    assert not is_github({"GITHUB_ACTIONS": "false"})
    assert not is_github({"CI": "true"})
