"""What cargo-audit's own configuration leaves out of `audit`: named, with the line that does it.

The real cargo-audit, over a small database of our own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cargo_registry
import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

RESOURCES = Path(__file__).parents[1] / "resources" / "audit"
LINUX_ONLY = """\
```toml
[advisory]
id = "RUSTSEC-2031-0010"
package = "middle"
date = "2031-02-01"
cvss = "CVSS:3.1/AV:L/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N"

[affected]
os = ["linux", "macos"]
arch = ["x86_64"]

[versions]
patched = [">= 9.0.0"]
```

# Wrong on some systems

Made for a test.
"""
ALL = {
    "RUSTSEC-2031-0001": "high",
    "RUSTSEC-2031-0002": "critical",
    "RUSTSEC-2031-0003": "unmaintained",
    "RUSTSEC-2031-0004": "unsound",
    "RUSTSEC-2031-0006": "unknown",
    "RUSTSEC-2031-0010": "low",
}
"""Every advisory of the database that concerns the lock file."""

KNOWN = 'ignore = ["RUSTSEC-2031-0001", "RUSTSEC-2031-0002", "RUSTSEC-2031-0006"]\n'
"""All vulnerabilities but the one of low severity for some systems."""


@dataclass(frozen=True)
class Project:
    """A workspace with a lock file, a database and a cargo home of its own."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root.parent / "cargo home"

    @property
    def database(self) -> Path:
        return self.root.parent / "db"

    def configure(self, text: str, folder: Path | None = None) -> None:
        file = (folder or self.root / ".cargo") / "audit.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def audit(self, *words: str, **environment: str) -> faces.Ended:
        given = faces.clean_environment(CARGO_HOME=str(self.home), NO_COLOR="1", **environment)
        argv = ["tasker-ci", "audit", "--db", str(self.database), *words]
        return faces.run(argv, self.root, given)

    def data(self, *words: str) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.audit("--json", *words).stdout)
        return data


@pytest.fixture
def project(tmp_path: Path, require_tool: Callable[[str], Path]) -> Project:
    require_tool("cargo-audit")
    made = Project(tmp_path / "a workspace")
    cargo_registry.copy_workspace(RESOURCES / "workspace", made.root)
    shutil.copytree(RESOURCES / "database", made.database)
    entry = made.database / "crates" / "middle" / "RUSTSEC-2031-0010.md"
    entry.parent.mkdir()
    entry.write_text(LINUX_ONLY, encoding="utf-8")
    made.home.mkdir()
    return made


def left_out(data: dict[str, Any]) -> dict[str, list[str]]:
    return {each["advisory"]: each["by"] for each in data["left_out"]}


def test_without_a_configuration_nothing_is_left_out(project: Project) -> None:
    data = project.data()
    assert {each["advisory"] for each in data["findings"]} == set(ALL)
    assert (data["left_out"], data["configuration"]) == ([], None)
    assert "left out" not in data["summary"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '[advisories]\nseverity_threshold = "critical"\n',
            {
                "RUSTSEC-2031-0001": ['severity_threshold = "critical"'],
                "RUSTSEC-2031-0010": ['severity_threshold = "critical"'],
            },
            id="severity",
        ),
        pytest.param(
            '[target]\nos = "windows"\n',
            {"RUSTSEC-2031-0010": ['target.os = "windows"']},
            id="one system",
        ),
        pytest.param(
            '[target]\nos = ["windows", "ios"]\narch = ["x86"]\n',
            {"RUSTSEC-2031-0010": ['target.arch = "x86"', 'target.os = ["windows", "ios"]']},
            id="systems and architectures",
        ),
        pytest.param(
            '[advisories]\ninformational_warnings = ["unsound"]\n',
            {"RUSTSEC-2031-0003": ['informational_warnings = ["unsound"]']},
            id="kinds",
        ),
        pytest.param(
            "[advisories]\ninformational_warnings = []\n",
            {
                "RUSTSEC-2031-0003": ["informational_warnings = []"],
                "RUSTSEC-2031-0004": ["informational_warnings = []"],
            },
            id="no kinds",
        ),
        pytest.param(
            '[advisories]\nseverity_threshold = "medium"\n[target]\nos = "windows"\n',
            {"RUSTSEC-2031-0010": ['severity_threshold = "medium"', 'target.os = "windows"']},
            id="two reasons",
        ),
        pytest.param('[target]\nos = "linux"\n', {}, id="nothing to leave out"),
        pytest.param(
            "[output]\nquiet = true\nshow_tree = false\nformat = 'sarif'\n", {}, id="output"
        ),
    ],
)
def test_what_is_left_out_has_the_line_that_does_it(
    project: Project, text: str, expected: dict[str, list[str]]
) -> None:
    project.configure(text)
    data = project.data()
    assert left_out(data) == expected
    assert {each["advisory"] for each in data["findings"]} == set(ALL) - set(expected)
    assert data["configuration"]["file"] == str(project.root / ".cargo" / "audit.toml")
    for advisory in expected:
        assert advisory in data["summary"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('severity_threshold = "high"\n', 'severity_threshold = "high"'),
        ('[target]\nos = "windows"\n', 'target.os = "windows"'),
    ],
)
def test_a_filtered_vulnerability_is_never_no_known_vulnerability(
    project: Project, tmp_path: Path, text: str, line: str
) -> None:
    project.configure(f"[advisories]\n{KNOWN}{text}")
    page = tmp_path / "page.md"
    ended = project.audit(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    assert ended.exit_code == 0, ended.text
    assert "no known vulnerability" not in ended.text
    last = ended.stdout.splitlines()[-1]
    assert "no other known vulnerability, 2 warnings in 8 crates, 3 ignored, 1 left out by " in last
    assert ".cargo/audit.toml (RUSTSEC-2031-0010);" in last
    assert (
        ".cargo/audit.toml leaves out 1 known vulnerability: RUSTSEC-2031-0010 (middle 2.0.0, "
        f"low (2.9)) by {line}."
    ) in ended.stdout
    assert "::warning::" in ended.stdout
    summary = page.read_text(encoding="utf-8")
    assert "Left out by .cargo/audit.toml" in summary
    assert "RUSTSEC-2031-0010" in summary


def test_a_red_audit_says_it_too(project: Project) -> None:
    project.configure('[advisories]\nseverity_threshold = "critical"\n')
    ended = project.audit()
    assert ended.exit_code == 1
    assert "left out by .cargo/audit.toml (RUSTSEC-2031-0001, RUSTSEC-2031-0010)." in ended.stdout


def test_the_users_own_configuration_counts_where_the_project_has_none(project: Project) -> None:
    project.configure('[advisories]\nseverity_threshold = "medium"\n', project.home)
    data = project.data()
    assert left_out(data) == {"RUSTSEC-2031-0010": ['severity_threshold = "medium"']}
    assert data["configuration"]["file"] == str(project.home / "audit.toml")
    assert f"left out by {project.home}/audit.toml" in data["summary"]
    project.configure("[advisories]\nignore = []\n")  # cargo-audit reads one file
    assert project.data()["left_out"] == []


def test_what_audit_toml_ignores_is_shown_with_what_it_hides(project: Project) -> None:
    project.configure('[advisories]\nignore = ["RUSTSEC-2031-0001", "RUSTSEC-2031-0005"]\n')
    data = project.data()
    first, second = data["ignored"]
    assert first["hides"] == [{"crate": "vulnerable", "version": "1.0.0", "severity": "high (7.5)"}]
    assert second["hides"] == []
    assert data["left_out"] == []


def test_an_ignore_of_the_settings_hides_something_below_the_threshold_too(
    project: Project,
) -> None:
    project.configure('[advisories]\nseverity_threshold = "high"\n')
    entry = '{ id = "RUSTSEC-2031-0010", reason = "made up", review = 2099-01-01 }'
    data = project.data("--set", f"audit.ignore=[{entry}]")
    (ignored,) = data["ignored"]
    assert [each["crate"] for each in ignored["hides"]] == ["middle"]
    assert data["left_out"] == []


def test_every_other_line_that_changes_the_audit_is_named_with_its_effect(
    project: Project,
) -> None:
    project.configure(
        '[database]\nurl = "https://example.invalid/db"\nstale = true\nfetch = false\n'
        "[yanked]\nenabled = false\n[output]\ndeny = ['unsound']\nquiet = false\n"
    )
    ended = project.audit()
    assert "note: .cargo/audit.toml: yanked.enabled = false: yanked crates are not looked up." in (
        ended.stdout
    )
    assert 'output.deny = ["unsound"]: these warnings fail the audit.' in ended.stdout
    assert "database." not in ended.stdout  # --db names the database
    shutil.copytree(project.database, project.home / "advisory-db")
    given = faces.clean_environment(CARGO_HOME=str(project.home))
    ended = faces.run(["tasker-ci", "audit"], project.root, given)
    assert 'database.url = "https://example.invalid/db": the advisories come from there.' in (
        ended.stdout
    )
    assert "database.fetch = false: the advisories are not brought up to date." in ended.stdout
    assert "database.stale = true: a database without news for 90 days is accepted." in ended.stdout


def test_the_second_look_needs_no_toolchain_of_its_own_folder(
    project: Project, tmp_path: Path
) -> None:
    project.configure('[advisories]\nseverity_threshold = "medium"\n')
    channel = faces.run(["rustup", "show", "active-toolchain"], project.root).stdout.split()[0]
    (project.root / "rust-toolchain.toml").write_text(
        f'[toolchain]\nchannel = "{channel}"\n', encoding="utf-8"
    )
    data = project.data()
    assert left_out(data) == {"RUSTSEC-2031-0010": ['severity_threshold = "medium"']}
    assert not list(tmp_path.glob("tasker-ci-audit-*"))
