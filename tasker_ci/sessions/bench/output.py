"""Measurements in what benchmarks print: our own lines, libtest's and criterion's."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from tasker_ci.errors import ReportError
from tasker_ci.sessions.bench.benchmarks import Measurement
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = "tasker-ci-bench "
"""What stands before a measurement as JSON: ``name``, ``value``, ``unit``, ``better``."""

_LIBTEST = re.compile(
    r"^test (?P<name>\S+) +\.\.\. bench: +(?P<value>[\d,.]+) ns/iter", re.MULTILINE
)
_CRITERION = re.compile(
    r"^(?P<name>\S.*?)\s+time:\s+\[\S+ \S+ (?P<value>[\d.]+) (?P<unit>ps|ns|µs|us|ms|s) ",
    re.MULTILINE,
)
_NANOSECONDS = {"ps": 1e-3, "ns": 1.0, "µs": 1e3, "us": 1e3, "ms": 1e6, "s": 1e9}
_FINITE = "It has to be finite, below 1.8e308: look at how the benchmark reckons it."
_LONGEST_NAME = 10_000
_SHOWN = 200
"""So many characters of a line that cannot be read are shown."""


class MeasuringLines:
    """Of what benchmarks print, block by block, only the lines that may hold a measurement."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._before = ""

    def feed(self, text: str) -> None:
        """Take in whole lines, without the end of the last."""
        for line in text.split("\n"):
            telling = "time:" in line
            if telling and self._before:  # criterion's name may stand in the line before
                self._kept.append(self._before)
            if telling or line.startswith((OWN, "test ")):
                self._kept.append(line)
                self._before = ""
            else:
                self._before = line[:_LONGEST_NAME]

    @property
    def text(self) -> str:
        """What is to be read by `read_measurements`."""
        return "\n".join(self._kept)


def read_measurements(text: str) -> Iterator[Measurement]:
    """The measurements in what a bench target prints: our lines, libtest's and criterion's.

    Raises `ReportError` for a line of ours that is none.
    """
    for line in text.splitlines():
        if line.startswith(OWN):
            yield _own(line.removeprefix(OWN))
    for match in _LIBTEST.finditer(text):
        value = _printed(match["value"].replace(",", ""), 1.0, match[0])
        yield Measurement(name=match["name"], value=value, unit="ns", better="lower")
    for match in _CRITERION.finditer(text):
        value = _printed(match["value"], _NANOSECONDS[match["unit"]], match[0])
        yield Measurement(name=match["name"], value=value, unit="ns", better="lower")


def _printed(number: str, factor: float, line: str) -> float:
    try:
        value = float(number) * factor
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f"A benchmark printed a time that is no number: {one_line(line[:_SHOWN])}"
        raise ReportError(message, next_step=_FINITE)
    return value


def _own(text: str) -> Measurement:
    try:
        row = json.loads(text)
        found = Measurement(
            name=str(row["name"]),
            value=float(row["value"]),
            unit=str(row.get("unit", "")),
            better=str(row["better"]),
        )
    except OverflowError as error:
        message = f"A benchmark printed a number that is too large: {text[:_SHOWN]}"
        raise ReportError(message, next_step=_FINITE) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"A benchmark printed a measurement that cannot be read: {text[:_SHOWN]}"
        raise ReportError(message, next_step='It needs "name", "value", "better".') from error
    if not math.isfinite(found.value):
        message = f"A benchmark printed a value that is no number: {text[:_SHOWN]}"
        raise ReportError(message, next_step=_FINITE)
    if found.better not in {"higher", "lower"}:
        message = f"A benchmark printed a measurement that means nothing: {text}"
        raise ReportError(message, next_step='"better" is "higher" or "lower".')
    return found
