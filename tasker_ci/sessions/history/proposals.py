"""Which flaky tests could go into quarantine: a proposal with its numbers, never a deed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.sessions.history.trend import identity_of
from tasker_ci.tools.nextest import exactly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.sessions.history.verdicts import FlakyTest

PROPOSED = "Could go into quarantine, if you say why and until when"
"""The title of the proposals."""

_LEAST_TROUBLES = 2
"""One failure is no habit."""

_SESSIONS = ("unit", "integration")
"""Those that have a quarantine."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A test that could go into quarantine."""

    test: FlakyTest
    entry: str
    """The beginning of its entry in the settings; reason and review are for people to say."""
    because: str

    @property
    def row(self) -> tuple[str, ...]:
        """The row of a table."""
        return self.entry, self.because

    def data(self) -> dict[str, str]:
        """What `--json` says of it."""
        return {**identity_of(self.test.key), "entry": self.entry, "because": self.because}


def proposals(flaky: Iterable[FlakyTest]) -> list[Proposal]:
    """The flaky tests of nextest with more than one failure or retry that are not there yet."""
    return [
        Proposal(test=test, entry=_entry(test), because=_because(test))
        for test in flaky
        if test.failed + test.retried >= _LEAST_TROUBLES
        and test.newest_session in _SESSIONS
        and not test.quarantined
        and not test.key[2]  # a class: no test of nextest
    ]


def _entry(test: FlakyTest) -> str:
    _, suite, _, name = test.key
    filterset = f"binary_id({exactly(suite)}) & test({exactly(name)})"
    return f"[[{test.newest_session}.quarantine]] test = {_quoted(filterset)}"


def _quoted(text: str) -> str:
    """A text as TOML has it."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _because(test: FlakyTest) -> str:
    share = test.share
    told = f", {share[0] * 100:.0f} to {share[1] * 100:.0f} % of runs" if share else ""
    times = f"failed in {test.failed} and passed on a retry in {test.retried} of {test.runs} runs"
    return times + told
