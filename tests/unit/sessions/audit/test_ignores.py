from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from tasker_ci.sessions.audit.advisories import AuditFinding, AuditReport, read_report
from tasker_ci.sessions.audit.ignores import find_ignored, ignored_table, tell_ignored
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
[[audit.ignore]]
id = "RUSTSEC-2024-0001"
reason = "not reached"
review = 2026-06-01
"""
REVIEW = date(2026, 6, 1)
BEFORE = date(2026, 5, 31)


def report(*ignored: str, findings: tuple[AuditFinding, ...] = ()) -> AuditReport:
    empty = read_report(EMPTY)
    assert empty is not None
    return replace(empty, ignored=ignored, findings=findings)


EMPTY = (
    '{"database": {"advisory-count": 1, "last-commit": null, "last-updated": null},'
    ' "lockfile": {"dependency-count": 1},'
    ' "settings": {"target_arch": [], "target_os": [], "severity": null, "ignore": [],'
    ' "informational_warnings": ["notice", "unmaintained", "unsound"]},'
    ' "vulnerabilities": {"found": false, "count": 0, "list": []}, "warnings": {}}'
)


def finding(advisory: str) -> AuditFinding:
    return AuditFinding(kind="vulnerability", crate="old", version="1.0.0", advisory=advisory)


def test_an_ignore_says_what_it_hides(tmp_path: Path) -> None:
    whole = report(findings=(finding("RUSTSEC-2024-0001"), finding("RUSTSEC-2024-0002")))
    context = make_context(tmp_path, SETTINGS)
    (entry,) = find_ignored(context, report("RUSTSEC-2024-0001"), whole, today=BEFORE)
    assert entry.as_data() == {
        "advisory": "RUSTSEC-2024-0001",
        "reason": "not reached",
        "review": "2026-06-01",
        "overdue": False,
        "hides": [{"crate": "old", "version": "1.0.0", "severity": "unknown"}],
    }
    tell_ignored(context, (entry,))
    assert context.printed == ""
    assert ignored_table((entry,)).rows[0][1] == "old 1.0.0"


def test_from_its_day_of_review_on_it_is_a_warning(tmp_path: Path) -> None:
    context = make_context(tmp_path, SETTINGS)
    (entry,) = find_ignored(context, report(), None, today=REVIEW)
    assert entry.overdue
    assert entry.hides is None, "without the whole report that is not known"
    tell_ignored(context, (entry,))
    assert "was to be reviewed by 2026-06-01 (its reason: not reached)" in context.printed
    assert ignored_table((entry,)).rows[0][-1] == "2026-06-01 (past)"


def test_one_that_hides_nothing_can_go(tmp_path: Path) -> None:
    context = make_context(tmp_path, SETTINGS)
    tell_ignored(context, find_ignored(context, report(), report(), today=BEFORE))
    text = " ".join(context.printed.split())
    assert "`audit.ignore` names RUSTSEC-2024-0001, which concerns no crate" in text


def test_those_of_cargo_audits_own_file_come_after_and_once(tmp_path: Path) -> None:
    context = make_context(tmp_path, SETTINGS)
    names = ("RUSTSEC-2024-0003", "RUSTSEC-2024-0001", "RUSTSEC-2024-0003")
    found = find_ignored(context, report(*names), None, today=BEFORE, configuration="audit.toml")
    assert [(entry.advisory, entry.reason) for entry in found] == [
        ("RUSTSEC-2024-0001", "not reached"),
        ("RUSTSEC-2024-0003", "named in audit.toml"),
    ]
