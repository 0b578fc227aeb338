"""Failures that have one cause: grouped by what the tests themselves print, nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tasker_ci.reports.held_text import beginning, contains, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasker_ci.reports.run import Case

_VARYING = re.compile(
    r"0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|/tmp/\S+"
    r"|(?<=:)\d{4,5}\b|\b\d+(?:\.\d+)?(?:ns|µs|ms|s)\b|\b\d{5,}\b"
    r"|(?<=[Tt]hread ')[^']*(?=')|\(\d+\)"
)
"""What differs from test to test without being another cause: addresses, ids, ports, durations."""

_OF_THE_LANGUAGE = re.compile(
    r"assertion |explicit panic|called `Option|not (?:yet )?implemented|internal error: entered "
    r"|index out of bounds|range |attempt to |byte index|slice index|already (?:mutably )?borrowed"
    r"|no message|test (?:did not panic|failed|timed? ?out)|exit code|process (?:aborted|exited)"
    r"|failed with|panicked|test abort"
)
"""Words that stand for any cause: only at the same place, or with the same output, are they one."""

_UNWRAPPED = re.compile(r"^(?:called `Result::unwrap\(\)` on an `Err` value: |Error: )")
"""What stands before an error that a test unwraps or returns."""

_SHOWN_OF_OUTPUT = 2000
_LOOKED_AT = 100 * _SHOWN_OF_OUTPUT
"""Of an output in which the test's name is replaced before that."""

_DATABASE = re.compile(
    r"(?i)postgres|sqlx|diesel|database|mysql|sea[-_]?orm|mongo|:5432\b|PgPool|PoolTimedOut"
)

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)PoolTimedOut|pool timed out|Timed out in bb8"
                r"|timed out (?:while )?waiting for (?:an open )?conn"),
     "the database does not answer (its pool timed out)"),
    (re.compile(r"(?i)too many clients|remaining connection slots|too many connections"),
     "the database has no connection left"),
    (re.compile(r"(?i)(?:password )?authentication failed for user"),
     "the database refuses the login"),
    (re.compile(r"(?i)database \\?\"?[\w-]+\\?\"? does not exist"),
     "the database does not exist"),
    (re.compile(r"(?i)relation \\?\"?[\w.]+\\?\"? does not exist|no such table"),
     "the database has no such table"),
)  # fmt: skip
_REFUSED = re.compile(r"(?i)connection refused|ConnectionRefused|actively refused")
_UNSET = re.compile(
    r"\b(?P<before>[A-Z][A-Z0-9_]{2,})\b[`'\"]? (?:must be|should be|is not|not|needs to be) set"
    r"|environment variable [`'\"]?(?P<name>[A-Z][A-Z0-9_]{2,})[`'\"]? (?:is )?(?:not|must)"
    r"|\b(?P<named>[A-Z][A-Z0-9_]{2,})[^\n]{0,60}(?:NotPresent|environment variable not found)"
    r"|(?P<none>\bNotPresent\b|environment variable not found)"
)
_MORE_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)failed to lookup address|could not translate host name"
                r"|Name or service not known|nodename nor servname"),
     "a host name cannot be resolved"),
    (re.compile(r"No space left on device|StorageFull"), "the disk is full"),
    (re.compile(r"Address already in use|AddrInUse"), "a port is taken"),
    (re.compile(r"Too many open files"), "too many files are open"),
    (re.compile(r"Cannot allocate memory|memory allocation of \d+ bytes failed"),
     "memory ran out"),
    (re.compile(r"Permission denied|PermissionDenied"), "permission is denied"),
    (re.compile(r"Cannot connect to the Docker daemon|SocketNotFoundError"),
     "Docker does not answer"),
    (re.compile(r"kind: TimedOut|deadline has elapsed|Elapsed\(\(\)\)"),
     "a deadline passed"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Tests that failed for one reason, in the order of the report."""

    cases: tuple[Case, ...]

    @property
    def first(self) -> Case:
        """The test that stands for all: its place and reason are shown."""
        return self.cases[0]

    @cached_property
    def word(self) -> str | None:
        """The cause in a few words, where the output of the tests names a known one."""
        return _word(self.first)

    @property
    def by_group(self) -> dict[str, list[str]]:
        """The names of the tests by what they are shown under."""
        found: dict[str, list[str]] = {}
        for case in self.cases:
            found.setdefault(case.group, []).append(case.title)
        return found


def causes_of(failed: Iterable[Case]) -> tuple[Cause, ...]:
    """The failures by cause: most tests first, else in the order of the report."""
    found: dict[tuple[str, ...], list[Case]] = {}
    for case in failed:
        found.setdefault(_key(case), []).append(case)
    causes = [Cause(cases=tuple(cases)) for cases in found.values()]
    return tuple(sorted(causes, key=lambda cause: -len(cause.cases)))


def _key(case: Case) -> tuple[str, ...]:
    panics, reason, location = case.told
    silent = reason == "no message" and is_blank(case.output) and is_blank(case.stderr)
    if case.is_script or silent:  # what says nothing has no cause that is known
        return (case.suite, case.classname or "", case.name, case.variant or "")
    if not _OF_THE_LANGUAGE.match(reason):
        return (_VARYING.sub("#", _UNWRAPPED.sub("", reason).strip()),)
    if location is None:
        parts = (beginning(each, _LOOKED_AT) for each in (case.output, case.stderr) if each)
        output = "\n".join(parts)
        told = _VARYING.sub("#", output.replace(case.name, "#").strip()[:_SHOWN_OF_OUTPUT])
        return (_VARYING.sub("#", reason), told)
    return (*map(str, location[:2]), _VARYING.sub("#", _message(reason, panics)))


def _message(reason: str, panics: Sequence[re.Match[str]]) -> str:
    """A panic's whole message, with the values of an assertion, up to the backtrace."""
    if not panics:
        return reason
    found = panics[0]
    after = found.string[found.end() : found.end() + _SHOWN_OF_OUTPUT].lstrip(":\n")
    return re.split(r"\n(?:stack backtrace:|note: )", after)[0].strip()


def _word(case: Case) -> str | None:
    shown = beginning(case.output, _SHOWN_OF_OUTPUT)
    panics, reason, _ = case.told
    text = "\n".join((reason, case.message, _message(reason, panics), shown))
    for pattern, word in _WORDS:
        if pattern.search(text):
            return word
    if _REFUSED.search(text):
        is_database = any(contains(_DATABASE, each) for each in (text, case.output, case.stderr))
        return "the database refuses connections" if is_database else "a connection is refused"
    unset = _UNSET.search(text)
    if unset is not None:
        name = unset["before"] or unset["name"] or unset["named"]
        return f"{name} is not set" if name else "an environment variable is not set"
    return next((word for pattern, word in _MORE_WORDS if pattern.search(text)), None)
