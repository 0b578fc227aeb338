"""The findings as SARIF, which code scanning on GitHub reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import pages
from tasker_ci.sessions.review.text import details
from tasker_ci.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.sessions.review.result import ReviewResult
    from tasker_ci.sessions.review.rule import RulePage

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "SRCROOT"


def sarif(result: ReviewResult) -> dict[str, Any]:
    """The document."""
    known = {name: page for name, page in pages().items() if _has(result, name)}
    ids = [*known, *dict.fromkeys(f.rule for f in result.findings if f.rule not in known)]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "tasker-ci review",
                        "semanticVersion": __version__,
                        "rules": [
                            _rule(known[name]) if name in known else {"id": name} for name in ids
                        ],
                    }
                },
                "columnKind": "utf16CodeUnits",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The repository"}}},
                "results": [
                    _result(finding, ids.index(finding.rule)) for finding in result.findings
                ],
                "invocations": [
                    {"executionSuccessful": True, "toolExecutionNotifications": _unread(result)}
                ],
            }
        ],
    }


def _has(result: ReviewResult, name: str) -> bool:
    return any(finding.rule == name for finding in result.findings)


def _rule(page: RulePage) -> dict[str, Any]:
    rule = page.rule
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": page.text.splitlines()[0]},
        "fullDescription": {"text": page.text.splitlines()[0]},
        "help": {"text": page.text, "markdown": page.text},
        "defaultConfiguration": {"level": _level(rule.severity)},
        "properties": {"tags": ["ci"], "precision": "very-high"},
    }


def _level(severity: Severity) -> str:
    return "note" if severity is Severity.NOTE else severity.value


def _result(finding: ReviewFinding, place: int) -> dict[str, Any]:
    level = finding.severity
    if level is Severity.ERROR and not finding.fails:
        level = Severity.WARNING
    return {
        "ruleId": finding.rule,
        "ruleIndex": place,
        "level": _level(level),
        "message": {"text": "\n".join((finding.message, *details(finding)))},
        "locations": [_location(finding)],
        "partialFingerprints": {"tasker-ci/v1": _fingerprint(finding)},
        "properties": {"certain": finding.grade is Grade.CERTAIN},
    }


def _location(finding: ReviewFinding) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(str(finding.place.file)), "uriBaseId": _ROOT},
            "region": {"startLine": max(finding.place.line, 1)},
        }
    }


def _fingerprint(finding: ReviewFinding) -> str:
    """The same for a finding whose line has moved."""
    text = "\0".join((finding.rule, str(finding.place.file), finding.message))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _unread(result: ReviewResult) -> list[dict[str, Any]]:
    return list(_notifications(result))


def _notifications(result: ReviewResult) -> Iterable[dict[str, Any]]:
    for each in result.unread:
        yield {
            "level": "note",
            "message": {"text": f"Not read: {each.why}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {
                            "uri": quote(str(each.place.file)),
                            "uriBaseId": _ROOT,
                        },
                        "region": {"startLine": max(each.place.line, 1)},
                    }
                }
            ],
        }
