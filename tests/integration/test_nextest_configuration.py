"""The generated configuration under the real cargo-nextest: its files, its warnings, its schema."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

from tasker_ci.sessions import ROWS, load_settings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.nextest import NextestEdit, adopt_into_settings, nextest_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nextest")

TESTS = "#[test]\nfn passes() {}\n\n#[test]\nfn fails() {\n    panic!();\n}\n"
SLEEPER = """\
#[test]
fn sleeps() {
    std::thread::sleep(std::time::Duration::from_secs(5));
}
"""
EVERYTHING = """\
[nextest.profile.default]
retries = { backoff = "exponential", count = 1, delay = "1ms", max-delay = "2ms", jitter = true }
leak-timeout = "1s"
fail-fast = { max-fail = 2 }
test-threads = 2
status-level = "all"
final-status-level = "all"
junit.path = "own.xml"

[nextest.profile.ci]
slow-timeout = { period = "30s", terminate-after = 3, grace-period = "1s", on-timeout = "fail" }
"""
"""A project's settings that use every managed key, each table with all of its keys."""

FOREIGN = """\
# ours
nextest-version = { required = "0.9.100" }

[profile.default]
retries = 1 # because

[[profile.default.overrides]]
filter = 'test(=passes)'
slow-timeout = "10s"

[test-groups]
one = { max-threads = 1 }

[profile.ci]
inherits = "base"

[profile.base]
failure-output = "final"
"""


@pytest.fixture
def nextest(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")
    require_tool("cargo-nextest")


LOCK = 'version = 4\n\n[[package]]\nname = "sample"\nversion = "0.1.0"\n'
"""Of a package without dependencies; cargo has nothing to say about making it."""


def sync(project: Path, workspace: str = ".") -> NextestEdit:
    """What `sync` does for this file."""
    inputs = Inputs(
        loaded=load_settings(project, {}),
        project_root=project,
        workspace=project / workspace,
        rows=ROWS,
        version="1",
    )
    edit = nextest_file(inputs)
    assert edit is not None
    file = project / SETTINGS_FILE
    file.write_text(adopt_into_settings(file.read_text(), edit.adopted), encoding="utf-8")
    (project / edit.path).parent.mkdir(exist_ok=True)
    (project / edit.path).write_bytes(edit.text.encode())
    return edit


def run(project: Path, *words: str) -> faces.Ended:
    """`cargo nextest`, without any of our own."""
    return faces.run(["cargo", "nextest", *words], project, faces.clean_environment())


@pytest.mark.parametrize(
    ("settings", "configuration"),
    [
        pytest.param("", None, id="as it is written anew"),
        pytest.param(EVERYTHING, None, id="with every setting"),
        pytest.param("", FOREIGN, id="a foreign file"),
    ],
)
def test_nextest_takes_it_without_a_word_and_writes_the_report_where_it_belongs(
    cargo_workspace: Callable[..., Path],
    require_tool: Callable[[str], Path],
    settings: str,
    configuration: str | None,
) -> None:
    files = {"tests/it.rs": TESTS, "Cargo.lock": LOCK}
    if configuration is not None:
        files[".config/nextest.toml"] = configuration
    project = cargo_workspace(files, settings=settings)
    edit = sync(project)

    for profile in ("default", "ci", "local"):
        listed = run(project, "show-config", "test-groups", "--profile", profile)
        assert (listed.exit_code, "warning" in listed.text) == (0, False), listed.text
    ended = run(project, "run", "--profile", "ci", "--color", "never")
    assert ended.exit_code == 100, ended.text
    assert "warning" not in ended.text
    assert "2 tests run: 1 passed, 1 failed" in ended.text  # it went on after the failure
    report = ET.parse(project / "target/nextest/ci/junit.xml").getroot()
    assert (report.get("tests"), report.get("failures")) == ("2", "1")

    schema = project / "schema.json"
    schema.write_text(run(project, "self", "schema", "repo-config").stdout, encoding="utf-8")
    assert json.loads(schema.read_text())["title"] == "NextestConfigDeserialize"
    checker = [str(require_tool("check-jsonschema")), "--schemafile", str(schema)]
    checked = subprocess.run(
        [*checker, str(project / edit.path)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_a_key_that_nextest_does_not_know_would_have_been_seen(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({".config/nextest.toml": "[profile.ci]\nreport-format = 1\n"})
    sync(project)
    listed = run(project, "show-config", "test-groups", "--profile", "ci")
    assert "warning" in listed.text
    assert "profile.ci.report-format" in listed.text


def test_the_profiles_differ_as_they_say(cargo_workspace: Callable[..., Path]) -> None:
    more = "".join(f"#[test]\nfn fails_{number}() {{\n    panic!();\n}}\n" for number in range(9))
    project = cargo_workspace({"tests/it.rs": more})
    sync(project)
    words = ("--test-threads", "1", "--color", "never")
    local = run(project, "run", "--profile", "local", *words)
    assert "1/9 tests run: 0 passed, 1 failed" in local.text
    default = run(project, "run", *words)
    assert "9 tests run: 0 passed, 9 failed" in default.text
    assert not (project / "target/nextest/local/junit.xml").exists()


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param('[profile.ci]\nslow-timeout = { period = "1s" }\n', id="slow, not ended"),
        pytest.param('[profile.default]\nslow-timeout = "1s"\n', id="inherited"),
    ],
)
def test_a_test_that_the_projects_own_timeout_allows_is_ended_neither_before_nor_after_a_sync(
    cargo_workspace: Callable[..., Path], configuration: str
) -> None:
    project = cargo_workspace(
        {"tests/it.rs": SLEEPER, ".config/nextest.toml": configuration},
        # What is merged into the project's value, or wins over it, must not end the test.
        settings="[nextest.profile.local]\nslow-timeout = { period = '1s', terminate-after = 1 }\n",
    )
    unit = ["tasker-ci", "unit", "--profile", "ci"]
    for _ in range(2):
        ended = faces.run(unit, project, faces.clean_environment())
        assert ended.exit_code == 0, ended.text
        assert "SLOW" in ended.text
        sync(project)
    ended = run(project, "run", "--profile", "local")
    assert ended.exit_code == 100  # the counterpart: here the settings of the project do end it
    assert "TIMEOUT" in ended.text


def test_the_session_and_plain_nextest_read_the_file_of_a_workspace_elsewhere(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("outer"),
            "rust/Cargo.toml": workspaces.manifest("sample", "[workspace]\n"),
            "rust/src/lib.rs": "#[test]\nfn passes() {}\n",
            "rust/.config/nextest.toml": "[profile.ci.junit]\npath = 'mine.xml'\n",
        },
        settings='workspace = "rust"\n',
    )
    edit = sync(project, "rust")
    assert str(edit.path) == "rust/.config/nextest.toml"
    assert not (project / ".config/nextest.toml").exists()
    for word in (["tasker-ci", "unit"], ["cargo", "nextest", "run"]):
        report = project / "rust/target/nextest/ci/mine.xml"
        report.unlink(missing_ok=True)
        folder = project if word[0] == "tasker-ci" else project / "rust"
        ended = faces.run([*word, "--profile", "ci"], folder, faces.clean_environment())
        assert ended.exit_code == 0, ended.text
        assert report.is_file()
