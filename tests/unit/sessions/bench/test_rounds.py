from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.rust.workspace import Package, Target, Workspace
from tasker_ci.sessions.bench.benchmarks import Measurement
from tasker_ci.sessions.bench.rounds import Benches, bench_targets, told_apart
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


def package(folder: Path, name: str, *needed: str, features: tuple[str, ...] = ()) -> Package:
    source = folder / name / "benches" / "speed.rs"
    bench = Target(
        name="speed",
        kind="bench",
        source=source,
        tested=False,
        doctested=False,
        required_features=needed,
    )
    return Package(
        name=name,
        version="1.0.0",
        manifest=folder / name / "Cargo.toml",
        targets=(bench,),
        features=dict.fromkeys(features, ()),
    )


def workspace(folder: Path, *packages: Package) -> Workspace:
    return Workspace(root=folder, target_directory=folder / "target", packages=packages)


def test_targets_of_one_name_have_that_of_their_package_too(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    two = workspace(tmp_path, package(tmp_path, "one"), package(tmp_path, "two"))
    assert [each.label for each in bench_targets(context, two)] == ["one::speed", "two::speed"]
    one = workspace(tmp_path, package(tmp_path, "one"))
    assert [each.label for each in bench_targets(context, one)] == ["speed"]


def test_one_that_needs_a_feature_is_left_out_and_named(tmp_path: Path) -> None:
    context = make_context(tmp_path, "[bench]\nfeatures = []\n")
    found = bench_targets(
        context, workspace(tmp_path, package(tmp_path, "one", "fast", features=("fast",)))
    )
    assert found == ()
    text = " ".join(context.printed.split())
    assert "one::speed is not measured: it needs the feature fast" in text


def test_a_feature_that_no_package_has_is_an_error(tmp_path: Path) -> None:
    context = make_context(tmp_path, '[bench]\nfeatures = ["fats"]\n')
    with pytest.raises(SettingsError, match="has the feature fats"):
        bench_targets(context, workspace(tmp_path, package(tmp_path, "one", features=("fast",))))


def test_a_build_runs_nothing_and_takes_no_words_for_the_benchmarks(tmp_path: Path) -> None:
    context = make_context(tmp_path, passthrough=("--quick",))
    benches = Benches(context=context, environment={}, toolchain="nightly")
    (target,) = bench_targets(context, workspace(tmp_path, package(tmp_path, "one")))
    run, build = str(benches.command(target)), str(benches.command(target, build=True))
    assert run.startswith("cargo +nightly bench --package one --bench speed")
    assert run.endswith("-- --quick")
    assert build.endswith("--no-run")


def test_a_measurement_of_two_targets_gets_their_names() -> None:
    def measured(name: str) -> Measurement:
        return Measurement(name=name, value=1.0, unit="ns", better="lower")

    found = {"one": [measured("same"), measured("own")], "two": [measured("same")]}
    assert [each.name for each in told_apart(found)] == ["one: same", "own", "two: same"]
