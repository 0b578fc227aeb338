"""Cargo's configuration: which place wins, where relative paths start, what aliases hide.

The integration tests hold the same against cargo itself.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.rust.cargo_configuration import CargoConfiguration, output_root, target_directory
from tasker_ci.rust.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable


def read(folder: Path, files: dict[str, str] | None = None, **variables: str) -> CargoConfiguration:
    """The configuration of ``folder/ws`` with these files and variables."""
    workspaces.write_files(folder, {"ws/x": "", **(files or {})})
    return CargoConfiguration.read(folder / "ws", variables)


class TestWhichPlaceWins:
    KEY = "build.rustc-wrapper"
    NEAR, FAR = "ws/.cargo/config.toml", ".cargo/config.toml"

    def found(self, configuration: CargoConfiguration) -> tuple[object, str] | None:
        given = configuration.wrapper
        return None if given is None else (given.value, given.source)

    def test_nothing_is_said(self, tmp_path: Path) -> None:
        assert self.found(read(tmp_path)) is None

    def test_the_nearest_file(self, tmp_path: Path) -> None:
        files = {self.NEAR: 'build.rustc-wrapper = "a"', self.FAR: 'build.rustc-wrapper = "b"'}
        expected = ("a", "build.rustc-wrapper in .cargo/config.toml")
        assert self.found(read(tmp_path, files)) == expected

    def test_a_file_outside_is_named_whole(self, tmp_path: Path) -> None:
        files = {self.FAR: '[build]\nrustc-wrapper = "b"', self.NEAR: "[build]\njobs = 2"}
        expected = ("b", f"build.rustc-wrapper in {tmp_path / self.FAR}")
        assert self.found(read(tmp_path, files)) == expected

    def test_of_the_two_names_in_one_folder_the_old_one(self, tmp_path: Path) -> None:
        files = {self.NEAR: 'build.rustc-wrapper = "a"', "ws/.cargo/config": "build.jobs = 2"}
        assert self.found(read(tmp_path, files)) is None

    def test_the_user_s_own_file_comes_last(self, tmp_path: Path) -> None:
        files = {"home/.cargo/config.toml": 'build.rustc-wrapper = "own"'}
        for variables in ({"HOME": "home"}, {"CARGO_HOME": "home/.cargo"}):
            given = {name: str(tmp_path / value) for name, value in variables.items()}
            assert self.found(read(tmp_path, files, **given)) is not None

    def test_variables_win_over_files_and_the_oldest_name_over_the_other(
        self, tmp_path: Path
    ) -> None:
        files = {self.NEAR: 'build.rustc-wrapper = "a"'}
        generic = {"CARGO_BUILD_RUSTC_WRAPPER": "g"}
        expected = ("g", "the variable CARGO_BUILD_RUSTC_WRAPPER")
        assert self.found(read(tmp_path, files, **generic)) == expected
        both = {**generic, "RUSTC_WRAPPER": ""}
        assert self.found(read(tmp_path, files, **both)) == ("", "the variable RUSTC_WRAPPER")

    def test_included_files_count_the_last_one_most_and_less_than_the_file_itself(
        self, tmp_path: Path
    ) -> None:
        files = {
            self.NEAR: 'include = ["one.toml", { path = "sub/two.toml", optional = true }]\n',
            "ws/.cargo/one.toml": 'build.rustc-wrapper = "one"\nalias.fmt = "x"',
            "ws/.cargo/sub/two.toml": 'build.rustc-wrapper = "two"\nalias.fmt = "y"',
        }
        configuration = read(tmp_path, files)
        assert self.found(configuration) == (
            "two",
            "build.rustc-wrapper in .cargo/sub/two.toml",
        )
        (tmp_path / self.NEAR).write_text(files[self.NEAR] + 'build.rustc-wrapper = "own"')
        own = CargoConfiguration.read(tmp_path / "ws", {})
        assert self.found(own) == ("own", "build.rustc-wrapper in .cargo/config.toml")

    def test_files_that_include_one_another_have_an_end(self, tmp_path: Path) -> None:
        files = {self.NEAR: 'include = ["config.toml"]'}
        assert self.found(read(tmp_path, files)) is None

    @pytest.mark.parametrize("text", ["build = 1", "[build", "include = 1", "include = [1]"])
    def test_what_is_no_configuration_says_nothing(self, tmp_path: Path, text: str) -> None:
        assert self.found(read(tmp_path, {self.NEAR: text})) is None


class TestPrograms:
    def program(self, folder: Path, text: str, **variables: str) -> str:
        files = {".cargo/config.toml": f"build.rustc-wrapper = {text}"}
        given = read(folder, files, **variables).wrapper
        assert given is not None
        return given.program

    def test_a_bare_name_is_left_for_path(self, tmp_path: Path) -> None:
        assert self.program(tmp_path, '"sccache"') == "sccache"

    def test_a_path_starts_beside_the_folder_of_the_file(self, tmp_path: Path) -> None:
        assert self.program(tmp_path, '"tools/wrap"') == str(tmp_path / "tools" / "wrap")
        assert self.program(tmp_path, '"/x/wrap"') == "/x/wrap"

    def test_a_path_of_a_variable_starts_in_the_workspace(self, tmp_path: Path) -> None:
        expected = str(tmp_path / "ws" / "tools" / "wrap")
        given = {"CARGO_BUILD_RUSTC_WRAPPER": "tools/wrap"}
        assert self.program(tmp_path, '"x"', **given) == expected

    def test_what_is_no_text_is_no_program(self, tmp_path: Path) -> None:
        assert self.program(tmp_path, "{ x = 1 }") == ""

    def test_the_compiler_may_be_another(self, tmp_path: Path) -> None:
        assert read(tmp_path).compiler == "rustc"
        files = {".cargo/config.toml": 'build.rustc = "tools/rustc"'}
        assert read(tmp_path, files).compiler == str(tmp_path / "tools" / "rustc")
        assert read(tmp_path, files, RUSTC="other").compiler == "other"


class TestTargets:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('"x86_64-unknown-linux-musl"', ("x86_64-unknown-linux-musl",)),
            ('["a", "b"]', ("a", "b")),
            ('"specs/my-board.json"', ("my-board",)),
            ("[]", ()),
            ('""', ()),
            ("[1]", ()),
            ("7", ()),
        ],
    )
    def test_the_folders_of_a_file(
        self, tmp_path: Path, text: str, expected: tuple[str, ...]
    ) -> None:
        files = {".cargo/config.toml": f"build.target = {text}"}
        assert read(tmp_path, files).targets == expected

    def test_a_variable_may_name_several(self, tmp_path: Path) -> None:
        files = {".cargo/config.toml": 'build.target = "a"'}
        assert read(tmp_path, files, CARGO_BUILD_TARGET="b c").targets == ("b", "c")


class TestAliases:
    FILES = {  # noqa: RUF012 - a constant
        ".cargo/config.toml": '[alias]\nclippy = "check"\nllvm-cov = ["run", "x"]\ntest = "check"'
    }

    def test_an_alias_hides_an_external_subcommand(self, tmp_path: Path) -> None:
        configuration = read(tmp_path, self.FILES)
        given = configuration.alias("clippy")
        assert given is not None
        assert given.source == f"alias.clippy in {tmp_path / '.cargo/config.toml'}"
        assert configuration.alias("llvm-cov") is not None
        assert configuration.alias("fmt") is None

    def test_never_one_of_cargo_s_own(self, tmp_path: Path) -> None:
        assert read(tmp_path, self.FILES).alias("test") is None

    def test_a_variable_makes_one_too(self, tmp_path: Path) -> None:
        given = read(tmp_path, CARGO_ALIAS_LLVM_COV="run").alias("llvm-cov")
        assert given is not None
        assert given.source == "the variable CARGO_ALIAS_LLVM_COV"


class TestTheCompilersEnvironment:
    def test_all_forms(self, tmp_path: Path) -> None:
        text = """
            [env]
            PLAIN = "1"
            KEPT = "file"
            FORCED = { value = "file", force = true }
            PLACE = { value = "cache", relative = true }
            NUMBER = 1
        """
        files = {"ws/.cargo/config.toml": text, ".cargo/config.toml": "env.PLAIN = '2'"}
        configuration = read(tmp_path, files, KEPT="process", FORCED="process")
        assert configuration.compiler_environment == {
            "PLAIN": "1",
            "FORCED": "file",
            "PLACE": str(tmp_path / "ws" / "cache"),
        }


class TestTargetDirectory:
    def test_by_default_it_is_target(self, tmp_path: Path) -> None:
        assert target_directory(tmp_path, {}) == tmp_path / "target"

    @pytest.mark.parametrize("name", ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"])
    def test_a_variable_says(self, tmp_path: Path, name: str) -> None:
        assert target_directory(tmp_path, {name: "/elsewhere"}) == Path("/elsewhere")
        assert target_directory(tmp_path, {name: "build"}) == tmp_path / "build"

    @pytest.mark.parametrize("file", [".cargo/config.toml", ".cargo/config"])
    def test_cargo_s_configuration_says_relative_to_where_it_lies(
        self, tmp_path: Path, file: str
    ) -> None:
        workspaces.write_files(tmp_path, {file: '[build]\ntarget-dir = "out"\n', "ws/x": ""})
        assert target_directory(tmp_path / "ws", {}) == tmp_path / "out"

    def test_the_nearest_configuration_wins_the_variable_over_all(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path,
            {
                ".cargo/config.toml": 'build.target-dir = "outer"',
                "ws/.cargo/config.toml": 'build.target-dir = "inner"',
            },
        )
        assert target_directory(tmp_path / "ws", {}) == tmp_path / "ws" / "inner"
        environment = {"CARGO_TARGET_DIR": "/x"}
        assert target_directory(tmp_path / "ws", environment) == Path("/x")

    def test_the_user_s_own_configuration_counts_last(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path, {"home/.cargo/config.toml": 'build.target-dir = "own"', "ws/x": ""}
        )
        expected = tmp_path / "home" / "own"
        assert target_directory(tmp_path / "ws", {"HOME": str(tmp_path / "home")}) == expected
        environment = {"CARGO_HOME": str(tmp_path / "home" / ".cargo")}
        assert target_directory(tmp_path / "ws", environment) == expected

    @pytest.mark.parametrize("text", ["[build", "build = 1", "[build]\njobs = 2", "\x00"])
    def test_a_configuration_that_says_nothing_changes_nothing(
        self, tmp_path: Path, text: str
    ) -> None:
        workspaces.write_files(tmp_path, {".cargo/config.toml": text})
        assert target_directory(tmp_path, {}) == tmp_path / "target"


class TestLinkedTargetDirectory:
    """A `target` that leads elsewhere is the user's own unless git brought it along."""

    @pytest.fixture
    def linked(self, tmp_path: Path, require_tool: Callable[[str], Path]) -> Path:
        require_tool("git")
        workspace, elsewhere = tmp_path / "work space", tmp_path / "elsewhere"
        workspace.mkdir()
        elsewhere.mkdir()
        (workspace / "target").symlink_to(elsewhere)
        return workspace

    def test_a_link_of_the_user_is_the_root_itself(self, linked: Path) -> None:
        assert output_root(linked, linked / "target") == linked / "target"

    def test_so_is_one_that_git_does_not_have(self, linked: Path) -> None:
        subprocess.run(["git", "init", "-q"], cwd=linked, check=True)
        assert output_root(linked, linked / "target") == linked / "target"

    def test_a_committed_link_is_not_followed(self, linked: Path) -> None:
        subprocess.run(["git", "init", "-q"], cwd=linked, check=True)
        subprocess.run(["git", "add", "target"], cwd=linked, check=True)
        assert output_root(linked, linked / "target") == linked

    def test_nor_is_one_that_git_cannot_be_asked_about(
        self, linked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (linked / ".git").mkdir()
        monkeypatch.setenv("PATH", "")
        assert output_root(linked, linked / "target") == linked

    def test_a_folder_is_kept_in_the_workspace(self, tmp_path: Path) -> None:
        assert output_root(tmp_path, tmp_path / "target") == tmp_path

    def test_reports_lie_within_the_link_of_the_user(self, linked: Path) -> None:
        workspace = Workspace(root=linked, target_directory=linked / "target", packages=())
        assert workspace.within(linked / "target" / "nextest" / "junit.xml") == linked / "target"
        assert workspace.within(linked / ".config" / "nextest.toml") == linked
