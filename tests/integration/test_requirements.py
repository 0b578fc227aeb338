"""What is missing is one error before any session starts, on real cargo and rustup."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[..., Path]
    Run = Callable[..., faces.Ended]

SESSIONS = ("fmt", "clippy", "doc", "audit", "unit", "doctest", "examples", "inventory", "ci")


@pytest.fixture
def run(run_face: Run, require_tool: Callable[[str], Path]) -> Run:
    """Run a session from the console; rustup installs nothing."""
    require_tool("rustup")

    def call(session: str, *arguments: str, cwd: Path, **environment: str) -> faces.Ended:
        given = {"RUSTUP_AUTO_INSTALL": "0", "RUSTUP_TOOLCHAIN": "", **environment}
        return run_face("tasker-ci", session, *arguments, cwd=cwd, **given)

    return call


@pytest.fixture(scope="session")
def sysroot() -> Path:
    """The folder of the toolchain that the tests run on."""
    answer = subprocess.run(
        ["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True
    )
    return Path(answer.stdout.strip())


@pytest.fixture
def bare_home(tmp_path: Path, sysroot: Path) -> Path:
    """A RUSTUP_HOME whose only toolchain, 1.93.0, has neither clippy nor rustfmt."""
    home = tmp_path / "rustup"
    name = f"1.93.0-{host_of(sysroot)}"
    programs = home / "toolchains" / name / "bin"
    programs.mkdir(parents=True)
    for entry in sysroot.iterdir():
        if entry.name != "bin":
            (programs.parent / entry.name).symlink_to(entry)
    for name_of_program in ("cargo", "rustc", "rustdoc"):
        (programs / name_of_program).symlink_to(sysroot / "bin" / name_of_program)
    (home / "settings.toml").write_text(
        f'version = "12"\ndefault_toolchain = "{name}"\nprofile = "minimal"\n[overrides]\n'
    )
    return home


def host_of(sysroot: Path) -> str:
    """The triple of this machine."""
    answer = subprocess.run(
        [sysroot / "bin" / "rustc", "-vV"], capture_output=True, text=True, check=True
    )
    return next(
        line.partition(": ")[2] for line in answer.stdout.splitlines() if line.startswith("host")
    )


def distribution(folder: Path, sysroot: Path, *programs: str) -> dict[str, str]:
    """The environment of a machine whose Rust comes from its distribution, without rustup."""
    folder.mkdir()
    for name in programs:
        (folder / name).symlink_to(sysroot / "bin" / name)
    for name in ("cc", "ld", "git", "sh", "env"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return {"PATH": str(folder), "HOME": str(folder), "CARGO_HOME": str(folder / "cargo")}


@pytest.mark.parametrize("session", SESSIONS)
def test_an_absent_toolchain_is_one_error_with_the_line_that_gets_it(
    cargo_workspace: Write, run: Run, session: str
) -> None:
    file = (
        '[toolchain]\nchannel = "1.2.3"\ncomponents = ["rust-src", "clippy"]\n'
        'targets = ["wasm32-unknown-unknown"]\n'
    )
    project = cargo_workspace({"rust-toolchain.toml": file})
    ended = run(session, cwd=project)
    assert ended.exit_code == 3
    assert ended.text.splitlines() == [
        (
            f"error: The Rust toolchain 1.2.3 is not installed; {project}/rust-toolchain.toml asks "
            "for it."
        ),
        (
            "  next: rustup toolchain install 1.2.3 --profile minimal "
            "--component rust-src,clippy,rustfmt --target wasm32-unknown-unknown"
        ),
    ]
    answer = run(session, "--json", cwd=project)
    assert (answer.exit_code, json.loads(answer.stdout)["exit_code"]) == (3, 3)
    assert not (project / "target").exists()


WHO_CHOOSES: Mapping[str, tuple[dict[str, str], tuple[str, ...], dict[str, str], str, str]] = {
    "a file of one word": (
        {"rust-toolchain": "1.2.3\n"},
        (),
        {},
        "rust-toolchain asks for it",
        "install 1.2.3 --profile minimal --component rustfmt,clippy",
    ),
    "a nightly of a day": (
        {"rust-toolchain.toml": '[toolchain]\nchannel = "nightly-2020-01-02"\n'},
        (),
        {},
        "nightly-2020-01-02 is not installed",
        "install nightly-2020-01-02 ",
    ),
    "the profile default": (
        {"rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\nprofile = "default"\n'},
        (),
        {},
        "rust-toolchain.toml asks for it",
        "install 1.2.3 --profile default",
    ),
    "the setting": (
        {},
        ("--set", "toolchain=1.2.3"),
        {},
        "the setting `toolchain` (flag",
        "install 1.2.3 ",
    ),
    "the flag": ({}, ("--toolchain", "1.2.3"), {}, "--toolchain asks for it", "install 1.2.3 "),
    "the variable": (
        {},
        (),
        {"RUSTUP_TOOLCHAIN": "1.2.3"},
        "the variable RUSTUP_TOOLCHAIN asks for it",
        "install 1.2.3 ",
    ),
    "a toolchain of somebody's own": (
        {"rust-toolchain.toml": '[toolchain]\nchannel = "esp"\n'},
        (),
        {},
        "The Rust toolchain esp is not installed",
        "rustup toolchain link esp FOLDER",
    ),
    "a folder that is not there": (
        {"rust-toolchain.toml": '[toolchain]\npath = "/nowhere/rust"\n'},
        (),
        {},
        "/nowhere/rust",
        "Correct ",
    ),
    "a file that is no TOML": (
        {"rust-toolchain.toml": "[toolchain\n"},
        (),
        {},
        "TOML parse error",
        "rust-toolchain.toml.",
    ),
}


@pytest.mark.parametrize("case", WHO_CHOOSES)
def test_who_chose_the_toolchain_is_named(cargo_workspace: Write, run: Run, case: str) -> None:
    files, arguments, environment, message, step = WHO_CHOOSES[case]
    ended = run("unit", *arguments, cwd=cargo_workspace(files), **environment)
    assert ended.exit_code == 3
    error, _, following = ended.text.partition("  next: ")
    assert message in error
    assert step in following
    assert "Stack backtrace" not in ended.text


def test_rustup_without_a_default(cargo_workspace: Write, run: Run, tmp_path: Path) -> None:
    ended = run("ci", cwd=cargo_workspace(), RUSTUP_HOME=str(tmp_path / "rustup"))
    assert ended.exit_code == 3
    assert "error: No Rust toolchain is chosen: rustup has no default one" in ended.text
    assert "  next: rustup default stable\n" in ended.text


def test_missing_components_are_one_line(cargo_workspace: Write, run: Run, bare_home: Path) -> None:
    project = cargo_workspace()
    ended = run("ci", cwd=project, RUSTUP_HOME=str(bare_home))
    name = next((bare_home / "toolchains").iterdir()).name
    assert ended.exit_code == 3
    assert ended.text.splitlines() == [
        f"error: The components rustfmt and clippy are not installed in the Rust toolchain {name}.",
        f"  next: rustup component add rustfmt clippy --toolchain {name}",
    ]
    assert run("doctest", cwd=project, RUSTUP_HOME=str(bare_home)).exit_code == 0


def test_a_component_missing_in_a_pinned_toolchain(
    cargo_workspace: Write, run: Run, bare_home: Path
) -> None:
    file = '[toolchain]\nchannel = "1.93.0"\ncomponents = ["clippy"]\n'
    project = cargo_workspace({"rust-toolchain.toml": file})
    ended = run("clippy", cwd=project, RUSTUP_HOME=str(bare_home))
    assert ended.exit_code == 3
    assert "  next: rustup component add clippy --toolchain 1.93.0\n" in ended.text


def test_an_alias_is_not_taken_for_a_component(
    cargo_workspace: Write, run: Run, bare_home: Path
) -> None:
    project = cargo_workspace({".cargo/config.toml": '[alias]\nclippy = "check"\n'})
    ended = run("clippy", cwd=project, RUSTUP_HOME=str(bare_home))
    assert "error: The component clippy is not installed" in ended.text


def test_rust_of_a_distribution(
    cargo_workspace: Write, run: Run, sysroot: Path, tmp_path: Path
) -> None:
    environment = distribution(tmp_path / "programs", sysroot, "cargo", "rustc")
    project = cargo_workspace()
    ended = run("fmt", cwd=project, **environment)
    assert ended.exit_code == 3
    assert "error: The component rustfmt is not installed.\n" in ended.text
    assert "Debian, Ubuntu, Alpine: install the package rustfmt" in ended.text
    ended = run("doc", "--set", "toolchain=beta", cwd=project, **environment)
    assert ended.exit_code == 3
    assert "asks for the toolchain beta, but cargo was not installed by rustup" in ended.text


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        (None, 0, "The program `cargo` is not on PATH."),
        ("#!/bin/sh\n", 0o644, "which may not be run."),
        ("#!/nowhere/sh\n", 0o755, "the interpreter that it names does not exist."),
        ("\x7fELF nonsense", 0o755, "does not start: Exec format error."),
    ],
)
def test_no_cargo_and_a_cargo_that_cannot_be_run(
    cargo_workspace: Write, run: Run, tmp_path: Path, content: str | None, mode: int, message: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    if content is not None:
        (programs / "cargo").write_text(content)
        (programs / "cargo").chmod(mode)
    ended = run("ci", cwd=cargo_workspace(), PATH=str(programs), HOME=str(tmp_path))
    assert ended.exit_code == 3
    assert len(ended.text.splitlines()) == 2
    assert message in ended.text
    assert "  next: " in ended.text


@pytest.mark.parametrize("session", ["unit", "ci"])
def test_a_linker_that_is_not_there(
    cargo_workspace: Write, run: Run, tmp_path: Path, session: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("cargo", "rustc", "rustup", "cargo-nextest", "cargo-audit", "git"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    for name in ("cargo-fmt", "cargo-clippy"):
        (programs / name).symlink_to(str(shutil.which(name)))
    project = cargo_workspace()
    ended = run(session, cwd=project, PATH=str(programs))
    assert ended.exit_code == 3, ended.text
    assert ended.text.startswith("error: The linker `cc`, which rustc calls, is not installed.\n")
    assert len(ended.text.splitlines()) == 2
    configuration = project / ".cargo" / "config.toml"
    configuration.parent.mkdir()
    host = host_of_rustc()
    configuration.write_text(f'[target.{host}]\nlinker = "{shutil.which("cc")}"\n')
    assert "linker" not in run("unit", cwd=project, PATH=str(programs)).text.partition("+ cargo")[0]


def host_of_rustc() -> str:
    answer = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True)
    return next(line[6:] for line in answer.stdout.splitlines() if line.startswith("host: "))


def many(count: int, version: str) -> dict[str, str]:
    """A workspace whose members ask for this Rust."""
    files = {"Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["p*"]\n'}
    for number in range(count):
        name = f"p{number}"
        wish = f'rust-version = "{version}"\n'
        files[f"{name}/Cargo.toml"] = workspaces.manifest(name, wish)
        files[f"{name}/src/lib.rs"] = "#[test]\nfn holds() {}\n"
    return files


def test_an_old_compiler_is_one_error_for_nine_packages(cargo_workspace: Write, run: Run) -> None:
    project = cargo_workspace(many(9, "1.999"))
    ended = run("ci", cwd=project)
    assert ended.exit_code == 3
    first, *following = ended.text.splitlines()
    assert "is too old: p0, p1, p2 and 6 more need 1.999 (`rust-version`)." in first
    assert [line[:8] for line in following] == ["  next: "] * len(following)
    assert following
    assert run("fmt", cwd=project).exit_code == 0


def test_packages_that_are_not_chosen_may_be_newer(cargo_workspace: Write, run: Run) -> None:
    files = many(2, "1.999")
    files["p1/Cargo.toml"] = workspaces.manifest("p1")
    project = cargo_workspace(files)
    assert run("unit", "--package", "p1", cwd=project).exit_code == 0
    assert run("unit", "--package", "p0", cwd=project).exit_code == 3


MANIFESTS: Mapping[str, tuple[dict[str, str], str]] = {
    "a parse error": ({"Cargo.toml": "[package\n"}, "unclosed table"),
    "an unknown edition": (
        {"Cargo.toml": '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2999"\n'},
        "2999",
    ),
    "a member that is not there": (
        {"Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["gone"]\n'},
        "gone/Cargo.toml",
    ),
    "no target": (
        {
            "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["p"]\n',
            "p/Cargo.toml": workspaces.manifest("p"),
        },
        "no targets specified",
    ),
}


@pytest.mark.parametrize("session", ["fmt", "doc", "unit", "inventory", "ci"])
@pytest.mark.parametrize("case", MANIFESTS)
def test_an_unreadable_manifest(cargo_workspace: Write, run: Run, case: str, session: str) -> None:
    files, words = MANIFESTS[case]
    project = cargo_workspace(files)
    ended = run(session, cwd=project)
    assert ended.exit_code == 3, ended.text
    assert ended.text.startswith(f"error: cargo cannot read the workspace {project}:\n")
    assert words in ended.text
    assert ended.text.endswith("  next: Fix the manifest that cargo names.\n")
    assert "started" not in ended.text


LOST = 'lost = { path = "vendor/lost", optional = true }'


@pytest.mark.parametrize("session", ["clippy", "doc", "unit", "doctest", "ci"])
def test_a_path_dependency_that_is_not_there(
    cargo_workspace: Write, run: Run, session: str
) -> None:
    project = cargo_workspace(
        {"Cargo.toml": f"{workspaces.manifest('demo')}[dependencies]\n{LOST}\n"}
    )
    ended = run(session, cwd=project)
    assert ended.exit_code == 3, ended.text
    assert ended.text == (
        f"error: demo needs lost, but there is no {project}/vendor/lost/Cargo.toml.\n"
        "  next: Get the folder, or correct `path` in the manifest.\n"
    )


def test_a_submodule_that_is_not_checked_out(cargo_workspace: Write, run: Run) -> None:
    lost = LOST.replace(", optional = true", "")
    manifest = f"{workspaces.manifest('demo')}[dev-dependencies]\n{lost}\n"
    project = cargo_workspace({"Cargo.toml": manifest, ".gitmodules": ""})
    assert run("fmt", cwd=project).exit_code == 0, "formatting resolves nothing"
    ended = run("ci", cwd=project)
    assert ended.exit_code == 3
    assert ended.text.endswith("  next: git submodule update --init --recursive\n")


def test_a_manifest_that_may_not_be_read(cargo_workspace: Write, run: Run, tmp_path: Path) -> None:
    project = cargo_workspace()
    (project / "Cargo.toml").unlink()
    (project / "Cargo.toml").mkdir()  # unreadable for root too
    ended = run("ci", cwd=project)
    assert ended.exit_code == 3
    assert len(ended.text.splitlines()) < 12


def test_a_workspace_that_is_not_there(cargo_workspace: Write, run: Run) -> None:
    ended = run("ci", cwd=cargo_workspace(settings='workspace = "gone"\n'))
    assert ended.exit_code == 3
    assert "gone does not exist" in ended.text
    assert len(ended.text.splitlines()) == 2


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("version = 99\n", "Cargo.lock is of version 99, which this cargo is too old for."),
        ("<<<<<<< HEAD\nversion = 4\n", "cargo cannot read Cargo.lock:"),
    ],
)
def test_a_lock_file_that_cargo_cannot_read(
    cargo_workspace: Write, run: Run, lock: str, words: str
) -> None:
    project = cargo_workspace({"Cargo.lock": lock})
    ended = run("ci", cwd=project)
    assert ended.exit_code == 3
    assert words in ended.text
    assert "started" not in ended.text
    assert run("fmt", cwd=project).exit_code == 0  # formatting reads no lock file


@pytest.mark.parametrize("face", faces.FACES)
def test_several_sessions_end_with_one_error(
    cargo_workspace: Write, require_tool: Callable[[str], Path], face: str
) -> None:
    require_tool("rustup")
    project = cargo_workspace({"rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\n'})
    line = faces.command_line(face, "fmt")
    line = [*line[: line.index("fmt") + 1], *(["clippy", "unit"])]
    environment = faces.clean_environment(RUSTUP_AUTO_INSTALL="0", RUSTUP_TOOLCHAIN="")
    ended = faces.run(line, project, environment)
    assert ended.exit_code == 3
    assert ended.text.count("is not installed") == 1


def test_nox_looks_at_the_needs_of_all_chosen_sessions_first(
    cargo_workspace: Write, require_tool: Callable[[str], Path], bare_home: Path
) -> None:
    require_tool("rustup")
    environment = faces.clean_environment(
        RUSTUP_AUTO_INSTALL="0", RUSTUP_TOOLCHAIN="", RUSTUP_HOME=str(bare_home)
    )
    line = [*faces.command_line("nox", "doctest"), "clippy"]
    ended = faces.run(line, cargo_workspace(), environment)
    assert ended.exit_code == 3
    assert "The component clippy is not installed" in ended.text
    assert "cargo test" not in ended.text


def test_listing_and_help_start_no_process(
    cargo_workspace: Write, run_face: Run, tmp_path: Path
) -> None:
    project = cargo_workspace({"rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\n'})
    assert run_face("tasker-ci", "unit", "--help", cwd=project).exit_code == 0
    assert run_face("tasker-ci", "unit", "--dry-run", cwd=project).exit_code == 0
