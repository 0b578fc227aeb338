"""The session `coverage` with the real cargo-llvm-cov."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import llvm_programs
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

HALF = """\
/// ```
/// assert_eq!(sample::three(), 3);
/// ```
pub fn three() -> u32 {
    3
}

pub fn one(yes: bool) -> u32 {
    if yes {
        1
    } else {
        2
    }
}

#[test]
fn yes() {
    assert_eq!(one(true), 1);
}
"""


@pytest.fixture
def project(cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path]) -> Path:
    """A package of which the tests reach one branch of two, and one function of two."""
    require_tool("cargo-llvm-cov")
    require_tool("cargo-nextest")
    return cargo_workspace({"src/lib.rs": HALF})


def coverage(project: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "coverage", "--json", *words]
    ended = faces.run(
        argv, project, faces.clean_environment(**{**llvm_programs.variables(), **environment})
    )
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def own_totals(project: Path) -> dict[str, Any]:
    """What cargo-llvm-cov itself says of the run that was just made."""
    folder = project / "target" / "tasker-ci" / "coverage"
    environment = faces.clean_environment(
        **llvm_programs.variables(), CARGO_LLVM_COV_TARGET_DIR=str(folder)
    )
    words = ["cargo", "llvm-cov", "report", "--workspace", "--json", "--summary-only"]
    ended = faces.run(words, project, environment)
    totals: dict[str, Any] = json.loads(ended.stdout)["data"][0]["totals"]
    return totals


def test_the_figures_are_those_of_cargo_llvm_cov(project: Path) -> None:
    exit_code, data, text = coverage(project)
    assert (exit_code, data["status"]) == (0, "passed"), text

    totals = own_totals(project)
    for kind in ("lines", "functions", "regions"):
        ours = data["whole"][kind]
        assert (ours["count"], ours["covered"]) == (totals[kind]["count"], totals[kind]["covered"])
        assert ours["percent"] == pytest.approx(totals[kind]["percent"])
    assert 0 < totals["lines"]["covered"] < totals["lines"]["count"]
    assert [row["name"] for row in data["packages"]] == ["sample"]
    assert f"{totals['lines']['percent']:.2f} %" in data["summary"]


def test_the_reports_are_there_and_say_the_same(project: Path) -> None:
    _, data, text = coverage(project)
    for name in ("page", "lcov", "figures"):
        assert f"{name}: {data[name]}\n" in text
    figures = json.loads(Path(data["figures"]).read_text(encoding="utf-8"))
    assert figures["data"][0]["totals"]["lines"]["count"] == data["whole"]["lines"]["count"]
    lcov = Path(data["lcov"]).read_text(encoding="utf-8")
    lines = data["whole"]["lines"]
    assert f"LF:{lines['count']}\nLH:{lines['covered']}\n" in lcov
    assert Path(data["page"]).is_file()
    assert (project / "target/tasker-ci/reports/coverage.default.xml").is_file()


def test_a_threshold_that_is_missed_is_red_and_says_by_how_much(project: Path) -> None:
    exit_code, data, text = coverage(
        project, "--set", "coverage.packages.sample=90", "--set", "coverage.lines=10"
    )
    (row,) = data["packages"]
    lacking = -(-90 * row["lines"]["count"] // 100) - row["lines"]["covered"]
    assert exit_code == 1
    assert (row["too_low"], row["lacking_lines"]) == (True, lacking)
    assert not data["whole"]["too_low"]
    assert f"{lacking} lines" in text
    assert "below by" in text


def test_a_threshold_that_is_reached_is_green(project: Path) -> None:
    exit_code, data, _ = coverage(project, "--set", "coverage.packages.sample=50")
    assert exit_code == 0
    assert data["packages"][0]["least"] == 50


def test_members_beside_a_root_package_count(project: Path) -> None:
    manifest = workspaces.manifest("sample") + '[workspace]\nmembers = ["inner", "empty"]\n'
    workspaces.write_files(
        project,
        {
            "Cargo.toml": manifest,
            "inner/Cargo.toml": workspaces.manifest("inner"),
            "inner/src/lib.rs": HALF.replace("sample::", "inner::"),
            "empty/Cargo.toml": workspaces.manifest("empty"),
            "empty/src/lib.rs": "",
        },
    )
    exit_code, data, text = coverage(project)
    rows = {row["name"]: row["lines"] for row in data["packages"]}
    assert exit_code == 0
    assert rows["inner"] == rows["sample"]
    assert data["whole"]["lines"]["count"] == 2 * rows["inner"]["count"] > 0
    assert "Nothing was measured of empty." in text
    exit_code, _, text = coverage(project, "--set", "coverage.packages.empty=1")
    assert exit_code == 1
    assert "empty: 1 % wanted, and nothing was measured" in text
    assert "takes a threshold of 0" in text


def test_what_an_earlier_run_reached_does_not_count(project: Path) -> None:
    _, before, _ = coverage(project)
    source = project / "src" / "lib.rs"
    source.write_text(HALF.replace("one(true), 1", "1, 1"), encoding="utf-8")
    exit_code, after, _ = coverage(project)
    assert exit_code == 0
    assert after["whole"]["lines"]["covered"] < before["whole"]["lines"]["covered"]


def test_a_test_that_fails_is_what_it_is_in_unit_and_leaves_no_report(project: Path) -> None:
    _, before, _ = coverage(project)
    source = project / "src" / "lib.rs"
    source.write_text(HALF.replace("one(true), 1", "one(true), 2"), encoding="utf-8")
    exit_code, data, _ = coverage(project)
    assert exit_code == 100
    assert data["summary"] == "1 of 1 test failed."
    assert "unit --filter" in data["failures"][0]["rerun"]
    assert not Path(before["lcov"]).exists()


def test_it_builds_beside_what_unit_builds(project: Path) -> None:
    environment = faces.clean_environment(**llvm_programs.variables())
    assert faces.run(["tasker-ci", "unit"], project, environment).exit_code == 0
    assert coverage(project)[0] == 0
    again = faces.run(["tasker-ci", "unit"], project, environment)
    assert "Compiling" not in again.text


def test_targets_of_cargo_test_count_too(project: Path) -> None:
    other_branch = "#[test]\nfn no() {\n    assert_eq!(sample::one(false), 2);\n}\n"
    workspaces.write_files(project, {"tests/plain.rs": other_branch})
    _, without, _ = coverage(project)
    exit_code, data, _ = coverage(project, "--set", 'unit.cargo-test=["sample::plain"]')
    assert exit_code == 0
    assert data["whole"]["lines"] == without["whole"]["lines"]
    assert data["tests"]["passed"] == without["tests"]["passed"] == 2


def test_a_threshold_of_a_package_that_is_none_is_an_error(project: Path) -> None:
    exit_code, data, _ = coverage(
        project,
        *("--set", "coverage.packages.smaple=90", "--set", "coverage.llvm=nowhere"),
        LLVM_COV="",
        LLVM_PROFDATA="",
    )
    assert exit_code == 2
    assert "coverage.packages.smaple" in data["summary"]


def test_programs_of_an_llvm_that_is_not_there_are_said_before_anything_runs(
    project: Path,
) -> None:
    exit_code, data, _ = coverage(
        project, "--set", "coverage.llvm=nowhere", LLVM_COV="", LLVM_PROFDATA=""
    )
    assert exit_code == 3
    assert "coverage.llvm" in data["summary"]
    assert not (project / "target" / "tasker-ci" / "coverage").exists()


def test_doctests_that_shall_count_need_a_nightly(project: Path) -> None:
    exit_code, data, _ = coverage(project, "--set", "coverage.doctests=true")
    nightly = "nightly" in subprocess.check_output(["rustc", "--version"], text=True)
    assert exit_code == (0 if nightly else 3)
    assert nightly or "nightly" in data["summary"]


def test_doctests_count_on_a_nightly(project: Path) -> None:
    if (
        not shutil.which("rustup")
        or subprocess.run(
            ["cargo", "+nightly", "--version"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("there is no nightly toolchain")
    _, without, _ = coverage(project, "--toolchain", "nightly", "--set", "coverage.doctests=false")
    exit_code, data, _ = coverage(project, "--toolchain", "nightly")
    assert exit_code == 0
    assert data["doctests"] is True
    assert data["whole"]["functions"]["covered"] > without["whole"]["functions"]["covered"]


def test_a_dry_run_starts_nothing(project: Path) -> None:
    exit_code, data, _ = coverage(project, "--dry-run")
    assert exit_code == 0
    assert [command["argv"][1:3] for command in data["commands"]] == [
        ["llvm-cov", "clean"],
        ["llvm-cov", "nextest"],
        ["llvm-cov", "report"],
        ["llvm-cov", "report"],
        ["llvm-cov", "report"],
    ]
    assert not (project / "target").exists()
