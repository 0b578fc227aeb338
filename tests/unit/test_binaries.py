"""Where cargo puts the services' programs, and the build contexts that are made of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasker_ci.errors import MissingToolError
from tasker_ci.stack.binaries import binaries_directory, fill_contexts, programs

BUILD = ("cargo", "build", "--workspace", "--bins")


@pytest.mark.parametrize(
    ("more", "folder"),
    [
        ((), "target/debug"),
        (("--release",), "target/release"),
        (("-r",), "target/release"),
        (("--profile", "dev"), "target/debug"),
        (("--profile=fast",), "target/fast"),
        (("--target", "x86_64-unknown-linux-musl"), "target/x86_64-unknown-linux-musl/debug"),
        (("--target-dir", "elsewhere", "--release"), "elsewhere/release"),
        (("--", "--release-notes=x", "--profile", "no"), "target/debug"),
    ],
)
def test_the_folder_follows_from_the_build_command(
    tmp_path: Path, more: tuple[str, ...], folder: str
) -> None:
    assert binaries_directory(tmp_path, {}, (*BUILD, *more)) == tmp_path / folder


def test_the_folder_follows_from_cargos_variables(tmp_path: Path) -> None:
    environment = {"CARGO_TARGET_DIR": "/t", "CARGO_BUILD_TARGET": "triple"}
    assert binaries_directory(tmp_path, environment, BUILD) == Path("/t/triple/debug")


def test_programs_are_what_commands_take_from_the_folder() -> None:
    commands = [("{binaries}/one", "--x"), ("sh", "{binaries}/no"), (), ("{binaries}/one",)]
    assert programs(commands) == ("one",)


def test_each_program_gets_a_context_of_its_own_without_a_copy(tmp_path: Path) -> None:
    source = tmp_path / "debug" / "service"
    source.parent.mkdir()
    source.write_bytes(b"program")
    source.chmod(0o755)
    for _ in range(2):  # a second build finds the first one's
        fill_contexts(tmp_path / "contexts", ["service"], source.parent)
    context = tmp_path / "contexts" / "service"
    assert [each.name for each in context.iterdir()] == ["service"]
    assert (context / "service").samefile(source)
    assert os.access(context / "service", os.X_OK)


def test_a_program_that_was_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="debug/service is not there"):
        fill_contexts(tmp_path / "contexts", ["service"], tmp_path / "debug")
