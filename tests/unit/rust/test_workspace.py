"""Where the project, the workspace and the target directory lie; what cargo says is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import workspaces

from tasker_ci.errors import WorkspaceError
from tasker_ci.rust.workspace import (
    find_project_root,
    find_workspace_root,
    read_metadata,
)
from tasker_ci.settings.file import SETTINGS_FILE

PACKAGE = '[package]\nname = "x"\n'


class TestProjectRoot:
    def test_the_nearest_folder_with_settings(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path, {f"{SETTINGS_FILE}": "", f"inner/{SETTINGS_FILE}": "", "inner/a/b/x": ""}
        )
        assert find_project_root(tmp_path / "inner" / "a" / "b") == tmp_path / "inner"
        assert find_project_root(tmp_path / "inner") == tmp_path / "inner"
        assert find_project_root(tmp_path) == tmp_path

    def test_it_does_not_look_past_the_top_of_a_repository(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {SETTINGS_FILE: "", "repo/.git/HEAD": "", "repo/a/x": ""})
        start = tmp_path / "repo" / "a"
        assert find_project_root(start) == start

    def test_a_work_tree_has_a_file_in_the_place_of_the_folder(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path, {SETTINGS_FILE: "", "tree/.git": "gitdir: …", "tree/x": ""}
        )
        assert find_project_root(tmp_path / "tree") == tmp_path / "tree"

    def test_the_top_itself_counts(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {SETTINGS_FILE: "", ".git/HEAD": "", "a/x": ""})
        assert find_project_root(tmp_path / "a") == tmp_path

    def test_without_settings_it_is_the_cargo_workspace(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path, {"Cargo.toml": "[workspace]\nmembers = ['a']\n", "a/Cargo.toml": PACKAGE}
        )
        assert find_project_root(tmp_path / "a") == tmp_path

    def test_without_anything_it_is_where_one_stands(self, tmp_path: Path) -> None:
        assert find_project_root(tmp_path) == tmp_path

    def test_the_configuration_folder_of_the_user_is_no_project_s(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {SETTINGS_FILE: "", "work/x": ""})
        assert find_project_root(tmp_path / "work", home=tmp_path) == tmp_path / "work"

    def test_unless_he_stands_there_or_home_is_a_repository(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {SETTINGS_FILE: "", "work/x": ""})
        assert find_project_root(tmp_path, home=tmp_path) == tmp_path
        (tmp_path / ".git").mkdir()
        assert find_project_root(tmp_path / "work", home=tmp_path) == tmp_path


class TestWorkspaceRoot:
    @pytest.mark.parametrize(
        ("root", "start", "expected"),
        [
            pytest.param("[workspace]\nmembers = ['a']", "a", ".", id="member"),
            pytest.param(PACKAGE + "[workspace]", "a", ".", id="root package"),
            pytest.param("[workspace]", "a/src", ".", id="from a subfolder"),
            pytest.param("[workspace]\nexclude = ['a']", "a", "a", id="excluded"),
            pytest.param("[workspace]\nexclude = ['a']", "a/src", "a", id="excluded, deeper"),
            pytest.param("[workspace]\nexclude = ['a*']", "a", ".", id="exclude takes no patterns"),
            pytest.param(
                "[workspace]\nmembers = ['a']\nexclude = ['a']", "a", ".", id="members win"
            ),
            pytest.param(PACKAGE, "a", "a", id="an outer package is no workspace"),
            pytest.param("[workspace", "a", "a", id="an outer manifest is broken"),
        ],
    )
    def test_cargo_s_rules(self, tmp_path: Path, root: str, start: str, expected: str) -> None:
        workspaces.write_files(
            tmp_path, {"Cargo.toml": root, "a/Cargo.toml": PACKAGE, "a/src/lib.rs": ""}
        )
        assert find_workspace_root(tmp_path / start) == tmp_path / expected

    def test_a_workspace_of_its_own_is_not_part_of_an_outer_one(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path, {"Cargo.toml": "[workspace]", "a/Cargo.toml": "[workspace]\n" + PACKAGE}
        )
        assert find_workspace_root(tmp_path / "a") == tmp_path / "a"

    def test_a_package_may_name_its_workspace(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path,
            {
                "ws/Cargo.toml": "[workspace]\nmembers = ['../a']",
                "a/Cargo.toml": PACKAGE + 'workspace = "../ws"\n',
            },
        )
        assert find_workspace_root(tmp_path / "a") == (tmp_path / "ws").resolve()

    def test_a_byte_order_mark_is_passed_over_as_cargo_does(self, tmp_path: Path) -> None:
        (tmp_path / "Cargo.toml").write_bytes(b'\xef\xbb\xbf[workspace]\nmembers = ["a"]\n')
        member = tmp_path / "a"
        member.mkdir()
        (member / "Cargo.toml").write_text('[package]\nname = "a"\n', encoding="utf-8")
        assert find_workspace_root(member) == tmp_path

    def test_without_a_manifest_there_is_none(self, tmp_path: Path) -> None:
        assert find_workspace_root(tmp_path) is None


def target(name: str, kind: str = "lib", *, test: bool = True, doctest: bool = False) -> object:
    return {
        "name": name,
        "kind": [kind],
        "src_path": f"/ws/{name}.rs",
        "test": test,
        "doctest": doctest,
    }


def metadata(*targets: object, **package: object) -> str:
    described = {
        "name": "demo",
        "version": "1.2.3",
        "manifest_path": "/ws/Cargo.toml",
        "targets": targets,
        "rust_version": None,
        **package,
    }
    return json.dumps(
        {"workspace_root": "/ws", "target_directory": "/ws/target", "packages": [described]}
    )


class TestMetadata:
    def test_what_is_read(self) -> None:
        text = metadata(
            target("demo", doctest=True),
            target("tool", "bin"),
            target("end_to_end", "test"),
            target("build-script-build", "custom-build", test=False),
            rust_version="1.80",
        )
        workspace = read_metadata(text)
        (package,) = workspace.packages
        assert (package.name, package.version, package.rust_version) == ("demo", "1.2.3", "1.80")
        assert workspace.root == Path("/ws")
        assert workspace.target_directory == Path("/ws/target")
        assert workspace.has_doctests
        assert [package.binary_id(each) for _, each in workspace.tested()] == [
            "demo",
            "demo::bin/tool",
            "demo::end_to_end",
        ]

    @pytest.mark.parametrize(
        ("kind", "binary_id", "doctests"),
        [
            ("lib", "demo", True),
            ("rlib", "demo", True),
            ("proc-macro", "demo", True),
            ("cdylib", "demo", False),
            ("example", "demo::example/x", False),
            ("bench", "demo::bench/x", False),
        ],
    )
    def test_kinds_of_targets(self, kind: str, binary_id: str, doctests: bool) -> None:
        workspace = read_metadata(metadata(target("x", kind, doctest=True)))
        (package,) = workspace.packages
        assert package.binary_id(package.targets[0]) == binary_id
        assert workspace.has_doctests is doctests

    @pytest.mark.parametrize("text", ["", "error: no", "[]", "{}", '{"workspace_root": 1}'])
    def test_what_is_no_metadata_is_said(self, text: str) -> None:
        with pytest.raises(WorkspaceError, match="printed something that cannot be read"):
            read_metadata(text)
