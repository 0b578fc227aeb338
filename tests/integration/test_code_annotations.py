"""Errors where people look on GitHub: annotations at file and line, and the step summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

LIBRARY = workspaces.CLEAN_LIBRARY
LINT = LIBRARY.replace("    number + 1", "    return number + 1;")
BROKEN_LINK = LIBRARY.replace("Adds one", "Adds one to [`nothing`]")
BROKEN = LIBRARY.replace("number + 1", "absent + 1")
UNFORMATTED = LIBRARY.replace("number + 1", "number+1")
KINDS = ("::error ", "::warning ")
LINE = LIBRARY.splitlines().index("    number + 1") + 1


def run(project: Path, session: str, *arguments: str, **more: str) -> tuple[faces.Ended, str, str]:
    """A session as a step of GitHub: how it ended, its summary and its outputs."""
    for name in ("summary", "output"):
        (project.parent / name).write_text("", encoding="utf-8")
    environment = faces.clean_environment(
        GITHUB_ACTIONS="true",
        GITHUB_WORKSPACE=str(project),
        GITHUB_STEP_SUMMARY=str(project.parent / "summary"),
        GITHUB_OUTPUT=str(project.parent / "output"),
        NO_COLOR="1",
        **more,
    )
    ended = faces.run(["tasker-ci", session, *arguments], project, environment)
    texts = ((project.parent / name).read_text("utf-8") for name in ("summary", "output"))
    summary, output = texts
    return ended, summary, output


def annotations(ended: faces.Ended) -> list[str]:
    return [line for line in ended.stdout.splitlines() if line.startswith(KINDS)]


@pytest.mark.parametrize(
    ("session", "code", "settings", "place", "said"),
    [
        pytest.param("fmt", UNFORMATTED, "", "file=rust/src/lib.rs", "rustfmt would", id="fmt"),
        pytest.param(
            "clippy", LINT, "", f"file=rust/src/lib.rs,line={LINE}", "needless_return", id="a lint"
        ),
        pytest.param(
            *("clippy", BROKEN, "", f"file=rust/src/lib.rs,line={LINE}", "E0425"), id="an error"
        ),
        pytest.param(
            "doc",
            BROKEN_LINK,
            '[doc]\nwarnings = "deny"\n',
            "file=rust/src/lib.rs,line=",
            "broken_intra_doc_links",
            id="a broken link",
        ),
        pytest.param(
            *("unit", BROKEN, "", f"file=rust/src/lib.rs,line={LINE}", "E0425"), id="a build"
        ),
    ],
)
def test_what_is_wrong_stands_at_its_line_and_in_the_summary(
    cargo_workspace: Write,
    require_tool: Callable[[str], Path],
    session: str,
    code: str,
    settings: str,
    place: str,
    said: str,
) -> None:
    if session == "unit":
        require_tool("cargo-nextest")
    project = cargo_workspace({"src/lib.rs": code}, name="project/rust").parent
    workspaces.write_files(project, {".config/tasker-ci.toml": 'workspace = "rust"\n' + settings})

    ended, summary, output = run(project, session)

    assert ended.exit_code != 0
    (first, *_) = annotations(ended)
    assert first.startswith(f"::error {place}"), ended.stdout
    assert said in first
    assert said in summary
    assert ("compiles=false\n" in output) == (code == BROKEN)


def test_a_warning_is_one_and_more_than_github_shows_are_not_sent(
    cargo_workspace: Write,
) -> None:
    links = "".join(f"/// [`absent_{number}`]\npub struct S{number};\n" for number in range(15))
    project = cargo_workspace({"src/lib.rs": f"//! Links.\n{links}"})

    ended, summary, output = run(project, "doc")

    assert ended.exit_code == 0, ended.text
    found = [line for line in annotations(ended) if line.startswith("::warning file=src/lib.rs")]
    assert len(found) == 10
    assert summary.count("| warning |") == 15
    assert output.startswith("said=15 warnings")
    assert "compiles" not in output


def test_green_code_says_nothing(cargo_workspace: Write) -> None:
    ended, summary, output = run(cargo_workspace(), "clippy")

    assert ended.exit_code == 0, ended.text
    assert (annotations(ended), output) == ([], "said=no lint, no warning\nproves=true\n")
    assert "clippy" not in summary
