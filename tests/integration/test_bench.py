"""The session `bench` with real cargo, and a bench target whose speed the test decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

BENCH = """\
fn main() {
    let speed: f64 = std::fs::read_to_string("speed").unwrap().trim().parse().unwrap();
    println!(
        "tasker-ci-bench {{\\"name\\": \\"rate\\", \\"value\\": {speed}, \\"unit\\": \\"1/s\\", \\
         \\"better\\": \\"higher\\"}}"
    );
}
"""


@pytest.fixture
def project(cargo_workspace: Callable[..., Path]) -> Path:
    """A package with one bench target that reports the number in the file `speed`."""
    manifest = workspaces.manifest("sample", '[[bench]]\nname = "own"\nharness = false\n')
    return cargo_workspace({"Cargo.toml": manifest, "benches/own.rs": BENCH, "speed": "100\n"})


def bench(project: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "bench", "--json", "--rounds", "3", *words]
    ended = faces.run(argv, project, faces.clean_environment())
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_twice_on_one_commit_is_no_difference_and_a_slowdown_is_found(project: Path) -> None:
    exit_code, first, _ = bench(project)
    assert exit_code == 0
    assert first["measurements"][0]["verdict"] == "nothing to compare"

    exit_code, second, text = bench(project)
    assert (exit_code, second["measurements"][0]["verdict"]) == (0, "no difference")
    assert "noise" in second["summary"]
    assert "±" in text

    (project / "speed").write_text("80\n", encoding="utf-8")
    exit_code, third, text = bench(project)
    assert (exit_code, third["measurements"][0]["verdict"]) == (0, "worse")
    assert third["measurements"][0]["change"] == pytest.approx(-0.2)
    assert "Worse than before: rate -20.0 %" in text

    exit_code, fourth, _ = bench(project, "--base", first["result"], "--set", "bench.slower=error")
    assert exit_code == 1
    assert fourth["measurements"][0]["before"] == 100


def test_results_stay_out_of_the_repository_and_are_limited(project: Path) -> None:
    for _ in range(3):
        _, data, _ = bench(project, "--set", "bench.keep=2")
    folder = project / ".tasker-ci" / "bench"
    assert len(list(folder.glob("*.json"))) == 2
    assert (folder / ".gitignore").read_text(encoding="utf-8").endswith("*\n")
    assert Path(data["result"]).parent == folder


def test_a_benchmark_that_fails_is_no_measurement(project: Path) -> None:
    (project / "speed").unlink()
    exit_code, data, _ = bench(project)
    assert exit_code not in {0, 3}
    assert "A benchmark failed" in data["summary"]
    assert not (project / ".tasker-ci" / "bench").exists()


def test_a_benchmark_that_measures_nothing_is_said(project: Path) -> None:
    (project / "benches" / "own.rs").write_text("fn main() {}\n", encoding="utf-8")
    exit_code, data, _ = bench(project)
    assert exit_code == 1
    assert "printed no measurement" in data["summary"]


def test_without_a_bench_target_it_is_skipped(cargo_workspace: Callable[..., Path]) -> None:
    exit_code, data, _ = bench(cargo_workspace({}))
    assert (exit_code, data["status"]) == (0, "skipped")


def test_a_base_that_is_none_is_said_before_anything_runs(project: Path) -> None:
    exit_code, data, _ = bench(project, "--base", "abcdef")
    assert exit_code == 2
    assert "abcdef" in data["summary"]
