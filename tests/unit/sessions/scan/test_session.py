"""The session `scan`: which scanner, what is red, what is left out and for how long.

The scanners are played by scripts, and their documents have the fields that matter here;
tests/integration/test_scan.py has the real ones.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tool_parts import write_program

from tasker_ci.context import Context, Status
from tasker_ci.errors import (
    CommandFailed,
    CommandTimedOut,
    MissingToolError,
    ReportError,
    UsageError,
)
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions.scan.documents import read_scan
from tasker_ci.sessions.scan.errors import VulnerableImage
from tasker_ci.sessions.scan.session import scan_images
from tasker_ci.testing import RecordedContext, make_context

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


DEBIAN = {"Family": "debian", "Name": "12.5"}


def trivy(
    *rows: dict[str, Any],
    image: str = "app:1",
    system: dict[str, Any] = DEBIAN,
    **more: Any,
) -> str:
    result = {"Target": f"{image} (debian 12)", "Class": "os-pkgs", "Vulnerabilities": list(rows)}
    document = {"SchemaVersion": 2, "ArtifactName": image, "Metadata": {"OS": system}}
    return json.dumps({**document, "Results": [{**result, **more}]})


def grype(
    *names: str,
    severity: str = "High",
    fixed: tuple[str, ...] = ("2.0",),
    related: tuple[str, ...] = (),
    **more: Any,
) -> str:
    matches = [
        {
            "relatedVulnerabilities": [{"id": other} for other in related],
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
            "distro": {"name": "debian", "version": "12"},
            "descriptor": {"name": "grype"},
            **more,
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
def make(tmp_path: Path) -> Callable[..., RecordedContext]:
    """A project with settings, and scanners that are scripts."""

    def make(settings: str = "", dry_run: bool = False, **scanners: str) -> RecordedContext:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        for name, script in scanners.items():
            write_program(folder / name, script)
        environment = {"PATH": f"{folder}:/usr/bin:/bin"}
        runner = ProcessRunner(Cancellation())
        return make_context(
            tmp_path, settings, environment=environment, runner=runner, dry_run=dry_run
        )

    return make


def judge(context: Context, *documents: str) -> Any:
    """Judge reports that are there already."""
    names = []
    for place, text in enumerate(documents):
        (context.directory / f"{place}.json").write_text(text, encoding="utf-8")
        names.append(f"{place}.json")
    return scan_images(context, reports=tuple(names), today=lambda: TODAY)


def test_a_bad_finding_is_red_and_says_what_mends_it(make: Callable[..., RecordedContext]) -> None:
    context = make()
    with pytest.raises(VulnerableImage, match="1 of severity high or worse in 1 image") as raised:
        judge(context, trivy(HIGH, LOW))
    assert [row["id"] for row in raised.value.data["failing"]] == ["CVE-1"]
    assert [row["id"] for row in raised.value.data["tolerated"]] == ["CVE-2"]
    assert "1.2.14" in context.printed
    assert 'id = "CVE-1"' in raised.value.next_step


def test_what_is_less_bad_is_counted(make: Callable[..., RecordedContext]) -> None:
    outcome = judge(make(), trivy(LOW, vulnerability("CVE-4", "UNKNOWN")))
    assert outcome.status is Status.PASSED
    assert outcome.summary == "app:1: 1 low, 1 unknown"


@pytest.mark.parametrize(("severity", "red"), [("critical", False), ("high", True), ("low", True)])
def test_settings_say_from_where_on(
    make: Callable[..., RecordedContext], severity: str, red: bool
) -> None:
    context = make(f'[scan]\nseverity = "{severity}"\n')
    if red:
        with pytest.raises(VulnerableImage):
            judge(context, trivy(HIGH))
    else:
        assert judge(context, trivy(HIGH)).status is Status.PASSED


def test_without_a_remedy_it_is_red_unless_settings_let_it_pass(
    make: Callable[..., RecordedContext],
) -> None:
    with pytest.raises(VulnerableImage):
        judge(make(), trivy(UNFIXED))
    assert judge(make('[scan]\nunfixed = "pass"\n'), trivy(UNFIXED)).summary == "app:1: 1 critical"


def test_what_is_ignored_has_a_reason_and_a_date(make: Callable[..., RecordedContext]) -> None:
    context = make(IGNORED.format(review="2031-06-02"))
    outcome = judge(context, trivy(HIGH))
    assert outcome.summary == "app:1: nothing known, 1 ignored"
    assert "it is never called" in context.printed
    assert "was to be reviewed" not in context.printed


def test_from_its_review_date_on_an_ignore_is_a_warning(
    make: Callable[..., RecordedContext],
) -> None:
    context = make(IGNORED.format(review="2031-06-01"))
    judge(context, trivy(HIGH))
    assert "The ignore of CVE-1 was to be reviewed by 2031-06-01" in context.printed


def test_an_ignore_of_nothing_can_go(make: Callable[..., RecordedContext]) -> None:
    context = make(IGNORED.format(review="2032-01-01"))
    judge(context, trivy(LOW))
    assert "the entry can go" in context.printed


def test_an_ignore_without_a_reason_is_no_setting(make: Callable[..., RecordedContext]) -> None:
    with pytest.raises(Exception, match="reason"):
        make('[[scan.ignore]]\nid = "CVE-1"\nreview = 2032-01-01\n')


def test_grype_is_read_by_the_same_rules(make: Callable[..., RecordedContext]) -> None:
    with pytest.raises(VulnerableImage) as raised:
        judge(make(), grype("CVE-7"))
    (row,) = raised.value.data["failing"]
    assert (row["image"], row["package"], row["fixed"]) == ("app:1", "openssl", "2.0")


def test_one_vulnerability_in_two_places_of_an_image_counts_once() -> None:
    assert len(read_scan(trivy(HIGH, HIGH), "x").vulnerabilities) == 1


def test_two_reports_of_one_image_are_one_image(make: Callable[..., RecordedContext]) -> None:
    """Where they differ the worst judgement stands, and the one with a remedy."""
    of_trivy = trivy(vulnerability("CVE-7", "LOW", "", PkgName="openssl", InstalledVersion="1.0"))
    with pytest.raises(VulnerableImage, match="1 of severity high or worse in 1 image") as raised:
        judge(make(), of_trivy, grype("CVE-7"), grype("CVE-7"))
    (row,) = raised.value.data["failing"]
    assert (row["severity"], row["fixed"]) == ("high", "2.0")
    assert raised.value.data["images"] == ["app:1"]


def test_an_ignored_cve_is_also_ignored_under_the_name_that_github_gives_it(
    make: Callable[..., RecordedContext],
) -> None:
    context = make(IGNORED.format(review="2032-01-01"))
    outcome = judge(context, grype("GHSA-a-b-c", related=("CVE-1",)))
    assert outcome.summary == "app:1: nothing known, 1 ignored"
    assert "the entry can go" not in context.printed


def test_an_advisory_about_two_cves_is_ignored_when_both_are(
    make: Callable[..., RecordedContext],
) -> None:
    one = IGNORED.format(review="2032-01-01")
    of_both = grype("RHSA-1", related=("CVE-1", "CVE-2"))
    with pytest.raises(VulnerableImage):
        judge(make(one), of_both)
    assert judge(make(one + one.replace("CVE-1", "CVE-2")), of_both).status is Status.PASSED


SCRATCH = json.dumps({"SchemaVersion": 2, "ArtifactName": "app:1"})


@pytest.mark.parametrize(
    ("document", "doubt"),
    [
        (SCRATCH, "found nothing in it that it knows how to look at"),
        (trivy(system={**DEBIAN, "Name": "9.13", "EOSL": True}), "debian 9.13 is past its end"),
        (trivy(system={"Family": "none"}), "does not know its system"),
        (grype(distro={"name": "", "version": "", "idLike": None}), "knows no distribution in it"),
        (
            grype(alertsByPackage=[{"package": {}, "alerts": [{"type": "distro-eol"}]}]),
            "debian 12 is past its end of life",
        ),
    ],
)
def test_where_finding_nothing_says_little_it_is_said(
    make: Callable[..., RecordedContext], document: str, doubt: str
) -> None:
    context = make()
    outcome = judge(context, document)
    assert "warning: Of app:1 this scan says little: " in context.printed
    assert doubt in context.printed
    assert list(outcome.data["doubts"]) == ["app:1"]


def test_what_the_scanner_left_out_by_itself_is_said(make: Callable[..., RecordedContext]) -> None:
    modified = {"Type": "vulnerability", "Status": "ignored", "Finding": HIGH}
    context = make()
    outcome = judge(context, trivy(ExperimentalModifiedFindings=[modified]))
    assert "the scanner left out CVE-1 by a configuration of its own" in context.printed
    assert [row["id"] for row in outcome.data["suppressed"]] == ["CVE-1"]


HOSTILE = "a|<b>\n::error::\x1b[2J"


def test_names_out_of_an_image_do_nothing_to_screen_log_or_page(
    make: Callable[..., RecordedContext],
) -> None:
    context = make()
    row = vulnerability("CVE-1", "HIGH", PkgName=HOSTILE, InstalledVersion=HOSTILE)
    with pytest.raises(VulnerableImage) as raised:
        judge(context, trivy(row, image=HOSTILE))
    assert raised.value.data["failing"][0]["package"] == r"a|<b>\n::error::\x1b[2J"
    assert "\x1b" not in context.printed
    assert not any(line.startswith("::") for line in context.printed.splitlines())
    assert "\n" not in judge(context, trivy(image=HOSTILE)).summary


REFUSED = [
    ("", "cannot be read"),
    ('{"SchemaVersion": 2, "Artif', "cannot be read"),
    ("[" * 100_000, "cannot be read"),
    ("[]", "is no JSON of trivy"),
    ("{}", "is no JSON of trivy"),
    ('{"SchemaVersion": 1}', "is no JSON of trivy"),
    ('{"SchemaVersion": 2}', "it lacks 'ArtifactName'"),
    ('{"SchemaVersion": 2, "ArtifactName": 7}', "a text is expected in place of 7"),
    ('{"version": "2.1.0", "runs": []}', "is SARIF, not the JSON of trivy"),
    ('{"bomFormat": "CycloneDX"}', "is CycloneDX, not the JSON of trivy"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_is_no_report_was_no_scan(
    make: Callable[..., RecordedContext], text: str, why: str
) -> None:
    with pytest.raises(ReportError, match=why) as raised:
        judge(make(), text)
    assert "Error(" not in raised.value.message


def test_a_report_that_is_missing_was_no_scan(make: Callable[..., RecordedContext]) -> None:
    with pytest.raises(ReportError, match="was not scanned"):
        scan_images(make(), reports=("absent.json",))


def test_without_a_scanner_it_says_which_and_where_from(
    make: Callable[..., RecordedContext],
) -> None:
    with pytest.raises(MissingToolError, match="trivy and grype are not on PATH") as raised:
        scan_images(make(), images=("app:1",))
    assert raised.value.exit_code == 3
    assert "--report" in raised.value.next_step


def test_trivy_is_asked_before_grype(make: Callable[..., RecordedContext], tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(trivy(LOW), encoding="utf-8")
    context = make(trivy=f'echo "$@" >{tmp_path}/asked; cat {tmp_path}/answer', grype="exit 9")
    assert scan_images(context, images=("app:1",)).summary == "app:1: 1 low"
    assert (tmp_path / "asked").read_text(encoding="utf-8").split()[-1] == "app:1"


SAID = [
    ("failed to load vulnerability db: database does not exist", "has no database"),
    ("DB error: --skip-db-update cannot be specified on the first run", "has no database"),
    ("the vulnerability database was built 46 weeks ago", "is too old"),
    ('unable to find the specified image "app:1" in ["docker"]', "can get this image neither"),
    ("Error: unknown flag: --from", "does not know a flag"),
    ("something else", "something else"),
]


@pytest.mark.parametrize(("said", "why"), SAID)
def test_a_scanner_that_fails_is_no_clean_image(
    make: Callable[..., RecordedContext], said: str, why: str
) -> None:
    context = make(grype=f"echo '{said}' >&2; exit 4")
    with pytest.raises(CommandFailed, match="app:1 was not scanned") as raised:
        scan_images(context, images=("app:1",))
    assert why in raised.value.message
    assert raised.value.exit_code == 4
    assert raised.value.next_step
    assert said in context.printed


def test_a_scanner_that_is_killed_is_no_clean_image(make: Callable[..., RecordedContext]) -> None:
    with pytest.raises(CommandFailed, match="ended by a signal") as raised:
        scan_images(make(grype="kill -9 $$"), images=("app:1",))
    assert raised.value.exit_code == 137


def test_settings_say_how_long_a_scan_may_take(make: Callable[..., RecordedContext]) -> None:
    context = make("[scan]\nseconds = 1\n", trivy="exec sleep 600")
    with pytest.raises(CommandTimedOut, match="did not scan app:1 within 1 s") as raised:
        scan_images(context, images=("app:1",))
    assert "scan.seconds" in raised.value.next_step


def test_a_name_is_never_a_flag(make: Callable[..., RecordedContext]) -> None:
    with pytest.raises(UsageError):
        scan_images(make(trivy="exit 0"), images=("--help",))


def test_without_an_image_there_is_nothing_to_do(make: Callable[..., RecordedContext]) -> None:
    assert scan_images(make(trivy="exit 9")).status is Status.SKIPPED


def test_a_dry_run_starts_nothing(make: Callable[..., RecordedContext]) -> None:
    outcome = scan_images(make('[scan]\nimages = ["app:1"]\n', dry_run=True))
    (command,) = outcome.data["commands"]
    assert command["argv"][0] == "trivy"


def test_an_ignore_of_a_part_says_which_other_names_are_missing(
    make: Callable[..., RecordedContext],
) -> None:
    context = make(IGNORED.format(review="2032-01-01"))
    with pytest.raises(VulnerableImage):
        judge(context, grype("RHSA-1", related=("CVE-1", "CVE-2")))
    assert "the entry can go" not in context.printed
    assert "only with the others: CVE-2." in context.printed


def test_commands_in_the_names_of_an_image_are_not_obeyed(tmp_path: Path) -> None:
    github = {"GITHUB_ACTIONS": "true"}
    context = make_context(tmp_path, IGNORED.format(review="2032-01-01"), environment=github)
    with pytest.raises(VulnerableImage):
        judge(context, trivy(HIGH, vulnerability("CVE-9", "HIGH")))
    lines = context.printed.splitlines()
    stops = [place for place, line in enumerate(lines) if line.startswith("::stop-commands::")]
    for title in ("Vulnerabilities", "Ignored vulnerabilities"):
        place = next(number for number, line in enumerate(lines) if line.strip() == title)
        assert place - 1 in stops


@pytest.mark.parametrize(
    ("settings", "images", "step"),
    [
        ('[scan]\nimages = ["-x"]\n', (), "Look at `scan.images`"),
        ("", ("-x",), "For example --image"),
    ],
)
def test_a_name_that_would_be_a_flag_is_told_with_where_it_comes_from(
    make: Callable[..., RecordedContext], settings: str, images: tuple[str, ...], step: str
) -> None:
    # without a service there is no image of the database before it
    settings += '[integration.database]\nservice = ""\n'
    with pytest.raises(UsageError) as raised:
        scan_images(make(settings, trivy="exit 0"), images=images)
    assert raised.value.next_step.startswith(step)
