"""A clone full of traps: what a session starts of it is what the table of sessions says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the traps are shell scripts")

ENVIRONMENT = 3
SAFE = tuple(name for name, session in SESSIONS.items() if not session.runs)
ARGUMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "affected": (("--base", "HEAD"), ("--dry-run",)),
    "audit": (("--db", "database"),),
    "inventory": ((), ("--json",)),
    "init": (("--dry-run",), ()),
    "sync": (("--check",), ()),
    "insights": (("--local",),),
    "tools": (("--dry-run",),),
    "settings": ((), ("--json",)),
    "env": ((), ("--explain",)),
    "down": ((), ("--all", "--dry-run")),
}
"""How the sessions are called; those that are not here without anything."""

SETTINGS = """
features = "default"
[environment.variables]
LD_PRELOAD = { value = "{clone}/preload.so", purpose = "a trap" }
RUSTC = { value = "{clone}/traps/settings-rustc", purpose = "a trap" }
RUSTC_WRAPPER = { value = "{clone}/traps/settings-wrapper", purpose = "a trap" }
GIT_EXTERNAL_DIFF = { value = "{clone}/traps/settings-diff", purpose = "a trap" }
GIT_SSH_COMMAND = { value = "{clone}/traps/settings-ssh", purpose = "a trap" }
"""
CARGO = """
[build]
rustc = "traps/cargo-rustc"
rustc-wrapper = "traps/cargo-wrapper"
rustc-workspace-wrapper = "traps/cargo-workspace-wrapper"
rustdoc = "traps/cargo-rustdoc"
[target.'cfg(all())']
linker = "traps/cargo-linker"
runner = "traps/cargo-runner"
[env]
LD_PRELOAD = { value = "preload.so", relative = true, force = true }
RUSTC_WRAPPER = { value = "traps/cargo-env-wrapper", relative = true, force = true }
[alias]
metadata = ["run"]
tree = ["run"]
[registry]
global-credential-providers = ["traps/cargo-credentials"]
[net]
git-fetch-with-cli = true
"""
GIT = {
    "core.fsmonitor": "git-fsmonitor",
    "core.pager": "git-pager",
    "core.sshCommand": "git-ssh",
    "core.editor": "git-editor",
    "core.askPass": "git-askpass",
    "credential.helper": "git-credentials",
    "diff.external": "git-external-diff",
    "diff.trap.textconv": "git-textconv",
    "diff.trap.command": "git-diff-command",
    "filter.trap.clean": "git-clean",
    "filter.trap.smudge": "git-smudge",
    "filter.long.process": "git-process",
    "gpg.program": "git-gpg",
    "alias.ls-files": "!git-alias",
    "alias.rev-parse": "!git-alias",
}
HOOKS = ("post-index-change", "pre-commit", "post-checkout", "reference-transaction", "fsmonitor")
MARK = "with open({mark!r}, 'a') as mark:\n    mark.write({name!r} + '\\n')\n"


MORE = """
resolver = "3"
[features]
extra = []
"""
"""With this resolver cargo asks the compiler for its age before it makes a lock file."""

OF_A_FEATURE = '#[cfg(feature = "extra")]\n#[test]\nfn u() {}\n'
"""For which the inventory asks cargo, and cargo the compiler."""

PRELOADED = """
#include <stdio.h>
__attribute__((constructor)) static void spring(void) {
    FILE *mark = fopen(MARK, "a");
    if (mark) { fputs("preload.so\\n", mark); fclose(mark); }
}
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path] | None:
    """A library that leaves its name in a file where a program loads it; None without `cc`."""
    if shutil.which("cc") is None or sys.platform != "linux":
        return None
    folder = tmp_path_factory.mktemp("library")
    source, built, mark = (folder / name for name in ("preload.c", "preload.so", "mark"))
    source.write_text(PRELOADED, encoding="utf-8")
    words = ["cc", "-shared", "-fPIC", f'-DMARK="{mark}"', "-o", str(built), str(source)]
    subprocess.run(words, check=True)
    return built, mark


@pytest.fixture
def clone(
    cargo_workspace: Callable[..., Path], tmp_path: Path, library: tuple[Path, Path] | None
) -> tuple[Path, Path]:
    """The clone, and the file in which every trap that is sprung leaves its name."""
    mark = tmp_path / "sprung"
    rust = f'std::fs::write("{mark}", "build script or test\\n").unwrap();'
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", MORE),
            "build.rs": f"fn main() {{\n    {rust}\n}}\n",
            "src/lib.rs": f"#[test]\nfn t() {{\n    {rust}\n}}\n{OF_A_FEATURE}",
            ".cargo/config.toml": CARGO,
            ".gitattributes": "*.rs filter=trap diff=trap\n*.toml filter=long\n",
            "compose.yaml": "services:\n  postgres:\n    image: none\n",
        }
    )
    settings = project / ".config" / "tasker-ci.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(SETTINGS.replace("{clone}", str(project)), encoding="utf-8")
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "All")
    traps = project / "traps"
    traps.mkdir()

    def trap(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        name = path.relative_to(project)
        path.write_text(f'#!/bin/sh\necho "{name}" >> "{mark}"\nexit 1\n', encoding="utf-8")
        path.chmod(0o755)
        return path

    for name in ("rustc", "wrapper", "workspace-wrapper", "rustdoc", "linker", "runner"):
        trap(traps / f"cargo-{name}")
    for name in ("cargo-env-wrapper", "cargo-credentials", "settings-rustc", "settings-wrapper"):
        trap(traps / name)
    for name in ("settings-diff", "settings-ssh"):
        trap(traps / name)
    for program in ("git", "cargo", "rustc", "rustup", "cc", "docker", "uv", "sccache"):
        trap(traps / "bin" / program)
    for program in ("cargo", "rustc", "rustfmt", "rustdoc", "cargo-fmt"):
        trap(project / "toolchain" / "bin" / program)
    (project / "toolchain" / "lib").mkdir()
    (project / "database" / "crates").mkdir(parents=True)
    toolchain = f'[toolchain]\npath = "{project / "toolchain"}"\n'
    (project / "rust-toolchain.toml").write_text(toolchain, encoding="utf-8")
    for name in ("tasker_ci/__init__.py", "sitecustomize.py", "nox.py", "rich.py", "tomllib.py",
                 "noxfile.py", "tasks.py"):  # fmt: skip
        file = project / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(MARK.format(mark=str(mark), name=name), encoding="utf-8")
    for key, value in GIT.items():
        program = trap(traps / value.removeprefix("!"))
        git(project, "config", key, f"!{program}" if value.startswith("!") else str(program))
    git(project, "config", "filter.trap.required", "true")
    git(project, "config", "log.showSignature", "true")
    git(project, "config", "core.hooksPath", str(traps / "hooks"))
    for hook in HOOKS:
        trap(traps / "hooks" / hook)
    if library is not None:
        shutil.copy(library[0], project / "preload.so")
        library[1].unlink(missing_ok=True)
        mark.symlink_to(library[1])
    later = (project / "Cargo.toml").stat().st_mtime + 5
    for name in ("Cargo.toml", "src/lib.rs", "build.rs"):  # stale to git, so that it looks inside
        os.utime(project / name, (later, later))
    reports = project / "target" / "tasker-ci" / "reports"
    reports.mkdir(parents=True)
    report = reports / "unit.default.xml"
    report.write_text(
        '<testsuites><testsuite name="sample"><testcase classname="sample" name="t"/>'
        "</testsuite></testsuites>",
        encoding="utf-8",
    )
    os.utime(report, (later + 5, later + 5))
    assert not mark.exists()
    return project, mark


def git(project: Path, *words: str) -> None:
    """Git as a person calls it, before any trap is set."""
    who = ("-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "core.fsmonitor=false")
    subprocess.run(["git", *who, *words], cwd=project, check=True)


def sprung(mark: Path) -> set[str]:
    return set(mark.read_text(encoding="utf-8").split("\n")) - {""} if mark.exists() else set()


def test_the_traps_are_real(clone: tuple[Path, Path]) -> None:
    project, mark = clone
    commands = (
        ["git", "status"],
        ["git", "diff"],
        ["git", "hash-object", "build.rs"],
        ["cargo", "--version"],
    )
    for command in commands:
        subprocess.run(command, cwd=project, capture_output=True, check=False)
    found = sprung(mark)
    assert {"traps/git-fsmonitor", "traps/git-clean", "traps/git-process"} <= found
    assert shutil.which("rustup") is None or "toolchain/bin/cargo" in found
    (project / "rust-toolchain.toml").unlink()
    subprocess.run(["cargo", "build"], cwd=project, capture_output=True, check=False)
    found = sprung(mark)
    assert {name for name in found if name.startswith("traps/cargo-")}
    assert "preload.so" in found or not (project / "preload.so").exists()


@pytest.mark.parametrize("session", SAFE)
def test_a_session_that_runs_nothing_of_the_project_springs_none(
    clone: tuple[Path, Path], session: str
) -> None:
    project, mark = clone
    given = faces.clean_environment()
    given["PATH"] = os.pathsep.join(["traps/bin", "", given["PATH"]])  # relative: of the clone
    for arguments in ARGUMENTS.get(session, ((),)):
        ended = faces.run(["tasker-ci", session, *arguments], project, given)
        assert sprung(mark) == set(), f"{arguments}: {ended.text}"
        assert "Traceback" not in ended.text
    if session in {"affected", "inventory", "doctor"}:
        assert ended.stdout, "it had something to say"


@pytest.mark.parametrize("session", SAFE)
def test_a_toolchain_of_the_settings_in_a_folder_is_not_started(
    clone: tuple[Path, Path], session: str
) -> None:
    project, mark = clone
    settings = project / ".config" / "tasker-ci.toml"
    chosen = f'toolchain = "{project / "toolchain"}"\n'
    settings.write_text(chosen + settings.read_text(encoding="utf-8"), encoding="utf-8")
    (project / "rust-toolchain.toml").unlink()
    for arguments in ARGUMENTS.get(session, ((),)):
        ended = faces.run(["tasker-ci", session, *arguments], project, faces.clean_environment())
        assert sprung(mark) == set(), f"{arguments}: {ended.text}"
        assert "Traceback" not in ended.text
    if session in {"affected", "inventory"}:
        assert ended.exit_code == ENVIRONMENT, ended.text
        assert "The setting `toolchain` names a folder" in ended.text


@pytest.mark.parametrize("place", ["named", "on PATH"])
@pytest.mark.parametrize(
    "words", [("doctor",), ("cache", "--stats"), ("tools", "--dry-run"), ("inventory",)]
)
def test_an_sccache_that_the_project_brings_is_not_asked(
    clone: tuple[Path, Path], words: tuple[str, ...], place: str
) -> None:
    project, mark = clone
    program = project / "traps" / "sccache"
    program.write_text(f'#!/bin/sh\necho "sccache $@" >> "{mark}"\nexit 0\n', encoding="utf-8")
    program.chmod(0o755)
    configuration = '[build]\nrustc-wrapper = "traps/sccache"\n' if place == "named" else ""
    (project / ".cargo" / "config.toml").write_text(configuration, encoding="utf-8")
    (project / ".config" / "tasker-ci.toml").unlink()  # whose wrapper would be taken instead
    given = {"TASKER_CI_SCCACHE": "auto"}
    if place == "on PATH":  # a relative folder, which is another one in each clone
        given["PATH"] = f"traps{os.pathsep}{faces.clean_environment()['PATH']}"
    ended = faces.run(["tasker-ci", *words], project, faces.clean_environment(**given))
    assert sprung(mark) == set(), ended.text
    assert "Traceback" not in ended.text


def test_variables_for_later_steps_reach_no_sccache_before(
    clone: tuple[Path, Path], tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("sccache")
    project, mark = clone
    settings = "environment.variables.LD_PRELOAD.value = '{clone}/preload.so'\n"
    file = project / ".config" / "tasker-ci.toml"
    file.write_text(settings.replace("{clone}", str(project)), encoding="utf-8")
    (project / ".cargo" / "config.toml").unlink()
    (tmp_path / "later").touch()
    given = {"GITHUB_ENV": str(tmp_path / "later"), "TASKER_CI_SCCACHE": "auto"}
    words = ["tasker-ci", "env", "--format", "github"]
    ended = faces.run(words, project, faces.clean_environment(**given))
    assert ended.exit_code == 0, ended.text
    assert sprung(mark) == set(), ended.text
    assert "preload.so" in (tmp_path / "later").read_text(encoding="utf-8")


@pytest.mark.parametrize("session", ["affected", "inventory"])
def test_it_answers_all_the_same(clone: tuple[Path, Path], session: str) -> None:
    project, _ = clone
    words = ARGUMENTS[session][0]
    ended = faces.run(["tasker-ci", session, *words], project, faces.clean_environment())
    assert ended.exit_code == 0, ended.text


@pytest.mark.parametrize("name", SESSIONS)
def test_the_help_says_what_a_session_runs(name: str, tmp_path: Path) -> None:
    ended = faces.run(["tasker-ci", "--help", name], tmp_path)
    runs, on_request = SESSIONS[name].runs, SESSIONS[name].on_request
    text = " ".join(ended.text.split())
    but = f", but {on_request}" if on_request else ""
    assert (
        f"Runs code of the project: {runs}." if runs else f"Runs no code of the project{but}."
    ) in text


def test_a_report_that_came_with_the_clone_is_no_reason_to_build(
    cargo_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    mark = tmp_path / "sprung"
    report = (
        '<testsuites><testsuite name="sample"><testcase classname="sample" name="t"/>'
        "</testsuite></testsuites>"
    )
    place = "target/tasker-ci/reports/unit.ci.xml"
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample"),
            "build.rs": f'fn main() {{ std::fs::write("{mark}", "").unwrap(); }}\n',
            "src/lib.rs": "#[test]\nfn t() {}\n",
            place: report,
        }
    )
    git(project, "init", "--quiet")
    git(project, "add", "--all", "--force")
    later = (project / "src/lib.rs").stat().st_mtime + 5
    os.utime(project / place, (later, later))
    ended = faces.run(["tasker-ci", "inventory"], project, faces.clean_environment(CI="true"))
    assert "it came with the repository" in ended.text
    assert not mark.exists()
    git(project, "rm", "--quiet", "--cached", place)
    ended = faces.run(["tasker-ci", "inventory"], project, faces.clean_environment(CI="true"))
    assert mark.exists(), f"the report of a run here is held against a list: {ended.text}"
