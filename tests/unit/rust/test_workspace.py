"""Where the project, the workspace and the target directory lie; what cargo says is in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import workspaces

from tasker_ci.errors import WorkspaceError
from tasker_ci.rust.workspace import (
    check_regular_files,
    check_sources,
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


@pytest.mark.parametrize(
    "name", ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "clippy.toml", ".gitignore"]
)
def test_what_cargo_would_wait_for_for_ever_is_refused(tmp_path: Path, name: str) -> None:
    check_regular_files(tmp_path)
    (tmp_path / name).mkdir()
    check_regular_files(tmp_path)
    (tmp_path / name).rmdir()
    os.mkfifo(tmp_path / name)
    with pytest.raises(WorkspaceError, match="no regular file") as caught:
        check_regular_files(tmp_path)
    assert str(tmp_path / name) in caught.value.message
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(WorkspaceError, match="no regular file"):
        check_regular_files(tmp_path)


@pytest.mark.parametrize("name", ["Cargo.lock", ".gitignore", ".git/info/exclude"])
def test_so_is_what_has_no_end_in_sight(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    check_regular_files(tmp_path)
    os.truncate(file, 10 << 30)
    with pytest.raises(WorkspaceError, match=r"is larger than 256 MiB.*would read all of it"):
        check_regular_files(tmp_path)


@pytest.mark.parametrize("name", [".git", ".git/HEAD", ".git/index", ".git/info/exclude"])
def test_so_is_what_git_would_wait_for(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(WorkspaceError, match="no regular file"):
        check_regular_files(tmp_path)


class TestSources:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = tmp_path / "a[b]*"
        for folder in ("src/deep", "tests", "crates/one/src", "crates/one/benches", "target"):
            (root / folder).mkdir(parents=True)
        (root / "Cargo.toml").write_text('[workspace]\nmembers = ["crates/*"]\n', encoding="utf-8")
        (root / "src/lib.rs").write_text("", encoding="utf-8")
        (root / "src/gone.rs").symlink_to("nowhere")
        check_sources(root)
        return root

    PLACES = (
        *("build.rs", "src/deep/mod.rs", "tests/it.rs", "crates/one/src/lib.rs"),
        *("crates/one/benches/all.rs", "crates/one/src/rustfmt.toml"),
    )

    @pytest.mark.parametrize("place", PLACES)
    def test_a_pipe_and_a_device(self, root: Path, place: str) -> None:
        os.mkfifo(root / place)
        with pytest.raises(WorkspaceError, match="no regular file") as caught:
            check_sources(root)
        assert str(root / place) in caught.value.message
        (root / place).unlink()
        (root / place).symlink_to("/dev/zero")
        with pytest.raises(WorkspaceError, match="no regular file"):
            check_sources(root)

    @pytest.mark.parametrize("place", PLACES)
    def test_one_that_is_no_source(self, root: Path, place: str) -> None:
        (root / place).touch()
        os.truncate(root / place, 10 << 30)
        with pytest.raises(WorkspaceError, match="is larger than 64 MiB"):
            check_sources(root)

    @pytest.mark.parametrize(
        ("manifest", "place"),
        [
            ('[package]\nbuild = "odd/script.txt"\n', "odd/script.txt"),
            ('[lib]\npath = "odd/lib"\n', "odd/lib"),
            ('[lib]\npath = "odd/lib.rs"\n', "odd/inner/mod.rs"),
            ('[[bin]]\nname = "b"\npath = "odd/main.rs"\n', "odd/main.rs"),
            ('[[bench]]\npath = "../odd.rs"\n', "../odd.rs"),
            ('[[bench]]\npath = "../odd/a.rs"\n', "../odd/b.rs"),
            ('[[test]]\npath = "a.rs"\n[[test]]\npath = "odd/t.rs"\n', "odd/t.rs"),
            ('[[example]]\npath = "odd/e.rs"\n', "odd/e.rs"),
        ],
    )
    def test_what_a_manifest_names_elsewhere(self, root: Path, manifest: str, place: str) -> None:
        package = root / "crates/one"
        (package / "Cargo.toml").write_text(manifest, encoding="utf-8")
        (package / place).parent.mkdir(parents=True, exist_ok=True)
        (package / place).symlink_to("/dev/zero")
        with pytest.raises(WorkspaceError, match="no regular file"):
            check_sources(root)
        (package / place).unlink()
        check_sources(root)

    @pytest.mark.parametrize(
        "manifest",
        [
            "package = 1\nlib = []\nbin = {}\nbench = [1, [2]]\n",
            "[lib]\npath = 1\n[[bin]]\npath = []\n[package]\nbuild = false\n",
            '[lib]\npath = "\\u0000"\n[package]\nbuild = "nowhere/at/all"\n',
        ],
    )
    def test_a_manifest_with_wrong_types(self, root: Path, manifest: str) -> None:
        (root / "crates/one/Cargo.toml").write_text(manifest, encoding="utf-8")
        check_sources(root)

    def test_what_cargo_does_not_read_is_nobodys_business(self, root: Path) -> None:
        os.mkfifo(root / "src/pipe")
        os.mkfifo(root / "target/a.rs")
        check_sources(root)


@pytest.mark.parametrize(
    "manifest",
    [
        '[workspace]\nmembers = ["crates/*"]\n',
        '[workspace]\nmembers = ["crates/one"]\n',
        '[workspace]\n[workspace.dependencies]\none = { path = "crates/one" }\n',
        '[package]\nname = "x"\n[dev-dependencies]\none = { path = "./crates/one" }\n',
    ],
)
def test_so_is_the_manifest_of_a_member(tmp_path: Path, manifest: str) -> None:
    root = tmp_path / "a[b]*"
    member = root / "crates/one/Cargo.toml"
    member.parent.mkdir(parents=True)
    (root / "Cargo.toml").write_text(manifest, encoding="utf-8")
    check_regular_files(root)
    os.mkfifo(member)
    with pytest.raises(WorkspaceError, match="no regular file") as caught:
        check_regular_files(root)
    assert "crates/one/Cargo.toml" in caught.value.message


@pytest.mark.parametrize(
    "manifest",
    [
        "workspace = 1",
        "[workspace]\nmembers = 7",
        '[workspace]\nmembers = [1, "/etc/*", "\\u0000/*", "[", "**"]',
    ],
)
def test_a_manifest_that_cargo_refuses_is_no_matter_here(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "Cargo.toml").write_text(manifest, encoding="utf-8")
    check_regular_files(tmp_path)
