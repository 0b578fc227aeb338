"""Under CI line tables alone, as an argument of cargo, and never over the project's own value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from workspaces import write_files

from tasker_ci.process.command import Command
from tasker_ci.testing import make_context
from tasker_ci.tools.cargo import cargo
from tasker_ci.tools.debug_information import debug_variables, with_bare_doctests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG = ("--config", 'profile.dev.debug="line-tables-only"')


def words(
    folder: Path, *arguments: str, variables: Mapping[str, str] | None = None, settings: str = ""
) -> tuple[str, ...]:
    environment = {"PATH": "", "HOME": str(folder), "CI": "true", **(variables or {})}
    context = make_context(folder, environment=environment, overrides=(settings,) * bool(settings))
    variable = debug_variables(context, environment)
    command = cargo(context, *arguments, environment=environment)
    assert (
        any("profile" in word for word in command.argv) == bool(variable) or arguments[0] == "fmt"
    )
    return command.argv[1:]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("clippy", "--workspace"), ("clippy", *CONFIG, "--workspace")),
        (("nextest", "run", "--workspace"), ("nextest", "run", *CONFIG, "--workspace")),
        (("test", "--doc"), ("test", *CONFIG, "--doc")),
        (("build", "--examples"), ("build", *CONFIG, "--examples")),
        (("fmt", "--check"), ("fmt", "--check")),
    ],
)
def test_what_compiles_is_told_behind_its_name(
    tmp_path: Path, given: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert words(tmp_path, *given) == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere it would cost time")
def test_on_a_laptop_doctests_are_linked_without_debug_information(tmp_path: Path) -> None:
    def added(settings: str = "", **variables: str) -> tuple[str, ...]:
        environment = {"PATH": "", "HOME": str(tmp_path), **variables}
        overrides = (settings,) * bool(settings)
        context = make_context(tmp_path, environment=environment, overrides=overrides)
        command = Command(argv=("cargo", "test"), cwd=tmp_path, environment=environment)
        return with_bare_doctests(context, command).argv[2:]

    assert added() == ("--config", 'build.rustdocflags=["-Cstrip=debuginfo"]')
    assert added("debug-information=profile") == added("debug-information=line-tables") == ()
    assert added(CI="true") == ()
    assert added(RUSTDOCFLAGS="--cfg a") == added(CARGO_BUILD_RUSTDOCFLAGS="--cfg a") == ()
    assert added(CARGO_ENCODED_RUSTDOCFLAGS="--cfg a") == ()
    write_files(tmp_path, {".cargo/config.toml": '[build]\nrustdocflags = "--cfg a"\n'})
    assert added() == ()


def test_on_a_laptop_cargo_is_left_as_it_is_unless_a_setting_wants_it(tmp_path: Path) -> None:
    laptop = {"CI": ""}
    assert words(tmp_path, "clippy", variables=laptop) == ("clippy",)
    wanted = "debug-information=line-tables"
    assert words(tmp_path, "clippy", variables=laptop, settings=wanted) == ("clippy", *CONFIG)
    assert words(tmp_path, "clippy", settings="debug-information=profile") == ("clippy",)


@pytest.mark.parametrize(
    "files",
    [
        {"Cargo.toml": "[workspace]\n[profile.dev]\ndebug = 0\n"},
        {".cargo/config.toml": "[profile.dev]\ndebug = true\n"},
        {".cargo/config.toml": "[profile.dev]\ndebug = false\n", "Cargo.toml": "[workspace]\n"},
    ],
    ids=["manifest", "configuration", "configuration that says no"],
)
def test_the_project_s_own_value_stays(tmp_path: Path, files: dict[str, str]) -> None:
    write_files(tmp_path, files)
    assert words(tmp_path, "clippy") == ("clippy",)


def test_the_user_s_own_variable_stays(tmp_path: Path) -> None:
    assert words(tmp_path, "clippy", variables={"CARGO_PROFILE_DEV_DEBUG": "2"}) == ("clippy",)


def test_a_profile_with_other_values_gets_line_tables(tmp_path: Path) -> None:
    write_files(tmp_path, {"Cargo.toml": "[workspace]\n[profile.dev]\nopt-level = 1\n"})
    assert words(tmp_path, "clippy") == ("clippy", *CONFIG)
