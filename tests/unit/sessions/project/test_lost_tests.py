"""The tests that a replaced job ran and no session of ours runs, each by its name."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.foreign.checkout import Checkout
from tasker_ci.sessions import STAGES
from tasker_ci.sessions.project.covering.covers import Covers
from tasker_ci.sessions.project.covering.own_runs import OwnRuns, each_once
from tasker_ci.sessions.project.covering.planned_pipeline import own_runs
from tasker_ci.sessions.project.covering.project import read_project
from tasker_ci.sessions.project.covering.replaced import Part, Replaced, what_disappears
from tasker_ci.sessions.project.replaced_report import lost_tests
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from collections.abc import Mapping

CI = PurePosixPath(".github/workflows/ci.yml")
LIBRARY = """\
//! ```
//! assert!(true);
//! ```
#[test]
fn plain() {}
#[test]
#[ignore]
fn slow() {}
#[cfg(windows)]
#[test]
fn on_windows() {}
#[cfg(not(feature = "fast"))]
#[test]
fn without_fast() {}
#[cfg(not(debug_assertions))]
#[test]
fn released() {}
"""
FILES = {
    "Cargo.toml": "[workspace]\nmembers = ['app']\nexclude = ['fuzz']\nresolver = '2'\n",
    "app/Cargo.toml": workspaces.manifest("app", "\n[features]\nfast = []\n"),
    "app/src/lib.rs": LIBRARY,
    "app/tests/end_to_end.rs": "#[test]\nfn starts() {}\n",
    "app/examples/e.rs": "fn main() {}\n",
    "fuzz/Cargo.toml": workspaces.manifest("fuzz"),
    "fuzz/src/lib.rs": "#[test]\nfn in_fuzz() {}\n",
    "Makefile": "test:\n\tcargo test -- --ignored\n",
}


def replaced(
    root: Path,
    steps: str,
    *,
    job: str = "runs-on: ubuntu-latest",
    files: Mapping[str, str] | None = None,
    settings: tuple[str, ...] = (),
) -> Replaced:
    every = {**FILES, **(files or {})}
    workspaces.write_files(root, every)
    context = make_context(root, overrides=settings)
    checkout = Checkout(root=root, files=frozenset(map(PurePosixPath, every)))
    project = read_project(root, root, {})
    own = own_runs(context, project, checkout, ("unit", "doctest", "integration"))
    assert isinstance(own, OwnRuns)
    stages = {stage.name: stage.file for stage in STAGES}
    covers = Covers(
        settings=context.settings,
        workflows=frozenset(stages.values()),
        events={},
        stage_files=stages,
        project=project,
        own=own,
    )
    text = f"on: push\njobs:\n  a:\n    {job}\n    steps:\n      - {steps}\n"
    (found,) = what_disappears({CI: text.encode()}, covers, checkout)
    return found


def last(found: Replaced) -> Part:
    return found.jobs["a"][-1]


def names(part: Part) -> list[str]:
    return [f"{each.place} {each.name}" for each in part.tests]


@pytest.mark.parametrize(
    ("steps", "lost"),
    [
        ("run: cargo test --all-features", []),
        ("run: cargo test --all-features -- --ignored", ["app/src/lib.rs:8 slow"]),
        ("run: make test", ["app/src/lib.rs:8 slow"]),
        ("run: cargo test", ["app/src/lib.rs:14 without_fast"]),
        ("run: cargo test -p app -- plain", []),
        ("run: cargo test --all-features --release", ["app/src/lib.rs:17 released"]),
        ("run: cd fuzz && cargo test", ["fuzz/src/lib.rs:2 in_fuzz"]),
        ("run: cargo clippy --all-targets", []),
        ("run: cargo test --no-run --no-default-features", []),
    ],
)
def test_what_a_command_ran_and_no_session_runs_is_named(
    tmp_path: Path, steps: str, lost: list[str]
) -> None:
    part = last(replaced(tmp_path, steps))
    assert names(part) == lost
    assert not (lost and part.covered_by)
    assert part.place == f"{CI}:6"


def test_a_leg_on_another_system_ran_what_only_that_has(tmp_path: Path) -> None:
    found = replaced(tmp_path, "run: cargo test --all-features", job="runs-on: windows-latest")
    part = last(found)
    assert part.reason == "it runs on windows-latest"
    assert names(part) == ["app/src/lib.rs:11 on_windows"]
    assert part.tests[0].why == "`cfg(windows)` does not hold"
    (line,) = lost_tests([found, found])
    assert line == (
        f"1 test of {CI}:6 run in no session, `cfg(windows)` does not hold: "
        "on_windows (app/src/lib.rs:11)"
    )


@pytest.mark.parametrize(
    ("steps", "settings", "reason"),
    [
        ("run: cargo test --all-features --examples", (), "no session tests the example e of app"),
        ("run: cargo test --all-features --doc", (), ""),
        (
            "run: cargo test --all-features",
            ('integration.targets=["app::end_to_end"]',),
            "",
        ),
    ],
)
def test_targets_are_compared_too(
    tmp_path: Path, steps: str, settings: tuple[str, ...], reason: str
) -> None:
    part = last(replaced(tmp_path, steps, settings=settings))
    assert part.reason == reason
    assert bool(part.covered_by) is not bool(reason)


def test_what_a_default_filter_of_the_project_leaves_out_is_lost(tmp_path: Path) -> None:
    configuration = "[profile.default]\ndefault-filter = 'not test(plain)'\n"
    part = last(
        replaced(
            tmp_path,
            "run: cargo test --all-features",
            files={".config/nextest.toml": configuration},
        )
    )
    assert names(part) == ["app/src/lib.rs:5 plain"]
    assert part.reason == "1 test of app is run by no session"
    assert part.tests[0].why == "the profile's `default-filter` leaves it out"


def test_behind_a_recipe_the_cause_comes_first_and_then_its_place(tmp_path: Path) -> None:
    assert last(replaced(tmp_path, "run: make test")).reason == (
        "no session runs tests that are ignored: `cargo test -- --ignored` (Makefile:2)"
    )
    makefile = {"Makefile": "test:\n\tcargo test --all-features\n\tcargo fmt\n"}
    covered = last(replaced(tmp_path, "run: make test", files=makefile)).covered_by
    assert (
        covered
        == "sessions unit and doctest, in test-unit.yml and session fmt, in code-quality.yml"
    )


def test_without_a_package_the_doctests_are_no_session_s(tmp_path: Path) -> None:
    off = workspaces.manifest("app", "\n[lib]\ndoctest = false\n")
    part = last(replaced(tmp_path, "run: cargo test --doc", files={"app/Cargo.toml": off}))
    assert not part.covered_by


def test_each_test_is_there_once() -> None:
    assert each_once(()) == ()
