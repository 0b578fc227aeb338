"""The environment of what a session runs: the table, our tools, sccache where it answers.

Programs stand in as shell scripts: the real ones are met in the integration tests.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
import workspaces
from tool_parts import context_with_programs, write_program

from tasker_ci.settings.output_variables import changes_output
from tasker_ci.tools import places
from tasker_ci.tools.child_environment import child_environment, run_secrets
from tasker_ci.tools.compilations import read_counts
from tasker_ci.tools.pins import wanted_tools
from tasker_ci.tools.requirements import check_requirements

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.testing import RecordedContext
    from tasker_ci.tools.pins import Tool

    Make = Callable[..., RecordedContext]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return partial(context_with_programs, tmp_path)


class TestEnvironment:
    def test_the_table_joins_the_process_and_what_is_asked_for(self, make: Make) -> None:
        environment = child_environment(make(A="1", RUST_BACKTRACE="0"), B="2")
        wanted = {"A": "1", "B": "2", "RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"}
        assert {name: environment[name] for name in wanted} == wanted

    @pytest.mark.parametrize("place", [{}, {"CI": "true"}, {"GITHUB_ACTIONS": "true"}])
    def test_no_variable_that_changes_output_is_added(
        self, make: Make, place: dict[str, str]
    ) -> None:
        settings = [
            (f"environment.variables.{name}.value", "1")
            for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "CARGO_TERM_PROGRESS_WHEN", "OWN")
        ]
        environment = child_environment(make(*settings, **place))
        assert environment["OWN"] == "1"
        assert not [name for name in environment.keys() - place if changes_output(name)]

    def test_one_of_the_user_s_own_stays(self, make: Make) -> None:
        given = {"CARGO_TERM_COLOR": "never", "FORCE_COLOR": "1"}
        environment = child_environment(make(**given))
        assert {name: environment[name] for name in given} == given

    def test_tokens_of_the_process_reach_no_test(self, make: Make) -> None:
        given = {
            "GITHUB_TOKEN": "1",
            "CARGO_REGISTRIES_MY_TOKEN": "2",
            "PASSED_TOKEN": "3",
            "TABLE_TOKEN": "4",
            "DEBUG": "5",
        }
        context = make(
            ("environment.variables.TABLE_TOKEN.value", "x"),
            ("environment.pass-on", '["PASSED_*"]'),
            programs={"cargo": "exit 0"},
            **given,
        )
        kept = {"PASSED_TOKEN": "3", "TABLE_TOKEN": "4", "DEBUG": "5"}
        tests = child_environment(context, secrets=True)
        assert {name: tests[name] for name in given if name in tests} == kept
        checks = child_environment(context)
        cargo = {"CARGO_REGISTRIES_MY_TOKEN": "2"}
        assert {name: checks[name] for name in given if name in checks} == {**kept, **cargo}
        scanner = child_environment(context, all_tokens=True)
        assert {name: scanner[name] for name in given} == given

    def test_what_the_name_of_a_variable_says_is_secret_is_hidden(self, make: Make) -> None:
        context = make(("environment.variables.DB_PASSWORD.value", "correct-horse"))
        secrets = run_secrets(context, child_environment(context, secrets=True))
        assert secrets.hidden("login with correct-horse") == "login with ***"

    def test_keys_that_are_made_on_github_are_masked_there(
        self, make: Make, capsys: pytest.CaptureFixture[str]
    ) -> None:
        context = make(("preset", "tasker"), GITHUB_ACTIONS="true")
        environment = child_environment(context, secrets=True)
        masked = capsys.readouterr().out
        assert f"::add-mask::{environment['API_KEY']}\n" in masked
        assert f"::add-mask::{environment['JWT_PRIVATE_KEY'].splitlines()[1]}\n" in masked

    def test_keys_go_only_to_who_asks(self, make: Make) -> None:
        context = make(("preset", "tasker"))
        assert "API_KEY" not in child_environment(context)
        assert len(child_environment(context, secrets=True)["API_KEY"]) == 64

    def test_a_dry_run_makes_none_and_shows_where_they_would_be(self, make: Make) -> None:
        environment = child_environment(make(("preset", "tasker"), dry_run=True), secrets=True)
        assert environment["API_KEY"] == ""


class TestSccache:
    FAILS = "echo starting >&2; echo 'cache storage failed' >&2; exit 2"

    def wrapper(self, folder: Path, script: str) -> str:
        workspaces.write_files(folder, {"sccache": f"#!/bin/sh\n{script}\n"})
        (folder / "sccache").chmod(0o755)
        return str(folder / "sccache")

    def test_a_given_one_that_answers_stays(self, make: Make, tmp_path: Path) -> None:
        given = self.wrapper(tmp_path / "given", 'exec "$@"')
        context = make(programs={"rustc": "exit 0"}, RUSTC_WRAPPER=given)
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == given
        assert context.printed == ""

    def test_a_given_one_that_does_not_is_a_warning_and_a_plain_build(
        self, make: Make, tmp_path: Path
    ) -> None:
        given = self.wrapper(tmp_path / "given", self.FAILS)
        context = make(programs={"rustc": "exit 0"}, RUSTC_WRAPPER=given)
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == ""
        assert context.printed == (
            "warning: sccache does not answer (cache storage failed). Compiling without it.\n"
        )

    def test_a_given_one_that_is_not_there_too(self, make: Make) -> None:
        context = make(programs={"rustc": "exit 0"}, RUSTC_WRAPPER="/nowhere/sccache")
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == ""
        assert "`/nowhere/sccache` is not there. Compiling without sccache." in context.printed

    def test_it_is_asked_in_the_environment_that_its_server_will_keep(
        self, make: Make, tmp_path: Path
    ) -> None:
        given = self.wrapper(tmp_path / "given", '[ "$SCCACHE_GHA_ENABLED" = true ] && exec "$@"')
        context = make(programs={"rustc": "exit 0"}, RUSTC_WRAPPER=given, GITHUB_ACTIONS="true")
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == given

    def test_another_wrapper_stays_and_is_named(self, make: Make) -> None:
        context = make(RUSTC_WRAPPER="/x/cachepot")
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == "/x/cachepot"
        assert context.printed == (
            "note: cargo compiles through /x/cachepot (the variable RUSTC_WRAPPER), "
            "so sccache is not used.\n"
        )

    def test_within_a_pipeline_it_is_the_pipeline_that_names_it(self, make: Make) -> None:
        context = make(RUSTC_WRAPPER="/x/cachepot", TASKER_RUN="x")
        child_environment(context, sccache=True)
        assert context.printed == ""
        assert read_counts(context) is None
        assert "/x/cachepot" in context.printed

    @pytest.mark.parametrize("key", ["rustc-wrapper", "rustc-workspace-wrapper"])
    def test_one_of_cargo_s_configuration_is_not_replaced(
        self, make: Make, tmp_path: Path, key: str
    ) -> None:
        workspaces.write_files(tmp_path, {".cargo/config.toml": f'build.{key} = "wrap"'})
        context = make(programs={"rustc": "exit 0", "sccache": "exit 0"})
        assert "RUSTC_WRAPPER" not in child_environment(context, sccache=True)
        assert f"compiles through wrap (build.{key} in .cargo/config.toml)" in context.printed

    def test_one_of_the_settings_table_is_not_replaced_either(self, make: Make) -> None:
        settings = (
            ("environment.variables.RUSTC_WRAPPER.value", "wrap"),
            ("environment.variables.RUSTC_WRAPPER.applies", "always"),
        )
        context = make(*settings, programs={"rustc": "exit 0", "sccache": "exit 0"})
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == "wrap"

    def test_sccache_of_cargo_s_configuration_is_the_one_that_is_asked(
        self, make: Make, tmp_path: Path
    ) -> None:
        given = self.wrapper(tmp_path / "given", 'exec "$@"')
        workspaces.write_files(tmp_path, {".cargo/config.toml": f'build.rustc-wrapper = "{given}"'})
        context = make(programs={"rustc": "exit 0"})
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == given
        (tmp_path / "given" / "sccache").write_text(f"#!/bin/sh\n{self.FAILS}\n")
        context = make(programs={"rustc": "exit 0"})
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == ""
        assert "sccache does not answer (cache storage failed)" in context.printed

    def test_one_that_cannot_start_the_workspace_wrapper_is_switched_off_and_that_is_said(
        self, make: Make, tmp_path: Path
    ) -> None:
        given = self.wrapper(tmp_path / "given", '[ "$1" = rustc ] || { echo no >&2; exit 2; }')
        context = make(
            programs={"rustc": "exit 0", "wrap": 'exec "$@"'},
            RUSTC_WRAPPER=given,
            RUSTC_WORKSPACE_WRAPPER="wrap",
        )
        environment = child_environment(context, sccache=True)
        assert environment["RUSTC_WRAPPER"] == ""
        assert environment["RUSTC_WORKSPACE_WRAPPER"] == "wrap"
        assert context.printed == (
            "warning: sccache does not answer around wrap (the variable RUSTC_WORKSPACE_WRAPPER) "
            "(no). Compiling without it.\n"
        )

    def test_it_is_asked_with_what_cargo_s_configuration_sets(
        self, make: Make, tmp_path: Path
    ) -> None:
        asked = '[ "$SCCACHE_DIR $1 $RUSTUP_TOOLCHAIN" = "/there other beta" ]'
        given = self.wrapper(tmp_path / "given", asked)
        text = f"""
            build = {{ rustc = "other", rustc-wrapper = "{given}" }}
            env.SCCACHE_DIR = "/there"
        """
        workspaces.write_files(tmp_path, {".cargo/config.toml": text})
        context = make(("toolchain", "beta"), programs={"other": "exit 0"})
        assert child_environment(context, sccache=True)["RUSTC_WRAPPER"] == given
        assert context.printed == ""

    def test_switched_off_it_is_not_asked(self, make: Make) -> None:
        context = make(("sccache", "off"))
        assert "RUSTC_WRAPPER" not in child_environment(context, sccache=True)

    def test_a_compiler_that_does_not_start_is_no_fault_of_it(
        self, make: Make, tmp_path: Path
    ) -> None:
        given = self.wrapper(tmp_path / "given", self.FAILS)
        context = make(programs={"rustc": "exit 1"}, RUSTC_WRAPPER=given)
        child_environment(context, sccache=True)
        assert context.printed == ""


class TestOnce:
    """A session resolves its environment and its tools once; what is installed is seen."""

    SCCACHE = 'echo "$*" >> "$CALLS"; exec "$@"'

    def test_sccache_is_asked_once_a_session(self, make: Make, tmp_path: Path) -> None:
        calls = tmp_path / "calls"
        given = str(write_program(tmp_path / "given" / "sccache", self.SCCACHE))
        programs = {"rustc": "exit 0"}
        context = make(programs=programs, CALLS=str(calls), RUSTC_WRAPPER=given)
        whole = child_environment(context, secrets=True, sccache=True)
        for _ in range(2):
            assert child_environment(context, secrets=True, sccache=True) == whole
            child_environment(replace(context, passthrough=("x",)), sccache=True, A="1")
            read_counts(replace(context, environment={**context.environment}))
        asked = [line for line in calls.read_text().splitlines() if line.endswith("-vV")]
        assert len(asked) == 1
        before = calls.read_text()
        again = make(programs=programs, CALLS=str(calls), RUSTC_WRAPPER=given)
        child_environment(again, sccache=True)
        assert calls.read_text() != before, "another session asks again"

    def test_rustup_is_asked_once_a_session(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "rust-toolchain.toml").write_text('[toolchain]\npath = "x"\n')
        calls = tmp_path / "calls"
        made = make(programs={"rustup": 'echo x >> "$CALLS"; echo stable'}, CALLS=str(calls))
        context = replace(made, runs_code=False)
        for _ in range(3):
            assert child_environment(context)["RUSTUP_TOOLCHAIN"] == "stable"
        assert calls.read_text() == "x\n"

    def test_a_tool_is_looked_for_once_a_session(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[str] = []

        def find(tool: Tool, *_: object) -> None:
            looked.append(tool.name)

        monkeypatch.setattr(places, "find", find)
        context = make(("tools.auto-install", "true"))
        check_requirements(context, ["sccache", "zizmor"])
        for name in ("sccache", "zizmor", "sccache"):
            assert places.found_tool(context, wanted_tools(context.loaded)[name]) is None
        assert sorted(looked) == ["sccache", "zizmor"]
        context.forget()
        places.found_tool(context, wanted_tools(context.loaded)["zizmor"])
        assert looked[2:] == ["zizmor"]

    def test_nobody_changes_what_the_others_get(self, make: Make) -> None:
        context = make()
        child_environment(context)["PATH"] = "changed"
        places.tool_environment(context)["PATH"] = "changed"
        assert child_environment(context)["PATH"] != "changed"
        assert places.tool_environment(context)["PATH"] != "changed"

    def test_other_settings_and_another_environment_have_their_own(self, make: Make) -> None:
        context = make(("environment.variables.A.value", "1"))
        assert child_environment(context)["A"] == "1"
        other = make(("environment.variables.A.value", "2"))
        assert child_environment(replace(context, loaded=other.loaded))["A"] == "2"
        given = {**context.environment, "A": "3"}
        assert child_environment(replace(context, environment=given))["A"] == "3"
        assert child_environment(context)["A"] == "1"
