"""Read what `cargo test` prints: the results of Rust's own test harness, while it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.reports.libtest_harness import Harness
from tasker_ci.reports.run import TestRun
from tasker_ci.text.foreign import unescaped

if TYPE_CHECKING:
    from collections.abc import Collection

_COLOR = r"(?:\x1b\[[\d;]*m)*"
_TELLING = re.compile(
    rf"^{_COLOR}(?:test |running \d|test result: |failures:|successes:|---- |    |\r?$)",
    re.MULTILINE,
)
"""How a line begins that may be the harness's own."""
_BEGIN = re.compile(r"^running (?P<count>\d{1,9}) tests?$")
_LISTED = re.compile(r"^(?P<name>.+): (?:test|benchmark)$")


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
        self._harnesses: list[Harness] = []

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
            self._harnesses.append(Harness(count=int(begin["count"]), single=self._single))
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
    def last_begun(self) -> str | None:
        """The test that began and told no result, where that is known."""
        return self._harnesses[-1].begun if self._harnesses else None

    def run(self, names: Collection[str] | None = None) -> TestRun:
        """All cases; ``names`` are the binary's own tests, where they have been asked for."""
        cases = [case for each in self._harnesses for case in each.cases(self._suite, names)]
        return TestRun(cases=tuple(cases), seconds=sum(each.seconds for each in self._harnesses))
