"""What is said first of what a replaced workflow did."""

from __future__ import annotations

from pathlib import PurePosixPath

from tasker_ci.screen.short_lists import shortened
from tasker_ci.sessions.project.covering.replaced import Part, Replaced
from tasker_ci.sessions.project.replaced_report import uncovered_lines

CI = PurePosixPath(".github/workflows/ci.yml")


def line(*texts: str) -> str:
    parts = tuple(Part(text=text, covered_by="") for text in texts)
    (only,) = uncovered_lines(Replaced(path=CI, jobs={"a": parts}))
    return only


def test_what_is_tested_comes_before_what_prepares_it() -> None:
    assert (
        line(
            "runs on windows-latest",
            'run echo "cargo is $CARGO" >> f',
            "run cargo install cargo-fuzz",
            "uses taiki-e/install-action@cargo-hack",
            "run ./deploy.sh",
            "run ${{ env.CARGO }} test",
        )
        == "ci.yml, a: ${{ env.CARGO }} test; ./deploy.sh; and 4 more"
    )
    assert line(
        "run sudo apt-get install g++",
        "run rustup target add x",
        "run cargo +nightly update",
        "run cargo miri setup",
        "uses a/cargo-semver-checks@v2",
    ).startswith("ci.yml, a: cargo miri setup; uses a/cargo-semver-checks@v2; ")


def test_what_is_cut_ends_in_no_gap() -> None:
    assert shortened("cargo test --workspace", 13) == "cargo test …"
    assert shortened("cargo test", 10) == "cargo test"
