"""What the sessions select, read like the commands of any CI, and who owns a target by that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rust_workspaces import package, target, workspace

from tasker_ci.rust.cfg import CompilerCfg, Platforms
from tasker_ci.rust.workspace import Requirement
from tasker_ci.sessions.inventory.session_selections import session_selections
from tasker_ci.sessions.inventory.targets import Owners
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.rust.workspace import Package, Workspace

LINUX = CompilerCfg(target="x86_64-unknown-linux-gnu", settings=frozenset({("unix", None)}))
WASM = CompilerCfg(target="wasm32-unknown-unknown", settings=frozenset())
PLATFORMS = Platforms(tests=(LINUX, WASM), documentation=(LINUX, WASM))
SETTINGS = """
[unit]
features = "default"
cargo-test = ["app::plain"]
[integration]
targets = ["app::e2e"]
features = ["app/more"]
"""


class Scripts:
    def may_set(self, package: object, name: str) -> bool:
        return name == "by_script"


def app(root: Path) -> Package:
    folder = root / "app"
    found = package(
        folder,
        target(folder / "src/lib.rs", name="app"),
        *(target(folder / f"tests/{name}.rs", "test", name) for name in ("plain", "e2e")),
        target(folder / "tests/more.rs", "test", "more", required_features=("more",)),
        target(folder / "tests/dep.rs", "test", "dep", required_features=("fail/points",)),
    )
    return replace(
        found,
        features={"default": [], "more": [], "points": ["fail/points"]},
        requirements=(Requirement(name="fail"),),
    )


def owners(root: Path, settings: str = SETTINGS, platforms: Platforms | None = PLATFORMS) -> Owners:
    whole: Workspace = workspace(root, app(root))
    (root / "Cargo.toml").write_text("[workspace]\nmembers = ['app']\n", encoding="utf-8")
    context = make_context(root, settings)
    found = session_selections(context, whole, Scripts(), platforms)  # type: ignore[arg-type]
    return Owners(selections=found, manifests={}, platforms=platforms)


def test_each_session_selects_once_for_each_platform(tmp_path: Path) -> None:
    found = owners(tmp_path)
    counts = {session: len(selected) for session, selected in found.selections.items()}
    assert counts == {"unit": 4, "integration": 2, "doctest": 2, "examples": 2, "clippy": 2}
    assert {each.cfg for each in found.selections["unit"]} == {LINUX, WASM}
    assert found.targets(doctests=False) == (LINUX.target, WASM.target)


@pytest.mark.parametrize(
    ("name", "session", "lacking", "doubtful"),
    [
        ("app", "unit", (), ()),
        ("plain", "unit", (), ()),
        ("e2e", "integration", (), ()),
        ("more", "unit", ("more",), ()),
        ("dep", "unit", (), ("fail/points",)),
    ],
)
def test_the_session_of_a_target_is_the_one_whose_call_means_it(
    tmp_path: Path, name: str, session: str, lacking: tuple[str, ...], doubtful: tuple[str, ...]
) -> None:
    found, own = owners(tmp_path), app(tmp_path)
    (meant,) = (each for each in own.targets if each.name == name)
    assert found.session(own, meant) == session
    assert found.lacking(own, meant) == lacking
    assert found.doubtful(own, meant) == doubtful


def test_a_member_that_switches_it_on_decides_for_a_package_from_elsewhere(tmp_path: Path) -> None:
    found, own = owners(tmp_path, '[unit]\nfeatures = "all"\n'), app(tmp_path)
    assert all(found.lacking(own, each) == found.doubtful(own, each) == () for each in own.targets)


def test_without_an_answer_of_the_compiler_no_platform_is_known(tmp_path: Path) -> None:
    found = owners(tmp_path, platforms=None)
    assert {each.cfg for each in found.selections["unit"]} == {None}
    assert found.targets(doctests=True) == ()
