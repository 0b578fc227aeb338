"""What one harness of Rust's tests prints, line by line: its tests, their output, its total."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.process.kept_output import KeptOutput
from tasker_ci.reports.run import Case, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

UNNAMED = "(unnamed)"
"""The name of a case that a total counts and no line names."""

_NAMED = re.compile(
    r"^test (?P<name>.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. "
    r"(?:(?P<result>ok|FAILED|ignored)\b)?"
)
_TOTAL = re.compile(
    r"^test result: .*?(?P<passed>\d{1,9}) passed; (?P<failed>\d+) failed; "
    r"(?P<ignored>\d+) ignored; (?P<measured>\d+) measured;.*?finished in (?P<seconds>[\d.]+)s"
)
_OUTPUT = re.compile(r"^---- (?P<name>.+?) (?:stdout|stderr) ----$")
_LONE = re.compile(r"^(?:(?P<word>ok|FAILED)|(?P<letters>[.Fia]+)(?: \d+/\d+)?)\r?$", re.MULTILINE)
"""A result behind what a test printed, and results of the terse format."""
_DOCTEST = re.compile(r"^(?P<file>.+?) - .*\(line (?P<line>\d+)\)$")
_STATUS: dict[str, CaseStatus] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}
_COUNTED = ("passed", "failed", "ignored", "measured")
_COUNTED_AS: dict[str, CaseStatus] = {
    "passed": "passed",
    "failed": "failed",
    "ignored": "skipped",
}
_OUTPUT_BYTES = 256 << 10
"""As much is kept of the beginning and of the end of what a failed test printed."""
_LITTLE_BYTES = 4 << 10
_MANY_OUTPUTS = 64
"""From so many outputs on little is kept of each."""


@dataclass(kw_only=True)
class Harness:
    """What one harness printed; apart, because two binaries may have tests of one name."""

    count: int
    single: bool
    results: dict[str, CaseStatus] = field(default_factory=dict)
    begun: str | None = None
    """The test that has begun and told no result."""
    lone_results: int = 0
    """Results without a name: behind what a test printed, or in the terse format."""
    totals: dict[CaseStatus, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    """Those that the last total names."""
    seconds: float = 0.0
    nested: bool = False
    open: list[int] = field(default_factory=list)
    """The counts of the harnesses that have begun and told no total, this one first."""
    _inner: set[str] = field(default_factory=set)
    _outputs: dict[str, KeptOutput] = field(default_factory=dict)
    _output: KeptOutput | None = None
    _first: str | None = None
    _details: bool = False
    _list: list[str] | None = None
    _list_ended: bool = False

    def __post_init__(self) -> None:
        self.open = [self.count]

    @property
    def over(self) -> bool:
        """Whether the next head is that of another binary, not part of a test's output."""
        return bool(self.totals) or not self._details

    @property
    def unclear(self) -> bool:
        """Whether the named lines are not as many as the total counts."""
        counted = {
            status: sum(found == status for found in self.results.values())
            for status in self.totals
        }
        return bool(self.totals) and (self.nested or counted != self.totals)

    def noise(self, text: str) -> None:
        """Lines that are certainly none of the harness's own."""
        self._list = None
        if any(letter in text for letter in ".kFia"):
            for match in _LONE.finditer(text):
                self.lone_results += 1 if match["word"] else len(match["letters"])
        if self._output is not None:
            self._output.add(f"{text}\n".replace("\r\n", "\n").encode(errors="replace"))

    def line(self, line: str, begin: re.Match[str] | None) -> None:
        """A line that may be one of the harness's own."""
        if self.totals and not self.single:
            return
        if begin:
            self.nested = True
            self.open.append(int(begin["count"]))
        elif total := _TOTAL.match(line):
            self._take_total(total)
        elif (header := _OUTPUT.match(line)) and self._take_header(header["name"]):
            self._list = None
            return
        elif line in {"failures:", "successes:"}:
            self._details = self._details or line == "failures:"
            self._write(line)
            self._list, self._list_ended = [], False
            return
        elif self._list is not None and line.startswith("    ") and not self._list_ended:
            self._list.append(line[4:])
            self._write(line)
            return
        elif self._list and not line:
            self._list_ended = True
            self._write(line)
            return
        elif named := _NAMED.match(line):
            self._take_named(named)
        self._list = None
        self._write(line)

    def _write(self, line: str) -> None:
        if self._output is not None:
            self._output.add(line.encode(errors="replace") + b"\n")

    def _take_named(self, named: re.Match[str]) -> None:
        if self._details and not self.single:
            return
        name = named["name"]
        if named["result"] is None:
            self.begun = name
            return
        if name == self.begun:
            self.begun = None
        if len(self.open) > 1:
            self._inner.add(name)
        self.results[name] = _STATUS[named["result"]]

    def _take_header(self, name: str) -> bool:
        """Begin a test's output, unless the line stands in that of another one."""
        known = self.results.get(name) == "failed" or name == self.begun
        if len(self.open) > 1 and (not known or name in self._inner):
            return False
        most = _OUTPUT_BYTES if len(self._outputs) < _MANY_OUTPUTS else _LITTLE_BYTES
        self._first = self._first or name
        self._output = self._outputs[name] = KeptOutput(head=most, tail=most, file=False)
        self._details = True
        return True

    def _take_total(self, total: re.Match[str]) -> None:
        number = sum(int(total[key]) for key in _COUNTED)
        place = next((at for at in range(len(self.open) - 1, -1, -1) if self.open[at] == number), 0)
        if self.open[place : place + 1] == [number]:
            del self.open[place:]
        listed = tuple(self._list or ()) if self._list_ended else ()
        if number != self.count or (self._details and int(total["failed"]) != len(listed)):
            return
        if not self.single and not self._are_own(listed):
            return
        self.totals = {_COUNTED_AS[key]: int(total[key]) for key in _COUNTED_AS}
        self.failed = listed
        self.seconds = float(total["seconds"])

    def _are_own(self, listed: tuple[str, ...]) -> bool:
        failed = {name for name, status in self.results.items() if status == "failed"}
        if failed or not self._first:
            return not self._details or failed == set(listed)
        return self._first in listed

    def cases(self, suite: str, names: Collection[str] | None) -> Iterator[Case]:
        """All tests, also those that the total alone tells of."""
        statuses = self._statuses(names)
        for name, status in statuses.items():
            yield _case(suite, name, status, self._output_of(name))
        for status, total in self.totals.items():
            for _ in range(total - sum(found == status for found in statuses.values())):
                yield Case(suite=suite, name=UNNAMED, status=status)

    def _statuses(self, names: Collection[str] | None) -> dict[str, CaseStatus]:
        """The tests by name, as many as the total counts."""
        if not self.totals:
            return {
                name: status
                for name, status in self.results.items()
                if names is None or name in names
            }
        if not self.single:
            return self.results
        found: dict[str, CaseStatus] = dict.fromkeys(self.failed, "failed")
        own_first = sorted(self.results, key=self._inner.__contains__)
        for name in own_first if names is None else names:
            status = self.results.get(name)
            if name in found or status not in {"passed", "skipped"}:
                continue
            if sum(each == status for each in found.values()) < self.totals[status]:
                found[name] = status
        silent = [name for name in names or () if name not in found]
        passed = self.totals["passed"] - sum(each == "passed" for each in found.values())
        if len(silent) == passed:  # what they printed hides their results
            found |= dict.fromkeys(silent, "passed")
        order = {name: place for place, name in enumerate(self.results)}
        return dict(sorted(found.items(), key=lambda row: order.get(row[0], len(order))))

    def _output_of(self, name: str) -> str:
        kept = self._outputs.get(name)
        if kept is None:
            return ""
        text = kept.text
        if kept is self._output and "failures:\n" in text:  # the list of names ends the details
            text = text[: text.rindex("failures:\n")]
        return text


def _case(suite: str, name: str, status: CaseStatus, output: str) -> Case:
    doctest = _DOCTEST.match(name) if status == "failed" else None
    return Case(
        suite=suite,
        name=name,
        status=status,
        output=output.strip() if status == "failed" else "",
        place=(doctest["file"], int(doctest["line"]), 1) if doctest else None,
    )
