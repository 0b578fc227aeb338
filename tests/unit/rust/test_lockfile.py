"""Cargo.lock says which crate of the workspace pulls a package in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.rust.lockfile import read_lock

LOCK = Path(__file__).parents[2] / "resources" / "audit" / "workspace" / "Cargo.lock"
REGISTRY = "registry+https://registry.example/index"


def package(name: str, version: str, *dependencies: str, source: str = REGISTRY) -> str:
    lines = ["[[package]]", f'name = "{name}"', f'version = "{version}"']
    lines += [f'source = "{source}"'] if source else []
    lines += [f"dependencies = {list(dependencies)!r}"] if dependencies else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("name", "version", "crates"),
    [
        pytest.param(
            "vulnerable", "1.0.0", ("one",), id="direct; who depends on one does not count"
        ),
        pytest.param("worse", "0.3.0", ("one", "two"), id="through a crate that two members share"),
        pytest.param("abandoned", "0.1.0", ("two",), id="direct"),
        pytest.param("worse", "9.9.9", (), id="another version"),
    ],
)
def test_the_walk_ends_at_the_first_crate_without_a_source(
    name: str, version: str, crates: tuple[str, ...]
) -> None:
    assert read_lock(LOCK.read_text(encoding="utf-8")).pulled_in_by(name, version) == crates


def test_two_versions_of_a_package_have_dependents_of_their_own() -> None:
    lock = read_lock(
        package("old", "0.1.0", "rand 0.7.3", source="")
        + package("new", "0.1.0", "rand 0.8.5", source="")
        + package("rand", "0.7.3")
        + package("rand", "0.8.5")
    )

    assert lock.pulled_in_by("rand", "0.7.3") == ("old",)
    assert lock.pulled_in_by("rand", "0.8.5") == ("new",)


def test_one_version_from_two_places_is_told_apart_by_its_source() -> None:
    fork = "git+https://example.org/rand#0123456"
    lock = read_lock(
        package("app", "0.1.0", f"rand 0.8.5 ({REGISTRY})", source="")
        + package("tool", "0.1.0", f"rand 0.8.5 ({fork})", "up", source="")
        + package("up", "1.0.0", f"rand 0.8.5 ({fork})")
        + package("rand", "0.8.5", source=fork)
        + package("rand", "0.8.5")
    )

    registry, git = (item for item in reversed(lock.packages) if item.name == "rand")

    assert {user.name for user in lock.dependents[registry]} == {"app"}
    assert {user.name for user in lock.dependents[git]} == {"tool", "up"}


def test_the_first_format_with_a_root_table_is_read() -> None:
    lock = read_lock(
        f'[root]\nname = "app"\nversion = "0.1.0"\ndependencies = ["libc 0.2.1 ({REGISTRY})"]\n'
        + package("libc", "0.2.1")
    )

    assert lock.pulled_in_by("libc", "0.2.1") == ("app",)


def test_a_circle_of_dependencies_ends() -> None:
    lock = read_lock(
        package("app", "0.1.0", "left", source="")
        + package("left", "1.0.0", "right")
        + package("right", "1.0.0", "left")
    )

    assert lock.pulled_in_by("right", "1.0.0") == ("app",)


def test_the_line_of_a_package_is_where_its_name_stands() -> None:
    lock = read_lock(LOCK.read_text(encoding="utf-8"))
    lines = lock.text.splitlines()

    assert lines[lock.line_of("worse", "0.3.0") - 1] == 'name = "worse"'
    assert lock.line_of("worse", "9.9.9") == 0


@pytest.mark.parametrize("text", ["garbage", "package = 1", '[[package]]\nname = "x"', "root = 1"])
def test_what_is_no_lock_file_is_an_error_of_its_own(text: str) -> None:
    with pytest.raises(ReportError, match=r"Cargo\.lock cannot be read"):
        read_lock(text)


@given(
    local=st.sets(st.integers(0, 7)),
    edges=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24),
)
def test_any_graph_is_walked_as_a_search_for_paths_would(
    local: set[int], edges: set[tuple[int, int]]
) -> None:
    """The reference goes the other way: down from each local crate through foreign ones."""
    lock = read_lock(
        "".join(
            package(
                f"p{user}",
                "1.0.0",
                *(f"p{used}" for other, used in sorted(edges) if other == user),
                source="" if user in local else REGISTRY,
            )
            for user in range(8)
        )
    )

    def reachable(start: int) -> set[int]:
        seen: set[int] = set()
        waiting = [used for user, used in edges if user == start]
        while waiting:
            item = waiting.pop()
            if item not in seen:
                seen.add(item)
                if item not in local:
                    waiting += [used for user, used in edges if user == item]
        return seen

    for target in range(8):
        # A package does not pull itself in, even in a circle.
        expected = {f"p{start}" for start in local - {target} if target in reachable(start)}
        assert set(lock.pulled_in_by(f"p{target}", "1.0.0")) == expected


def test_a_byte_order_mark_is_no_fault() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert read_lock(f"\ufeff{text}").packages == read_lock(text).packages
