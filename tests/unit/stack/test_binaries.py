"""Where cargo puts the services' programs, and the build contexts that are made of them."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from pathlib import Path

import pytest
import workspaces
from tool_parts import context_with_programs

from tasker_ci.errors import CommandFailed, MissingToolError
from tasker_ci.process.command import Command
from tasker_ci.stack.binaries import (
    binaries_directory,
    build_programs,
    executables,
    fill_contexts,
    programs,
    runs_here,
)

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


@pytest.mark.parametrize(
    ("configuration", "folder"),
    [
        ('build.target = "riscv64gc-unknown-none-elf"', "target/riscv64gc-unknown-none-elf/debug"),
        ('build.target = ["one", "two"]', "target/one/debug"),
        ('build.target = "specs/board.json"', "target/board/debug"),
        ('build.target-dir = "out"', "out/debug"),
        ('build.build-dir = "elsewhere"', "target/debug"),
        ('build = { target = "one", target-dir = "out" }', "out/one/debug"),
    ],
)
def test_the_folder_follows_from_cargos_configuration(
    tmp_path: Path, configuration: str, folder: str
) -> None:
    workspaces.write_files(tmp_path, {".cargo/config.toml": configuration})
    assert binaries_directory(tmp_path, {}, BUILD) == tmp_path / folder


def test_of_several_targets_the_one_that_has_the_programs_counts(tmp_path: Path) -> None:
    workspaces.write_files(
        tmp_path,
        {
            ".cargo/config.toml": 'build.target = ["one", "two"]',
            "target/two/debug/serve": "",
            "target/debug/other": "",
        },
    )
    assert binaries_directory(tmp_path, {}, BUILD, ["serve"]) == tmp_path / "target/two/debug"
    assert binaries_directory(tmp_path, {}, BUILD, ["other"]) == tmp_path / "target/one/debug"


def test_the_machine_s_own_target_by_its_general_name_is_found_by_its_programs(
    tmp_path: Path,
) -> None:
    workspaces.write_files(
        tmp_path,
        {".cargo/config.toml": 'build.target = "host-tuple"', "target/any/debug/serve": ""},
    )
    assert binaries_directory(tmp_path, {}, BUILD, ["serve"]) == tmp_path / "target/any/debug"


def test_a_target_of_this_machine_comes_before_others() -> None:
    here = f"{platform.machine()}-unknown-{sys.platform}-gnu"
    assert runs_here(Path(f"/t/{here}/debug/x"))
    assert not runs_here(Path("/t/wasm32-wasip1/debug/x"))
    assert not runs_here(Path("/t/debug/x"))


def message(name: str, executable: object, kind: str = "bin") -> str:
    return json.dumps(
        {
            "reason": "compiler-artifact",
            "target": {"name": name, "kind": [kind]},
            "executable": executable,
        }
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        "text",
        "1",
        "[]",
        '{"reason": "build-finished", "success": true}',
        '{"reason": "compiler-artifact"}',
        message("serve", None),
        message("ex", "/t/debug/examples/ex", "example"),
    ],
)
def test_what_is_no_message_about_a_program_names_none(line: str) -> None:
    assert executables(line) == {}


class TestBuilding:
    def build(self, folder: Path, script: str, *argv: str, names: tuple[str, ...]) -> Path | None:
        context = context_with_programs(folder, programs={argv[0]: script})
        environment = {**context.environment}
        command = Command(argv=argv, cwd=folder, environment=environment)
        found = build_programs(command, context.runner, context.reporter, names=names, seconds=30)
        self.text = context.printed
        return found

    def test_the_folder_is_the_one_that_cargo_names(self, tmp_path: Path) -> None:
        """A stand-in for cargo: its command line counts here; the real one is met elsewhere."""
        lines = [message("serve", "/t/one/debug/serve"), "a macro says hello"]
        script = f'echo "$@" >words; printf "%s\n" {shlex.join(lines)}'
        found = self.build(tmp_path, script, "cargo", "+beta", "build", "--bins", names=("serve",))
        assert found == Path("/t/one/debug")
        assert "a macro says hello" in self.text
        words = (tmp_path / "words").read_text(encoding="utf-8")
        assert words == "+beta build --message-format json-render-diagnostics --bins\n"

    @pytest.mark.parametrize("argv", [("make", "all"), ("cargo", "build")])
    def test_what_it_prints_shows_no_password(self, tmp_path: Path, argv: tuple[str, ...]) -> None:
        script = 'echo "one postgres://me:hunter2@h/d"; echo "two hunter2 $GIVEN_SECRET" >&2'
        given = {"DATABASE_URL": "postgres://me:hunter2@h/d", "GIVEN_SECRET": "correct-horse"}
        context = context_with_programs(tmp_path, programs={argv[0]: script})
        environment = {**context.environment, **given}
        command = Command(argv=argv, cwd=tmp_path, environment=environment)
        build_programs(command, context.runner, context.reporter, names=(), seconds=30)
        shown = context.printed
        assert "one postgres://me:***@h/d\n" in shown
        assert "two *** ***\n" in shown

    def test_of_several_the_one_with_all_programs(self, tmp_path: Path) -> None:
        lines = [
            message("other", "/t/one/debug/other"),
            message("serve", "/t/two/debug/serve"),
        ]
        script = f'printf "%s\n" {shlex.join(lines)}'
        assert self.build(tmp_path, script, "cargo", "build", names=("serve",)) == Path(
            "/t/two/debug"
        )

    @pytest.mark.parametrize(
        "argv", [("make", "all"), ("cargo", "xtask"), ("cargo", "build", "--message-format=short")]
    )
    def test_any_other_command_stays_as_it_is(self, tmp_path: Path, argv: tuple[str, ...]) -> None:
        assert self.build(tmp_path, 'echo "$@" >words', *argv, names=()) is None
        words = (tmp_path / "words").read_text(encoding="utf-8")
        assert words.split() == list(argv[1:])

    def test_a_build_that_fails_is_raised_with_its_code(self, tmp_path: Path) -> None:
        with pytest.raises(CommandFailed) as caught:
            self.build(tmp_path, "exit 101", "cargo", "build", names=())
        assert caught.value.exit_code == 101


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
