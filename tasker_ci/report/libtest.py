"""Read what `cargo test` prints: the results of Rust's own test harness, while it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.foreign_text import unescaped
from tasker_ci.kept_output import KeptOutput
from tasker_ci.report.run import Case, CaseStatus, TestRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

UNNAMED = "(unnamed)"

_COLOR = r"(?:\x1b\[[\d;]*m)*"
_TELLING = re.compile(
    rf"^{_COLOR}(?:test |running \d|test result: |failures:|successes:|---- |    |\r?$)",
    re.MULTILINE,
)
"""How a line begins that may be the harness's own."""
_BEGIN = re.compile(r"^running (?P<count>\d{1,9}) tests?$")
_NAMED = re.compile(
    r"^test (?P<name>.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. "
    r"(?:(?P<result>ok|FAILED|ignored)\b)?"
)
_TOTAL = re.compile(
    r"^test result: .*?(?P<passed>\d{1,9}) passed; (?P<failed>\d+) failed; "
    r"(?P<ignored>\d+) ignored; (?P<measured>\d+) measured;.*?finished in (?P<seconds>[\d.]+)s"
)
_OUTPUT = re.compile(r"^---- (?P<name>.+?) (?:stdout|stderr) ----$")
_LISTED = re.compile(r"^(?P<name>.+): (?:test|benchmark)$")
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


def read_libtest(text: str, suite: str) -> TestRun:
    """Read the whole standard output of a `cargo test` that runs any number of binaries."""
    reader = LibtestReader(suite)
    reader.feed(text)
    return reader.run()


def read_list(text: str) -> tuple[str, ...]:
    """The names in what a test binary prints for `--list`."""
    return tuple(match["name"] for line in text.splitlines() if (match := _LISTED.match(line)))


class LibtestReader:
    """Takes in standard output, block by block, and keeps what the harness says.

    A total that the named lines do not reach (a test wrote into its own line) is made up with cases
    called `UNNAMED`, so that no count is lost. A doctest's place is read from its name: that of
    its panic is in a file that rustdoc made and removed.

    ``single`` means that one binary prints all of it. Tests can print what looks like the harness's
    own lines, because they run a harness themselves; then the first `running … tests` is the
    binary's own, and so is the last total that fits it. Without ``single`` a total counts once the
    list of failures before it is that of the tests which failed.
    """

    def __init__(self, suite: str, *, single: bool = False) -> None:
        self._suite = suite
        self._single = single
        self._harnesses: list[_Harness] = []

    def feed(self, text: str) -> None:
        """Take in whole lines, without the end of the last."""
        done = 0
        for match in _TELLING.finditer(text):
            if match.start() < done:
                continue
            if match.start() > done:
                self._noise(text[done : match.start() - 1])
            end = text.find("\n", match.start())
            end = len(text) if end < 0 else end
            self._line(text[match.start() : end])
            done = end + 1
        if done < len(text):
            self._noise(text[done:])

    def _noise(self, text: str) -> None:
        if self._harnesses:
            self._harnesses[-1].noise(text)

    def _line(self, line: str) -> None:
        line = line.rstrip("\r")
        plain = unescaped(line) if line[:1] == "\x1b" else line
        harness = self._harnesses[-1] if self._harnesses else None
        begin = _BEGIN.match(plain)
        if begin and (harness is None or (not self._single and harness.over)):
            self._harnesses.append(_Harness(count=int(begin["count"]), single=self._single))
        elif harness is not None:
            harness.line(plain, begin)

    @property
    def found(self) -> bool:
        """Whether a harness has said how many tests it runs."""
        return bool(self._harnesses)

    @property
    def announced(self) -> int:
        """How many tests were to run."""
        return sum(harness.count for harness in self._harnesses)

    @property
    def ended(self) -> bool:
        """Whether every harness has told its total."""
        return all(harness.totals for harness in self._harnesses)

    @property
    def doubtful(self) -> bool:
        """Whether the last total may be that of a harness which a test ran."""
        return self._single and any(harness.open[:1] for harness in self._harnesses)

    @property
    def unclear(self) -> bool:
        """Whether only the list of the binary's tests says which lines are its own."""
        return self._single and any(harness.unclear for harness in self._harnesses)

    def answered(self, names: Collection[str]) -> int:
        """How many of these tests, which are the binary's own, have told a result."""
        return sum(
            sum(name in harness.results for name in names) + harness.lone_results
            for harness in self._harnesses
        )

    @property
    def last_begun(self) -> str:
        """The test that began and told no result, where that is known; "" if none did."""
        return next((harness.begun for harness in self._harnesses[-1:]), "")

    def run(self, names: Collection[str] | None = None) -> TestRun:
        """All cases; ``names`` are the binary's own tests, where they have been asked for."""
        cases = [case for each in self._harnesses for case in each.cases(self._suite, names)]
        return TestRun(cases=tuple(cases), seconds=sum(each.seconds for each in self._harnesses))


@dataclass(kw_only=True)
class _Harness:
    """What one harness printed; apart, because two binaries may have tests of one name."""

    count: int
    single: bool
    results: dict[str, CaseStatus] = field(default_factory=dict)
    begun: str = ""
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
    _first: str = ""
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
            self.begun = ""
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
