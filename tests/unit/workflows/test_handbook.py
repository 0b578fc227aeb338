"""The handbook: everything in it comes from the data of the pipeline, and nothing breaks out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import generation
import pytest
import workspaces
from markdown_it import MarkdownIt

from tasker_ci.sessions import ROWS, SESSIONS, load_settings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.markdown import code, table
from tasker_ci.text.mermaid import flowchart, mermaid_text, without_detours
from tasker_ci.workflows.files import is_untouched
from tasker_ci.workflows.handbook import PATH, handbook_file
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.pipeline import workflows_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RENDERER = MarkdownIt("commonmark").enable("table")

WITH_SERVICES = 'preset = "tasker"\n[integration]\ntargets = ["app::end_to_end"]\n'


def handbook(root: Path, settings: str = "", environment: Mapping[str, str] | None = None) -> str:
    """The text of the handbook of a project with these settings."""
    file = root / SETTINGS_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(settings, encoding="utf-8")
    loaded = load_settings(root, environment or {})
    inputs = Inputs(
        loaded=loaded,
        project_root=root,
        workspace=root / loaded.settings.workspace,
        rows=ROWS,
        version="1.2.3",
    )
    return handbook_file(inputs, workflows_of(inputs)).text


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, as a reader of the page sees them."""
    part = text[text.index(f"## {heading}") :]
    html = RENDERER.render(part[: part.index("\n#", 3)] if "\n#" in part[3:] else part)
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in body.split("<tr>")[1:]
    ]


def arrows(text: str) -> set[tuple[str, str]]:
    """The edges of the graph, by the first line of the nodes' labels."""
    labels = dict(re.findall(r'^  (job\d+)\["([^"<]*)', text, re.MULTILINE))
    pairs = re.findall(r"^  (job\d+) --> (job\d+)$", text, re.MULTILINE)
    return {(labels[first], labels[second]) for first, second in pairs}


def test_it_is_a_generated_file_with_our_header(tmp_path: Path) -> None:
    text = handbook(tmp_path)

    assert PATH.as_posix() == ".github/workflows/README.md"
    assert is_untouched(text)
    assert text.endswith("\n")


def test_the_flow_is_that_of_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / "docker/db").mkdir(parents=True)
    (tmp_path / "docker/db/Dockerfile").touch()

    staged = arrows(handbook(tmp_path, WITH_SERVICES))
    flat = arrows(handbook(tmp_path, WITH_SERVICES + '[pipeline]\nflow = "flat"\n'))

    assert staged == {
        ("Generated files", "ci-success"),
        ("Docker images", "Integration tests"),
        ("Code quality", "Integration tests"),
        ("Unit tests", "Integration tests"),
        ("Integration tests", "ci-success"),
    }
    assert ("Docker images", "Integration tests") in flat
    assert ("Code quality", "ci-success") in flat
    assert ("Code quality", "Integration tests") not in flat


def test_what_a_project_has_not_is_not_explained(tmp_path: Path) -> None:
    without, with_services = handbook(tmp_path), handbook(tmp_path, WITH_SERVICES)

    assert "test-integration.yml" not in without
    assert "A port is taken" not in without
    assert "test-integration.yml" in with_services
    assert "A port is taken" in with_services


def test_every_workflow_has_its_row_and_its_jobs(tmp_path: Path) -> None:
    table_rows = rows(handbook(tmp_path), "Workflows")

    assert [row[0] for row in table_rows] == [
        "ci.yml",
        "code-quality.yml",
        "test-unit.yml",
        "ci-success.yml",
    ]
    assert table_rows[0][2].startswith("push on main, pull_request on main")
    assert table_rows[0][3] == "drift, quality, unit, success"


def test_the_check_to_require_is_named_with_its_branches(tmp_path: Path) -> None:
    text = handbook(tmp_path, '[workflows]\nbranches = ["trunk", "release/*"]\n')

    assert "**The required check is `ci-success / ci-success`.**" in text
    assert "`trunk`, `release/*`" in text


def test_every_session_of_a_workflow_has_the_command_that_does_the_same(tmp_path: Path) -> None:
    found = {row[0]: row for row in rows(handbook(tmp_path), "Sessions")}

    expected = {name for name in ROWS.default if SESSIONS[name].stage in {"quality", "unit"}}
    assert expected <= set(found)
    assert found["clippy"] == [
        "clippy",
        SESSIONS["clippy"].summary,
        "code-quality.yml",
        "nox -s clippy",
    ]


def test_the_environment_is_the_table_without_any_secret(tmp_path: Path) -> None:
    found = {row[0]: row for row in rows(handbook(tmp_path, WITH_SERVICES), "Environment")}

    assert found["RUST_LOG"][1] == "warn"
    assert found["SCCACHE_GHA_ENABLED"][1] == "true"  # where it applies, not where this test runs
    assert found["JWT_PRIVATE_KEY"][1] == found["API_KEY"][1] == "***"


def test_neither_the_machine_nor_a_comment_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = '[environment.variables]\nSECRET_PLACE = "x"\n'
    first = handbook(tmp_path / "one", row)

    # The table of a session would take them from the process: that is what must not happen here.
    monkeypatch.setenv("RUST_BACKTRACE", "full")
    monkeypatch.setenv("CI", "true")
    second = handbook(tmp_path / "another place", f"# a comment\n\n{row}")

    assert first == second


def test_reports_are_where_the_workspace_is(tmp_path: Path) -> None:
    text = handbook(tmp_path, 'workspace = "rust"\n')

    assert "`rust/target/tasker-ci/reports/`" in text
    assert "`rust/target/nextest/ci/junit.xml`" in text


def test_nextest_s_own_report_is_where_nextest_writes_it(tmp_path: Path) -> None:
    workspaces.write_files(
        tmp_path,
        {".config/nextest.toml": "store = { dir = 'out' }\n[profile.ci.junit]\npath = 'a.xml'\n"},
    )
    assert "`out/ci/a.xml`" in handbook(tmp_path, "")
    settings = "[nextest.profile.ci.junit]\npath = 'target/nextest/ci/junit.xml'\n"
    text = handbook(tmp_path / "twice", settings)
    assert "`target/nextest/ci/target/nextest/ci/junit.xml`" in text
    absolute = "[nextest.profile.ci.junit]\npath = '/var/reports/junit.xml'\n"
    assert "`/var/reports/junit.xml`" in handbook(tmp_path / "absolute", absolute)


def test_hostile_values_of_variables_stay_in_their_cell(tmp_path: Path) -> None:
    value = "a|b` <script>alert(1)</script> ${{ github.token }}\\n[x](y)"
    row = f"[environment.variables]\nODD = {{ value = '''{value}''', purpose = 'p|q\\n' }}\n"
    text = handbook(tmp_path, row)

    cells = {row[0]: row for row in rows(text, "Environment")}["ODD"]
    assert len(cells) == 5
    assert "<script>" not in RENDERER.render(text)
    assert "alert(1)" in cells[1]


@pytest.mark.parametrize(
    "value",
    [
        "[x](https://example.org)",
        "![x](https://example.org/x.png)",
        "**a** *b* __c__ _d_ ~~e~~",
        "snake_case_2 a_",
        "one\r## two\r\n",
        "\x01 \u2028 \u202e \t",
    ],
    ids=ascii,
)
def test_the_value_of_a_variable_is_shown_as_it_is(tmp_path: Path, value: str) -> None:
    text = handbook(tmp_path, f"[environment.variables]\nODD = {json.dumps(value)}\n")

    assert text.replace("\n", "").isprintable()
    (line,) = (line for line in text.splitlines() if line.startswith("| ODD "))
    html = RENDERER.render(f"| a | b | c | d | e |\n| - | - | - | - | - |\n{line}\n")
    shown = re.findall(r"<td>(.*)</td>", html)[1]
    spelled = "".join(
        each if each.isprintable() else {"\n": "<br>"}.get(each, repr(each)[1:-1]) for each in value
    )
    assert shown == spelled.strip()


@pytest.mark.parametrize("text", ["plain", "a`b", "``", "`", "x `` y ` z"])
def test_code_shows_the_text_as_it_is(text: str) -> None:
    html = RENDERER.render(code(text))

    assert html == f"<p><code>{text}</code></p>\n"


def test_a_bar_in_a_cell_is_no_border() -> None:
    html = RENDERER.render(table(("a", "b"), [(code("x|y"), "p|q")]))

    assert "<td><code>x|y</code></td>\n<td>p|q</td>" in html


def test_a_label_cannot_leave_its_quotes() -> None:
    hostile = 'x"] --> y; click x "javascript:alert(1)" %% <b>#end`\n```\n# heading'
    chart = flowchart({"end": (hostile,), "other": ("B",)}, [("end", "other")])

    lines = chart.splitlines()
    assert len(lines) == 6
    assert re.fullmatch(r'  job0\["[A-Za-z0-9 ._,/:()+#;-]*"\]', lines[2])
    assert lines[-2:] == ["  job0 --> job1", "```"]
    assert mermaid_text('"#') == "#34;#35;"


def test_a_longer_way_makes_the_shorter_arrow_superfluous() -> None:
    needs = {"a": (), "b": ("a",), "c": ("a", "b"), "d": ("a", "b", "c")}

    assert without_detours(needs) == (("a", "b"), ("b", "c"), ("c", "d"))


def test_where_secrets_are_handed_over_it_says_who_gets_none(tmp_path: Path) -> None:
    own = ".github/workflows/extra.yml"
    row = f'[workflows.own.scan]\npath = "{own}"\nafter = "unit"\n'
    called = {own: "on: {workflow_call: {secrets: {TOKEN: {}}}}\njobs: {}\n"}

    plain = generation.texts(tmp_path, row, called)[".github/workflows/README.md"]
    given = generation.texts(tmp_path, row + 'secrets.TOKEN = "T"\n', called)

    text = "GitHub gives none to pull requests from forks"
    assert text not in plain
    assert text in given[".github/workflows/README.md"]


def test_it_says_what_is_skipped_where_a_green_run_counts(tmp_path: Path) -> None:
    with_it = generation.texts(tmp_path / "with", "workflows.proven = true\n")
    without = generation.texts(tmp_path / "without")
    path = ".github/workflows/README.md"

    assert "A push whose tree a green run has tested today" in with_it[path]
    assert "a green run" not in without[path]
