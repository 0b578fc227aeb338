"""The session `scan`: which scanner, what is red, what is left out and for how long.

The scanners are played by scripts: neither comes from a package registry, and their databases come
from the network. Their documents have the fields of trivy's schema 2 and of grype's JSON.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tool_parts import make_context, printed, write_program

from tasker_ci.context import Context, Status
from tasker_ci.errors import (
    CommandFailed,
    MissingToolError,
    ReportError,
    UsageError,
    VulnerableImage,
)
from tasker_ci.report.vulnerabilities import read_scan
from tasker_ci.sessions.scan import scan_images

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TODAY = date(2031, 6, 1)


def vulnerability(name: str, severity: str, fixed: str = "1.2.14", **more: str) -> dict[str, str]:
    return {
        "VulnerabilityID": name,
        "PkgName": "zlib1g",
        "InstalledVersion": "1.2.13",
        **({"FixedVersion": fixed} if fixed else {}),
        "Severity": severity,
        "PrimaryURL": f"https://avd.example/{name}",
        **more,
    }


def trivy(*rows: dict[str, str], image: str = "app:1") -> str:
    results = [{"Target": "app (debian 12)", "Class": "os-pkgs", "Vulnerabilities": list(rows)}]
    return json.dumps({"SchemaVersion": 2, "ArtifactName": image, "Results": results})


def grype(*names: str, severity: str = "High", fixed: tuple[str, ...] = ("2.0",)) -> str:
    matches = [
        {
            "vulnerability": {
                "id": name,
                "severity": severity,
                "dataSource": "https://nvd.example",
                "fix": {"versions": list(fixed), "state": "fixed"},
            },
            "artifact": {"name": "openssl", "version": "1.0"},
        }
        for name in names
    ]
    return json.dumps(
        {
            "matches": matches,
            "source": {"type": "image", "target": {"userInput": "app:1"}},
            "distro": {"name": "debian"},
            "descriptor": {"name": "grype"},
        }
    )


HIGH = vulnerability("CVE-1", "HIGH")
LOW = vulnerability("CVE-2", "LOW")
UNFIXED = vulnerability("CVE-3", "CRITICAL", fixed="")
IGNORED = """\
[[scan.ignore]]
id = "CVE-1"
reason = "it is never called"
review = {review}
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Context]:
    """A project with settings, and scanners that are scripts."""

    def make(settings: str = "", dry_run: bool = False, **scanners: str) -> Context:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        for name, script in scanners.items():
            write_program(folder / name, script)
        environment = {"PATH": f"{folder}:/usr/bin:/bin"}
        return make_context(tmp_path, environment, settings=settings, dry_run=dry_run)[0]

    return make


def judge(context: Context, *documents: str) -> Any:
    """Judge reports that are there already."""
    names = []
    for place, text in enumerate(documents):
        (context.directory / f"{place}.json").write_text(text, encoding="utf-8")
        names.append(f"{place}.json")
    return scan_images(context, reports=tuple(names), today=lambda: TODAY)


def test_a_bad_finding_is_red_and_says_what_mends_it(make: Callable[..., Context]) -> None:
    context = make()
    with pytest.raises(VulnerableImage, match="1 of severity high or worse in 1 image") as raised:
        judge(context, trivy(HIGH, LOW))
    assert [row["id"] for row in raised.value.data["failing"]] == ["CVE-1"]
    assert [row["id"] for row in raised.value.data["tolerated"]] == ["CVE-2"]
    assert "1.2.14" in printed(context)
    assert 'id = "CVE-1"' in raised.value.next_step


def test_what_is_less_bad_is_counted(make: Callable[..., Context]) -> None:
    outcome = judge(make(), trivy(LOW, vulnerability("CVE-4", "UNKNOWN")))
    assert outcome.status is Status.PASSED
    assert outcome.summary == "app:1: 1 low, 1 unknown"


@pytest.mark.parametrize(("severity", "red"), [("critical", False), ("high", True), ("low", True)])
def test_settings_say_from_where_on(make: Callable[..., Context], severity: str, red: bool) -> None:
    context = make(f'[scan]\nseverity = "{severity}"\n')
    if red:
        with pytest.raises(VulnerableImage):
            judge(context, trivy(HIGH))
    else:
        assert judge(context, trivy(HIGH)).status is Status.PASSED


def test_without_a_remedy_it_is_red_unless_settings_let_it_pass(
    make: Callable[..., Context],
) -> None:
    with pytest.raises(VulnerableImage):
        judge(make(), trivy(UNFIXED))
    assert judge(make('[scan]\nunfixed = "pass"\n'), trivy(UNFIXED)).summary == "app:1: 1 critical"


def test_what_is_ignored_has_a_reason_and_a_date(make: Callable[..., Context]) -> None:
    context = make(IGNORED.format(review="2031-06-02"))
    outcome = judge(context, trivy(HIGH))
    assert outcome.summary == "app:1: nothing known, 1 ignored"
    assert "it is never called" in printed(context)
    assert "was to be reviewed" not in printed(context)


def test_from_its_review_date_on_an_ignore_is_a_warning(make: Callable[..., Context]) -> None:
    context = make(IGNORED.format(review="2031-06-01"))
    judge(context, trivy(HIGH))
    assert "The ignore of CVE-1 was to be reviewed by 2031-06-01" in printed(context)


def test_an_ignore_of_nothing_can_go(make: Callable[..., Context]) -> None:
    context = make(IGNORED.format(review="2032-01-01"))
    judge(context, trivy(LOW))
    assert "the entry can go" in printed(context)


def test_an_ignore_without_a_reason_is_no_setting(make: Callable[..., Context]) -> None:
    with pytest.raises(Exception, match="reason"):
        make('[[scan.ignore]]\nid = "CVE-1"\nreview = 2032-01-01\n')


def test_grype_is_read_by_the_same_rules(make: Callable[..., Context]) -> None:
    with pytest.raises(VulnerableImage) as raised:
        judge(make(), grype("CVE-7"))
    (row,) = raised.value.data["failing"]
    assert (row["image"], row["package"], row["fixed"]) == ("app:1", "openssl", "2.0")


def test_one_vulnerability_in_two_places_of_an_image_counts_once() -> None:
    assert len(read_scan(trivy(HIGH, HIGH), "x").vulnerabilities) == 1


def test_an_image_that_the_scanner_cannot_look_into_is_said(make: Callable[..., Context]) -> None:
    context = make()
    judge(context, json.dumps({"SchemaVersion": 2, "ArtifactName": "scratch:1"}))
    assert "knows nothing that scratch:1 is made of" in printed(context)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"SchemaVersion": 1}', '{"SchemaVersion": 2}'])
def test_what_is_no_report_was_no_scan(make: Callable[..., Context], text: str) -> None:
    with pytest.raises(ReportError):
        judge(make(), text)


def test_a_report_that_is_missing_was_no_scan(make: Callable[..., Context]) -> None:
    with pytest.raises(ReportError, match="was not scanned"):
        scan_images(make(), reports=("absent.json",))


def test_without_a_scanner_it_says_which_and_where_from(make: Callable[..., Context]) -> None:
    with pytest.raises(MissingToolError, match="trivy and grype are not on PATH") as raised:
        scan_images(make(), images=("app:1",))
    assert raised.value.exit_code == 3
    assert "--report" in raised.value.next_step


def test_trivy_is_asked_before_grype(make: Callable[..., Context], tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(trivy(LOW), encoding="utf-8")
    context = make(trivy=f'echo "$@" >{tmp_path}/asked; cat {tmp_path}/answer', grype="exit 9")
    assert scan_images(context, images=("app:1",)).summary == "app:1: 1 low"
    assert (tmp_path / "asked").read_text(encoding="utf-8").split()[-1] == "app:1"


def test_a_scanner_that_fails_is_no_clean_image(make: Callable[..., Context]) -> None:
    context = make(grype="echo no database >&2; exit 1")
    with pytest.raises(CommandFailed, match="no database"):
        scan_images(context, images=("app:1",))


def test_a_name_is_never_a_flag(make: Callable[..., Context]) -> None:
    with pytest.raises(UsageError):
        scan_images(make(trivy="exit 0"), images=("--help",))


def test_without_an_image_there_is_nothing_to_do(make: Callable[..., Context]) -> None:
    assert scan_images(make(trivy="exit 9")).status is Status.SKIPPED


def test_a_dry_run_starts_nothing(make: Callable[..., Context]) -> None:
    outcome = scan_images(make('[scan]\nimages = ["app:1"]\n', dry_run=True))
    (command,) = outcome.data["commands"]
    assert command["argv"][0] == "trivy"
