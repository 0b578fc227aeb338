"""Which requirement is too low."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import workspaces

from tasker_ci.rust.lockfile import read_lock
from tasker_ci.rust.workspace import Package, Requirement, Workspace
from tasker_ci.sessions.minimal_versions.findings import found_by_compiler, refused_by_cargo
from tasker_ci.tools.first_errors import Obstacle

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = """\
error: failed to select a version for `log`.
    ... required by package `env_logger v0.11.0`
    ... which satisfies dependency `env_logger = "^0.11"` of package `a v0.1.0 (/w/a)`
versions that meet the requirements `^0.4.8` are: 0.4.35, 0.4.34

all possible versions conflict with previously selected packages

  previously selected package `log v0.4.0`
    ... which satisfies dependency `log = "^0.4"` of package `a v0.1.0 (/w/a)`
"""
MANIFEST = '[dependencies]\nenv_logger = "0.11"\nlog.workspace = true\n'
TOP = '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\nlog = "0.4"\n'
LOCK = """\
version = 4
[[package]]
name = "a"
version = "0.1.0"
[[package]]
name = "log"
version = "0.4.0"
source = "registry+https://index.example"
[[package]]
name = "deep"
version = "1.0.0"
source = "registry+https://index.example"
"""


def workspace(root: Path) -> Workspace:
    files = {"Cargo.toml": TOP, "a/Cargo.toml": workspaces.manifest("a", MANIFEST)}
    workspaces.write_files(root, files)
    package = Package(
        name="a",
        version="0.1.0",
        manifest=root / "a/Cargo.toml",
        targets=(),
        requirements=(Requirement(name="log"), Requirement(name="env_logger")),
    )
    return Workspace(root=root, target_directory=root / "target", packages=(package,))


def test_the_requirement_that_nothing_goes_with_has_its_line(tmp_path: Path) -> None:
    found = refused_by_cargo(REFUSED, workspace(tmp_path))
    assert found is not None
    assert (
        found.message == "The requirement of log allows 0.4.0, and env_logger 0.11.0 needs ^0.4.8"
    )
    assert found.fix == "raise the requirement of `log` to 0.4.8"
    assert found.place == "Cargo.toml:4: "
    assert refused_by_cargo("error: something else", workspace(tmp_path)) is None


MEMBERS = """\
error: failed to select a version for `log`.
    ... required by package `a v0.1.0 (/w/a)`
versions that meet the requirements `^0.4` are: 0.4.0

  previously selected package `log v0.4.8`
    ... which satisfies dependency `log = "^0.4.8"` of package `b v0.1.0 (/w/b)`
"""


def test_of_two_members_the_lower_has_to_follow(tmp_path: Path) -> None:
    found = workspace(tmp_path)
    other = replace(found.packages[0], name="b", manifest=tmp_path / "b/Cargo.toml")
    both = replace(found, packages=(*found.packages, other))
    low = refused_by_cargo(MEMBERS, both)
    assert low is not None
    assert low.message == "The requirement of log in a allows 0.4.0, and b needs 0.4.8"
    assert low.fix == "raise the requirement of `log` to 0.4.8"


def test_an_error_names_the_dependency_that_lacks_it(tmp_path: Path) -> None:
    obstacles = (
        Obstacle(package="a", message="cannot find `kv` in `log`", file="a/src/lib.rs", line=3),
        Obstacle(package="a", message="mismatched types", file="a/src/lib.rs", line=4),
        Obstacle(package="log", message="cannot find macro `x`", file="/r/log/src/lib.rs", line=1),
        Obstacle(package="deep", message="wrong"),
    )
    own, other, direct, deep = found_by_compiler(obstacles, workspace(tmp_path), read_lock(LOCK))
    assert own.message == "cannot find `kv` in `log`; log is 0.4.0 here"
    assert own.fix == "raise the requirement of `log` in Cargo.toml:4"
    assert own.place == "a/src/lib.rs:3: "
    assert other.fix == "raise the requirement of the dependency that lacks this"
    assert direct.message == "log 0.4.0 does not compile itself: cannot find macro `x`"
    assert direct.place == "Cargo.toml:4: "
    assert deep.fix == "raise the requirement of what brings deep: cargo tree --invert deep"
