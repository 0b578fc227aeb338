from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Outcome
from tasker_ci.errors import SettingsError
from tasker_ci.rust.workspace import Package, Workspace
from tasker_ci.sessions.coverage.errors import CoverageTooLow
from tasker_ci.sessions.coverage.figures import Counted, Coverage, CoverageRow
from tasker_ci.sessions.coverage.outcome import check_thresholds, conclude_coverage
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext


def workspace(folder: Path) -> Workspace:
    manifest = folder / "sample" / "Cargo.toml"
    sample = Package(name="sample", version="1.0.0", manifest=manifest, targets=())
    return Workspace(root=folder, target_directory=folder / "target", packages=(sample,))


def coverage(covered: int, *, count: int = 200, least: int = 0) -> Coverage:
    lines = Counted(count=count, covered=covered)
    return Coverage(
        whole=CoverageRow(name="all packages", lines=lines, least=least),
        packages=(CoverageRow(name="sample", lines=lines),),
    )


def conclude(context: RecordedContext, figures: Coverage) -> Outcome:
    tests = Outcome(summary="3 passed", data={"passed": 3})
    return conclude_coverage(
        context, figures, tests, workspace=workspace(context.workspace), doctests=False
    )


def test_a_threshold_that_is_reached_is_green_with_the_figures(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    outcome = conclude(context, coverage(150, least=75))
    assert outcome.summary == "75.00 % of 200 lines, 3 passed"
    assert outcome.data["tests"] == {"passed": 3}
    assert outcome.data["lcov"].endswith("target/tasker-ci/reports/coverage/lcov.info")
    assert "sample" in context.printed


def test_one_line_too_few_is_red_and_says_how_many_lines(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    with pytest.raises(CoverageTooLow) as caught:
        conclude(context, coverage(149, least=75))
    assert "all packages: 74.50 % of the lines, 75 % wanted" in caught.value.message
    assert "1 line" in caught.value.message
    assert caught.value.data["whole"]["lacking_lines"] == 1


def test_a_run_that_reaches_no_code_is_never_green(tmp_path: Path) -> None:
    with pytest.raises(CoverageTooLow, match="No line was measured"):
        conclude(make_context(tmp_path), coverage(0, count=0))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("lines = 101", "`coverage.lines` must be from 0 to 100, not 101"),
        ("lines = -1", "`coverage.lines` must be from 0 to 100, not -1"),
        ("packages.other = 5", "`coverage.packages.other`: no package of the workspace"),
        ('packages."*" = 200', "`coverage.packages.*` must be from 0 to 100"),
    ],
)
def test_thresholds_that_cannot_be_meant(tmp_path: Path, settings: str, reason: str) -> None:
    context = make_context(tmp_path, f"[coverage]\n{settings}\n")
    with pytest.raises(SettingsError) as caught:
        check_thresholds(context, workspace(tmp_path))
    assert reason in caught.value.message


def test_thresholds_of_packages_that_are_there_and_of_all_others(tmp_path: Path) -> None:
    settings = '[coverage]\nlines = 100\npackages = { sample = 0, "*" = 50 }\n'
    check_thresholds(make_context(tmp_path, settings), workspace(tmp_path))
