"""What sessions need: which rows ask for what, and missing tools; Rust itself is met elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tool_parts import context_with_programs

from tasker_ci.errors import MissingToolError, ToolchainError
from tasker_ci.sessions import ROWS, SESSIONS
from tasker_ci.testing import make_context
from tasker_ci.tools.pins import pinned_tools
from tasker_ci.tools.requirements import (
    CARGO,
    COMPILER,
    COMPONENTS,
    DEPENDENCIES,
    LINKER,
    MANIFEST,
    check_requirements,
    requirements_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_every_need_of_a_row_is_known() -> None:
    known = {CARGO, MANIFEST, COMPILER, LINKER, DEPENDENCIES, *COMPONENTS, *pinned_tools()}
    for name, session in SESSIONS.items():
        assert set(session.needs) <= known, name


def test_what_walks_needs_what_its_sessions_need(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    needs = requirements_of(ROWS, ("ci",), context)
    of_rust = {"rustfmt", "clippy", MANIFEST, COMPILER, LINKER, DEPENDENCIES}
    assert of_rust | {"cargo-nextest", "cargo-audit"} == {*needs} - {CARGO}


def test_optional_stages_count_where_settings_ask_for_them(tmp_path: Path) -> None:
    context = make_context(tmp_path, "coverage.pipeline = true\n")
    assert "cargo-llvm-cov" in requirements_of(ROWS, ("ci",), context)


def test_formatting_needs_no_compiler(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    assert COMPILER not in requirements_of(ROWS, ("fmt",), context)


def test_people_s_own_tasks_need_nothing_of_rust(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    assert requirements_of(ROWS, ("sync", "report", "doctor", "env", "init"), context) == ()


def without_tools(folder: Path) -> dict[str, str]:
    return {"PATH": str(folder), "XDG_CACHE_HOME": str(folder), "CI": "true"}


def test_missing_tools_are_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))  # where wheels put them
    context = make_context(tmp_path, environment=without_tools(tmp_path))
    with pytest.raises(MissingToolError) as caught:
        check_requirements(context, ("cargo-binstall", "cargo-llvm-cov"))
    error = caught.value
    assert error.exit_code == 3
    assert "cargo-llvm-cov is not installed" in error.message
    assert "cargo-binstall is not installed" in error.message
    assert sorted(error.next_step.split(" --tool ")) == [
        "cargo-binstall",
        "cargo-llvm-cov",
        "tasker-ci tools",
    ]


def test_a_tool_that_is_installed_on_demand_is_not_missing(tmp_path: Path) -> None:
    context = make_context(tmp_path, environment={**without_tools(tmp_path), "CI": ""})
    check_requirements(context, ("cargo-binstall",))


def test_several_things_are_one_error_with_a_step_each(tmp_path: Path) -> None:
    programs = {"cargo": "echo cargo 1.90.0", "cargo-clippy": "exit 1"}
    context = context_with_programs(
        tmp_path, programs=programs, XDG_CACHE_HOME=str(tmp_path), CI="true"
    )
    with pytest.raises(ToolchainError) as caught:
        check_requirements(context, (CARGO, "clippy", "cargo-binstall"))
    assert len(caught.value.message.splitlines()) == 2
    assert len(caught.value.next_step.splitlines()) == 2


def test_what_rustup_installs_meanwhile_is_shown(tmp_path: Path) -> None:
    # rustup stands in as a script: no toolchain can be fetched in a test
    script = "echo info: downloading component rustc >&2; echo cargo 1.90.0"
    context = context_with_programs(tmp_path, programs={"cargo": script})
    check_requirements(context, (CARGO,))
    assert "info: downloading component rustc" in context.reporter.stream.getvalue()  # type: ignore[attr-defined]
