"""The generated workflows of coverage, image scan and benchmarks, run by act.

Two runs for all: a push on which everything is green, and after it a pull request from a fork with
less coverage, a slower benchmark and a vulnerable image.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import act
import llvm_programs
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIBRARY = """\
//! A library.

/// Names a number.
#[must_use]
pub fn name_of(number: u32) -> &'static str {
    if number == 0 {
        "none"
    } else {
        "some"
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_of_them() {
        assert_eq!(super::name_of(0), "none");
        assert_eq!(super::name_of(1), "some");
    }
}
"""
BENCH = """\
fn main() {
    let speed = std::fs::read_to_string("speed").unwrap();
    println!(
        "tasker-ci-bench {{\\"name\\": \\"rate\\", \\"value\\": {}, \\"better\\": \\"higher\\"}}",
        speed.trim()
    );
}
"""
SETTINGS = (
    'sccache = "off"\n'
    + act.SETTINGS
    + """
[coverage]
pipeline = true
upload = "codecov"
packages = { "sample" = 100 }

[scan]
pipeline = true
images = ["registry.example/other:1"]

[[scan.ignore]]
id = "CVE-2031-0001"
reason = "what it concerns is not installed"
review = 9999-01-01

[bench]
pipeline = true
rounds = 3
slower = "error"
"""
)


def scanned(*names: str) -> str:
    """A report of trivy's form."""
    rows = [
        {
            "VulnerabilityID": name,
            "PkgName": "zlib1g",
            "InstalledVersion": "1.2.13",
            "FixedVersion": "1.2.14",
            "Severity": "HIGH",
        }
        for name in names
    ]
    results = [{"Target": "IMAGE", "Class": "os-pkgs", "Vulnerabilities": rows}]
    return json.dumps({"SchemaVersion": 2, "ArtifactName": "IMAGE", "Results": results})


FROM_A_FORK = {
    "number": 7,
    "pull_request": {
        "number": 7,
        "base": {"ref": "main"},
        "head": {"ref": "other", "repo": {"full_name": "other/sample"}},
    },
}

FRESH = dict.fromkeys(("drift", "quality", "unit"), "true")
"""What other tests run; the files of these runs are changed, which the drift job would say."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Both runs, one after the other."""

    pushed: act.Ended
    proposed: act.Ended
    cache: Path
    """What is kept from run to run, a folder for each key."""
    keys: tuple[str, ...]
    """The keys that were there before the second run."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]) -> Runs:
    for name in ("cargo", "rustup", "cargo-nextest", "cargo-llvm-cov", "git", "node"):
        require_tool(name)
    program = require_tool("act")
    folder = tmp_path_factory.mktemp("measurements")
    cache = folder / "cache"
    cache.mkdir()
    manifest = workspaces.manifest("sample", '[[bench]]\nname = "own"\nharness = false\n')
    files = {
        ".gitignore": "/target\n/.nox\n/.tasker-ci\n__pycache__/\n",
        "Cargo.toml": manifest,
        "benches/own.rs": BENCH,
        "speed": "100\n",
        "src/lib.rs": LIBRARY,
    }
    project = workspaces.write_project(folder / "project", files, settings=SETTINGS)
    act.synchronise(project)
    act.replace_jobs(project, FRESH)

    def run(name: str, event: str, scan: str, *arguments: str) -> act.Ended:
        report = folder / f"{name}.json"
        report.write_text(scan, encoding="utf-8")
        return act.run(
            program,
            project,
            folder / name,
            event,
            *arguments,
            STAND_IN_CACHE=str(cache),
            STAND_IN_SCAN=str(report),
            **llvm_programs.variables(),
        )

    # The runners of GitHub have other names each time; the second run stands on one of them.
    hosted = ("--env", "RUNNER_ENVIRONMENT=github-hosted", "--env", "ImageOS=ubuntu24")
    pushed = run("push", "push", scanned("CVE-2031-0001"), *hosted)
    keys = tuple(sorted(path.name for path in cache.iterdir()))
    without_test = LIBRARY.replace('        assert_eq!(super::name_of(1), "some");\n', "")
    workspaces.write_files(project, {"speed": "0.01\n", "src/lib.rs": without_test})
    act.call_in_place(project, "coverage", "scan", "bench")
    event = folder / "event.json"
    event.write_text(json.dumps(FROM_A_FORK), encoding="utf-8")
    words = ("--eventpath", str(event), *hosted)
    proposed = run("fork", "pull_request", scanned("CVE-2031-0002"), *words)
    return Runs(pushed=pushed, proposed=proposed, cache=cache, keys=keys)


MEASURING = ("coverage", "scan", "bench")


def test_all_is_green_after_the_tests_and_before_the_gate(runs: Runs) -> None:
    pushed = runs.pushed
    assert pushed.exit_code == 0, pushed.complaints
    assert pushed.jobs == dict.fromkeys((*FRESH, *MEASURING, "ci-success"), "success")
    for name in ("coverage", "bench"):
        for earlier in ("quality", "unit"):
            assert pushed.span(earlier)[1] < pushed.span(name)[0]
    said = pushed.log("ci-success", "Every job was green")
    assert [name for name in MEASURING if f"{name}: success" in said] == [*MEASURING]


def sessions_of(ended: act.Ended, artifact: str) -> list[str]:
    return [name.split(".")[1] for name in ended.kept()[artifact] if name.endswith(".json.gz")]


def test_what_was_measured_is_kept(runs: Runs) -> None:
    for ended in (runs.pushed, runs.proposed):
        kept = ended.kept()
        assert {"lcov.info", "summary.json", "index.html"} <= set(kept["coverage"])
        assert len([name for name in kept["benchmarks"] if name.endswith(".json")]) in {1, 2}
        assert kept["image-scans"] == ["scan-1.json"]
        assert sessions_of(ended, "history-coverage") == ["coverage"]
        assert sessions_of(ended, "history-bench") == ["bench"]


def test_the_scan_is_judged_by_the_rules_of_the_project(runs: Runs) -> None:
    said = runs.pushed.log("scan", "Scan registry.example/other:1")
    assert "trivy-action: image vuln json 0 of registry.example/other:1" in said
    assert "what it concerns is not installed" in runs.pushed.log("scan", "scan")


def test_a_push_proves_to_codecov_whose_coverage_it_is(runs: Runs) -> None:
    said = runs.pushed.log("coverage", "Upload to codecov")
    assert "codecov: use_oidc=true fail_ci_if_error=true, 1 file of target/tasker-ci/" in said


def test_a_pull_request_from_a_fork_uploads_without_an_identity(runs: Runs) -> None:
    said = runs.proposed.log("coverage", "Upload to codecov")
    assert "codecov: use_oidc=false fail_ci_if_error=false, 1 file" in said


def test_each_of_them_is_red_and_so_is_the_gate(runs: Runs) -> None:
    proposed = runs.proposed
    assert proposed.exit_code == 1
    assert {name: proposed.jobs[name] for name in MEASURING} == dict.fromkeys(MEASURING, "failure")
    assert proposed.jobs["ci-success"] == "failure"
    gate = proposed.log("ci-success", "Every job was green")
    assert [name for name in MEASURING if f"{name}: failure" in gate] == [*MEASURING]
    assert "sample: 8" in proposed.log("coverage", "coverage")
    assert "below by" in proposed.log("coverage", "coverage")
    assert "CVE-2031-0002" in proposed.log("scan", "scan")
    assert "Worse than before: rate -100.0 %" in proposed.log("bench", "bench")


def results_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in folder.rglob("*.json")]


def test_the_result_of_a_push_is_what_a_pull_request_is_held_against(runs: Runs) -> None:
    (key,) = runs.keys
    assert f"cache: {key} not found" in runs.pushed.log("bench", "Earlier results")
    assert f"cache: {key} saved" in runs.pushed.log("bench", "Results for the next run")
    assert f"restored from {key}" in runs.proposed.log("bench", "Earlier results")
    (kept,) = results_of(runs.cache / key)
    assert kept["machine"] == "GitHub's runner ubuntu24"
    assert "no earlier result" in runs.pushed.log("bench", "bench")
    assert f"against {kept['commit'][:9]}" in runs.proposed.log("bench", "bench")


def test_a_pull_request_keeps_nothing_for_others(runs: Runs) -> None:
    assert "Results for the next run" in runs.pushed.steps("bench")
    assert "Results for the next run" not in runs.proposed.steps("bench")
    assert sorted(path.name for path in runs.cache.iterdir()) == [*runs.keys]
