"""The advisories that an audit leaves out: why, until when, and what they hide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.audit.settings import AuditSettings

if TYPE_CHECKING:
    from datetime import date

    from tasker_ci.context import Context
    from tasker_ci.sessions.audit.advisories import AuditFinding, AuditReport


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """An advisory that was left out."""

    advisory: str
    reason: str
    review: date | None = None
    """From this day on it is a warning; None for one of cargo-audit's own configuration."""
    overdue: bool = False
    hides: tuple[AuditFinding, ...] | None = None
    """What the audit would have found without it; None where that is not known."""

    def as_data(self) -> dict[str, Any]:
        """The ignore for `--json`."""
        return {
            "advisory": self.advisory,
            "reason": self.reason,
            "review": None if self.review is None else self.review.isoformat(),
            "overdue": self.overdue,
            "hides": None
            if self.hides is None
            else [
                {"crate": found.crate, "version": found.version, "severity": found.impact}
                for found in self.hides
            ],
        }


def find_ignored(
    context: Context,
    report: AuditReport,
    whole: AuditReport | None,
    *,
    today: date,
    configuration: str = ".cargo/audit.toml",
) -> tuple[Ignored, ...]:
    """What was left out: by the settings first, then by cargo-audit's own ``configuration``.

    ``whole`` is the report without any ignore; None where there is none.
    """

    def hidden(advisory: str) -> tuple[AuditFinding, ...] | None:
        if whole is None:
            return None
        return tuple(finding for finding in whole.findings if finding.advisory == advisory)

    own = tuple(
        Ignored(
            advisory=ignore.id,
            reason=ignore.reason,
            review=ignore.review,
            overdue=today >= ignore.review,
            hides=hidden(ignore.id),
        )
        for ignore in context.settings_of(AuditSettings).ignore
    )
    names = {entry.advisory for entry in own}
    others = dict.fromkeys(name for name in report.ignored if name not in names)
    reason = f"named in {configuration}"
    return (
        *own,
        *(Ignored(advisory=name, reason=reason, hides=hidden(name)) for name in others),
    )


def tell_ignored(context: Context, ignored: tuple[Ignored, ...]) -> None:
    """Warn of ignores past their review date, note those that hide nothing any more."""
    for entry in ignored:
        if entry.overdue:
            context.reporter.warning(
                f"The ignore of {entry.advisory} was to be reviewed by {entry.review} "
                f"(its reason: {entry.reason}). Look at it again: drop it, or give it a new date."
            )
        if entry.hides == ():
            place = entry.reason.removeprefix("named in ") if entry.review is None else ""
            context.reporter.line(
                f"note: {place or '`audit.ignore`'} names {entry.advisory}, which concerns no "
                "crate of Cargo.lock any more; the entry can go.",
                "yellow",
            )


def ignored_table(ignored: tuple[Ignored, ...]) -> Table:
    """The ignores for people."""
    return Table(
        title="Ignored advisories",
        columns=("advisory", "crate", "severity", "reason", "review"),
        rows=tuple(
            (
                entry.advisory,
                ", ".join(f"{hidden.crate} {hidden.version}" for hidden in entry.hides or ())
                or "-",
                ", ".join(dict.fromkeys(hidden.impact for hidden in entry.hides or ())) or "-",
                entry.reason,
                f"{entry.review or '-'}{' (past)' if entry.overdue else ''}",
            )
            for entry in ignored
        ),
    )
