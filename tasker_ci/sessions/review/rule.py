"""What a rule is, and the list of all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.finding import Severity
    from tasker_ci.sessions.review.subject import Subject


@dataclass(frozen=True, kw_only=True)
class ReviewRule:
    """One rule."""

    id: str
    """``T1``: short, never used again for another rule."""
    name: str
    """``test-unselected``."""
    severity: Severity
    reads: str
    """What it looks at, as a list of nouns."""
    certain: str
    """When a finding of it is certain, as a clause after "certain"."""
    find: Callable[[Subject], Iterable[ReviewFinding]]

    def finding(
        self,
        *,
        place: Place,
        message: str,
        severity: Severity | None = None,
        grade: Grade = Grade.CERTAIN,
        evidence: tuple[str, ...] = (),
        fix: str | None = None,
        tests: tuple[str, ...] = (),
    ) -> ReviewFinding:
        """A finding of this rule; of its severity, unless another one is given."""
        return ReviewFinding(
            rule=self.id,
            severity=severity or self.severity,
            grade=grade,
            place=place,
            message=message,
            evidence=evidence,
            fix=fix,
            tests=tests,
        )


@dataclass(frozen=True)
class RulePage:
    """A rule with what there is to read about it."""

    rule: ReviewRule
    text: str
    """Markdown; the first line is what the rule finds."""


_MODULES = (
    *("test_unselected", "test_only_compiled", "doctest_unselected", "leg_without_effect"),
    *("orphan_file", "trigger_misses", "unknown_flag", "unknown_name", "tool_absent"),
    *("dead_action", "report_path", "exit_lost", "gate", "never_holds", "missing_reference"),
    *("key", "lint_scope", "lint_passes", "msrv_unbuilt", "env_drift", "path_missing"),
    *("secret_shown", "quoted_value", "rust_documented", "doc_effect", "local_check"),
    *("fallback_unreached", "publish_untested"),
    *("unknown_input", "doc_command", "doc_path", "doc_select", "endless_wait"),
    *("no_synchronize", "repository_name", "never_called", "archived"),
    *("bench_unbuilt", "ignored_tests", "no_timeout"),
)
"""In the order in which findings of one severity are told."""


@cache
def pages() -> Mapping[str, RulePage]:
    """All rules by their ids, each with its page."""
    modules = [import_module(f"{__package__}.rules.{name}") for name in _MODULES]
    return {
        module.RULE.id: RulePage(module.RULE, cleandoc(module.__doc__ or "")) for module in modules
    }
