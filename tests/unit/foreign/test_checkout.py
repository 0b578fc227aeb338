"""The files of a repository that nobody trusts."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from tasker_ci.foreign.checkout import Checkout, read_checkout
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner


def listed(root: Path) -> Checkout:
    return read_checkout(root, ProcessRunner(Cancellation()), os.environ)


def checkout(*names: str) -> Checkout:
    return Checkout(root=Path("/nowhere"), files=frozenset(map(PurePosixPath, names)))


def paths(*names: str) -> tuple[PurePosixPath, ...]:
    return tuple(map(PurePosixPath, names))


def test_files_of_a_folder_without_git_are_listed(tmp_path: Path) -> None:
    for name in ("Cargo.toml", "src/lib.rs", "target/debug/x", ".github/workflows/ci.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    found = listed(tmp_path)
    assert found.files == {*paths("Cargo.toml", "src/lib.rs", ".github/workflows/ci.yml")}
    assert found.has(PurePosixPath("src/lib.rs"))
    assert found.has_folder(PurePosixPath("src"))
    assert not found.has_folder(PurePosixPath("target"))
    assert found.text(PurePosixPath("Cargo.toml")) == "Cargo.toml"


def test_what_git_ignores_is_no_file_of_the_repository(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("secret\n", encoding="utf-8")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    assert listed(tmp_path).files == {PurePosixPath(".gitignore")}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_only_regular_files_inside_are_read(tmp_path: Path) -> None:
    root = tmp_path / "clone"
    root.mkdir()
    (tmp_path / "outside").write_text("mine", encoding="utf-8")
    (root / "inside").write_text("a\r\nb", encoding="utf-8")
    (root / "way-out").symlink_to("../outside")
    (root / "way-in").symlink_to("inside")
    (root / "circle").symlink_to("circle")
    (root / "folder").symlink_to(".")
    os.mkfifo(root / "pipe")
    with (root / "large").open("wb") as stream:
        stream.truncate(5 << 20)
    found = listed(root)
    texts = {file.name: found.text(PurePosixPath(file.name)) for file in root.iterdir()}
    assert {name for name, text in texts.items() if text is not None} == {"inside", "way-in"}
    assert texts["way-in"] == "a\nb"
    assert found.text(PurePosixPath("../outside")) is None
    assert found.text(PurePosixPath("/etc/passwd")) is None
    assert found.text(PurePosixPath("folder/inside")) == "a\nb"
    assert found.has(PurePosixPath("folder/inside"))
    assert not found.has(PurePosixPath("folder/outside"))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.toml", ("Cargo.toml",)),
        ("**/*.toml", ("Cargo.toml", "a/Cargo.toml", "a/b/Cargo.toml")),
        ("a/*/Cargo.toml", ("a/b/Cargo.toml",)),
        ("a/**", ("a/Cargo.toml", "a/b/Cargo.toml")),
        ("**/b/**/*.toml", ("a/b/Cargo.toml",)),
        ("x/**", ()),
        ("[!C]*", ("README.md",)),
    ],
)
def test_patterns_go_by_folders(pattern: str, expected: tuple[str, ...]) -> None:
    here = checkout("Cargo.toml", "README.md", "a/Cargo.toml", "a/b/Cargo.toml")
    assert here.glob(pattern) == paths(*expected)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    here = checkout("/".join("a" * 200))
    assert here.glob("/".join(["**", "a*"] * 60) + "/x") == ()
    assert checkout("a" * 200).glob("*a" * 60 + "b") == ()


def test_something_is_made_once_for_a_checkout() -> None:
    here = checkout()
    assert here.once("key", object) is here.once("key", object)
