"""What the readers of scripts, tasks and programs ask of the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from tasker_ci.foreign.command import Command, Commands, ExitCode
from tasker_ci.foreign.places import Opaque, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from pathlib import PurePosixPath

    from tasker_ci.foreign.bash.script import Script
    from tasker_ci.foreign.command import Surroundings


class Repository(Protocol):
    """The files of a repository that nobody trusts."""

    @property
    def files(self) -> frozenset[PurePosixPath]: ...

    def has(self, path: PurePosixPath) -> bool:
        """Whether a file is there."""

    def has_folder(self, path: PurePosixPath) -> bool:
        """Whether a folder with files is there."""

    def text(self, path: PurePosixPath) -> str | None:
        """What a file holds; None where it cannot be read."""

    def glob(self, pattern: str) -> tuple[PurePosixPath, ...]:
        """The files that a pattern matches."""

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once."""


def files_named(repository: Repository, *names: str) -> list[PurePosixPath]:
    """The files of these names, in any folder."""

    def read() -> dict[str, list[PurePosixPath]]:
        found: dict[str, list[PurePosixPath]] = {}
        for path in sorted(repository.files):
            found.setdefault(path.name, []).append(path)
        return found

    by_name: dict[str, list[PurePosixPath]] = repository.once("files by name", read)
    return [path for name in names for path in by_name.get(name, ())]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command that may call something of the repository."""

    command: Command
    name: str
    """Of the program, without folders and ``.exe``."""

    @property
    def words(self) -> tuple[str | None, ...]:
        """The arguments."""
        return self.command.words[1:]

    @property
    def around(self) -> Surroundings:
        return self.command.around

    def opaque(self, why: str) -> Commands:
        """The answer where it cannot be read."""
        return Commands(opaque=(Opaque(self.command.place, why),))


class Follower(Protocol):
    """Follows calls into what they run."""

    repository: Repository

    def script(self, script: Script, call: Call) -> Commands:
        """What a script runs that is called there."""

    def words(
        self,
        words: tuple[str | None, ...],
        call: Call,
        place: Place,
        around: Surroundings,
        parts: tuple[str, ...] = (),
    ) -> Commands:
        """What other words run in place of a command."""


def called_by(commands: Iterable[Command], call: Command) -> tuple[Command, ...]:
    """Commands with the call that leads to them: its pipes, its exit code, its branch."""
    trail = (*call.trail, call.place)
    return tuple(
        replace(
            each,
            trail=(*trail, *each.trail),
            certain=each.certain and call.certain,
            exit_code=_exit_code(each.exit_code, call.exit_code),
            piped_to=(*each.piped_to, *call.piped_to),
            redirected_to=(*each.redirected_to, *call.redirected_to),
        )
        for each in commands
    )


def _exit_code(own: ExitCode, calls: ExitCode) -> ExitCode:
    return calls if own is ExitCode.COUNTS else own


def joined(parts: Iterable[Commands], before: Surroundings) -> Commands:
    """What several things run, one after the other."""
    commands: list[Command] = []
    opaque: list[Opaque] = []
    after = before
    for part in parts:
        changes = difference(before, after)
        commands.extend(
            replace(each, around=changes(each.around)) if after is not before else each
            for each in part.commands
        )
        opaque.extend(part.opaque)
        if part.after is not None:
            after = difference(before, part.after)(after)
    return Commands(
        commands=tuple(commands),
        opaque=tuple(dict.fromkeys(opaque)),
        after=None if after is before else after,
    )


def difference(before: Surroundings, after: Surroundings) -> Callable[[Surroundings], Surroundings]:
    """The change of what is installed and of the toolchain, to be made elsewhere."""

    def change(around: Surroundings) -> Surroundings:
        if after is before:
            return around
        changes: dict[str, Any] = {}
        for name in ("default_toolchain", "override_toolchain"):
            if getattr(after, name) != getattr(before, name):
                changes[name] = getattr(after, name)
        if not after.installed_all_known:
            changes["installed_all_known"] = False
        return replace(around, installed=around.installed | after.installed, **changes)

    return change
