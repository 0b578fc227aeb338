"""Scripts of a foreign CI, read in one line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.command import Commands, Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun, Machine
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from tasker_ci.foreign.command import Command

FILE = PurePosixPath(".github/workflows/ci.yml")


@dataclass
class FilesInMemory:
    """The files of a repository that is nowhere on the disk."""

    texts: Mapping[str, str] = field(default_factory=dict)
    made: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def files(self) -> frozenset[PurePosixPath]:
        return frozenset(PurePosixPath(name) for name in self.texts)

    def has(self, path: PurePosixPath) -> bool:
        return str(path) in self.texts

    def has_folder(self, path: PurePosixPath) -> bool:
        return any(path in each.parents for each in self.files)

    def text(self, path: PurePosixPath) -> str | None:
        return self.texts.get(str(path))

    def glob(self, pattern: str) -> tuple[PurePosixPath, ...]:
        return tuple(sorted(each for each in self.files if each.match(pattern)))

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


def job_run(system: str | None = "Linux") -> JobRun:
    """A leg of a job with nothing in it."""
    place = Place(FILE, 1)
    return JobRun(
        workflow=Workflow(path=FILE, place=place),
        job=Job(name="test", place=place),
        machine=Machine(system=system, architecture="X64"),
    )


def script(
    text: str,
    variables: Mapping[str, str | None] | None = None,
    *,
    system: str | None = "Linux",
    exit_on_error: bool = True,
    pipefail: bool = False,
    arguments: tuple[str | None, ...] = (),
    path: str | None = None,
) -> Script:
    """A script of a step, as GitHub starts it."""
    return Script(
        text=text,
        place=Place(FILE, 1),
        around=Surroundings(run=job_run(system), variables=variables or {}),
        exit_on_error=exit_on_error,
        pipefail=pipefail,
        arguments=arguments,
        path=PurePosixPath(path) if path else None,
    )


def read(
    text: str,
    variables: Mapping[str, str | None] | None = None,
    files: Mapping[str, str] | None = None,
    **options: object,
) -> Commands:
    """What a script runs."""
    return read_script(script(text, variables, **options), FilesInMemory(files or {}))  # type: ignore[arg-type]


def line(command: Command) -> str:
    """The words of a command with `?` for one that is not known."""
    return " ".join("?" if word is None else word for word in command.words)


def lines(commands: Commands) -> list[str]:
    """The same of all."""
    return [line(command) for command in commands.commands]
