"""What scans come to: what fails, what settings tolerate, what is left out and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.sessions.scan.errors import VulnerableImage
from tasker_ci.sessions.scan.settings import ScanSettings
from tasker_ci.sessions.scan.vulnerabilities import each_once, vulnerabilities_table
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from tasker_ci.sessions.scan.vulnerabilities import ScanReport, Vulnerability

_ANNOTATIONS = 10
_NAMED = 5
"""So many of what a scanner left out are named, the others counted: it can be hundreds."""


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    failing: tuple[Vulnerability, ...]
    """As bad as settings do not want it, and not ignored."""
    tolerated: tuple[Vulnerability, ...]
    """Less bad, or without a remedy where settings let that pass."""
    ignored: tuple[Vulnerability, ...]
    partly: tuple[Vulnerability, ...]
    """Not ignored, though an ignore names one of its aliases."""
    suppressed: tuple[Vulnerability, ...]
    """Left out by the scanner's own configuration."""


def _judge(context: Context, found: Sequence[ScanReport]) -> _Verdict:
    settings = context.settings_of(ScanSettings)
    names = {ignore.id for ignore in settings.ignore}
    every = each_once(each for report in found for each in report.vulnerabilities)
    judged = [each for each in every if not each.named_in(names)]
    failing = tuple(
        each
        for each in judged
        if each.at_least(settings.severity) and (each.fixed or settings.unfixed == "fail")
    )
    return _Verdict(
        failing=failing,
        tolerated=tuple(each for each in judged if each not in failing),
        ignored=tuple(each for each in every if each.named_in(names)),
        partly=tuple(each for each in judged if any(each.called(name) for name in names)),
        suppressed=each_once(each for report in found for each in report.suppressed),
    )


def tell_scans(context: Context, found: Sequence[ScanReport], today: date) -> Outcome:
    """Print what was found and return it; raises `VulnerableImage` if settings do not want it."""
    verdict = _judge(context, found)
    images = list(dict.fromkeys(report.image for report in found))
    for image, doubt in dict.fromkeys((each.image, each.doubt) for each in found if each.doubt):
        context.reporter.warning(f"Of {image} this scan says little: {doubt}.")
    _tell_suppressed(context, verdict.suppressed)
    _tell_ignored(context, verdict, today)
    data = {
        "images": images,
        "failing": [each.as_data() for each in verdict.failing],
        "tolerated": [each.as_data() for each in verdict.tolerated],
        "ignored": [each.as_data() for each in verdict.ignored],
        "suppressed": [each.as_data() for each in verdict.suppressed],
        "doubts": {each.image: each.doubt for each in found if each.doubt},
    }
    if verdict.failing:
        table = vulnerabilities_table(verdict.failing, title="Vulnerabilities")
        _show(context, table)
        error = _error(context, verdict.failing, images)
        error.data = data
        raise error
    left = f", {len(verdict.ignored)} ignored" if verdict.ignored else ""
    summary = f"{', '.join(images)}: {_counted(verdict.tolerated) or 'nothing known'}{left}"
    return Outcome(summary=summary, data=data)


def _error(
    context: Context, failing: Sequence[Vulnerability], images: Sequence[str]
) -> VulnerableImage:
    for each in failing[:_ANNOTATIONS]:
        text = f"{each.image}: {each.id} in {each.package} {each.version} ({each.severity}"
        context.reporter.annotation("error", f"{text}; fixed in {each.fixed or 'none'})")
    mended = sum(bool(each.fixed) for each in failing)
    steps = []
    if mended:
        many = f"{mended} have versions that mend them" if mended > 1 else "1 has one that mends it"
        steps += [f"{many}: build on a newer base image"]
    if mended < len(failing):
        steps += [f'{len(failing) - mended} without: `scan.unfixed = "pass"` counts those only']
    entry = f'{{ id = "{failing[0].id}", reason = "…", review = YYYY-MM-DD }}'
    steps += [f"what does not matter here goes into `scan.ignore`: {entry}"]
    return VulnerableImage(
        f"{len(failing)} of severity {context.settings_of(ScanSettings).severity} or worse in "
        f"{counted(len(images), 'image')}.",
        next_step="; ".join(steps),
    )


def _tell_suppressed(context: Context, suppressed: Sequence[Vulnerability]) -> None:
    if not suppressed:
        return
    names = list(dict.fromkeys(each.id for each in suppressed))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    with context.reporter.foreign_output():
        context.reporter.line(
            f"note: the scanner left out {', '.join(names[:_NAMED])}{more} by a configuration of "
            "its own, where no reason and no date is asked for; `scan.ignore` takes both.",
            "yellow",
        )


def _tell_ignored(context: Context, verdict: _Verdict, today: date) -> None:
    ignores, hidden = context.settings_of(ScanSettings).ignore, verdict.ignored
    names = {ignore.id for ignore in ignores}
    for ignore in ignores:
        if today >= ignore.review:
            context.reporter.warning(
                f"The ignore of {ignore.id} was to be reviewed by {ignore.review} (its reason: "
                f"{ignore.reason}). Look at it again: drop it, or give it a new date."
            )
        for each in (one for one in verdict.partly if one.called(ignore.id)):
            missing = ", ".join(alias for alias in each.aliases if alias not in names)
            with context.reporter.foreign_output():
                context.reporter.line(
                    f"note: `scan.ignore` names {ignore.id}, which is a part of {each.id} in "
                    f"{each.package}; it is ignored only with the others: {missing}.",
                    "yellow",
                )
        if not any(each.called(ignore.id) for each in (*hidden, *verdict.partly)):
            context.reporter.line(
                f"note: `scan.ignore` names {ignore.id}, which no image has any more; the entry "
                "can go.",
                "yellow",
            )
    if not ignores:
        return
    table = Table(
        title="Ignored vulnerabilities",
        columns=("vulnerability", "package", "severity", "reason", "review"),
        rows=tuple(
            (
                ignore.id,
                _listed(each.package for each in hidden if each.called(ignore.id)),
                _listed(each.severity for each in hidden if each.called(ignore.id)),
                ignore.reason,
                f"{ignore.review}{' (past)' if today >= ignore.review else ''}",
            )
            for ignore in ignores
        ),
    )
    _show(context, table)


def _show(context: Context, table: Table) -> None:
    """A table with names from an image and texts from a database, which GitHub must not obey."""
    with context.reporter.foreign_output():
        context.reporter.table(table)
    context.reporter.summary(to_markdown(table))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "-"


def _counted(found: Sequence[Vulnerability]) -> str:
    counts: dict[str, int] = {}
    for each in found:
        counts[each.severity] = counts.get(each.severity, 0) + 1
    return ", ".join(f"{count} {severity}" for severity, count in sorted(counts.items()))
