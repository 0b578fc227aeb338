from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import CI, findings, jobs, told

from tasker_ci.sessions.review.rules.tool_absent import RULE

if TYPE_CHECKING:
    from pathlib import Path


def steps(*lines: str, on: str = "ubuntu-latest", more: str = "") -> dict[str, str]:
    text = "".join(f"    - {line}\n" for line in ("uses: actions/checkout@v4", *lines))
    return {CI: jobs(f"one:\n  runs-on: {on}\n{more}  steps:\n{text}")}


@pytest.mark.parametrize(
    "line",
    [
        "run: cargo nextest run",
        "run: cargo binstall cargo-nextest -y",
        "run: just test",
        "run: sqlx migrate run",
        "run: cargo hack check --each-feature",
        "run: cargo +nightly udeps",
    ],
)
def test_a_tool_that_nothing_installs(line: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, steps(line)) == [f"error {CI}:7"]


@pytest.mark.parametrize(
    "before",
    [
        "run: cargo install --locked cargo-nextest",
        "uses: taiki-e/install-action@nextest",
        "{uses: taiki-e/install-action@v2, with: {tool: 'just,cargo-nextest'}}",
        "run: curl -LsSf https://get.nexte.st/latest/linux | tar zxf - -C ~/.cargo/bin  # nextest",
        "uses: some/action@0123456789abcdef0123456789abcdef01234567 # cargo-nextest",
        "{uses: ./.github/actions/setup, with: {nextest: true}}",
        "run: command -v cargo-nextest || cargo install cargo-nextest",
    ],
)
def test_a_tool_that_something_installs(before: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, steps(before, "run: cargo nextest run")) == []


@pytest.mark.parametrize(
    "files",
    [
        steps("run: cargo test"),
        steps("run: cargo clippy && cargo fmt --check"),
        steps("run: cargo nextest run", on="self-hosted"),
        steps("run: cargo nextest run", more="  container: rust:1.90\n"),
        steps("run: cargo nextest --version || true"),
        steps("run: uvx maturin build"),
        steps("run: docker run tools just test"),
        {**steps("run: just test"), "Cargo.toml": '[package]\nname = "just"\n'},
    ],
)
def test_what_is_there_or_not_known(files: dict[str, str], tmp_path: Path) -> None:
    assert told(tmp_path, RULE, files) == []


def test_an_action_that_nobody_read_leaves_a_suspicion(tmp_path: Path) -> None:
    files = steps("uses: someone/setup-things@v1", "run: cargo nextest run")
    assert told(tmp_path, RULE, files) == [f"error? {CI}:8"]


def test_a_tool_in_a_composite_action(tmp_path: Path) -> None:
    action = (
        "runs:\n  using: composite\n  steps:\n"
        "    - run: cargo install cargo-nextest\n      shell: bash\n"
    )
    files = {
        **steps("uses: ./.github/actions/tools", "run: cargo nextest run"),
        ".github/actions/tools/action.yml": action,
    }
    assert told(tmp_path, RULE, files) == []


def test_one_finding_for_all_places(tmp_path: Path) -> None:
    files = steps("run: just a")
    files[".github/workflows/other.yml"] = files[CI]
    found = findings(tmp_path, RULE, files)
    assert [str(each.place) for each in found] == [f"{CI}:7"]
    assert "also .github/workflows/other.yml:7" in found[0].evidence


@pytest.mark.parametrize(
    ("lines", "more", "expected"),
    [
        (["run: cargo test"], "  env: {RUSTC_WRAPPER: sccache}\n", [f"error {CI}:8"]),
        (["run: cargo clippy"], "  env: {CARGO_BUILD_RUSTC_WRAPPER: sccache}\n", [f"error {CI}:8"]),
        (["run: RUSTC_WRAPPER=sccache cargo build"], "", [f"error {CI}:7"]),
        (["run: RUSTC_WRAPPER= cargo build"], "  env: {RUSTC_WRAPPER: sccache}\n", []),
        (["run: cargo fmt --check"], "  env: {RUSTC_WRAPPER: sccache}\n", []),
        (["run: cargo test"], "  env: {RUSTC_WRAPPER: ./wrapper.sh}\n", []),
        (
            ["uses: mozilla-actions/sccache-action@v0.0.9", "run: cargo test"],
            "  env: {RUSTC_WRAPPER: sccache}\n",
            [],
        ),
        (
            ["run: cargo install sccache", "run: cargo test"],
            "  env: {SCCACHE_GHA_ENABLED: true, RUSTC_WRAPPER: sccache}\n",
            [f"error {CI}:8"],  # building it needs it already
        ),
        (
            ["run: RUSTC_WRAPPER= cargo install sccache", "run: cargo test"],
            "  env: {RUSTC_WRAPPER: sccache}\n",
            [],
        ),
    ],
)
def test_a_wrapper_of_rustc(
    lines: list[str], more: str, expected: list[str], tmp_path: Path
) -> None:
    assert told(tmp_path, RULE, steps(*lines, more=more)) == expected
