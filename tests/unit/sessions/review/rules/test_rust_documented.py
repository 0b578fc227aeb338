from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewed import findings, steps

from tasker_ci.sessions.review.rules.rust_documented import RULE

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "# generated\nversion = {}\n\n[[package]]\nname = 'core'\n"


def promised(folder: Path, line: str, **files: str | None) -> list[str]:
    given = {"README.md": f"# Read\n\n{line}\n", **files}
    found = findings(folder, steps("cargo test"), RULE, **given)
    return [f"{each.grade}: {each.evidence[0]}" for each in found]


@pytest.mark.parametrize(
    "line",
    [
        "- **Rust**: 1.75+ with Cargo",
        "Needs Rust 1.70 or later.",
        "Supported: rustc 1.77.2 and newer",
    ],
)
def test_a_lock_file_that_an_old_cargo_cannot_read(line: str, tmp_path: Path) -> None:
    assert promised(tmp_path, line, **{"Cargo.lock": LOCK.format(4)}) == [
        "suspicion: Cargo.lock has version 4, which cargo reads from 1.78 on"
    ]


@pytest.mark.parametrize(
    ("line", "lock"),
    [
        ("- Rust 1.78+", 4),
        ("- Rust 1.75+", 3),
        ("- Rust 1.75 is what we test", 4),
        ("- Rust 1.60+ was enough until 2.0", 4),
        ("version 1.70+ of the server", 4),
        ("`setenv` is not safe (Rust 1.60+ marks it so), so it comes first", 4),
    ],
)
def test_what_holds_or_promises_nothing(line: str, lock: int, tmp_path: Path) -> None:
    assert promised(tmp_path, line, **{"Cargo.lock": LOCK.format(lock)}) == []


MANIFEST = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "{}"\n'


def test_packages_that_all_need_a_newer_one(tmp_path: Path) -> None:
    files = {
        "core__Cargo.toml": MANIFEST.format("core", "2024"),
        "store__Cargo.toml": MANIFEST.format("store", "2021") + 'rust-version = "1.86"\n',
    }
    assert promised(tmp_path, "Needs Rust 1.80+", **files) == [
        "certain: each package needs Rust 1.85 or later"
    ]


def test_a_book_may_speak_of_the_projects_of_its_readers(tmp_path: Path) -> None:
    book = "If you require Rust 1.60+, ask for the older resolver.\n"
    files = {"book__resolver.md": book, "Cargo.lock": LOCK.format(4)}
    assert promised(tmp_path, "", **files) == []


def test_one_package_that_takes_it(tmp_path: Path) -> None:
    files = {"core__Cargo.toml": MANIFEST.format("core", "2024")}
    assert promised(tmp_path, "Needs Rust 1.80+", **files) == []
