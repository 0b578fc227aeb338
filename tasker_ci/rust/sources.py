"""The Rust files of a workspace, each read and parsed once, or known from an earlier run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.rust.entries import entry_of
from tasker_ci.rust.kept_sources import entry_digest
from tasker_ci.rust.packed import BrokenPack, unpack_source, unpack_texts
from tasker_ci.rust.parallel_reading import LEAST_FILES, ReadingProcesses
from tasker_ci.text.file_reading import SOURCE_BYTES, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tasker_ci.rust.declarations import SourceFile, TextLiteral
    from tasker_ci.rust.kept_sources import SourceCache
    from tasker_ci.rust.workspace import Workspace

_PASSED_OVER = {"target", "node_modules"}


class Sources:
    """Reads files; one that was read is not read again."""

    def __init__(
        self, test_attributes: Iterable[str] = (), kept: SourceCache | None = None
    ) -> None:
        self.test_attributes = tuple(test_attributes)
        self._kept = kept
        self._known = kept.load() if kept else {}
        self._used: dict[bytes, bytes] = {}
        self._digests: dict[str, bytes] = {}
        self._regular: frozenset[str] = frozenset()
        self._processes: ReadingProcesses | None = None
        self._is_new = False

    def source(self, file: Path) -> SourceFile:
        """What a file declares. Raises what reading it raises."""
        digest = self._digest(file)
        try:
            return unpack_source(self._used[digest].partition(b"\t")[0])
        except BrokenPack:
            return unpack_source(self._read_again(file).partition(b"\t")[0])

    def texts(
        self, file: Path, may_tell: Callable[[bytes], bool] | None = None
    ) -> tuple[TextLiteral, ...]:
        """The string literals of a file; none if it cannot be read.

        None either if ``may_tell`` says of them, packed, that they do not matter.
        """
        try:
            line = self._used[self._digest(file)].partition(b"\t")[2]
            return unpack_texts(line) if may_tell is None or may_tell(line) else ()
        except BrokenPack:
            return unpack_texts(self._read_again(file).partition(b"\t")[2])
        except OSError:
            return ()

    def texts_of_code(self, code: str) -> tuple[TextLiteral, ...]:
        """The string literals of code that stands in documentation."""
        content = code.encode("utf-8", "replace")
        entry = self._used[self._entry(content)]
        try:
            return unpack_texts(entry.partition(b"\t")[2])
        except BrokenPack:
            return unpack_texts(entry_of(content, self.test_attributes).partition(b"\t")[2])

    def is_regular(self, file: Path) -> bool:
        """Whether it is known to be a regular file that no link leads to."""
        return str(file) in self._regular

    def prepare(self, workspace: Workspace) -> None:
        """Begin to read what the targets of a workspace may reach, what is new in other processes.

        These work on until all is read or `close` ends them.
        """
        names = [*_around_targets(workspace)]
        self._regular = frozenset(names)
        new = [name for name in names if not self._is_known(name)] if self._known else names
        if len(new) >= LEAST_FILES:
            self._processes = ReadingProcesses(new, self.test_attributes)

    def close(self) -> None:
        """End what still reads."""
        if self._processes is not None:
            self._processes.end()
            self._processes = None

    def _receive(self, name: str = "") -> None:
        """Take what the other processes have found, up to a file; without a name all of it."""
        if self._processes is not None:
            for found, digest, entry in self._processes.receive(name):
                self._digests[found] = digest
                self._used[digest] = entry
                self._is_new = True

    def _is_known(self, name: str) -> bool:
        """Whether the content of a file is known from an earlier run."""
        try:
            content = read_bytes(Path(name), most=SOURCE_BYTES)
        except OSError:
            return True  # said where it is reached
        digest = entry_digest(content, self.test_attributes)
        self._digests[name] = digest
        if digest not in self._known:
            return False
        self._used[digest] = self._known[digest]
        return True

    def keep(self) -> None:
        """Keep what was read for the next run, if that is new and enough to be worth a file."""
        self._receive()
        if self._kept is not None and self._is_new and len(self._used) >= LEAST_FILES:
            others = {key: each for key, each in self._known.items() if key not in self._used}
            self._kept.save(self._used, others)

    def _digest(self, file: Path) -> bytes:
        name = str(file)
        if self._digests.get(name) not in self._used:
            self._receive(name)
        digest = self._digests.get(name)
        if digest is None or digest not in self._used:
            digest = self._entry(read_bytes(file, most=SOURCE_BYTES))
            self._digests[name] = digest
        return digest

    def _entry(self, content: bytes) -> bytes:
        digest = entry_digest(content, self.test_attributes)
        if digest not in self._used:
            known = self._known.get(digest)
            self._used[digest] = known or entry_of(content, self.test_attributes)
            self._is_new |= known is None
        return digest

    def _read_again(self, file: Path) -> bytes:
        """The entry of a file whose kept one is damaged."""
        content = read_bytes(file, most=SOURCE_BYTES)
        digest = entry_digest(content, self.test_attributes)
        self._digests[str(file)] = digest
        self._used[digest] = entry_of(content, self.test_attributes)
        self._is_new = True
        return self._used[digest]


def _around_targets(workspace: Workspace) -> Iterator[str]:
    """The Rust files in the folders of targets, without links; of a package's folder its own."""
    packages = {package.manifest.parent for package in workspace.packages}
    folders = dict.fromkeys(
        target.source.parent for package in workspace.packages for target in package.targets
    )
    seen: set[str] = set()
    for folder in folders:
        for name in _rust_files(os.path.realpath(folder), deep=folder not in packages):
            if name not in seen:
                seen.add(name)
                yield name


def _rust_files(folder: str, *, deep: bool) -> Iterator[str]:
    try:
        entries = [*os.scandir(folder)]
    except OSError:
        return
    for entry in entries:
        hidden = entry.name in _PASSED_OVER or entry.name.startswith(".")
        try:
            if entry.is_file(follow_symlinks=False):
                if entry.name.endswith(".rs"):
                    yield entry.path
            elif deep and not hidden and entry.is_dir(follow_symlinks=False):
                yield from _rust_files(entry.path, deep=True)
        except OSError:
            continue
