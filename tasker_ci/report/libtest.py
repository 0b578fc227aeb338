"""Read what `cargo test` prints: the results of Rust's own test harness, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.report.run import Case, CaseStatus, TestRun

if TYPE_CHECKING:
    from collections.abc import Iterator

UNNAMED = "(unnamed)"

_BEGIN = re.compile(r"^running (?P<count>\d+) tests?$")
_CASE = re.compile(
    r"^test (?P<name>.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. "
    r"(?P<result>ok|FAILED|ignored)\b"
)
_TOTAL = re.compile(
    r"^test result: .*?(?P<passed>\d{1,9}) passed; (?P<failed>\d+) failed; "
    r"(?P<ignored>\d+) ignored; (?P<measured>\d+) measured;.*?finished in (?P<seconds>[\d.]+)s"
)
_OUTPUT = re.compile(r"^---- (?P<name>.+?) (?:stdout|stderr) ----$")
_DOCTEST = re.compile(r"^(?P<file>.+?) - .*\(line (?P<line>\d+)\)$")
_STATUS: dict[str, CaseStatus] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}
_COUNTED = ("passed", "failed", "ignored", "measured")
_COUNTED_AS: dict[str, CaseStatus] = {
    "passed": "passed",
    "failed": "failed",
    "ignored": "skipped",
}


def read_libtest(text: str, suite: str) -> TestRun:
    """Read the standard output of `cargo test`; a run without harness output has no cases.

    A total that the named lines do not reach (a test wrote into its own line) is made up with cases
    called `UNNAMED`, so that no count is lost. A doctest's place is read from its name: that of
    its panic is in a file that rustdoc made and removed.
    """
    binaries = list(_binaries(text))
    return TestRun(
        cases=tuple(case for binary in binaries for case in binary.cases(suite)),
        seconds=sum(binary.seconds for binary in binaries),
    )


@dataclass(kw_only=True)
class _Binary:
    """What one test binary printed; apart, because two may have tests of one name."""

    count: int
    results: list[tuple[str, CaseStatus]] = field(default_factory=list)
    outputs: dict[str, list[str]] = field(default_factory=dict)
    totals: dict[CaseStatus, int] = field(default_factory=dict)
    seconds: float = 0.0
    ended: bool = False
    _in_details: bool = False
    _output: list[str] | None = None

    def begins_another(self, line: str) -> re.Match[str] | None:
        """The match if the line is the head of the next binary, not part of a test's output."""
        return None if self._in_details and not self.ended else _BEGIN.match(line)

    def read(self, line: str) -> None:
        """Take in one line; what a failed test printed may look like the harness's own lines."""
        if self.ended:
            return
        total = _TOTAL.match(line)
        if total and sum(int(total[key]) for key in _COUNTED) == self.count:
            self.totals = {_COUNTED_AS[key]: int(total[key]) for key in _COUNTED_AS}
            self.seconds = float(total["seconds"])
            self.ended = True
            if self._output and "failures:" in self._output:  # the list of names ends the details
                last = len(self._output) - 1 - self._output[::-1].index("failures:")
                del self._output[last:]
        elif self._in_details:
            header = _OUTPUT.match(line)
            if header and (header["name"], "failed") in self.results:
                self._output = self.outputs.setdefault(header["name"], [])
            elif self._output is not None:
                self._output.append(line)
        elif line == "failures:":
            self._in_details = True
        else:
            named = _CASE.match(line)
            if named:
                self.results.append((named["name"], _STATUS[named["result"]]))

    def cases(self, suite: str) -> Iterator[Case]:
        """All tests, also those that the total alone tells of."""
        for name, status in self.results:
            yield _case(suite, name, status, self.outputs.get(name, []))
        for status, total in self.totals.items():
            for _ in range(total - sum(found == status for _, found in self.results)):
                yield Case(suite=suite, name=UNNAMED, status=status)


def _binaries(text: str) -> Iterator[_Binary]:
    binary: _Binary | None = None
    for line in text.splitlines():
        begin = binary.begins_another(line) if binary else _BEGIN.match(line)
        if begin:
            if binary:
                yield binary
            binary = _Binary(count=int(begin["count"]))
        elif binary:
            binary.read(line)
    if binary:
        yield binary


def _case(suite: str, name: str, status: CaseStatus, output: list[str]) -> Case:
    doctest = _DOCTEST.match(name) if status == "failed" else None
    return Case(
        suite=suite,
        name=name,
        status=status,
        output="\n".join(output).strip() if status == "failed" else "",
        place=(doctest["file"], int(doctest["line"]), 1) if doctest else None,
    )
