"""The tests in quarantine: what settings name, as filtersets, and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError, UsageError
from tasker_ci.tools.nextest import has_filterset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.context import Context
    from tasker_ci.settings.quarantine import QuarantinedTest


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the settings."""

    test: str
    reason: str
    review: date
    place: str
    """Where it stands."""

    @property
    def told(self) -> str:
        """Why and until when, for people and for the report."""
        return f"{self.reason} (review {self.review}, {self.place})"


@dataclass(frozen=True, kw_only=True)
class Quarantine:
    """The entries of one session."""

    active: tuple[Entry, ...]
    past: tuple[Entry, ...] = ()
    """Those whose review was due: their tests are red again, whatever else names them."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them."""
        return (*self.active, *self.past)

    @property
    def filterset(self) -> str:
        """The filterset of the tests whose failure is not red."""
        active = _union(self.active)
        return f"({active}) - ({_union(self.past)})" if self.past else active

    def within(self, filterset: str | None) -> str:
        """What of a filterset, or of all tests, is in quarantine."""
        return f"({filterset}) & ({self.filterset})" if filterset else self.filterset

    def without(self, filterset: str | None) -> str:
        """What of a filterset, or of all tests, is not."""
        return f"({filterset}) - ({self.filterset})" if filterset else f"not ({self.filterset})"


def _union(entries: Iterable[Entry]) -> str:
    return " + ".join(f"({entry.test})" for entry in entries)


def quarantine_of(
    context: Context, table: str, rows: tuple[QuarantinedTest, ...], today: date | None = None
) -> Quarantine | None:
    """The quarantine of the session with the settings ``table``; None where it holds nothing.

    Warns of entries whose review is due. Raises `SettingsError` for an entry that says nothing, or
    the same as another, and `UsageError` where the user's own filterset would be joined to it.
    """
    day = today or datetime.now(UTC).date()
    entries = _checked(context, table, rows)
    past = tuple(entry for entry in entries if day >= entry.review)
    active = tuple(entry for entry in entries if day < entry.review)
    for entry in past:
        context.reporter.warning(
            f"{entry.place}: the quarantine of {entry.test} ended on {entry.review}, and its "
            "failure is red again. Fix the test, or give it a new date."
        )
    if not active:
        return None
    if has_filterset(context.passthrough):
        message = "A filterset for nextest would be joined to that of the quarantine with `or`."
        raise UsageError(message, next_step="Give it with --filter, before the separator.")
    return Quarantine(active=active, past=past)


def _checked(context: Context, table: str, rows: tuple[QuarantinedTest, ...]) -> tuple[Entry, ...]:
    source = context.loaded.sources.get((table, "quarantine"))
    entries: dict[str, Entry] = {}
    for number, row in enumerate(rows):
        named = source and replace(source, key=(*source.key, number))
        place = str(named or f"[[{table}.quarantine]]")
        test = row.test.strip()
        for name, text in (("test", test), ("reason", row.reason.strip())):
            if not text:
                message = f"{place}: the `{name}` of a quarantine is empty."
                raise SettingsError(message, next_step=f"Say it in `{name}`, or remove the entry.")
        if test in entries:
            message = f"{place}: {test} is in quarantine already, by {entries[test].place}."
            raise SettingsError(message, next_step="Leave one of the entries.")
        entries[test] = Entry(test=test, reason=row.reason.strip(), review=row.review, place=place)
    return tuple(entries.values())
