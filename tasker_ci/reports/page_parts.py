"""What the parts of a page have in common: what they show, and how a section begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from tasker_ci.text.foreign import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.reports.merge import Merged
    from tasker_ci.reports.run import Case, CaseStatus

ORDER: tuple[CaseStatus, ...] = ("failed", "quarantined", "flaky", "passed", "skipped")
MARKS = {"failed": "✕", "quarantined": "⊘", "flaky": "≈", "passed": "✓", "skipped": "○"}
NAME_CHARACTERS = 400


@dataclass(frozen=True, kw_only=True)
class PageSession:
    """One session of the run, for the head of the page."""

    name: str
    status: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a page shows."""

    merged: Merged
    sources: tuple[str, ...]
    """The files that were read."""
    origin: str | None = None
    """Commit and branch, as far as they are known."""
    remarks: tuple[str, ...] = ()
    """What is odd about the reports, a sentence each."""
    parts: tuple[PageSession, ...] = ()
    rerun: Callable[[Case], str | None] = field(default=lambda _: None)
    place: Callable[[Case], str | None] = field(default=lambda _: None)


def section(identity: str, title: str, note: str | None = None) -> str:
    """The beginning of a section; ``note`` stands below its title."""
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<section id="{identity}"><h2>{escape(title)}</h2>{told}\n'


def shown(name: str) -> str:
    """A name for the page: what would turn the direction of the text around it is spelled."""
    return escape(one_line(shortened(name, NAME_CHARACTERS)))


def name_of(case: Case) -> str:
    """The name with places where a browser may break it."""
    text = shown(case.title) or "(no name)"
    return text.replace("::", "::<wbr>").replace("_", "_<wbr>")
