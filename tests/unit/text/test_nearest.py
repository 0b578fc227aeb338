"""Names that somebody may have meant."""

from __future__ import annotations

from tasker_ci.text.nearest import did_you_mean, nearest


def test_the_nearest_name_is_asked_for() -> None:
    assert nearest("clipy", ["fmt", "clippy", "clipper"]) == "clippy"
    assert did_you_mean("clipy", iter(["fmt", "clippy"])) == " Did you mean `clippy`?"


def test_nothing_is_asked_where_no_name_is_near() -> None:
    assert nearest("x", ["fmt", "clippy"]) is None
    assert nearest("x", []) is None
    assert did_you_mean("x", ["fmt", "clippy"]) == ""


def test_what_all_names_begin_with_makes_none_near() -> None:
    known = ["TASKER_CI_STACK", "TASKER_CI_PRESET"]
    assert did_you_mean("TASKER_CI_XYZ", known, prefix="TASKER_CI_") == ""
    assert did_you_mean("TASKER_CI_STAK", known, prefix="TASKER_CI_") == (
        " Did you mean `TASKER_CI_STACK`?"
    )
