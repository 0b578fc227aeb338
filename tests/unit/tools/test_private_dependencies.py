"""Cargo fetches with the tokens that builds of tests do not get. Cargo stands in as a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tool_parts import context_with_programs

from tasker_ci.sessions import ROWS, SESSIONS
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.private_dependencies import fetch_dependencies
from tasker_ci.tools.requirements import DEPENDENCIES, check_requirements, requirements_of

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext


INDEX = "registry+https://index.example/git"


class Project:
    """A package whose cargo writes down how it is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = folder / "seen"
        (folder / "Cargo.toml").touch()

    def lock(self, source: str) -> None:
        """Write Cargo.lock with one package from ``source``."""
        (self.folder / "Cargo.lock").write_text(f'source = "{source}"\n', encoding="utf-8")

    def context(self, script: str = "", **variables: str) -> RecordedContext:
        """A context with these variables; ``script`` is what cargo does besides."""
        told = " ".join(f"${name}" for name in variables)
        programs = {"cargo": f'echo "$* {told}" >> {self.seen}\n{script}'}
        return context_with_programs(self.folder, programs=programs, **variables)

    @property
    def calls(self) -> list[str]:
        """How cargo was called, with the values of the variables."""
        return self.seen.read_text(encoding="utf-8").splitlines() if self.seen.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("variable", "source", "fetched"),
    [
        ("CARGO_REGISTRIES_MY_TOKEN", INDEX, True),
        ("CARGO_REGISTRIES_MY_TOKEN", "sparse+https://crates.example/", True),
        # another registry may replace the public one, which the lock file names all the same
        ("CARGO_REGISTRY_TOKEN", INDEX, True),
        ("CARGO_REGISTRY_CREDENTIAL_PROVIDER", INDEX, True),
        ("CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS", INDEX, True),
        ("CARGO_REGISTRIES_MY_TOKEN", "", True),
        ("SSH_AUTH_SOCK", "git+ssh://git@example/x#1", True),
        ("SSH_AUTH_SOCK", INDEX, False),
        ("SSH_AUTH_SOCK", "git+https://crates.example/git+ssh:", False),
        ("SSH_AUTH_SOCK", "", False),
        ("GITHUB_TOKEN", "git+ssh://git@example/x#1", False),
        ("OTHER", "git+ssh://git@example/x#1", False),
    ],
)
def test_cargo_fetches_where_it_may_need_a_token(
    project: Project, variable: str, source: str, *, fetched: bool
) -> None:
    if source:
        project.lock(source)
    context = project.context(**{variable: "t0ken"})
    check_requirements(context, (DEPENDENCIES,))
    assert project.calls == (["fetch t0ken"] if fetched else [])


def test_computing_an_environment_starts_nothing(project: Project) -> None:
    project.lock(INDEX)
    child_environment(project.context(CARGO_REGISTRIES_MY_TOKEN="t0ken"), secrets=True)
    assert project.calls == []


def test_on_the_toolchain_of_the_settings(project: Project) -> None:
    context = context_with_programs(
        project.folder,
        ("toolchain", "beta"),
        programs={"cargo": f"echo $* >> {project.seen}"},
        CARGO_REGISTRY_TOKEN="t0ken",
    )
    fetch_dependencies(context, context.environment)
    assert project.calls == ["+beta fetch"]


def test_a_fetch_that_fails_is_a_warning_because_the_build_says_what_is_missing(
    project: Project,
) -> None:
    context = project.context("echo one >&2; echo no such crate >&2; exit 101", SSH_AUTH_SOCK="s")
    project.lock("git+ssh://git@example/x#1")
    fetch_dependencies(context, context.environment)
    assert context.printed == ("+ cargo fetch\nwarning: `cargo fetch` failed: no such crate\n")


def test_where_no_cargo_or_package_is_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    context = context_with_programs(tmp_path, CARGO_REGISTRY_TOKEN="t0ken")
    empty = {**context.environment, "PATH": str(tmp_path)}
    fetch_dependencies(context, context.environment)
    (tmp_path / "Cargo.toml").touch()
    fetch_dependencies(context, empty)
    assert context.printed == ""


def test_sessions_that_build_with_the_run_s_secrets_need_it(tmp_path: Path) -> None:
    builds = {
        name
        for name, session in SESSIONS.items()
        if session.stage in {"unit", "coverage", "bench", "integration"} or name.startswith("unit-")
    }
    named = {name for name, session in SESSIONS.items() if DEPENDENCIES in session.needs}
    assert named == (builds - {"inventory"}) | {"up", "miri"}
    context = context_with_programs(tmp_path)
    assert DEPENDENCIES in requirements_of(ROWS, ("ci",), context)
