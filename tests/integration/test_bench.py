"""The session `bench` with real cargo, and a bench target whose speed the test decides.

A slowdown here is one by far more than the drift of a machine that others use as well.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

BENCH = """\
fn main() {
    println!("it begins with 0123456789abcdef");
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


def bench(project: Path, *words: str, **more: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "bench", "--json", "--rounds", "3", *words]
    ended = faces.run(argv, project, faces.clean_environment(**more))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_twice_on_one_commit_is_no_difference_and_a_slowdown_is_found(project: Path) -> None:
    exit_code, first, _ = bench(project)
    assert exit_code == 0
    assert first["measurements"][0]["verdict"] == "nothing to compare"

    exit_code, second, text = bench(project)
    assert (exit_code, second["measurements"][0]["verdict"]) == (0, "no difference")
    assert "noise" in second["summary"]
    assert "±" in text

    (project / "speed").write_text("0.01\n", encoding="utf-8")
    exit_code, third, text = bench(project)
    assert (exit_code, third["measurements"][0]["verdict"]) == (0, "worse")
    assert third["measurements"][0]["change"] == pytest.approx(-0.9999)
    assert "Worse than before: rate -100.0 %" in text

    exit_code, fourth, _ = bench(project, "--base", first["result"], "--set", "bench.slower=error")
    assert exit_code == 1
    assert fourth["measurements"][0]["before"] == 100


def test_what_is_red_stays_red_until_it_is_taken_as_it_is(project: Path) -> None:
    _, first, _ = bench(project)
    (project / "speed").write_text("0.01\n", encoding="utf-8")
    for _ in range(2):
        exit_code, again, text = bench(project, "--set", "bench.slower=error")
        assert (exit_code, again["before"]) == (1, first["result"])
    assert "bench.slower=warn" in text

    assert bench(project)[0] == 0
    exit_code, last, _ = bench(project, "--set", "bench.slower=error")
    assert (exit_code, last["measurements"][0]["verdict"]) == (0, "no difference")


def rewritten(result: str, **facts: Any) -> Path:
    """The same result with other facts."""
    file = Path(result)
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**document, **facts}), encoding="utf-8")
    return file


def test_what_was_measured_elsewhere_is_not_compared_and_the_reason_is_said(
    project: Path,
) -> None:
    _, first, _ = bench(project)
    file = rewritten(first["result"], cpu="Another")
    (project / "speed").write_text("0.01\n", encoding="utf-8")

    exit_code, data, text = bench(project, "--set", "bench.slower=error")

    assert exit_code == 0
    assert data["measurements"][0]["verdict"] == "nothing to compare"
    assert "the CPU: Another there," in text.replace("\n", " ")
    assert data["not_compared"][0]["result"] == str(file)
    exit_code, data, _ = bench(project, "--base", str(file))
    assert exit_code == 2
    assert "the CPU: Another there," in data["summary"]


def test_where_the_drift_of_the_machine_is_unknown_nothing_is_an_error(project: Path) -> None:
    _, first, _ = bench(project)
    file = rewritten(first["result"], yardstick={"python": "another", "seconds": [0.01]})
    (project / "speed").write_text("0.01\n", encoding="utf-8")

    exit_code, data, text = bench(project, "--base", str(file), "--set", "bench.slower=error")

    assert (exit_code, data["measurements"][0]["verdict"]) == (0, "worse")
    assert "faster or slower is not known" in text
    assert "Worse than before: rate" in text


def test_the_newest_result_that_can_be_compared_is_found_behind_others(project: Path) -> None:
    _, first, _ = bench(project)
    _, part, _ = bench(project, "--", "some")  # a part of the benchmarks is no measure for all
    assert part["before"] is None
    broken = Path(first["result"]).with_name("99991231T235959000000Z.json")
    broken.write_text("{", encoding="utf-8")

    exit_code, data, text = bench(project)

    assert (exit_code, data["before"]) == (0, first["result"])
    assert "not compared with" in text
    assert "passed over" in text


def test_a_base_may_be_a_branch(project: Path) -> None:
    git = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "all")):
        subprocess.run([*git, *words], cwd=project, check=True)
    _, first, _ = bench(project)
    subprocess.run([*git, "commit", "-qm", "more", "--allow-empty"], cwd=project, check=True)
    _, second, _ = bench(project)

    assert bench(project, "--base", "main")[1]["before"] == second["result"]
    assert bench(project, "--base", "main~1")[1]["before"] == first["result"]
    assert bench(project, "--base", "other")[0] == 2


UNSTABLE = """#![feature(test)]
extern crate test;

#[bench]
fn one(bencher: &mut test::Bencher) {
    bencher.iter(|| 1 + 1);
}
"""


def test_the_harness_of_a_nightly_is_named_where_it_does_not_compile(
    cargo_workspace: Callable[..., Path],
) -> None:
    if "nightly" in subprocess.check_output(["rustc", "--version"], text=True):
        pytest.skip("this compiler takes it")
    exit_code, data, text = bench(cargo_workspace({"benches/unstable.rs": UNSTABLE}))
    assert exit_code == 101
    assert "do not compile" in data["summary"]
    assert "--toolchain nightly" in text


def test_results_stay_out_of_the_repository_and_are_limited(project: Path) -> None:
    for _ in range(3):
        _, data, _ = bench(project, "--set", "bench.keep=2")
    folder = project / ".tasker-ci" / "bench"
    assert len(list(folder.glob("*.json"))) == 2
    assert (folder / ".gitignore").read_text(encoding="utf-8").endswith("*\n")
    assert Path(data["result"]).parent == folder


def test_a_benchmark_that_fails_is_no_measurement(project: Path) -> None:
    (project / "speed").unlink()
    exit_code, data, _ = bench(project, GITHUB_TOKEN="0123456789abcdef")
    assert exit_code not in {0, 3}
    assert "The benchmark own failed:\nit begins with ***\n" in data["summary"]
    assert not list((project / ".tasker-ci" / "bench").glob("*.json"))


def test_a_benchmark_that_measures_nothing_is_said(project: Path) -> None:
    (project / "benches" / "own.rs").write_text("fn main() {}\n", encoding="utf-8")
    exit_code, data, _ = bench(project)
    assert exit_code == 1
    assert "printed no measurement" in data["summary"]


def test_what_measures_nothing_or_needs_a_feature_is_named_beside_the_rest(project: Path) -> None:
    more = """
[[bench]]
name = "own"
harness = false
[[bench]]
name = "mute"
harness = false
[[bench]]
name = "gated"
harness = false
required-features = ["extra"]
[[bench]]
name = "other"
harness = false
[features]
extra = []
"""
    mute = "fn main() {}\n"
    manifest = workspaces.manifest("sample", more)
    files = {
        "Cargo.toml": manifest,
        "benches/mute.rs": mute,
        "benches/gated.rs": mute,
        "benches/other.rs": BENCH,
    }
    workspaces.write_files(project, files)

    exit_code, data, text = bench(project, "--set", "features=default")

    assert exit_code == 0
    assert [row["name"] for row in data["measurements"]] == ["other: rate", "own: rate"]
    assert "mute printed no measurement" in text
    assert "sample::gated is not measured: it needs the feature extra" in text


def test_benches_of_one_name_in_two_packages_are_told_apart(
    cargo_workspace: Callable[..., Path],
) -> None:
    """Each knows features that the others do not, and one of them is left out for lack of its."""
    own = '[[bench]]\nname = "own"\nharness = false\n'
    members = {
        "one": own + "[features]\nquick = []\n",
        "two": own,
        "three": own + 'required-features = ["extra"]\n[features]\nextra = []\n',
    }
    folders = ", ".join(f'"{name}"' for name in members)
    project = cargo_workspace(
        {
            "Cargo.toml": f'[workspace]\nresolver = "2"\nmembers = [{folders}]\n',
            **{f"{name}/Cargo.toml": workspaces.manifest(name, m) for name, m in members.items()},
            **{f"{name}/src/lib.rs": "" for name in members},
            **{f"{name}/benches/own.rs": BENCH for name in members},
            **{f"{name}/speed": "100\n" for name in members},
        },
        settings='[bench]\nfeatures = ["quick"]\n',
    )
    exit_code, data, text = bench(project)
    assert exit_code == 0, text
    assert [row["name"] for row in data["measurements"]] == ["one::own: rate", "two::own: rate"]
    assert "three::own is not measured: it needs the feature extra" in text

    exit_code, data, _ = bench(project, "--set", "bench.features=quack")
    assert (exit_code, "has the feature quack" in data["summary"]) == (2, True)


def test_much_noise_is_said(project: Path) -> None:
    _, first, _ = bench(project)
    file = Path(first["result"])
    text = file.read_text(encoding="utf-8").replace("100.0,", "20.0,", 1)
    file.write_text(text.replace("100.0\n", "180.0\n", 1), encoding="utf-8")
    exit_code, data, said = bench(project)
    assert (exit_code, data["measurements"][0]["verdict"]) == (0, "no difference")
    assert "There is much noise in rate" in said


def test_without_a_bench_target_it_is_skipped(cargo_workspace: Callable[..., Path]) -> None:
    exit_code, data, _ = bench(cargo_workspace({}))
    assert (exit_code, data["status"]) == (0, "skipped")


def test_a_base_that_is_none_is_said_before_anything_runs(project: Path) -> None:
    exit_code, data, _ = bench(project, "--base", "abcdef")
    assert exit_code == 2
    assert "abcdef" in data["summary"]
