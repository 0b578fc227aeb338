"""Sessions of installed packages are found by their entry points, without importing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import workspaces

from tasker_ci.sessions.own.installed import installed_sessions, unusable_entries

if TYPE_CHECKING:
    from pathlib import Path


def install(place: Path, package: str, **sessions: str) -> str:
    """Write what an installed package leaves of its entry points; returns the place."""
    points = "".join(f"{name} = {value}\n" for name, value in sessions.items())
    workspaces.write_files(
        place / f"{package}-1.0.dist-info",
        {
            "METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
            "entry_points.txt": f"[console_scripts]\na = b:c\n\n[tasker_ci.sessions]\n{points}",
        },
    )
    return str(place)


def test_a_package_brings_sessions(tmp_path: Path) -> None:
    place = install(tmp_path, "checks", licences="checks.licences:licences", dump="checks:dump")
    assert installed_sessions([place]) == {
        "dump": (("checks:dump", "checks"),),
        "licences": (("checks.licences:licences", "checks"),),
    }


def test_two_packages_with_one_name_are_both_named(tmp_path: Path) -> None:
    places = [install(tmp_path / name, name, licences=f"{name}:f") for name in ("one", "two")]
    found = installed_sessions(places)["licences"]
    assert sorted(found) == [("one:f", "one"), ("two:f", "two")]


def test_a_place_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    place = install(tmp_path, "checks", licences="checks:f")
    assert installed_sessions([place, place])["licences"] == (("checks:f", "checks"),)


def test_places_without_such_packages_bring_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    workspaces.write_files(
        tmp_path / "b-1.dist-info", {"entry_points.txt": "[console_scripts]\nx = y:z\n"}
    )
    for place in (tmp_path, tmp_path / "absent", tmp_path / "a.txt"):
        assert installed_sessions([str(place)]) == {}


def test_extras_are_no_part_of_the_function(tmp_path: Path) -> None:
    place = install(tmp_path, "checks", licences="checks:f [fast]")
    assert installed_sessions([place])["licences"] == (("checks:f", "checks"),)


def test_a_name_that_no_session_has_is_left_out_and_said(tmp_path: Path) -> None:
    names = {"good": "a:f", "--help": "a:f", "Bad Name": "a:f", "\x1b[31mred": "a:f"}
    place = install(tmp_path, "checks", **names)
    assert list(installed_sessions([place])) == ["good"]
    assert "is no name for a session" in unusable_entries([place])["checks"]


def test_a_broken_package_hides_no_other(tmp_path: Path) -> None:
    place = install(tmp_path, "good", licences="good:f")
    install(tmp_path, "bad")
    with (tmp_path / "bad-1.0.dist-info/entry_points.txt").open("a") as file:
        file.write("a line without a value\n")
    assert list(installed_sessions([place])) == ["licences"]
    assert unusable_entries([place]) == {"bad": "its entry points are unreadable"}
