"""What `cargo audit --json` prints becomes typed findings and tables.

`tests/resources/audit/report.json` was printed by cargo-audit 0.22.2 for the workspace and the
database beside it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasker_ci.errors import ReportError
from tasker_ci.screen.reporter import to_markdown
from tasker_ci.sessions.audit.advisories import (
    AdvisorySeverity,
    AuditFinding,
    advisories_table,
    as_data,
    findings_table,
    read_report,
    severity_of,
)

REPORT = Path(__file__).parents[3] / "resources" / "audit" / "report.json"


def document(**changes: object) -> str:
    return json.dumps({**json.loads(REPORT.read_text(encoding="utf-8")), **changes})


def test_a_report_holds_vulnerabilities_the_worst_first_and_then_the_warnings() -> None:
    report = read_report(document())

    assert report is not None
    assert [(found.kind, found.crate, found.advisory) for found in report.findings] == [
        ("vulnerability", "worse", "RUSTSEC-2031-0002"),
        ("vulnerability", "vulnerable", "RUSTSEC-2031-0001"),
        ("vulnerability", "vulnerable", "RUSTSEC-2031-0006"),
        ("unmaintained", "abandoned", "RUSTSEC-2031-0003"),
        ("unsound", "shaky", "RUSTSEC-2031-0004"),
    ]
    assert (report.crates, report.advisories) == (8, 6)


def test_a_finding_knows_version_title_severity_remedy_and_page() -> None:
    report = read_report(document())

    assert report is not None
    assert report.findings[0] == AuditFinding(
        kind="vulnerability",
        crate="worse",
        version="0.3.0",
        advisory="RUSTSEC-2031-0002",
        title="Runs what a stranger sends",
        severity=AdvisorySeverity(name="critical", score=9.3),
        vector="CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        patched=(">=0.4.0", "^0.3.5"),
    )
    assert report.findings[0].remedy == ">=0.4.0 or ^0.3.5"
    assert report.findings[0].page == "https://rustsec.org/advisories/RUSTSEC-2031-0002"


def test_a_yanked_crate_has_no_advisory() -> None:
    package = {"name": "gone", "version": "1.0.0"}
    yanked = {"kind": "yanked", "package": package, "advisory": None, "versions": None}
    empty = {"found": False, "count": 0, "list": []}

    report = read_report(document(vulnerabilities=empty, warnings={"yanked": [yanked]}))

    assert report is not None
    (found,) = report.findings
    assert (found.impact, found.advisory, found.page) == ("yanked", None, None)
    assert found.remedied
    assert found.remedy == "any that is not yanked"


def test_a_fetched_database_tells_its_commit_and_when_it_was_made() -> None:
    database = {
        "advisory-count": 6,
        "last-commit": "b50e0861111c7e33e8dc4bb38862b5e9b908d5b8",
        "last-updated": "2031-03-04T05:06:07Z",
    }

    report = read_report(document(database=database))

    assert report is not None
    assert report.commit == "b50e0861111c7e33e8dc4bb38862b5e9b908d5b8"
    assert report.updated == datetime(2031, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_what_cargo_audit_says_about_itself_follows_the_document() -> None:
    report = read_report(document() + "\nTitle:     A hole in cargo-audit\n")

    assert report is not None
    assert report.remark == "Title:     A hole in cargo-audit"


def test_nothing_on_standard_output_means_that_there_was_no_database() -> None:
    assert read_report("") is None


@pytest.mark.parametrize(
    "output",
    [
        pytest.param('{"database":', id="cut off"),
        pytest.param("{}", id="another document"),
        pytest.param(document(warnings=[]), id="another form of warnings"),
        pytest.param(document(lockfile={"dependency-count": "many"}), id="no number"),
    ],
)
def test_a_document_of_another_form_is_an_error_of_its_own(output: str) -> None:
    with pytest.raises(ReportError, match=r"cargo audit --json.* cannot be read"):
        read_report(output)


@pytest.mark.parametrize(
    ("vector", "severity"),
    [
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "medium (6.1)"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "high (7.5)"),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", "none (0.0)"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "critical (9.3)"),
        ("", "unknown"),
        ("CVSS:4.0/AV:Q", "unknown"),
        ("CVSS:5.0/AV:N", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_the_severity_comes_from_the_cvss_vector(vector: str, severity: str) -> None:
    assert str(severity_of(vector)) == severity


def test_the_table_names_crate_version_advisory_severity_patch_and_who_pulls_it_in() -> None:
    found = AuditFinding(
        kind="vulnerability",
        crate="rsa",
        version="0.9.6",
        advisory="RUSTSEC-2023-0071",
        severity=AdvisorySeverity(name="medium", score=5.9),
    )

    table = findings_table([found], pulled_in_by=lambda _: ("api", "worker"))

    assert to_markdown(table).splitlines() == [
        "| crate | version | advisory | severity | patched version | pulled in by |",
        "| --- | --- | --- | --- | --- | --- |",
        "| rsa | 0.9.6 | RUSTSEC-2023-0071 | medium (5.9) | none | api, worker |",
    ]


def test_a_denied_warning_is_marked() -> None:
    warnings = [
        AuditFinding(kind="unmaintained", crate="atty", version="0.2.14"),
        AuditFinding(kind="unsound", crate="atty", version="0.2.14"),
    ]

    table = findings_table(warnings, pulled_in_by=lambda _: (), denied=frozenset({"unmaintained"}))

    assert [row[3] for row in table.rows] == ["unmaintained (denied)", "unsound"]
    assert [row[5] for row in table.rows] == ["-", "-"]


def test_each_advisory_is_explained_once() -> None:
    twice = [
        AuditFinding(
            kind="vulnerability", crate="rand", version=version, advisory="RUSTSEC-1", title="Bad"
        )
        for version in ("0.7.0", "0.8.0")
    ]

    assert advisories_table(twice).rows == (
        ("RUSTSEC-1", "Bad", "https://rustsec.org/advisories/RUSTSEC-1"),
    )


def test_a_finding_as_data_says_whether_it_fails_the_audit() -> None:
    warning = AuditFinding(kind="unsound", crate="atty", version="0.2.14")

    assert as_data(warning)["fails"] is False
    assert as_data(warning, denied=frozenset({"unsound"}))["fails"] is True
    assert (
        as_data(AuditFinding(kind="vulnerability", crate="rsa", version="1.0.0"))["fails"] is True
    )
