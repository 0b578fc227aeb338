"""`fmt` formats the members of a workspace and no file of anybody else."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

UGLY = "pub  fn  f( ) { }\n"
FINE = "pub fn f() {}\n"


def fmt(project: Path, *words: str) -> faces.Ended:
    return faces.run(["tasker-ci", "fmt", *words], project, faces.clean_environment())


def depending(name: str, *paths: str) -> str:
    """A manifest with path dependencies, called by the last part of their paths."""
    lines = [f'{path.rpartition("/")[2]} = {{ path = "{path}" }}\n' for path in paths]
    return workspaces.manifest(name, "".join(["[dependencies]\n", *lines]))


def repository(folder: Path, files: dict[str, str]) -> Path:
    workspaces.write_files(folder, files)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A package of another repository, which is not formatted."""
    files = {"Cargo.toml": workspaces.manifest("foreign"), "src/lib.rs": UGLY}
    return repository(tmp_path / "foreign", files)


def check_left_alone(project: Path, strange: Path, *own: str) -> None:
    """fmt is green beside an unformatted stranger; then it is red for, and fixes, the own files."""
    ended = fmt(project)
    assert ended.exit_code == 0, ended.text
    for name in own:
        (project / name).write_text(UGLY, encoding="utf-8")
    ended = fmt(project)
    assert ended.exit_code == 1
    for name in own:
        assert f"Diff in {project / name}" in ended.stdout
    assert fmt(project, "--fix").exit_code == 0
    assert [(project / name).read_text(encoding="utf-8") for name in own] == [FINE] * len(own)
    assert strange.read_text(encoding="utf-8") == UGLY


def test_a_path_dependency_of_another_repository(cargo_workspace: Write, foreign: Path) -> None:
    files = {"Cargo.toml": depending("sample", str(foreign)), "src/lib.rs": FINE}
    check_left_alone(cargo_workspace(files), foreign / "src/lib.rs", "src/lib.rs")


def test_dependencies_of_all_kinds_and_renamed_ones(cargo_workspace: Write, foreign: Path) -> None:
    more = (
        f'[dev-dependencies]\nforeign = {{ path = "{foreign}" }}\n'
        f'[build-dependencies]\nother = {{ path = "{foreign}", package = "foreign" }}\n'
        f"[target.'cfg(windows)'.dependencies]\nthird = {{ path = \"{foreign}\", "
        'package = "foreign" }\n'
    )
    files = {"Cargo.toml": workspaces.manifest("sample", more), "src/lib.rs": FINE}
    check_left_alone(cargo_workspace(files), foreign / "src/lib.rs", "src/lib.rs")


def test_a_dependency_that_has_the_name_of_a_member(cargo_workspace: Write, foreign: Path) -> None:
    (foreign / "Cargo.toml").write_text(
        workspaces.manifest("b").replace("0.1.0", "0.9.0"), encoding="utf-8"
    )
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n',
        "a/Cargo.toml": workspaces.manifest(
            "a", f'[dependencies]\nbee = {{ path = "{foreign}", package = "b" }}\n'
        ),
        "a/src/lib.rs": FINE,
        "b/Cargo.toml": workspaces.manifest("b"),
        "b/src/lib.rs": FINE,
    }
    project = cargo_workspace(files)
    check_left_alone(project, foreign / "src/lib.rs", "a/src/lib.rs", "b/src/lib.rs")


@pytest.mark.parametrize("more", ["", "[workspace]\n"], ids=["excluded", "nested workspace"])
def test_a_dependency_within_the_folder_that_is_no_member(
    cargo_workspace: Write, more: str
) -> None:
    files = {
        "Cargo.toml": depending("sample", "inner")
        + '[workspace]\nmembers = ["member"]\nexclude = ["inner"]\n',
        "src/lib.rs": FINE,
        "inner/Cargo.toml": workspaces.manifest("inner", more),
        "inner/src/lib.rs": UGLY,
        "member/Cargo.toml": workspaces.manifest("member"),
        "member/src/lib.rs": FINE,
    }
    project = cargo_workspace(files)
    check_left_alone(project, project / "inner/src/lib.rs", "src/lib.rs", "member/src/lib.rs")


def test_members_that_default_members_leave_out_and_one_outside_of_the_folder(
    cargo_workspace: Write, foreign: Path
) -> None:
    outside = foreign.parent / "outside"
    workspaces.write_files(
        outside,
        {
            "Cargo.toml": workspaces.manifest("outside", 'workspace = "../project"\n'),
            "src/lib.rs": FINE,
        },
    )
    files = {
        "Cargo.toml": depending("sample", str(foreign))
        + '[workspace]\nmembers = ["member", "../outside"]\ndefault-members = ["."]\n',
        "src/lib.rs": FINE,
        "member/Cargo.toml": workspaces.manifest("member"),
        "member/src/lib.rs": FINE,
    }
    project = cargo_workspace(files)
    own = ("src/lib.rs", "member/src/lib.rs", "../outside/src/lib.rs")
    (project / own[2]).write_text(UGLY, encoding="utf-8")
    assert fmt(project).exit_code == 1
    (project / own[2]).write_text(FINE, encoding="utf-8")
    check_left_alone(project, foreign / "src/lib.rs", *own[:2])
    (project / own[2]).write_text(UGLY, encoding="utf-8")
    assert fmt(project, "--fix").exit_code == 0
    assert (outside / "src/lib.rs").read_text(encoding="utf-8") == FINE


def test_every_member_with_its_own_edition_and_configuration(cargo_workspace: Write) -> None:
    text = '"' + "x" * 30 + '"'
    wide = f"pub fn f() -> [&'static str; 3] {{\n    [{text}, {text}, {text}]\n}}\n"
    count = 120
    files = {"Cargo.toml": '[workspace]\nmembers = ["m/*"]\nresolver = "2"\n'}
    for number in range(count):
        files[f"m/p{number}/Cargo.toml"] = workspaces.manifest(f"p{number}")
        files[f"m/p{number}/src/lib.rs"] = FINE
    files["m/p7/rustfmt.toml"] = "max_width = 140\nuse_small_heuristics = 'Max'\n"
    files["m/p7/src/lib.rs"] = wide
    files["m/p9/Cargo.toml"] = workspaces.manifest("p9").replace("2021", "2015")
    files["m/p9/src/lib.rs"] = "pub fn f() {\n    let async = 1;\n    drop(async);\n}\n"
    project = cargo_workspace(files)
    ended = fmt(project)
    assert ended.exit_code == 0, ended.text
    (project / f"m/p{count - 1}/src/lib.rs").write_text(UGLY, encoding="utf-8")
    assert fmt(project).exit_code == 1


def test_in_colour_every_file_counts_and_the_colours_are_shown(cargo_workspace: Write) -> None:
    files = {
        "Cargo.toml": workspaces.manifest("sample"),
        "src/lib.rs": f"mod b;\n{UGLY.rstrip()}",
        "src/b.rs": UGLY.rstrip(),
    }
    environment = faces.clean_environment(FORCE_COLOR="1", TERM="xterm-256color")
    ended = faces.run(["tasker-ci", "fmt"], cargo_workspace(files), environment)
    assert "not formatted: 2 files, first src/b.rs:1." in ended.text
    assert re.search(r"\x1b\[31m-pub  fn", ended.text)
    assert r"\x1b" not in ended.text


@pytest.mark.parametrize("settings", ['workspace = "member"\n', ""], ids=["a member", "the root"])
def test_the_whole_workspace_whatever_folder_the_settings_name(
    cargo_workspace: Write, settings: str
) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["member", "other"]\nresolver = "2"\n',
        "member/Cargo.toml": workspaces.manifest("member"),
        "member/src/lib.rs": FINE,
        "other/Cargo.toml": workspaces.manifest("other"),
        "other/src/lib.rs": UGLY,
    }
    project = cargo_workspace(files, settings=settings)
    assert fmt(project).exit_code == 1
    (command,) = json.loads(fmt(project, "--dry-run", "--json").stdout)["commands"]
    assert command["directory"] == str(project)


class TestModulesElsewhere:
    """Files that a member's own `mod` reaches, outside of its repository."""

    FILES = {  # noqa: RUF012 - never changed
        "Cargo.toml": workspaces.manifest("sample"),
        "src/lib.rs": '#[path = "../../elsewhere/outside.rs"]\npub mod outside;\n' + UGLY,
    }

    def test_fix_changes_nothing_and_names_them(
        self, cargo_workspace: Write, tmp_path: Path
    ) -> None:
        outside = repository(tmp_path / "elsewhere", {"outside.rs": UGLY}) / "outside.rs"
        project = repository(cargo_workspace(self.FILES), {})
        ended = fmt(project)
        assert (ended.exit_code, "outside.rs" in ended.stdout) == (1, True)
        ended = fmt(project, "--fix")
        assert ended.exit_code == 1
        assert f"error: Formatting would change files outside of {project}: {outside}" in (
            ended.stdout
        )
        assert outside.read_text(encoding="utf-8") == UGLY
        assert (project / "src/lib.rs").read_text(encoding="utf-8") == self.FILES["src/lib.rs"]

    def test_they_do_not_matter_when_they_are_formatted(
        self, cargo_workspace: Write, tmp_path: Path
    ) -> None:
        repository(tmp_path / "elsewhere", {"outside.rs": FINE})
        project = cargo_workspace(self.FILES)
        assert fmt(project, "--fix").exit_code == 0
        assert fmt(project).exit_code == 0

    def test_a_symbolic_link_leads_away_too(self, cargo_workspace: Write, tmp_path: Path) -> None:
        outside = repository(tmp_path / "elsewhere", {"outside.rs": UGLY}) / "outside.rs"
        project = repository(cargo_workspace({"src/lib.rs": "pub mod linked;\n"}), {})
        (project / "src/linked.rs").symlink_to(outside)
        assert fmt(project, "--fix").exit_code == 1
        assert outside.read_text(encoding="utf-8") == UGLY

    def test_within_the_repository_they_are_formatted(
        self, cargo_workspace: Write, tmp_path: Path
    ) -> None:
        repository(tmp_path, {"elsewhere/outside.rs": UGLY})
        project = cargo_workspace(self.FILES)
        ended = fmt(project, "--fix")
        assert ended.exit_code == 0, ended.text
        assert (tmp_path / "elsewhere/outside.rs").read_text(encoding="utf-8") == FINE
