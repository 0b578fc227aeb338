from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rust_workspaces import package

from tasker_ci.foreign.selections.root_manifest import (
    needed_by_registries,
    patched_packages,
    resolver_of,
)

ROOT = Path("/clone")
A = package(ROOT / "a")
LOCK = """
version = 4
[[package]]
name = "a"
version = "1.0.0"
[[package]]
name = "b"
version = "1.0.0"
dependencies = ["far"]
[[package]]
name = "far"
version = "1.0.0"
source = "registry+x"
dependencies = ["a"]
"""


def test_the_resolver_of_a_workspace() -> None:
    assert resolver_of({"workspace": {"resolver": "2"}}, None) == "2"
    assert resolver_of({"workspace": {}}, None) == "1"
    assert resolver_of({}, replace(A, edition="2021")) == "2"
    assert resolver_of({}, replace(A, edition="2024")) == "3"
    assert resolver_of({"package": {"resolver": "1"}}, replace(A, edition="2024")) == "1"


def test_packages_that_a_patch_takes_from_a_folder() -> None:
    manifest = {"patch": {"crates-io": {"x": {"path": "./a", "package": "a"}, "y": {"git": "z"}}}}
    assert patched_packages(manifest, ROOT) == {"a": ROOT / "a"}
    assert patched_packages({"patch": {"crates-io": 1}}, ROOT) == {}


def test_packages_that_those_of_a_registry_need() -> None:
    assert needed_by_registries(LOCK) == {"a"}
    assert needed_by_registries(None) is None
    assert needed_by_registries("no lock = [") is None
