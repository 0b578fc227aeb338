"""Commands of a foreign CI as the readers of workflows and scripts would hand them on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import Command, Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun, Machine
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = Place(PurePosixPath(".github/workflows/ci.yml"), 7)


@dataclass(frozen=True)
class TextsOf:
    """A checkout in memory."""

    texts: Mapping[str, str] = field(default_factory=dict)
    root: Path = Path("/clone")

    @property
    def files(self) -> frozenset[PurePosixPath]:
        return frozenset(map(PurePosixPath, self.texts))

    def has_folder(self, path: PurePosixPath) -> bool:
        return any(path in each.parents for each in self.files)

    def text(self, path: PurePosixPath) -> str | None:
        return self.texts.get(path.as_posix())


@dataclass(frozen=True)
class FolderOf:
    """A checkout on the disk of a test."""

    root: Path

    @property
    def files(self) -> frozenset[PurePosixPath]:
        found = (each for each in self.root.rglob("*") if each.is_file())
        return frozenset(PurePosixPath(each.relative_to(self.root)) for each in found)

    def has_folder(self, path: PurePosixPath) -> bool:
        return (self.root / path).is_dir()

    def text(self, path: PurePosixPath) -> str | None:
        file = self.root / path
        return file.read_text(encoding="utf-8") if file.is_file() else None


def job_run(system: str | None = "Linux", architecture: str | None = "X64") -> JobRun:
    """A leg of a job without a matrix."""
    path = PLACE.file
    return JobRun(
        workflow=Workflow(path=path, place=PLACE),
        job=Job(name="test", place=PLACE),
        machine=Machine(system=system, architecture=architecture),
    )


def command(text: str, *, folder: str = "", run: JobRun | None = None, **variables: str) -> Command:
    """One command; the word ``$?`` is one that is not known."""
    words = tuple(None if "$?" in word else word for word in shlex.split(text))
    around = Surroundings(
        run=run or job_run(), folder=PurePosixPath(folder), variables=dict(variables)
    )
    return Command(place=PLACE, text=text, words=words, around=around)
