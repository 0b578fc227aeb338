"""Rust files are read and parsed once, and what is known of their content is kept."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import rust_workspaces
from rust_workspaces import read_source

from tasker_ci.rust import kept_sources, parallel_reading, sources
from tasker_ci.rust.entries import entry_of
from tasker_ci.rust.kept_sources import SourceCache, entry_digest, reader_digest
from tasker_ci.rust.packed import BrokenPack, unpack_source, unpack_texts
from tasker_ci.rust.parallel_reading import ReadingProcesses
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.sources import Sources
from tasker_ci.rust.texts import read_texts
from tasker_ci.tools.rust_sources import without_collector

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.rust.workspace import Workspace

EVERYTHING = """\
#![cfg(feature = "x")]
#![cfg_attr(nightly, feature(test))]
//! Of the file.
#[path = "a.rs"] #[cfg_attr(windows, path = "b.rs")] mod away;
mod inner { #[path = "deep"] mod one { mod two; } }
#[cfg(all(not(test), any(unix, target_os = "wasi")))]
include!(concat!(env!("CARGO_MANIFEST_DIR"), "/x.rs"));
const TEXT: &str = include_str!("text \\u{e4}\\" ä.txt");
use proptest::test;
#[cfg(feature = "never")] compile_error!("no");
/// ```
/// assert_eq!("a", "ä"); // …
/// ```
fn documented() { #[test] fn inside() {} }
#[tokio::test] async fn waits() { path().join("tests").join("data"); s.contains(".."); }
#[bench] fn speed(b: &mut Bencher) { env!("CARGO_MANIFEST_DIR").parent(); package("own") }
"""


def crate(folder: Path, files: int = 3) -> Workspace:
    """A package with so many modules."""
    source = folder / "one" / "src"
    source.mkdir(parents=True)
    for number in range(files):
        (source / f"part_{number}.rs").write_text(f'#[test] fn t{number}() {{ p("a/{number}"); }}')
    (source / "lib.rs").write_text("".join(f"mod part_{each};\n" for each in range(files)))
    return rust_workspaces.workspace(folder, rust_workspaces.package(folder / "one"))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The contents that were parsed by this process."""
    found: list[bytes] = []

    def counted(content: bytes, attributes: tuple[str, ...]) -> bytes:
        found.append(content)
        return entry_of(content, attributes)

    monkeypatch.setattr(sources, "entry_of", counted)
    return found


class TestPacked:
    def test_what_a_file_holds_comes_back_as_it_was(self) -> None:
        content = EVERYTHING.encode()
        source, _, texts = entry_of(content, ("scenario",)).partition(b"\t")
        assert unpack_source(source) == read_source(content, ("scenario",))
        assert unpack_texts(texts) == read_texts(content)
        read = read_source(content)
        for part in (read.modules, read.includes, read.tests, read.benchmarks, read.examples):
            assert part, "the file has one of each kind"
        assert read.conditions
        assert read.refusals
        assert read.unstable
        assert read.own_test_macro
        texts_read = [text._asdict() for text in read_texts(content)]
        flags = {name for text in texts_read for name in text if text[name]}
        assert flags == {
            "value",
            "line",
            "before",
            "is_feature",
            "of_package",
            "goes_up",
            "is_prose",
        }

    @pytest.mark.parametrize(
        "line",
        [b"", b"{", b"{}", b"1", b'"ab"', b"[1]", b"[[1]]", b'[["ab"]]', b'[[["x"]]]', b"[[[]]]",
         b'[[],[],[["t"]]]', b'[[],[],[],[],[],"["]', b'[[],[],[],[],[],"[[1]]"]', b"[" * 100_000,
         b'[[],[],[],[],[],[["is"]]]', b'[[],[],[],[],[],"",[],"",false,1]'],
    )  # fmt: skip
    def test_a_damaged_source_is_said_to_be_one(self, line: bytes) -> None:
        with pytest.raises(BrokenPack):
            unpack_source(line)

    @pytest.mark.parametrize(
        "line", [b"", b"{", b"1", b"[1]", b"[[]]", b'[["a",1,"",false,false,false,false,1]]']
    )
    def test_damaged_texts_are_said_to_be_so(self, line: bytes) -> None:
        with pytest.raises(BrokenPack):
            unpack_texts(line)


class TestOnce:
    def test_a_file_is_parsed_once_for_all_that_is_asked_of_it(
        self, tmp_path: Path, parsed: list[bytes]
    ) -> None:
        workspace = crate(tmp_path)
        reader = Sources()
        reach = reach_of(workspace, reader)
        assert [text.value for file in reach.arrivals for text in reader.texts(file)]
        assert reach_of(workspace, reader) == reach
        assert sorted(parsed) == sorted(file.read_bytes() for file in reach.arrivals)

    def test_what_was_read_before_is_reached_in_the_same_way(self, tmp_path: Path) -> None:
        workspace = crate(tmp_path)
        (tmp_path / "one" / "src" / "part_1.rs").unlink()
        (tmp_path / "one" / "src" / "part_1.rs").symlink_to("../../elsewhere.rs")
        (tmp_path / "elsewhere.rs").write_text("#[test] fn far() {}")
        reader = Sources()
        reader.prepare(workspace)
        assert reach_of(workspace, reader) == reach_of(workspace)

    def test_code_in_documentation_is_a_content_of_its_own(self) -> None:
        assert [text.value for text in Sources().texts_of_code('f("a/b");')] == ["a/b"]


class TestKept:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "LEAST_FILES", 3)

    @staticmethod
    def kept(folder: Path, workspace: Workspace) -> SourceCache:
        return SourceCache(folder=folder, workspace=workspace.root, checkout=workspace.root)

    def test_a_second_run_parses_nothing_and_a_changed_file_alone(
        self, tmp_path: Path, parsed: list[bytes]
    ) -> None:
        workspace = crate(tmp_path / "w")
        kept = self.kept(tmp_path / "cache", workspace)
        first = Sources(kept=kept)
        first.prepare(workspace)
        reach = reach_of(workspace, first)
        first.keep()
        assert kept.file.stat().st_mode & 0o777 == 0o600
        parsed.clear()
        again = Sources(kept=kept)
        again.prepare(workspace)
        assert reach_of(workspace, again) == reach
        assert parsed == []
        changed = tmp_path / "w" / "one" / "src" / "part_2.rs"
        changed.write_text("#[test] fn new() {}")
        third = Sources(kept=kept)
        third.prepare(workspace)
        assert reach_of(workspace, third).sources[changed] == read_source(b"#[test] fn new() {}")
        third.keep()
        assert parsed == [b"#[test] fn new() {}"]
        assert len(kept.load()) == 5, "what is not used now may be used on another branch"

    def test_names_of_macros_that_make_tests_are_part_of_the_key(self, tmp_path: Path) -> None:
        workspace = crate(tmp_path / "w")
        file = tmp_path / "w" / "one" / "src" / "part_0.rs"
        file.write_text("#[scenario] fn t() {}")
        kept = self.kept(tmp_path / "cache", workspace)
        plain = Sources(kept=kept)
        assert reach_of(workspace, plain).sources[file].tests == ()
        plain.keep()
        (test,) = reach_of(workspace, Sources(("scenario",), kept)).sources[file].tests
        assert test.name == "t"

    def forged(self, tmp_path: Path) -> tuple[Workspace, SourceCache]:
        """A cache that says that no file has a test, in the right form."""
        workspace = crate(tmp_path / "w")
        kept = self.kept(tmp_path / "cache", workspace)
        files = [*(tmp_path / "w" / "one" / "src").iterdir()]
        lines = [reader_digest().hex().encode()]
        lines += [entry_digest(file.read_bytes(), ()) + b"\t[]\t[]" for file in files]
        kept.folder.mkdir(parents=True)
        kept.file.write_bytes(zlib.compress(b"\n".join(lines)))
        kept.file.chmod(0o600)
        return workspace, kept

    def test_only_what_nobody_else_can_write_is_believed(self, tmp_path: Path) -> None:
        workspace, kept = self.forged(tmp_path)
        assert len(kept.load()) == 4, "it is in the right form"
        assert len(reach_of(workspace, Sources(kept=kept)).arrivals) == 1
        for shared in (0o620, 0o602):
            kept.file.chmod(shared)
            assert kept.load() == {}
            assert len(reach_of(workspace, Sources(kept=kept)).arrivals) == 4
        kept.file.chmod(0o600)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.chown(kept.file, 12345, -1)
            assert kept.load() == {}

    def test_a_cache_within_the_checkout_is_neither_read_nor_written(self, tmp_path: Path) -> None:
        workspace, kept = self.forged(tmp_path)
        inside = SourceCache(folder=kept.folder, workspace=workspace.root, checkout=tmp_path)
        assert inside.load() == {}
        before = kept.file.read_bytes()
        reader = Sources(kept=inside)
        assert len(reach_of(workspace, reader).arrivals) == 4
        reader.keep()
        assert kept.file.read_bytes() == before

    @pytest.mark.parametrize("damage", ["half", "other", "large", "text", "pipe", "folder"])
    def test_a_damaged_cache_is_none(
        self, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace, kept = self.forged(tmp_path)
        content = kept.file.read_bytes()
        text = zlib.decompress(content)
        kept.file.unlink()
        if damage == "pipe":
            os.mkfifo(kept.file)
        elif damage == "folder":
            kept.file.mkdir()
        else:
            if damage == "large":
                monkeypatch.setattr(kept_sources, "MOST_BYTES", 100)
                monkeypatch.setattr(kept_sources, "MEBIBYTE", 0)
            made = {
                "half": content[: len(content) // 2],
                "other": zlib.compress(b"0" + text[1:]),
                "large": zlib.compress(text + b"\n" * 10_000),
                "text": text,
            }
            kept.file.write_bytes(made[damage])
            kept.file.chmod(0o600)
        assert kept.load() == {}
        reader = Sources(kept=kept)
        assert len(reach_of(workspace, reader).arrivals) == 4
        reader.keep()  # says nothing where it cannot

    def test_a_damaged_entry_is_read_anew(self, tmp_path: Path) -> None:
        workspace = crate(tmp_path / "w")
        kept = self.kept(tmp_path / "cache", workspace)
        files = [*(tmp_path / "w" / "one" / "src").iterdir()]
        kept.save({entry_digest(file.read_bytes(), ()): b"{\t[" for file in files}, {})
        reader = Sources(kept=kept)
        reader.prepare(workspace)
        reach = reach_of(workspace, reader)
        assert reach == reach_of(workspace)
        assert all(reader.texts(file) == read_texts(file.read_bytes()) for file in files)

    def test_its_size_and_the_number_of_workspaces_are_bounded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_sources, "MOST_BYTES", 200)
        monkeypatch.setattr(kept_sources, "MOST_FILES", 2)
        for number in range(4):
            root = tmp_path / str(number)
            kept = SourceCache(folder=tmp_path / "cache", workspace=root, checkout=root)
            kept.save({b"%040d" % each: b"x" * 20 for each in range(9)}, {b"other": b"y"})
            os.utime(kept.file, (number, number))
            assert [*kept.load()] == [b"%040d" % each for each in range(3)]
        foreign = tmp_path / "cache" / "notes.sources"
        foreign.write_text("mine")
        kept.save({}, {})
        assert len([*(tmp_path / "cache").iterdir()]) == 3
        assert foreign.read_text() == "mine"

    def test_a_folder_that_cannot_be_written_is_no_error(self, tmp_path: Path) -> None:
        (tmp_path / "cache").write_text("a file")
        workspace = crate(tmp_path / "w")
        reader = Sources(kept=self.kept(tmp_path / "cache", workspace))
        reach_of(workspace, reader)
        reader.keep()
        assert (tmp_path / "cache").read_text() == "a file"


def test_the_collector_of_cycles_is_paused_while_much_is_read_and_left_as_it_was() -> None:
    assert gc.isenabled()
    with without_collector():
        assert not gc.isenabled()
        with without_collector():
            pass
        assert not gc.isenabled(), "the outer one goes on"
    assert gc.isenabled()
    with pytest.raises(ValueError, match="within"), without_collector():
        raise ValueError("within")
    assert gc.isenabled()


class TestProcesses:
    def test_several_processes_read_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[bytes]
    ) -> None:
        monkeypatch.setattr(sources, "LEAST_FILES", 4)
        monkeypatch.setattr(parallel_reading, "LEAST_FILES", 4)
        monkeypatch.setattr(parallel_reading, "processors", lambda: 2)
        workspace = crate(tmp_path, files=6)
        reader = Sources(("scenario",))
        reader.prepare(workspace)
        assert reach_of(workspace, reader) == reach_of(workspace, Sources(("scenario",)))
        assert len(parsed) == 7, "by the second reader alone"

    @pytest.mark.usefixtures("two")
    def test_what_is_new_beside_a_cache_is_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[bytes]
    ) -> None:
        monkeypatch.setattr(sources, "LEAST_FILES", 4)
        workspace = crate(tmp_path / "w", files=6)
        kept = TestKept.kept(tmp_path / "cache", workspace)
        content = (tmp_path / "w" / "one" / "src" / "lib.rs").read_bytes()
        kept.save({entry_digest(content, ()): entry_of(content, ())}, {})
        reader = Sources(kept=kept)
        reader.prepare(workspace)
        assert reach_of(workspace, reader) == reach_of(workspace)
        reader.keep()
        reader.close()
        assert len(kept.load()) == 7
        assert len(parsed) == 7, "by the reader without a cache alone"

    @pytest.fixture
    def two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parallel_reading, "LEAST_FILES", 2)
        monkeypatch.setattr(parallel_reading, "processors", lambda: 2)

    @staticmethod
    def read(names: list[str]) -> list[str]:
        processes = ReadingProcesses(names, ())
        try:
            return [name for name, digest, entry in processes.receive() if digest and entry]
        finally:
            processes.end()

    @pytest.mark.usefixtures("two")
    def test_a_process_that_fails_leaves_the_work_to_this_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "a.rs"
        file.write_text("fn f() {}")
        names = [str(file)] * 4
        assert self.read(names) == names
        for script in (
            "print('x\\ty'); raise SystemExit(1)",
            "print('0\\tab\\t[]\\t[]', end='')",
            "raise SystemExit(1)",
        ):
            monkeypatch.setattr(parallel_reading, "_COMMAND", (sys.executable, "-c", script))
            assert self.read(names) == []
        monkeypatch.setattr(parallel_reading, "_COMMAND", (str(tmp_path / "absent"),))
        assert self.read(names) == []
        workspace = crate(tmp_path / "w", files=6)
        monkeypatch.setattr(sources, "LEAST_FILES", 4)
        reader = Sources()
        reader.prepare(workspace)
        assert reach_of(workspace, reader) == reach_of(workspace)

    @pytest.mark.usefixtures("two")
    def test_what_was_asked_for_comes_before_all_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script = (
            "import json, sys, time; names = json.load(sys.stdin)['files']\n"
            "print('0\\tab\\t[]\\t[]', flush=True)\n"
            "print('1\\tcd' + 'e' * 9000 + '\\t[]\\t[]', flush=True)\n"
            "time.sleep(600)"
        )
        monkeypatch.setattr(parallel_reading, "_COMMAND", (sys.executable, "-c", script))
        processes = ReadingProcesses(["a", "b", "c", "d", "e", "f"], ())
        try:
            found = dict.fromkeys(name for name, _, _ in processes.receive("c"))
            assert {"a", "c"} <= found.keys() <= {"a", "b", "c", "d"}
        finally:
            processes.end()
        assert [*processes.receive()] == []

    @pytest.mark.usefixtures("two")
    def test_none_is_left_when_it_is_interrupted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "LEAST_FILES", 4)
        started: list[subprocess.Popen[bytes]] = []

        class Process(subprocess.Popen[bytes]):
            def __init__(self, *words: Any, **more: Any) -> None:
                if len(started) == interrupted_at:
                    raise KeyboardInterrupt
                super().__init__(*words, **more)
                started.append(self)

        waiting = (sys.executable, "-c", "import time; time.sleep(600)")
        monkeypatch.setattr(parallel_reading, "_COMMAND", waiting)
        monkeypatch.setattr(subprocess, "Popen", Process)
        workspace = crate(tmp_path, files=6)
        interrupted_at = 1
        with pytest.raises(KeyboardInterrupt):
            Sources().prepare(workspace)
        interrupted_at = 9
        reader = Sources()
        reader.prepare(workspace)
        reader.close()
        assert [process.returncode for process in started] == [-9] * 3
