"""What stands in the way of a promise, as cargo says it."""

from __future__ import annotations

import json

import pytest

from tasker_ci.sessions.msrv.findings import obstacles_of
from tasker_ci.tools.first_errors import FirstErrors, Obstacle, package_name

OLD = """\
error: package `home v0.5.9` cannot be built because it requires rustc 1.70.0 or newer, while the \
currently active rustc version is 1.63.0
"""
NEW = """\
error: rustc 1.75.0 is not supported by the following packages:
  icu_collections@2.1.1 requires rustc 1.83
  url@2.5.7 requires rustc 1.78
"""


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("a-b 0.1.0 (path+file:///home/me/elsewhere)", "a-b"),
        ("path+file:///home/me/a-b#0.1.0", "a-b"),
        ("path+file:///home/me/elsewhere#a-b@0.1.0", "a-b"),
        ("registry+https://index.example/#serde@1.0.0", "serde"),
        ("git+https://git.example/house/tool?branch=main#0.1.0", "tool"),
        ("", ""),
    ],
)
def test_the_name_of_a_package_in_every_spelling(identity: str, name: str) -> None:
    assert package_name(identity) == name


def message(text: str, package: str = "path+file:///w/a#0.1.0", **more: object) -> str:
    span = {"is_primary": True, "file_name": "a/src/lib.rs", "line_start": 7}
    diagnostic = {"message": text, "level": "error", "code": None, "spans": [span], **more}
    return json.dumps({"reason": "compiler-message", "package_id": package, "message": diagnostic})


def test_the_first_error_of_each_package_is_kept() -> None:
    errors = FirstErrors()
    for line in (
        "no message",
        "[1]",
        '{"reason": "build-finished"}',
        message("unused", level="warning"),
        message("first", code={"code": "E0658"}),
        message("second"),
        message("aborting due to 2 previous errors", package="x#b@1.0.0", spans=[]),
        message("other", package="x#b@1.0.0", spans=[]),
    ):
        errors.read(line)
    assert errors.count == 3
    assert list(map(str, obstacles_of("", errors))) == [
        "first (E0658) at a/src/lib.rs:7",
        "other",
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [(OLD, [("home", "1.70.0")]), (NEW, [("icu_collections", "1.83"), ("url", "1.78")])],
    ids=["before 1.81", "since 1.81"],
)
def test_dependencies_that_want_a_newer_rust(said: str, expected: list[tuple[str, str]]) -> None:
    found = obstacles_of(said, FirstErrors())
    assert [(each.package, each.needs) for each in found] == expected


def test_what_cargo_says_else_is_its_first_error() -> None:
    said = "warning: x\nerror: failed to parse manifest at `/w/Cargo.toml`\n\nCaused by:\n  why\n"
    (found,) = obstacles_of(said, FirstErrors())
    assert found == Obstacle(
        package="", message="failed to parse manifest at `/w/Cargo.toml` Caused by: why"
    )
    assert obstacles_of("", FirstErrors())[0].message == "cargo gave no reason"


def test_a_target_that_the_toolchain_lacks_is_not_the_fault_of_code() -> None:
    errors = FirstErrors()
    errors.read(message("can't find crate for `core`", code={"code": "E0463"}))
    assert errors.no_standard_library
