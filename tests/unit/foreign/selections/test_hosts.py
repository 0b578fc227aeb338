from __future__ import annotations

import pytest

from tasker_ci.foreign.github.job_run import Machine
from tasker_ci.foreign.selections.hosts import host_triple


@pytest.mark.parametrize(
    ("system", "toolchain", "host"),
    [
        ("Linux", "", "x86_64-unknown-linux-gnu"),
        ("Linux", None, "x86_64-unknown-linux-gnu"),
        ("Linux", "nightly-2026-01-01", "x86_64-unknown-linux-gnu"),
        ("Linux", "stable-musl", "x86_64-unknown-linux-musl"),
        ("Linux", "my-own", "x86_64-unknown-linux-gnu"),
        ("Windows", "stable", "x86_64-pc-windows-msvc"),
        ("Windows", "nightly-gnu", "x86_64-pc-windows-gnu"),
        ("Windows", "nightly-2026-01-01-i686-gnu", "i686-pc-windows-gnu"),
        ("Windows", "1.90-i686", "i686-pc-windows-msvc"),
        ("Windows", "stable-x86_64-pc-windows-gnu", "x86_64-pc-windows-gnu"),
        ("macOS", "stable-aarch64", "aarch64-apple-darwin"),
        (None, "nightly-gnu", None),
    ],
)
def test_the_host_of_a_toolchain(
    system: str | None, toolchain: str | None, host: str | None
) -> None:
    assert host_triple(Machine(system=system, architecture="X64"), toolchain) == host


def test_an_image_of_alpine_has_musl() -> None:
    machine = Machine(system="Linux", architecture="X64", container="rust:alpine")
    assert host_triple(machine, "stable") == "x86_64-unknown-linux-musl"
