"""Findings that the settings leave out, each with its reason and until a day."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.result import ReviewResult
    from tasker_ci.sessions.review.settings import ReviewAllow


def without_allowed(
    result: ReviewResult, rules: Sequence[ReviewAllow], today: date, warn: Callable[[str], None]
) -> ReviewResult:
    """The result without what is allowed; ``warn`` hears of rules that are over or unused."""
    kept, used = [], set()
    for finding in result.findings:
        fitting = [place for place, rule in enumerate(rules) if _fits(rule, finding)]
        used.update(fitting)
        if not any(today < rules[place].review for place in fitting):
            kept.append(finding)
    for place, rule in enumerate(rules):
        what = f"review.allow for {rule.rule} in {rule.path}"
        if place not in used:
            warn(f"{what} allows nothing.")
        elif rule.review <= today:
            warn(f"{what} is to be looked at again since {rule.review} ({rule.reason}).")
    allowed = len(result.findings) - len(kept)
    if allowed:
        warn(f"{counted(allowed, 'finding')} {are(allowed)} allowed by the settings.")
    return replace(result, findings=tuple(kept), allowed=allowed)


def _fits(rule: ReviewAllow, finding: ReviewFinding) -> bool:
    return rule.rule.upper() == finding.rule and fnmatchcase(str(finding.place.file), rule.path)
