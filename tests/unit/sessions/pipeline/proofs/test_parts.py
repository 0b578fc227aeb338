"""The parts of a fingerprint, each by itself: what it reads, and what it leaves to others."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from proof_projects import TAG, Project, write

from tasker_ci.sessions.pipeline.proofs.cargo_notes import read_notes
from tasker_ci.sessions.pipeline.proofs.contents import FileContents, stamp_of
from tasker_ci.sessions.pipeline.proofs.elsewhere import files_named_by, leading_out, looked_for
from tasker_ci.sessions.pipeline.proofs.listing import Listing, NotUnderstood, digest_of, told
from tasker_ci.sessions.pipeline.proofs.machine import (
    machine_listing,
    own_files,
    programs_listing,
)
from tasker_ci.sessions.pipeline.proofs.repository import repository_listing, repository_top
from tasker_ci.sessions.pipeline.proofs.trees import Trees
from tasker_ci.sessions.pipeline.proofs.variables import LEFT_OUT, NAMED, variables_listing

OLD = 1_000_000_000


def contents(now: int | None = None) -> FileContents:
    return FileContents(now=time.time_ns() if now is None else now, names=NAMED)


def trees(root: Path, *excluded: Path) -> Trees:
    out = frozenset(map(str, excluded))
    return Trees(contents=contents(), excluded=out, root=str(root))


class TestContents:
    def test_an_old_file_is_read_once(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", "1")
        reader = contents(time.time_ns() + 10_000_000_000)
        first = reader.of(str(file), file.stat())
        assert str(file) in reader.seen
        later = FileContents(now=0, names=NAMED, known=reader.seen)
        assert later.of(str(file), file.stat()) == first
        assert str(file) in later.seen

    def test_one_that_was_just_written_is_read_again(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", "1")
        reader = contents()
        reader.of(str(file), file.stat())
        assert reader.seen == {}

    def test_a_time_that_was_set_back_does_not_make_it_old(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", "1")
        os.utime(file, (OLD, OLD))
        reader = contents()
        reader.of(str(file), file.stat())
        assert reader.seen == {}

    def test_what_is_written_while_it_is_read_is_not_understood(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", "1")
        status = file.stat()
        write(file, "22")
        with pytest.raises(NotUnderstood, match="is being written"):
            contents().of(str(file), status)
        file.unlink()
        with pytest.raises(NotUnderstood, match="went away"):
            contents().of(str(file), status)

    def test_a_change_that_its_time_hides_is_hidden_from_cargo_too(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", "1")
        os.utime(file, (OLD, OLD))
        first = contents(time.time_ns() + 10_000_000_000)
        first.of(str(file), file.stat())
        first.done()
        write(file, "2")
        os.utime(file, (OLD + 1, OLD + 1))  # as a file that is moved here has its old time
        later = FileContents(now=time.time_ns(), names=NAMED, known=first.seen)
        with pytest.raises(NotUnderstood, match="its time is old"):
            later.of(str(file), file.stat())
        again = FileContents(now=time.time_ns(), names=NAMED, known={**first.seen, **later.seen})
        with pytest.raises(NotUnderstood, match="its time is old"):
            again.of(str(file), file.stat())
        future = time.time() + 60
        os.utime(file, (future, future))
        assert again.of(str(file), file.stat()).digest

    def test_a_state_differs_after_each_write(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", "1")
        before = stamp_of(file.stat())
        file.chmod(0o600)
        assert stamp_of(file.stat()) != before

    def test_names_are_found_as_words(self, tmp_path: Path) -> None:
        file = write(tmp_path / "file", 'SHLVL NOTMUX env!("TMUX_PANE") replace("-", "_") a["_"]')
        found = contents().of(str(file), file.stat())
        assert found.names == ("SHLVL", "TMUX_PANE", "_")


class TestTrees:
    def test_kinds_permissions_and_links(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        write(root / "run.sh", "", executable=True)
        (root / "empty").mkdir()
        (root / "broken").symlink_to("nothing")
        (root / "inner").symlink_to("run.sh")
        found = trees(root)
        found.add([str(root)])
        assert found.items.keys() == {"run.sh", "empty", "broken", "inner"}
        assert found.items["run.sh"].startswith("755 ")
        assert found.items["empty"].startswith("folder ")
        assert found.items["broken"] == "link nothing to nothing"
        assert found.items["inner"] == "link run.sh"

    def test_target_directories_of_cargo_are_left_out_and_no_others(self, tmp_path: Path) -> None:
        for name in ("cargo", "alone", "untagged"):
            write(tmp_path / name / "target" / "file", name)
        for name in ("cargo", "untagged"):
            write(tmp_path / name / "Cargo.toml", "")
        for name in ("cargo", "alone"):
            write(tmp_path / name / "target" / "CACHEDIR.TAG", TAG)
        found = trees(tmp_path)
        found.add([str(tmp_path)])
        assert "cargo/target" not in found.items
        assert {"alone/target/file", "untagged/target/file"} <= found.items.keys()
        assert found.targets == {str(tmp_path / "cargo" / "target")}

    def test_what_is_not_there_is_absent(self, tmp_path: Path) -> None:
        found = trees(tmp_path)
        found.add([str(tmp_path / "no" / "file")])
        assert found.items == {"no/file": "absent"}

    def test_a_file_is_known_by_its_real_place(self, tmp_path: Path) -> None:
        write(tmp_path / "out" / "gen.rs", "")
        (tmp_path / "also").symlink_to("out")
        (tmp_path / "gen.rs").symlink_to("out/gen.rs")
        found = trees(tmp_path / "root", tmp_path / "out")
        found.add([f"{tmp_path}/also/gen.rs", f"{tmp_path}/gen.rs", f"{tmp_path}/also/no.rs"])
        assert found.items == {}

    def test_what_is_excluded_is_reached_by_no_link(self, tmp_path: Path) -> None:
        root, out = tmp_path / "root", tmp_path / "out"
        write(out / "file", "")
        write(root / "a", "")
        (root / "link").symlink_to(out)
        found = trees(root, out)
        found.add([str(root), str(out / "file")])
        assert found.items.keys() == {"a", "link"}


def test_listings_tell_how_they_differ() -> None:
    before = Listing({"a": "1", "b": "1"}, {"a": (1,), "b": (1,)})
    after = Listing({"a": "1", "c": "1"}, {"a": (2,), "c": (1,)})
    assert after.differing(before.items) == ["b", "c"]
    assert after.written_since(before) == ["a", "b", "c"]
    assert before.items != after.items
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert told(["a", "b", "c"]) == "a changed (and 2 more)"


def test_notes_of_cargo_name_files_elsewhere_and_variables(tmp_path: Path) -> None:
    target = tmp_path / "root" / "target"
    write(
        target / "debug" / "deps" / "a-1.d",
        "/made/out.rmeta: src/lib.rs /else/with\\ space.txt ../up.txt\n\n# env-dep:FOO=1\n"
        "# env-dep:BAR\n",
    )
    write(target / "debug" / "build" / "b-1" / "root-output", "")
    write(
        target / "debug" / "build" / "b-1" / "output",
        "cargo::rerun-if-changed=/else/watched\ncargo:rerun-if-changed=build.rs\n"
        "cargo::rerun-if-env-changed=BAZ\n",
    )
    write(target / "debug" / "build" / "b-1" / "out" / "output", "cargo::rerun-if-changed=/no\n")
    write(target / "debug" / "incremental" / "c.d", "c: /no\n")
    notes = read_notes([str(target)], contents(), str(tmp_path / "root"))
    assert notes.paths == {"/else/with space.txt", "../up.txt", "/else/watched"}
    assert notes.variables == {"FOO", "BAR", "BAZ"}


def test_every_text_of_a_manifest_that_leads_out_counts(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("dependency", "member", "patched"):
        write(tmp_path / name / "Cargo.toml", "")
    write(tmp_path / "lib.rs", "")
    (tmp_path / "folder").mkdir()
    manifest = write(
        root / "Cargo.toml",
        'workspace.members = ["../mem*"]\nlib.path = "../lib.rs"\n'
        'dependencies.a = { path = "../dependency" }\nexclude = ["../folder"]\n'
        'homepage = "https://a.b/../c"\ninside = "src/../build.rs"\n'
        f'[patch.crates-io]\nb = {{ path = "{tmp_path / "patched"}" }}\n',
    )
    found = {
        Path(each).name
        for each in leading_out([str(manifest)], str(root), contents())
        if os.path.lexists(each)
    }
    assert found == {"member", "lib.rs", "dependency", "patched"}


def test_files_that_texts_name(tmp_path: Path) -> None:
    file = write(tmp_path / "linker", "")
    texts = (f"-Clinker={file}", f"{tmp_path}:/nowhere", "/proc/self/status", "sqlite://x/y")
    assert [*files_named_by(texts)] == [str(file)]


def test_tools_look_in_all_folders_above_and_at_home() -> None:
    found = {*looked_for(Path("/a/b"), {"HOME": "/home/x", "CARGO_HOME": "/cargo"})}
    assert {"/.env", "/a/.cargo/config.toml", "/cargo/config.toml"} <= found
    assert {"/home/x/.gitconfig", "/home/x/.rustup/settings.toml", "/etc/hosts"} <= found
    assert "/a/b/.env" not in found, "that is in the repository"


def test_head_is_followed_through_work_trees_and_packed_references(tmp_path: Path) -> None:
    project = Project(tmp_path).make()
    common = project.root / ".git"
    tree = tmp_path / "tree"
    write(tree / ".git", f"gitdir: {common}/worktrees/tree\n")
    write(common / "worktrees" / "tree" / "HEAD", "ref: refs/heads/side\n")
    write(common / "worktrees" / "tree" / "commondir", "../..\n")
    write(common / "packed-refs", f"# pack\n{'c' * 40} refs/heads/side\n{'d' * 40} refs/tags/v2\n")
    assert repository_top(tree / "src") == tree
    items = repository_listing(project.context(), tree, contents()).items
    assert items["HEAD"] == f"ref: refs/heads/side {'c' * 40}"
    assert items["refs/tags/v2"] == "d" * 40
    (common / "reftable").mkdir()
    with pytest.raises(NotUnderstood, match="reftable"):
        repository_listing(project.context(), tree, contents())


def test_programs_count_by_what_the_system_says_of_them(tmp_path: Path) -> None:
    program = write(tmp_path / "bin" / "tool", "1", executable=True)
    skipped = write(tmp_path / "skipped" / "tool", "1")
    environment = {"PATH": f"{tmp_path}/bin:{tmp_path}/skipped:{tmp_path}/nowhere"}

    def listing() -> Listing:
        out = frozenset({str(skipped.parent)})
        return programs_listing(environment, str(tmp_path / "sysroot"), out, tmp_path)

    before = listing()
    assert str(program) in before.items
    assert str(skipped) not in before.items
    status = program.stat()
    program.write_text("2", encoding="utf-8")
    os.utime(program, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert listing().differing(before.items) == [str(program)]


def test_this_machine_and_this_installation() -> None:
    assert {"system", "processors", "Python"} <= machine_listing().items.keys()
    names = {Path(each).name for each in own_files(())}
    assert {"machine.py", "defaults.toml"} <= names
    assert not any(name.endswith(".pyc") for name in names)


def test_what_is_installed_from_a_folder_counts_with_its_modules(tmp_path: Path) -> None:
    module = write(tmp_path / "house" / "rules" / "sessions.py", "")
    write(tmp_path / "site" / "house.pth", f"{tmp_path / 'house'}\n")
    record = write(tmp_path / "site" / "other-1.dist-info" / "RECORD", "")
    found = {*own_files([str(tmp_path / "site")])}
    assert {str(module), str(record), str(tmp_path / "site" / "house.pth")} <= found


def test_variables_are_left_out_for_a_reason_alone() -> None:
    environment = {"A": "1", "SHLVL": "2", "WINDOWID": "3", "TASKER_RUN": "4"}
    assert variables_listing(environment, ()).items.keys() == {"A"}
    assert variables_listing(environment, {"SHLVL"}).items.keys() == {"A", "SHLVL"}
    assert variables_listing({"STY": "1"}, ()).items == {"STY": "set"}
    assert not {"COLUMNS", "LINES", "TERM", "PATH", "PWD", "LANG", "USER", "TMPDIR"} & LEFT_OUT
