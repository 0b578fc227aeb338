from __future__ import annotations

from typing import Any

import pytest
from foreign_commands import TextsOf, command, job_run

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.compilation import (
    Compilation,
    compilation_of,
    debug_assertions,
    platform_of,
)


def compilation(
    line: str, texts: TextsOf | None = None, system: str | None = "Linux", **variables: str
) -> Compilation:
    files = texts or TextsOf()
    found = invocation_of(command(f"cargo {line}", run=job_run(system), **variables), files)
    assert isinstance(found, Invocation)
    return compilation_of(found, files, {})


@pytest.mark.parametrize(
    ("line", "system", "target"),
    [
        ("test", "Linux", "x86_64-unknown-linux-gnu"),
        ("test", "Windows", "x86_64-pc-windows-msvc"),
        ("test", None, None),
        ("test --target wasm32-unknown-unknown", "Linux", "wasm32-unknown-unknown"),
        ("test --target host-tuple", "Linux", "x86_64-unknown-linux-gnu"),
        ("test --target $?", "Linux", None),
        ("test --target a --target b", "Linux", None),
        ("test --target my-own.json", "Linux", None),
        ("+stable-x86_64-pc-windows-gnu test", "Windows", "x86_64-pc-windows-gnu"),
        ("+nightly-2026-01-02 test", "Linux", "x86_64-unknown-linux-gnu"),
        ("+1.80.1-i686-unknown-linux-gnu test", None, "i686-unknown-linux-gnu"),
    ],
)
def test_the_target_of_a_call(line: str, system: str | None, target: str | None) -> None:
    cfg = compilation(line, system=system).cfg
    assert (cfg.target if cfg else None) == target


def test_the_target_of_the_environment_and_of_the_configuration() -> None:
    texts = TextsOf({".cargo/config.toml": "build.target = 'wasm32-wasip1'"})
    cfg = compilation("test", texts).cfg
    assert cfg is not None
    assert cfg.target == "wasm32-wasip1"
    cfg = compilation("test", texts, CARGO_BUILD_TARGET="aarch64-apple-darwin").cfg
    assert cfg is not None
    assert cfg.target == "aarch64-apple-darwin"


@pytest.mark.parametrize(
    ("line", "name", "value", "expected"),
    [
        ("test", "unix", None, True),
        ("test", "windows", None, False),
        ("test", "debug_assertions", None, True),
        ("test --release", "debug_assertions", None, False),
        ("bench", "debug_assertions", None, False),
        ("nextest run --cargo-profile $?", "debug_assertions", None, None),
        ("nextest run --profile ci", "debug_assertions", None, True),
        ("test --profile mine", "debug_assertions", None, None),
        ("test", "miri", None, False),
        ("miri test", "miri", None, True),
        ("careful test --release", "debug_assertions", None, True),
        ("llvm-cov", "coverage", None, True),
        ("llvm-cov --no-cfg-coverage", "coverage", None, None),
        ("+nightly llvm-cov", "coverage_nightly", None, True),
        ("test", "loom", None, None),
    ],
)
def test_what_is_set(line: str, name: str, value: str | None, expected: bool | None) -> None:
    cfg = compilation(line).cfg
    assert cfg is not None
    assert cfg.sets(name, value) is expected


@pytest.mark.parametrize(
    ("variables", "files"),
    [
        ({"RUSTFLAGS": "-D warnings --cfg loom"}, {}),
        ({"RUSTFLAGS": "--cfg=loom"}, {".cargo/config.toml": "build.rustflags = ['--cfg', 'x']"}),
        ({"CARGO_ENCODED_RUSTFLAGS": "--cfg\x1floom"}, {}),
        ({}, {".cargo/config.toml": "build.rustflags = ['--cfg', 'loom']"}),
        ({}, {".cargo/config.toml": "[target.'cfg(unix)']\nrustflags = '--cfg loom'"}),
    ],
)
def test_names_that_flags_set(variables: dict[str, str], files: dict[str, str]) -> None:
    found = compilation("test", TextsOf(files), **variables)
    assert found.cfg is not None
    assert found.cfg.sets("loom", None)
    assert found.cfg.sets("x", None) is None
    assert found.flags_known


def test_flags_that_cannot_be_known() -> None:
    for found in (
        compilation("--config build.x=1 test"),
        compilation("test", TextsOf({".cargo/config.toml": "[target.'cfg(x86)']\nrustflags=''"})),
    ):
        assert found.cfg is not None
    assert not compilation("--config build.x=1 test").flags_known
    native = compilation("test", RUSTFLAGS="-C target-cpu=native").cfg
    assert native is not None
    assert native.sets("target_feature", "avx2") is None


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"mine": {"inherits": "release"}}, False),
        ({"mine": {"inherits": "dev"}}, True),
        ({"mine": {"inherits": "release", "debug-assertions": True}}, True),
        ({"mine": {"inherits": "release"}, "release": {"debug-assertions": True}}, True),
        ({"mine": {"inherits": "mine"}}, None),
        ({}, None),
    ],
)
def test_what_a_profile_says_of_debug_assertions(
    profile: dict[str, Any], expected: bool | None
) -> None:
    found = invocation_of(command("cargo test --profile mine"), TextsOf())
    assert isinstance(found, Invocation)
    assert debug_assertions(found, [{"profile": profile}]) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cfg(unix)", True),
        ("cfg(windows)", False),
        ('cfg(not(target_os = "windows"))', True),
        ("x86_64-unknown-linux-gnu", True),
        ("aarch64-apple-darwin", False),
        ("cfg(tokio_unstable)", False),
        ("cfg(", None),
    ],
)
def test_the_platforms_of_a_manifest(text: str, expected: bool | None) -> None:
    applies = platform_of(compilation("test").cfg, flags_known=True)
    assert applies(text) is expected
    assert platform_of(None, flags_known=True)(text) is None


def test_the_toolchain_that_rustup_takes() -> None:
    files = TextsOf(
        {"rust-toolchain.toml": "[toolchain]\nchannel = '1.80'", "a/rust-toolchain": "beta"}
    )
    assert compilation("test", files).toolchain == "1.80"
    assert compilation("+nightly test", files).toolchain == "nightly"
    assert compilation("test", files, RUSTUP_TOOLCHAIN="1.70").toolchain == "1.70"
    assert compilation("$? test", files).toolchain is None
    assert compilation("test").toolchain == ""
    assert (
        compilation("test", TextsOf({"rust-toolchain.toml": "[toolchain]\npath = 'x'"})).toolchain
        is None
    )
