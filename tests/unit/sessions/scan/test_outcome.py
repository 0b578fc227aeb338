from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.scan.errors import VulnerableImage
from tasker_ci.sessions.scan.outcome import tell_scans
from tasker_ci.sessions.scan.vulnerabilities import ScanReport, Vulnerability
from tasker_ci.testing import RecordedContext, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Outcome

REVIEW = date(2026, 6, 1)
BEFORE = date(2026, 5, 31)


def vulnerability(
    name: str, severity: str, *, fixed: str = "2.0", aliases: tuple[str, ...] = ()
) -> Vulnerability:
    return Vulnerability(
        image="web:1",
        id=name,
        package="libold",
        version="1.0",
        severity=severity,
        fixed=fixed,
        aliases=aliases,
    )


def tell(
    context: RecordedContext, *found: Vulnerability, today: date = BEFORE, doubt: str = ""
) -> Outcome:
    return tell_scans(
        context, [ScanReport(image="web:1", vulnerabilities=found, doubt=doubt)], today
    )


def context_of(folder: Path, severity: str = "high", more: str = "") -> RecordedContext:
    return make_context(folder, f'[scan]\nseverity = "{severity}"\n{more}')


def test_what_is_less_bad_than_settings_say_is_tolerated_and_counted(tmp_path: Path) -> None:
    outcome = tell(context_of(tmp_path), vulnerability("CVE-1", "low"))
    assert outcome.summary == "web:1: 1 low"
    assert [each["id"] for each in outcome.data["tolerated"]] == ["CVE-1"]
    assert tell(context_of(tmp_path)).summary == "web:1: nothing known"


def test_what_is_as_bad_fails_with_the_ways_out(tmp_path: Path) -> None:
    found = (vulnerability("CVE-1", "high"), vulnerability("CVE-2", "critical", fixed=""))
    with pytest.raises(VulnerableImage, match="2 of severity high or worse in 1 image") as caught:
        tell(context_of(tmp_path, more='unfixed = "fail"\n'), *found)
    assert {each["id"] for each in caught.value.data["failing"]} == {"CVE-1", "CVE-2"}
    assert "build on a newer base image" in caught.value.next_step
    assert 'scan.unfixed = "pass"' in caught.value.next_step


def test_one_without_a_remedy_passes_where_settings_let_it(tmp_path: Path) -> None:
    found = vulnerability("CVE-1", "critical", fixed="")
    outcome = tell(context_of(tmp_path, more='unfixed = "pass"\n'), found)
    assert outcome.summary == "web:1: 1 critical"


IGNORE = '[[scan.ignore]]\nid = "CVE-1"\nreason = "not used"\nreview = 2026-06-01\n'


def test_an_ignore_counts_until_its_review_and_is_a_warning_after_it(tmp_path: Path) -> None:
    context = context_of(tmp_path, more=IGNORE)
    outcome = tell(context, vulnerability("GHSA-1", "critical", aliases=("CVE-1",)))
    assert outcome.summary.endswith("1 ignored")
    assert "was to be reviewed" not in context.printed
    late = context_of(tmp_path, more=IGNORE)
    tell(late, vulnerability("CVE-1", "critical"), today=REVIEW)
    assert "was to be reviewed by 2026-06-01" in late.printed


def test_an_ignore_of_one_of_several_is_not_enough(tmp_path: Path) -> None:
    context = context_of(tmp_path, more=IGNORE)
    with pytest.raises(VulnerableImage):
        tell(context, vulnerability("DSA-1", "critical", aliases=("CVE-1", "CVE-2")))
    assert "it is ignored only with the others: CVE-2" in " ".join(context.printed.split())


def test_an_ignore_that_no_image_has_can_go_and_a_doubt_is_said(tmp_path: Path) -> None:
    context = context_of(tmp_path, more=IGNORE)
    tell(context, doubt="the system is unknown")
    text = " ".join(context.printed.split())
    assert "`scan.ignore` names CVE-1, which no image has any more" in text
    assert "Of web:1 this scan says little: the system is unknown." in text
