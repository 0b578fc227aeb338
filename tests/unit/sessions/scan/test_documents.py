"""What trivy 0.74.0 printed about the images of tests/integration/test_scan.py.

Recorded, because the check does not bring trivy; what grype prints is tested there as it comes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.scan.documents import read_scan

if TYPE_CHECKING:
    from tasker_ci.sessions.scan.vulnerabilities import ScanReport

RECORDED = Path(__file__).parents[3] / "resources" / "scans"


def recorded(name: str) -> ScanReport:
    text = (RECORDED / f"trivy-{name}.json").read_text(encoding="utf-8")
    return read_scan(text, name)


def test_packages_of_a_system_and_crates_of_a_program_are_read_alike() -> None:
    """The program is in the image twice, the distribution's packages have sources."""
    report = recorded("all")
    assert report.image == "all:1"
    rows = [(each.id, each.package, each.severity, each.fixed) for each in report.vulnerabilities]
    assert rows == [
        ("CVE-2031-0001", "zlib1g", "high", "1:1.2.14-1"),
        ("CVE-2031-0002", "libssl3", "critical", None),
        ("CVE-2031-0003", "perl-base", "low", "5.40"),
        ("CVE-2031-0004", "smallvec", "high", "1.6.1"),
        ("RUSTSEC-2031-0009", "time", "medium", "0.2.23"),
    ]
    assert not report.doubt


def test_the_name_that_github_gives_it_is_known_too() -> None:
    (found,) = [each for each in recorded("all").vulnerabilities if each.package == "smallvec"]
    assert found.aliases == ("GHSA-aaaa-bbbb-cccc",)
    assert found.called("GHSA-aaaa-bbbb-cccc")


def test_a_program_alone_is_no_reason_to_doubt() -> None:
    report = recorded("program")
    assert [each.package for each in report.vulnerabilities] == ["smallvec", "time"]
    assert not report.doubt


@pytest.mark.parametrize(
    ("name", "doubt"),
    [
        ("old", "debian 9 is past its end of life"),
        ("unheard-of", "does not know its system"),
        ("scratch", "found nothing in it that it knows how to look at"),
    ],
)
def test_where_it_could_find_nothing_there_is_a_doubt(name: str, doubt: str) -> None:
    report = recorded(name)
    assert not report.vulnerabilities
    assert doubt in report.doubt
