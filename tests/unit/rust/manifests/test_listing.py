from __future__ import annotations

from pathlib import PurePosixPath

from foreign_commands import TextsOf

from tasker_ci.rust.manifests.listing import ManifestListing, plain

TOP = PurePosixPath()
LISTING = ManifestListing(
    files=TextsOf({"Cargo.toml": "a = 1", "x/a/Cargo.toml": "a = [", "x/b/src/lib.rs": "", "y": ""})
)


def test_files_and_folders_that_are_there() -> None:
    assert LISTING.names(TOP) == ["Cargo.toml", "x", "y"]
    assert LISTING.has(TOP / "x/b/src")
    assert LISTING.has(TOP / "y")
    assert not LISTING.has(TOP / "x/c")
    assert LISTING.is_folder(TOP / "x")
    assert not LISTING.is_folder(TOP / "y")


def test_manifests_are_read_once_and_one_that_is_no_toml_is_none() -> None:
    assert LISTING.manifest(TOP) == {"a": 1}
    assert LISTING.manifest(TOP) is LISTING.manifest(TOP)
    assert LISTING.manifest(TOP / "x/a") is None
    assert LISTING.manifest(TOP / "x/b") is None
    assert [*LISTING.manifest_folders()] == [TOP, TOP / "x/a"]


def test_patterns_of_members() -> None:
    assert [*LISTING.matching(TOP, "x/*")] == [TOP / "x/a", TOP / "x/b"]
    assert [*LISTING.matching(TOP, "./x/[a]")] == [TOP / "x/a"]
    assert TOP / "x/b/src" in LISTING.matching(TOP, "**/src")
    assert [*LISTING.matching(TOP / "x/a", "../b")] == [TOP / "x/b"]
    assert [*LISTING.matching(TOP, "z")] == []


def test_a_path_that_leaves_the_checkout() -> None:
    assert plain(PurePosixPath("a/../b")) == PurePosixPath("b")
    assert plain(PurePosixPath("a/../../b")) is None
