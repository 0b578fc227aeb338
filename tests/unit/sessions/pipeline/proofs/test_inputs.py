"""Each kind of input, changed alone, is seen; what is no input is not."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof_projects import Project, write

from tasker_ci.sessions.pipeline.proofs.inputs import NOTED
from tasker_ci.sessions.pipeline.proofs.listing import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).make()


def same_size_and_time(file: Path, text: str) -> None:
    """Write a file so that its size and its time of change stay: as `touch -r` does it."""
    status = file.stat()
    assert len(text) == status.st_size
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def variable(name: str, value: str) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        project.variables[name] = value

    return change


def text(place: str, content: str) -> Callable[[Project], None]:
    return lambda project: void(write(project.base / place, content))


def void(_: object) -> None:
    """Nothing is returned by a change."""


def replaced_in_place(project: Project) -> None:
    file = project.base / "bin" / "ld"
    file.write_text("#!/bin/ba\n", encoding="utf-8")
    os.utime(file, (1, 1))


def other_order(project: Project) -> None:
    write(project.base / "bin2" / "cc", "", executable=True)
    project.variables["PATH"] = f"{project.base / 'bin2'}:{project.base / 'bin'}"


def named_file(project: Project) -> None:
    project.variables["CONFIGURATION"] = str(write(project.base / "named.toml", "a = 1\n"))


REPOSITORY = "work/repository"
INPUTS: dict[str, Callable[[Project], None]] = {
    "a source": text(f"{REPOSITORY}/src/lib.rs", "pub fn two() {}\n"),
    "a source, same size and time": lambda project: same_size_and_time(
        project.root / "src" / "lib.rs", "pub fn one() -> u32 { 2 }\n"
    ),
    "an ignored file": text(f"{REPOSITORY}/tests/data/ignored.env", "A=2\n"),
    "a new ignored file": text(f"{REPOSITORY}/.env", "A=2\n"),
    "an empty folder": lambda project: (project.root / "tests" / "new").mkdir(),
    "a file that is gone": lambda project: (project.root / "Cargo.lock").unlink(),
    "a new name": lambda project: void((project.root / "Cargo.lock").rename(project.root / "L")),
    "the executable bit": lambda project: (project.root / "src" / "lib.rs").chmod(0o755),
    "where a link leads": lambda project: (
        (project.root / "link").unlink(),
        (project.root / "link").symlink_to("Cargo.toml"),
    )[-1],
    "the settings' file": text(f"{REPOSITORY}/.config/tasker-ci.toml", "[doc]\n"),
    "a file beside our own store": text(f"{REPOSITORY}/.tasker-ci/notes.env", "A=1\n"),
    "HEAD": text(f"{REPOSITORY}/.git/HEAD", "ref: refs/heads/other\n"),
    "another commit": text(f"{REPOSITORY}/.git/refs/heads/main", "b" * 40 + "\n"),
    "a tag": text(f"{REPOSITORY}/.git/refs/tags/v1", "b" * 40 + "\n"),
    "git's settings here": text(f"{REPOSITORY}/.git/config", "[core]\n"),
    "the index": lambda project: (
        setattr(project, "index", "100644 def 0\tsrc/lib.rs\0"),
        void(write(project.root / ".git" / "index", "a new index")),
    )[-1],
    "a file that the compiler read elsewhere": text("elsewhere/included.txt", "other\n"),
    "a file in a folder that a build script watches": text(
        "elsewhere/watched/deep/file.txt", "other\n"
    ),
    "a new file there": text("elsewhere/watched/new.txt", ""),
    "a configuration of cargo above": text("work/.cargo/config.toml", "[build]\njobs = 1\n"),
    "a configuration of cargo at home": text("home/.cargo/config.toml", "[build]\njobs = 1\n"),
    "a toolchain file above": text("work/rust-toolchain.toml", '[toolchain]\nchannel = "beta"\n'),
    "rustup's settings": text("home/.rustup/settings.toml", 'default_toolchain = "beta"\n'),
    "lints above": text("work/clippy.toml", "msrv = '1.70'\n"),
    "dotenv above": text("work/.env", "A=1\n"),
    "git's settings at home": text("home/.gitconfig", "[core]\n"),
    "nextest's settings at home": text("home/.config/nextest/config.toml", "[ui]\n"),
    "a tool, replaced in place": replaced_in_place,
    "a new tool on PATH": lambda project: void(
        write(project.base / "bin" / "protoc", "", executable=True)
    ),
    "the order of PATH": other_order,
    "a program of the toolchain": text("toolchain/bin/cargo-clippy", "other"),
    "the toolchain's linker": text("toolchain/lib/rustlib/host/bin/rust-lld", "other"),
    "the compiler": lambda project: setattr(project, "rustc", "rustc 1.96.0\n"),
    "a new variable": variable("A_VARIABLE", "1"),
    "another kind of terminal, by a variable that is set": variable("WT_SESSION", "1"),
    "another home": variable("XDG_CONFIG_HOME", "/nowhere"),
    "the size of the terminal, which libraries read": variable("COLUMNS", "200"),
    "a variable of a login that a build script asked for": variable("TMUX", "x"),
    "a variable of the shell that the code reads": variable("SHLVL", "9"),
    "a file that a variable names": named_file,
    "a setting by variable": variable("TASKER_CI_DOC_WARNINGS", "deny"),
    "a setting by flag": lambda project: setattr(project, "overrides", ("doc.warnings=deny",)),
}
NO_INPUTS: dict[str, Callable[[Project], None]] = {
    "nothing": lambda _: None,
    "the time of a file": lambda project: os.utime(project.root / "src" / "lib.rs"),
    "the same content again": text(f"{REPOSITORY}/Cargo.lock", "version = 4\n"),
    "a baseline of ours": text(f"{REPOSITORY}/.tasker-ci/bench/a.json", ""),
    "a product of cargo": text(f"{REPOSITORY}/target/debug/sample", "binary"),
    "the target directory": lambda project: void(
        write(project.target / "debug" / "incremental" / "x" / "y.d", "x: /nowhere\n")
    ),
    "our own store": text(f"{REPOSITORY}/.tasker-ci/history/.gitignore", "*"),
    "the branch of a remote": text(f"{REPOSITORY}/.git/refs/remotes/origin/main", "c" * 40),
    "an object": text(f"{REPOSITORY}/.git/objects/aa/bb", ""),
    "a file elsewhere that nobody names": text("elsewhere/other.txt", ""),
    "a shell's own counts": variable("OLDPWD", "/tmp"),
    "the window": variable("WINDOWID", "7"),
    "the agent of a login": variable("SSH_AUTH_SOCK", "/nowhere/new"),
    "the name of a run": variable("TASKER_RUN", "abc"),
    "the switch for proofs": variable("TASKER_CI_PROVEN", "on"),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_each_kind_of_input_changed_alone_is_seen(project: Project, kind: str) -> None:
    before = project.take()
    assert project.differing(before) == []
    INPUTS[kind](project)
    assert project.differing(before)


@pytest.mark.parametrize("kind", NO_INPUTS)
def test_what_is_no_input_is_not_seen(project: Project, kind: str) -> None:
    before = project.take()
    NO_INPUTS[kind](project)
    assert project.differing(before) == []


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_any_changes_are_seen_if_and_only_if_one_is_of_an_input(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    project = Project(tmp_path_factory.mktemp("project")).make()
    harmless = data.draw(st.lists(st.sampled_from(sorted(NO_INPUTS)), unique=True, max_size=6))
    kinds = data.draw(st.lists(st.sampled_from(sorted(INPUTS)), unique=True, max_size=2))
    before = project.take()
    for kind in harmless:
        NO_INPUTS[kind](project)
    assert project.differing(before) == []
    for kind in kinds:
        INPUTS[kind](project)
    assert bool(project.differing(before)) == bool(kinds)


NAMES = st.text(alphabet="abc.", min_size=1, max_size=4).filter(lambda name: name.strip("."))


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    files=st.dictionaries(NAMES, st.tuples(st.binary(max_size=8), st.booleans()), max_size=5),
    later=st.dictionaries(NAMES, st.tuples(st.binary(max_size=8), st.booleans()), max_size=5),
)
def test_two_trees_are_the_same_if_and_only_if_their_files_are(
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, tuple[bytes, bool]],
    later: dict[str, tuple[bytes, bool]],
) -> None:
    project = Project(tmp_path_factory.mktemp("project")).make()
    folder = project.root / "data"

    def put(tree: dict[str, tuple[bytes, bool]]) -> None:
        folder.mkdir(exist_ok=True)
        for each in folder.iterdir():
            each.unlink()
        for name, (content, executable) in tree.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o755 if executable else 0o644)
            os.utime(folder / name, (1, 1))

    put(files)
    before = project.take()
    put(later)
    after = project.take()
    assert (before.parts["files"].items == after.parts["files"].items) == (files == later)


def test_what_was_read_before_is_not_read_again_and_says_the_same(project: Project) -> None:
    inputs = project.inputs()
    before = inputs.take()
    again = project.inputs(inputs.seen)
    assert {part: each.items for part, each in again.take().parts.items()} == {
        part: each.items for part, each in before.parts.items()
    }


def test_what_cargo_noted_is_a_part_of_its_own(project: Project) -> None:
    names = project.take().parts[NOTED].items
    assert str(project.outside / "included.txt") in names
    assert str(project.outside / "watched" / "deep" / "file.txt") in names
    assert not any("registry" in name for name in names)


def test_a_path_dependency_elsewhere_is_read_whole_and_so_are_its_own(project: Project) -> None:
    write(project.outside / "one" / "Cargo.toml", '[dependencies]\ntwo = { path = "../two" }\n')
    write(project.outside / "two" / "Cargo.toml", "[package]\n")
    data = write(project.outside / "two" / "data" / "read_at_run_time.txt", "1")
    manifest = (
        f'[target."cfg(unix)".dev-dependencies]\none = {{ path = "{project.outside}/one" }}\n'
    )
    write(project.root / "crates" / "a" / "Cargo.toml", manifest)
    before = project.take()
    data.write_text("2", encoding="utf-8")
    assert [each.rpartition("/")[2] for each in project.differing(before)] == [
        "read_at_run_time.txt"
    ]


def test_a_target_directory_of_a_fixture_counts_where_git_has_its_files(project: Project) -> None:
    fixture = project.root / "tests" / "fixture"
    write(fixture / "Cargo.toml", "")
    write(fixture / "target" / "CACHEDIR.TAG", "Signature")
    file = write(fixture / "target" / "read_by_a_test.txt", "1")
    before = project.take()
    write(file, "2")
    assert project.differing(before) == []
    project.tracked = "tests/fixture/target/read_by_a_test.txt"
    write(project.root / ".git" / "index", "an index with it")
    before = project.take()
    write(file, "3")
    assert project.differing(before) == ["files: tests/fixture/target/read_by_a_test.txt"]


def test_a_link_to_a_folder_outside_is_followed(project: Project) -> None:
    (project.root / "fixtures").symlink_to(project.outside / "watched")
    write(project.outside / "more" / "file", "1")
    (project.root / "more").symlink_to(project.outside / "more")
    before = project.take()
    write(project.outside / "more" / "file", "2")
    assert project.differing(before)


def test_a_relative_note_that_leads_out_counts_wherever_it_began(project: Project) -> None:
    write(project.base / "work" / "shared.txt", "1")
    write(
        project.target / "debug" / "deps" / "sample-9.d",
        "x.rlib: src/lib.rs src/../../shared.txt\n",
    )
    before = project.take()
    write(project.base / "work" / "shared.txt", "2")
    assert project.differing(before)


def test_the_variables_of_the_list_count_where_a_file_names_them(project: Project) -> None:
    write(project.root / "tests" / "it.rs", 'std::env::var("WINDOWID"); var("_");')
    project.variables |= {"WINDOWID": "1", "_": "/bin/a", "TERM_SESSION_ID": "1"}
    before = project.take()
    project.variables |= {"WINDOWID": "2", "TERM_SESSION_ID": "2"}
    assert project.differing(before) == ["variables: WINDOWID"]
    project.variables["_"] = "/bin/b"
    assert project.differing(before) == ["variables: WINDOWID", "variables: _"]


def test_no_value_of_a_variable_or_setting_is_written_down(project: Project) -> None:
    project.variables["A_TOKEN"] = "open sesame"
    project.overrides = ("environment.variables.OTHER=open sesame",)
    parts = project.take().parts
    assert "open sesame" not in repr(parts)
    assert "A_TOKEN" in parts["variables"].items


def pipe(project: Project) -> None:
    os.mkfifo(project.root / "pipe")


def bound_socket(project: Project) -> None:
    where = Path.cwd()
    os.chdir(project.root)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket")
    finally:
        os.chdir(where)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (pipe, "pipe is neither file, folder nor link"),
        (bound_socket, "socket is neither file, folder nor link"),
        (lambda project: (project.root / "circle").symlink_to("circle"), "circle cannot be read"),
        (variable("CARGO_TARGET_DIR", "."), "where cargo builds"),
        (variable("CARGO_TARGET_DIR", ".."), "where cargo builds"),
        (variable("CARGO_TARGET_DIR", "src"), "git has files of"),
        (lambda project: setattr(project, "tracked", "target/a"), "git has files of"),
        (variable("CARGO_BUILD_BUILD_DIR", "{cargo-cache-home}/x"), "build.build-dir"),
        (lambda project: setattr(project, "rustc", ""), "the compiler does not say"),
    ],
    ids=[
        "a pipe",
        "a socket",
        "a circle",
        "here",
        "above",
        "tracked",
        "tracked by force",
        "a template",
        "no compiler",
    ],
)
def test_what_is_not_understood_is_said(
    project: Project, spoil: Callable[[Project], None], why: str
) -> None:
    spoil(project)
    with pytest.raises(NotUnderstood, match=why):
        project.take()
