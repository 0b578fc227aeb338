"""What wraps the compiler, before anything was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces
from tool_parts import write_program

from tasker_ci.tools.compiler_wrapper import lies_within, plan_wrapping

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.tools.compiler_wrapper import Wrapping


def plan(
    folder: Path, configuration: str = "", *, default: str | None = "sccache", **variables: str
) -> Wrapping:
    workspaces.write_files(folder, {".cargo/config.toml": configuration})
    return plan_wrapping(folder, variables, default=default)


class TestNothingIsConfigured:
    def test_sccache_wraps_by_default(self, tmp_path: Path) -> None:
        wrapping = plan(tmp_path)
        assert wrapping.program == "sccache"
        assert wrapping.with_sccache == ("sccache", "rustc")
        assert wrapping.without_sccache == ("rustc",)
        assert (wrapping.if_it_answers, wrapping.if_not, wrapping.told) == ({}, {}, None)

    def test_or_nothing_where_it_is_off(self, tmp_path: Path) -> None:
        assert plan(tmp_path, default=None).program is None

    def test_around_the_compiler_that_is_configured(self, tmp_path: Path) -> None:
        wrapping = plan(tmp_path, 'build.rustc = "tools/rustc"')
        assert wrapping.with_sccache == ("sccache", str(tmp_path / "tools" / "rustc"))

    def test_in_the_environment_that_cargo_gives_the_compiler(self, tmp_path: Path) -> None:
        wrapping = plan(tmp_path, '[env]\nSCCACHE_DIR = { value = "x", relative = true }', A="1")
        assert wrapping.environment == {"A": "1", "SCCACHE_DIR": str(tmp_path / "x")}


class TestAnotherWrapperStays:
    @pytest.mark.parametrize(
        ("configuration", "variables", "told"),
        [
            ('build.rustc-wrapper = "cachepot"', {}, "cachepot (build.rustc-wrapper in"),
            ('build.rustc-workspace-wrapper = "w"', {}, "w (build.rustc-workspace-wrapper in"),
            ("", {"RUSTC_WRAPPER": "/x/w"}, "/x/w (the variable RUSTC_WRAPPER)"),
            ("", {"CARGO_BUILD_RUSTC_WRAPPER": "w"}, "w (the variable CARGO_BUILD_RUSTC_WRAPPER)"),
            ("", {"RUSTC_WORKSPACE_WRAPPER": "w"}, "w (the variable RUSTC_WORKSPACE_WRAPPER)"),
            (
                "",
                {"CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER": "w"},
                "w (the variable CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER)",
            ),
        ],
    )
    def test_and_is_named(
        self, tmp_path: Path, configuration: str, variables: dict[str, str], told: str
    ) -> None:
        wrapping = plan(tmp_path, configuration, **variables)
        assert wrapping.program is None
        assert told in wrapping.told
        assert not wrapping.if_not

    def test_not_where_sccache_is_off_anyway(self, tmp_path: Path) -> None:
        assert plan(tmp_path, default=None, RUSTC_WRAPPER="w").told is None

    @pytest.mark.parametrize("name", ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"])
    def test_an_empty_one_is_a_wish_too(self, tmp_path: Path, name: str) -> None:
        wrapping = plan(tmp_path, 'build.rustc-wrapper = "w"', **{name: ""})
        assert (wrapping.program, wrapping.told) == (None, None)

    def test_an_empty_workspace_wrapper_wraps_nothing(self, tmp_path: Path) -> None:
        assert plan(tmp_path, RUSTC_WORKSPACE_WRAPPER="").program == "sccache"


class TestSccacheThatIsConfigured:
    def test_by_its_path(self, tmp_path: Path) -> None:
        wrapping = plan(tmp_path, 'build.rustc-wrapper = "tools/sccache"', default=None)
        program = str(tmp_path / "tools" / "sccache")
        assert wrapping.program == program
        assert wrapping.with_sccache == (program, "rustc")
        assert wrapping.if_it_answers == {"RUSTC_WRAPPER": program}
        assert wrapping.if_not == {"RUSTC_WRAPPER": ""}

    def test_by_a_link_to_it(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {"real/sccache": ""})
        (tmp_path / "real" / "sccache").chmod(0o755)
        (tmp_path / "wrap").symlink_to("real/sccache")
        assert plan(tmp_path, 'build.rustc-wrapper = "./wrap"', default=None).program

    def test_around_a_workspace_wrapper(self, tmp_path: Path) -> None:
        configuration = 'build.rustc-wrapper = "sccache"\nbuild.rustc-workspace-wrapper = "w"'
        wrapping = plan(tmp_path, configuration)
        assert wrapping.with_sccache == ("sccache", "w", "rustc")
        assert wrapping.without_sccache == ("w", "rustc")
        assert wrapping.if_not == {"RUSTC_WRAPPER": ""}
        assert wrapping.beside is not None
        assert wrapping.beside.program == "w"

    def test_as_the_workspace_wrapper_alone(self, tmp_path: Path) -> None:
        wrapping = plan(tmp_path, 'build.rustc-workspace-wrapper = "sccache"')
        assert wrapping.with_sccache == ("sccache", "rustc")
        assert wrapping.if_it_answers == {"RUSTC_WRAPPER": ""}
        assert wrapping.if_not == {"RUSTC_WORKSPACE_WRAPPER": ""}

    def test_within_another_wrapper(self, tmp_path: Path) -> None:
        wrapping = plan(tmp_path, RUSTC_WRAPPER="w", RUSTC_WORKSPACE_WRAPPER="sccache")
        assert wrapping.with_sccache == ("w", "sccache", "rustc")
        assert wrapping.without_sccache == ("w", "rustc")
        assert wrapping.if_it_answers == {"RUSTC_WRAPPER": "w"}


class TestAProgramOfTheProject:
    """A clone can have brought it, unless the user has put its folder on PATH in full."""

    @pytest.mark.parametrize(
        ("program", "path", "within"),
        [
            ("{project}/tools/sccache", "/usr/bin", True),
            ("{project}/tools/../tools/sccache", "/usr/bin", True),
            ("sccache", "tools", True),
            ("sccache", "./tools:/usr/bin", True),
            ("sccache", "{project}/tools", False),
            ("sccache", "{project}//tools/", False),
            ("{project}/tools/sccache", "{project}/tools", False),
            ("{outside}/sccache", "/usr/bin", False),
            ("sccache", "{outside}", False),
            ("{outside}/link-into-project", "/usr/bin", True),
            ("{project}/link-out-of-project", "/usr/bin", True),
            ("{project}-beside/sccache", "/usr/bin", False),
            ("{project}/tools/absent", "/usr/bin", True),
            ("absent", "tools:{project}/tools", False),
            ("", "tools", False),
        ],
    )
    def test_is_known_by_where_it_lies(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        program: str,
        path: str,
        *,
        within: bool,
    ) -> None:
        project, outside = tmp_path / "project", tmp_path / "outside"
        files = [project / "tools" / "sccache", outside / "sccache"]
        for file in (*files, tmp_path / "project-beside" / "sccache"):
            write_program(file, "exit 0")
        (outside / "link-into-project").symlink_to(project / "tools" / "sccache")
        (project / "link-out-of-project").symlink_to(outside / "sccache")
        monkeypatch.chdir(project)
        places = {"project": project, "outside": outside}
        found = lies_within([project], program.format(**places), path.format(**places))
        assert found is within

    def test_one_that_is_reached_through_a_link_to_the_project(self, tmp_path: Path) -> None:
        write_program(tmp_path / "project" / "sccache", "exit 0")
        (tmp_path / "link").symlink_to("project")
        assert lies_within([tmp_path / "link"], str(tmp_path / "project" / "sccache"), "/usr/bin")
        assert lies_within([tmp_path / "project"], str(tmp_path / "link" / "sccache"), "/usr/bin")
