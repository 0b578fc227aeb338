"""What `cargo llvm-cov report --json` says, by package, and what it is held against."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.screen.reporter import Table
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.rust.workspace import Package

WHOLE = "all packages"
"""What the row of the whole workspace is called."""

OTHERS = "*"
"""The name in settings that stands for every package without a name of its own there."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many there are and how many of them ran."""

    count: int = 0
    covered: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(count=self.count + other.count, covered=self.covered + other.covered)

    def __str__(self) -> str:
        return f"{self.percent:.2f} %" if self.count else "-"

    @property
    def percent(self) -> float:
        """The share in percent, as llvm-cov reckons it; 0 of nothing."""
        return 100 * self.covered / self.count if self.count else 0.0

    def lacking(self, least: int) -> int:
        """How many more would have to be covered for ``least`` percent, without rounding."""
        return max(0, -(-least * self.count // 100) - self.covered)


@dataclass(frozen=True, kw_only=True)
class CoverageRow:
    """The figures of one package or of the whole workspace."""

    name: str
    lines: Counted = Counted()
    functions: Counted = Counted()
    regions: Counted = Counted()
    least: int = 0
    """How many percent of the lines settings ask for."""

    def plus(self, other: CoverageRow) -> CoverageRow:
        """The sum of both, under this name."""
        return CoverageRow(
            name=self.name,
            lines=self.lines + other.lines,
            functions=self.functions + other.functions,
            regions=self.regions + other.regions,
            least=self.least,
        )

    @property
    def too_low(self) -> bool:
        """Whether it is below what settings ask for; nothing measured is below everything."""
        return self.least > 0 and (not self.lines.count or self.lines.lacking(self.least) > 0)

    @property
    def below_by(self) -> str:
        """How far it is below, in words."""
        if not self.too_low:
            return ""
        if not self.lines.count:
            return "nothing was measured"
        lacking = self.lines.lacking(self.least)
        points = self.least - self.lines.percent
        return f"{points:.2f} points, {counted(lacking, 'line')}"

    def as_data(self) -> dict[str, Any]:
        """The row for `--json`."""
        return {
            "name": self.name,
            **{
                kind: {"count": each.count, "covered": each.covered, "percent": each.percent}
                for kind, each in (
                    ("lines", self.lines),
                    ("functions", self.functions),
                    ("regions", self.regions),
                )
            },
            "least": self.least,
            "lacking_lines": self.lines.lacking(self.least),
            "too_low": self.too_low,
        }


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The figures of a workspace."""

    whole: CoverageRow
    packages: tuple[CoverageRow, ...]
    foreign: tuple[str, ...] = field(default=())
    """Files that lie in no package; the whole counts them."""

    @property
    def too_low(self) -> tuple[CoverageRow, ...]:
        """What is below its threshold."""
        return tuple(row for row in (*self.packages, self.whole) if row.too_low)

    def as_data(self) -> dict[str, Any]:
        """The figures for `--json`."""
        return {
            "whole": self.whole.as_data(),
            "packages": [row.as_data() for row in self.packages],
            "foreign": list(self.foreign),
        }


def read_coverage(
    text: str, packages: Iterable[Package], *, least: int, least_of: Mapping[str, int]
) -> Coverage:
    """Add up the files of a report by package; the nearest folder with a manifest owns a file.

    ``least`` is the threshold of the whole in percent, ``least_of`` those of packages. Raises
    `ReportError` if the text is no such report.
    """
    others = least_of.get(OTHERS, 0)
    folders = {package.manifest.parent.resolve(): package.name for package in packages}
    rows = {
        name: CoverageRow(name=name, least=least_of.get(name, others))
        for name in sorted(folders.values())
    }
    foreign = []
    try:
        (data,) = json.loads(text)["data"]
        for file in data["files"]:
            found = _row(file["filename"], file["summary"])
            path = Path(found.name).resolve()
            owner = next((folders[each] for each in path.parents if each in folders), "")
            if owner:
                rows[owner] = rows[owner].plus(found)
            else:
                foreign.append(found.name)
        # The tool's own sum: a file that it counts differently would be seen.
        whole = CoverageRow(name=WHOLE, least=least).plus(_row(WHOLE, data["totals"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"cargo llvm-cov printed a report that cannot be read ({error!r})."
        raise ReportError(message, next_step="tasker-ci tools --tool cargo-llvm-cov") from error
    return Coverage(whole=whole, packages=tuple(rows.values()), foreign=tuple(foreign))


def coverage_table(coverage: Coverage) -> Table:
    """The figures for people; the last two columns only where settings ask for something."""
    rows = (*coverage.packages, coverage.whole)
    asked = any(row.least for row in rows)
    return Table(
        title="Coverage",
        columns=(
            "package",
            "lines",
            "covered",
            "functions",
            "regions",
            *(("least", "below by") if asked else ()),
        ),
        rows=tuple(
            (
                row.name,
                str(row.lines),
                f"{row.lines.covered} of {row.lines.count}",
                str(row.functions),
                str(row.regions),
                *((f"{row.least} %" if row.least else "", row.below_by) if asked else ()),
            )
            for row in rows
        ),
    )


def _row(name: str, summary: Mapping[str, Any]) -> CoverageRow:
    def counted(kind: str) -> Counted:
        return Counted(count=summary[kind]["count"], covered=summary[kind]["covered"])

    return CoverageRow(
        name=name,
        lines=counted("lines"),
        functions=counted("functions"),
        regions=counted("regions"),
    )
