"""Beside tests/integration/test_manifests.py, which compares it with cargo."""

from __future__ import annotations

from pathlib import PurePosixPath

from foreign_commands import TextsOf

from tasker_ci.rust.manifests.listing import ManifestListing
from tasker_ci.rust.manifests.targets import PackageFolder, targets_of


def test_what_only_the_manifest_tells_of_benchmarks() -> None:
    texts = TextsOf({"src/lib.rs": "", "src/main.rs": "", "benches/b.rs": "", "tests/t.rs": ""})
    package = PackageFolder(
        folder=PurePosixPath(),
        name="a",
        edition="2021",
        manifest={"lib": {"bench": False}},
        listing=ManifestListing(files=texts),
    )
    benched = {(target.kind, target.name): target.benched for target in targets_of(package)}
    assert benched == {
        ("lib", "a"): False,
        ("bin", "a"): True,
        ("test", "t"): False,
        ("bench", "b"): True,
    }
