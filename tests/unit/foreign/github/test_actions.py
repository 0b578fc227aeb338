"""Actions that install something, and actions that run something."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from foreign_workflows import CI, checkout, commands

from tasker_ci.foreign.github import command_actions, toolchain_actions, uses


def after(tmp_path: Path, step: str) -> dict[str, object]:
    ci = f"on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{step}, {{run: x}}]}}}}"
    found, _ = commands(checkout(tmp_path, ci))
    around = found[-1].around
    return {
        "default": around.default_toolchain,
        "override": around.override_toolchain,
        "installed": set(around.installed),
        "variables": around.variables,
        "known": around.installed_all_known,
    }


@pytest.mark.parametrize(
    ("step", "default", "override"),
    [
        ("{uses: dtolnay/rust-toolchain@stable}", "stable", ""),
        ("{uses: dtolnay/rust-toolchain@1.70}", "1.70", ""),
        ("{uses: dtolnay/rust-toolchain@nightly-2025-01-01}", "nightly-2025-01-01", ""),
        ("{uses: dtolnay/rust-toolchain@master, with: {toolchain: 1.60}}", "1.6", ""),
        ("{uses: dtolnay/rust-toolchain@master, with: {toolchain: '1.60'}}", "1.60", ""),
        ("{uses: dtolnay/rust-toolchain@0123456789012345678901234567890123456789}", None, ""),
        ("{uses: dtolnay/rust-toolchain@v1, with: {toolchain: stable minus 2 releases}}", None, ""),
        ("{uses: dtolnay/rust-toolchain@v1, with: {toolchain: '${{ vars.RUST }}'}}", None, ""),
        ("{uses: dtolnay/rust-toolchain@miri}", "nightly", ""),
        ("{uses: actions-rs/toolchain@v1, with: {toolchain: beta}}", "", ""),
        ("{uses: actions-rs/toolchain@v1, with: {toolchain: beta, default: true}}", "beta", ""),
        ("{uses: actions-rs/toolchain@v1, with: {toolchain: beta, override: true}}", "", "beta"),
        ("{uses: actions-rs/toolchain@v1, with: {override: true}}", "", ""),
        ("{uses: actions-rust-lang/setup-rust-toolchain@v1}", "", ""),
        (
            "{uses: actions-rust-lang/setup-rust-toolchain@v1, with: {toolchain: '1.80'}}",
            "",
            "1.80",
        ),
        (
            "{uses: actions-rust-lang/setup-rust-toolchain@v1,with: {channel: a, override: false}}",
            "a",
            "",
        ),
        ("{uses: moonrepo/setup-rust@v1}", "", ""),
        ("{uses: moonrepo/setup-rust@v1, with: {channel: nightly}}", "nightly", ""),
        ("{uses: hecrj/setup-rust-action@v2, with: {rust-version: '1.75'}}", "1.75", ""),
        ("{uses: hecrj/setup-rust-action@v2}", "stable", ""),
    ],
)
def test_toolchains(tmp_path: Path, step: str, default: str | None, override: str | None) -> None:
    found = after(tmp_path, step)
    assert (found["default"], found["override"]) == (default, override)
    assert toolchain_actions.after_installation is not None


@pytest.mark.parametrize(
    ("step", "installed"),
    [
        ("{uses: taiki-e/install-action@nextest}", {"cargo-nextest"}),
        ("{uses: taiki-e/install-action@cargo-llvm-cov}", {"cargo-llvm-cov"}),
        (
            "{uses: taiki-e/install-action@v2, with: {tool: 'nextest,cargo-hack@0.6.1, just'}}",
            {"cargo-nextest", "cargo-hack", "just"},
        ),
        ("{uses: baptiste0928/cargo-install@v3, with: {crate: cargo-make}}", {"cargo-make"}),
        ("{uses: taiki-e/cache-cargo-install-action@v2, with: {tool: cross}}", {"cross"}),
        ("{uses: cargo-bins/cargo-binstall@main}", {"cargo-binstall"}),
        ("{uses: extractions/setup-just@v2}", {"just"}),
        (
            "{uses: moonrepo/setup-rust@v1, with: {bins: 'cargo-nextest, mdbook'}}",
            {"cargo-nextest", "mdbook"},
        ),
        (
            "{uses: dtolnay/rust-toolchain@stable, with: {components: 'clippy, rustfmt'}}",
            {"clippy", "rustfmt"},
        ),
    ],
)
def test_programs_and_components(tmp_path: Path, step: str, installed: set[str]) -> None:
    found = after(tmp_path, step)
    assert found["installed"] == installed
    assert found["known"] is True


def test_programs_that_are_not_known(tmp_path: Path) -> None:
    step = "{uses: taiki-e/install-action@v2, with: {tool: '${{ vars.TOOLS }}'}}"
    assert after(tmp_path, step)["known"] is False


@pytest.mark.parametrize(
    ("step", "flags"),
    [
        ("{uses: actions-rust-lang/setup-rust-toolchain@v1}", "-D warnings"),
        ("{uses: actions-rust-lang/setup-rust-toolchain@v1, with: {rustflags: ''}}", None),
        ("{uses: actions-rust-lang/setup-rust-toolchain@v1, with: {rustflags: -C x}}", "-C x"),
        ("{uses: dtolnay/rust-toolchain@stable}", None),
    ],
)
def test_flags_that_an_action_sets_by_itself(tmp_path: Path, step: str, flags: str | None) -> None:
    variables = after(tmp_path, step)["variables"]
    assert isinstance(variables, dict)
    assert variables.get("RUSTFLAGS") == flags
    assert variables["CARGO_INCREMENTAL"] == "0"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{uses: nick-fields/retry@v3, with: {command: cargo test}}", ["cargo test"]),
        ("{uses: Wandalen/wretry.action@v3, with: {command: cargo a}}", ["cargo a"]),
        ("{uses: actions-rs/cargo@v1, with: {command: test, args: --all}}", ["cargo test --all"]),
        (
            "{uses: actions-rs/cargo@v1, with: {command: build, use-cross: true, toolchain: beta}}",
            ["cross +beta build"],
        ),
        (
            "{uses: houseabsolute/actions-rust-cross@v1, with: {command: both, target: t}}",
            ["cross +stable build --target t", "cross +stable test --target t"],
        ),
        ("{uses: coactions/setup-xvfb@v1, with: {run: cargo test}}", ["cargo test"]),
        ("{uses: vmactions/freebsd-vm@v1, with: {prepare: p, run: cargo t}}", ["p", "cargo t"]),
        (
            "{uses: docker/build-push-action@v6, with: {file: a/b, target: t}}",
            ["docker build --file a/b --target t ."],
        ),
        ("{uses: EmbarkStudios/cargo-deny-action@v2}", ["cargo deny check"]),
        (
            "{uses: giraffate/clippy-action@v1, with: {clippy_flags: --all-targets}}",
            ["cargo clippy --all-targets"],
        ),
        (
            "{uses: actions-rs/cargo@v1, with: {command: test, args: '${{ vars.A }}'}}",
            ["cargo test ${{ vars.A }}"],
        ),
    ],
)
def test_actions_that_run_something(tmp_path: Path, step: str, expected: list[str]) -> None:
    ci = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {step}\n"
    found, opaque = commands(checkout(tmp_path, ci))
    assert [each.text for each in found] == expected
    assert opaque == []
    assert {each.place.file for each in found} == {PurePosixPath(CI)}
    assert command_actions.scripts_of is not None


def test_a_virtual_machine_is_another_system(tmp_path: Path) -> None:
    step = "{uses: vmactions/freebsd-vm@v1, with: {run: cargo test}}"
    ci = f"on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{step}]}}}}"
    found, _ = commands(checkout(tmp_path, ci))
    assert found[0].around.run.machine.system is None


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, None), ("", ()), ("a,b , c", ("a", "b", "c")), ("a\nb\n", ("a", "b"))],
)
def test_lists_in_inputs(text: str | None, words: tuple[str, ...] | None) -> None:
    assert uses.listed(text) == words


@pytest.mark.parametrize(("remark", "toolchain"), [("stable", "stable"), ("v1", None), ("", None)])
def test_a_comment_says_the_toolchain_of_a_sha(
    tmp_path: Path, remark: str, toolchain: str | None
) -> None:
    ci = f"""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: dtolnay/rust-toolchain@{"0" * 40} # {remark}
      - run: x
"""
    found, _ = commands(checkout(tmp_path, ci))
    assert found[0].around.default_toolchain == toolchain
