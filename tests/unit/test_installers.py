"""The ways to get a tool: command lines, when one is closed, what a failure means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tool_parts import HAMMER, write_program

from tasker_ci.cargo_tools import pinned_tools
from tasker_ci.installers import (
    Unavailable,
    binstall_command,
    failure_of,
    source_command,
    wheel_command,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.cargo_tools import Tool
    from tasker_ci.process import Command

FOLDER = Path("/cache/.hammer-1.2.3.partial")


def on_path(folder: Path, *programs: str) -> dict[str, str]:
    for program in programs:
        write_program(folder / program, "")
    return {"PATH": str(folder)}


def test_a_wheel_comes_by_uv_where_it_is(tmp_path: Path) -> None:
    command = wheel_command(HAMMER, FOLDER, on_path(tmp_path, "uv"))

    assert command.argv[:3] == (str(tmp_path / "uv"), "pip", "install")
    assert command.argv[-1] == "the-hammer==1.2.3"
    assert ("--target", str(FOLDER)) == command.argv[7:9]


def test_a_wheel_comes_by_pip_where_there_is_no_uv() -> None:
    command = wheel_command(HAMMER, FOLDER, {})

    assert command.argv[:4] == (sys.executable, "-m", "pip", "install")
    assert command.argv[-4:] == ("--no-deps", "--only-binary", ":all:", "the-hammer==1.2.3")


def test_how_often_the_network_is_tried_is_the_users_to_say() -> None:
    assert wheel_command(HAMMER, FOLDER, {}).environment["PIP_RETRIES"] == "1"
    assert wheel_command(HAMMER, FOLDER, {"PIP_RETRIES": "9"}).environment["PIP_RETRIES"] == "9"


def test_a_tool_without_a_wheel_says_so() -> None:
    with pytest.raises(Unavailable, match="there is no wheel of it"):
        wheel_command(pinned_tools()["cargo-binstall"], FOLDER, {})


@pytest.mark.parametrize("way", [binstall_command, source_command])
def test_a_tool_without_a_crate_says_so(
    way: Callable[[Tool, Path, Mapping[str, str]], Command], tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="there is no crate of it"):
        way(pinned_tools()["actionlint"], FOLDER, on_path(tmp_path, "cargo", "cargo-binstall"))


def test_binstall_never_compiles_asks_or_searches_for_a_token(tmp_path: Path) -> None:
    command = binstall_command(HAMMER, FOLDER, on_path(tmp_path, "cargo", "cargo-binstall"))

    assert command.argv == (
        *("cargo", "binstall", "--no-confirm", "--locked"),
        *("--disable-strategies", "compile", "--no-discover-github-token", "--no-symlinks"),
        *("--install-path", str(FOLDER / "bin"), "hammer-cli@1.2.3"),
    )
    assert command.environment["BINSTALL_DISABLE_TELEMETRY"] == "true"


def test_a_build_from_source_is_locked_pinned_and_takes_the_features(tmp_path: Path) -> None:
    command = source_command(HAMMER, FOLDER, on_path(tmp_path, "cargo"))

    assert command.argv == (
        *("cargo", "install", "--locked", "--version", "1.2.3"),
        *("--no-default-features", "--features", "steel"),
        *("--root", str(FOLDER), "--target-dir", str(FOLDER / "build"), "hammer-cli"),
    )


def test_a_build_does_not_start_a_server_of_sccache_in_a_folder_that_goes_away(
    tmp_path: Path,
) -> None:
    environment = {**on_path(tmp_path, "cargo"), "RUSTC_WRAPPER": "sccache"}

    command = source_command(HAMMER, FOLDER, environment)

    assert command.environment["RUSTC_WRAPPER"] == ""
    assert command.environment["TMPDIR"] == str(FOLDER / "tmp")


@pytest.mark.parametrize(
    ("programs", "reason"),
    [((), "cargo is not installed"), (("cargo",), "cargo-binstall is not installed")],
)
def test_without_its_program_binstall_is_closed(
    tmp_path: Path, programs: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(Unavailable, match=reason):
        binstall_command(HAMMER, FOLDER, on_path(tmp_path, *programs))


def test_without_cargo_there_is_no_build(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cargo is not installed"):
        source_command(HAMMER, FOLDER, on_path(tmp_path))


@pytest.mark.parametrize(
    ("way", "code", "text", "reason"),
    [
        ("binstall", 94, "", "no prebuilt binary is published"),
        ("binstall", 96, "", "the network: GitHub refused"),
        ("binstall", 68, "", "the network: a download failed"),
        ("binstall", 3, "ERROR something else", "ERROR something else (exit code 3)"),
        (
            "wheel",
            1,
            "WARNING: Retrying (… [Errno 111] Connection refused …)\nERROR: No match",
            "the network: the registry cannot be reached (Connection refused)",
        ),
        (
            "source",
            101,
            "    Updating crates.io index\n\x1b[1merror\x1b[0m: could not find `hammer-cli`\n",
            "error: could not find `hammer-cli` (exit code 101)",
        ),
        ("source", 137, "", "it said nothing (exit code 137)"),
    ],
)
def test_a_failed_way_says_why_in_one_line(way: str, code: int, text: str, reason: str) -> None:
    assert failure_of(way, code, text).startswith(reason)  # type: ignore[arg-type]
