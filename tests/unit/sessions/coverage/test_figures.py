"""The figures of coverage by package, and what they are held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rust_workspaces
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.sessions.coverage.figures import (
    Counted,
    Coverage,
    CoverageRow,
    coverage_table,
    read_coverage,
)

PACKAGES = (
    rust_workspaces.package(Path("/w")),
    rust_workspaces.package(Path("/w/crates/inner")),
    rust_workspaces.package(Path("/w/crates/inner-most")),
)


def counted(count: int, covered: int) -> dict[str, Any]:
    return {"count": count, "covered": covered, "percent": 0.0}


def summary(count: int, covered: int) -> dict[str, Any]:
    return {kind: counted(count, covered) for kind in ("lines", "functions", "regions")}


def report(files: dict[str, tuple[int, int]], totals: tuple[int, int] | None = None) -> str:
    """A report as `cargo llvm-cov report --json --summary-only` writes it."""
    sums = totals or (
        sum(count for count, _ in files.values()),
        sum(covered for _, covered in files.values()),
    )
    return json.dumps(
        {
            "data": [
                {
                    "files": [
                        {"filename": name, "summary": summary(*numbers)}
                        for name, numbers in files.items()
                    ],
                    "totals": summary(*sums),
                }
            ],
            "type": "llvm.coverage.json.export",
        }
    )


def read(text: str, least: int = 0, **least_of: int) -> Coverage:
    return read_coverage(text, PACKAGES, least=least, least_of=least_of)


FILES = {
    "/w/src/lib.rs": (10, 5),
    "/w/crates/inner/src/lib.rs": (10, 10),
    "/w/crates/inner/src/deep/er.rs": (10, 8),
    "/w/crates/inner-most/src/lib.rs": (4, 1),
}


def test_a_file_belongs_to_the_nearest_package() -> None:
    found = read(report(FILES))
    assert {row.name: (row.lines.covered, row.lines.count) for row in found.packages} == {
        "w": (5, 10),
        "inner": (18, 20),
        "inner-most": (1, 4),
    }
    assert (found.whole.lines.covered, found.whole.lines.count) == (24, 34)


def test_the_whole_is_the_tools_own_sum_and_foreign_files_are_named() -> None:
    found = read(report({"/elsewhere/lib.rs": (6, 3), **FILES}))
    assert found.foreign == ("/elsewhere/lib.rs",)
    assert found.whole.lines == Counted(count=40, covered=27)


def test_a_package_without_a_file_has_no_figures() -> None:
    row = next(row for row in read(report({})).packages if row.name == "inner")
    assert str(row.lines) == "-"
    assert not row.too_low


def test_nothing_measured_is_below_every_threshold() -> None:
    found = read(report({}), least=1, inner=1)
    assert [(row.name, row.below_by) for row in found.too_low] == [
        ("inner", "nothing was measured"),
        ("all packages", "nothing was measured"),
    ]


def test_a_star_is_every_package_that_is_not_named() -> None:
    found = read(report(FILES), **{"*": 60, "inner-most": 25})
    assert {row.name: row.least for row in found.packages} == {
        "w": 60,
        "inner": 60,
        "inner-most": 25,
    }
    assert [row.name for row in found.too_low] == ["w"]


@pytest.mark.parametrize(
    ("count", "covered", "least", "below_by"),
    [
        pytest.param(9, 7, 77, "", id="above"),
        pytest.param(9, 7, 78, "0.22 points, 1 line", id="below"),
        pytest.param(4, 3, 75, "", id="exactly what is asked for"),
        pytest.param(100, 50, 90, "40.00 points, 40 lines", id="far below"),
        pytest.param(100_000, 79_999, 80, "0.00 points, 1 line", id="rounds to what is asked for"),
    ],
)
def test_it_says_by_how_much(count: int, covered: int, least: int, below_by: str) -> None:
    row = CoverageRow(name="x", lines=Counted(count=count, covered=covered), least=least)
    assert row.below_by == below_by
    assert row.too_low == bool(below_by)


@given(st.integers(1, 10_000), st.data(), st.integers(1, 100))
def test_so_many_lines_more_are_enough_and_one_less_is_not(
    count: int, data: st.DataObject, least: int
) -> None:
    covered = data.draw(st.integers(0, count))
    lacking = Counted(count=count, covered=covered).lacking(least)
    assert not CoverageRow(
        name="x", lines=Counted(count=count, covered=covered + lacking), least=least
    ).too_low
    if lacking:
        assert CoverageRow(
            name="x", lines=Counted(count=count, covered=covered + lacking - 1), least=least
        ).too_low


def test_the_table_says_what_is_asked_for_only_where_something_is() -> None:
    assert coverage_table(read(report(FILES))).columns == (
        "package",
        "lines",
        "covered",
        "functions",
        "regions",
    )
    table = coverage_table(read(report(FILES), least=71))
    assert table.rows[-1] == (
        "all packages",
        "70.59 %",
        "24 of 34",
        "70.59 %",
        "70.59 %",
        "71 %",
        "0.41 points, 1 line",
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"data": []}', '{"data": [{"files": [{}], "totals": {}}]}']
)
def test_what_is_no_report_is_said(text: str) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read(text)
