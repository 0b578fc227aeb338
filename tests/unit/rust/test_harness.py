from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.rust.harness import has_own_harness
from tasker_ci.rust.workspace import Package, Target

if TYPE_CHECKING:
    from pathlib import Path


def own(folder: Path, manifest: str, source: str | None = "", *, kind: str = "test") -> bool:
    (folder / "Cargo.toml").write_text(manifest, encoding="utf-8")
    file = folder / "target.rs"
    if source is not None:
        file.write_text(source, encoding="utf-8")
    target = Target(
        name="sample", kind=kind, source=file, tested=True, doctested=False, required_features=()
    )
    package = Package(
        name="sample",
        version="1.0.0",
        manifest=folder / "Cargo.toml",
        targets=(target,),
    )
    return has_own_harness(package, target)


@pytest.mark.parametrize(
    ("manifest", "kind", "expected"),
    [
        ('[[test]]\nname = "sample"\nharness = false\n', "test", True),
        ('[[test]]\nname = "sample"\nharness = true\n', "test", False),
        ('[[test]]\nname = "other"\nharness = false\n', "test", False),
        ("[[bin]]\nharness = false\n", "bin", True),  # a name left out is that of the package
        ("[lib]\nharness = false\n", "lib", True),
        ("[lib]\nharness = false\n", "test", False),
        ("lib = 5\n", "lib", False),
        ("test = 5\n", "test", False),
        ("", "test", False),
        ("no TOML", "test", False),
    ],
)
def test_the_manifest_says_so(tmp_path: Path, manifest: str, kind: str, expected: bool) -> None:
    assert own(tmp_path, manifest, kind=kind) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("#![feature(custom_test_frameworks)]\n", True),
        ("#![no_main]\n", True),
        ("\ufeff#![cfg_attr(test, no_main)]\n", True),
        ("// #![no_main]\n", False),
        ("fn no_main() {}\n", False),
        (None, False),
    ],
)
def test_the_crate_says_so_at_its_top(tmp_path: Path, source: str | None, expected: bool) -> None:
    assert own(tmp_path, "", source) is expected
