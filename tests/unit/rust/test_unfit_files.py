"""What is unfit to be read is refused before any tool waits for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import WorkspaceError
from tasker_ci.rust.unfit_files import check_regular_files, check_sources

if TYPE_CHECKING:
    from pathlib import Path


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
