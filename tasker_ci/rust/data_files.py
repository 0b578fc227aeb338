"""Rust files that are data: what trybuild and its like compile, what tests read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tasker_ci.rust.reach import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path, PurePath

    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.sources import Sources

_DATA_FOLDER = re.compile(
    r"(test[-_]?)?fixtures?|test[-_]?data|snapshots|corpus|templates?|trybuild|macrotest|expand"
    r"|ui([-_].*)?|(compile|run|build|should|must)[-_]?(fail|pass)"
)
"""Folders below ``tests`` (or beside ``src``) whose Rust files are compiled by a test, or read."""

_ALSO_IN_SOURCES = re.compile(r"test[-_]?data")
_EXPECTATIONS = (".stderr", ".stdout", ".fixed", ".expanded.rs")
_TARGET_FOLDERS = {"src", "tests", "benches", "examples"}
_PATH = re.compile(r"[^\s\"'{}<>|;]*")


def in_data_folder(inside: PurePath) -> bool:
    """Whether a path within a package says that the file is data."""
    *folders, _ = inside.parts
    if folders[:1] == ["src"]:
        return any(_ALSO_IN_SOURCES.fullmatch(folder) for folder in folders)
    return any(_DATA_FOLDER.fullmatch(folder) for folder in folders)


def has_expectation(file: Path) -> bool:
    """Whether what the compiler has to say of it lies beside it."""
    return any(file.with_suffix(suffix).exists() for suffix in _EXPECTATIONS)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A text in a source that may be a path."""

    package: Path
    """The folder of the package whose source it is."""
    source: Path
    line: int
    value: str

    def means(self, file: Path) -> bool:
        """Whether it is the path of ``file``, a pattern for it, or a folder around it.

        A folder that holds targets of its own is not meant as data, nor is one with sources.
        """
        for base in (self.package, self.source.parent):
            path = normal(base / self.value.lstrip("/"))
            if path == file or ("*" in self.value and fnmatchcase(str(file), str(path))):
                return True
            if file.is_relative_to(path) and path.is_relative_to(self.package):
                inside = path.relative_to(self.package).parts
                if len(inside) > 1 and inside[0] != "src":
                    return True
                if len(inside) == 1 and inside[0] not in _TARGET_FOLDERS:
                    return True
        return False


class ByEnd:
    """Texts found again by the end of their paths, so that not each is held against each file."""

    def __init__(self, found: Iterable[Mention]) -> None:
        self._places: dict[str, list[int]] = {}
        self._found = tuple(found)
        for place, mention in enumerate(self._found):
            self._places.setdefault(_end(mention.value), []).append(place)

    def around(self, file: Path) -> Iterator[int]:
        """The places of all texts that may be a path of ``file`` or of a folder around it."""
        places = (self._places.get(part, ()) for part in dict.fromkeys(("", *file.parts)))
        yield from sorted(place for each in places for place in each)

    def mean(self, file: Path) -> bool:
        """Whether any text means the file."""
        return any(self._found[place].means(file) for place in self.around(file))


def _end(value: str) -> str:
    """The last part of a path; "" if it may be any."""
    last = value.strip("/").rpartition("/")[2]
    is_open = last in {".", ".."} or not {"*", "\\"}.isdisjoint(value)
    return "" if is_open else last


def mentions(reach: Reach, sources: Sources) -> Iterator[Mention]:
    """The texts of all reached sources that look like a path."""
    for file, arrivals in reach.arrivals.items():
        for text in sources.texts(file):
            value = f"{text.before}/{text.value}" if text.before else text.value
            if ("/" in value or value.endswith(".rs")) and _PATH.fullmatch(value):
                for folder in {arrival.package.manifest.parent for arrival in arrivals}:
                    yield Mention(package=folder, source=file, line=text.line, value=value)
