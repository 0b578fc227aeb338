"""Follows the commands of a script into what they call: other scripts, tasks, aliases, programs.

What is left are commands that nothing of the repository stands behind. Nothing is executed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.command import Command, Commands
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.runners.cargo import cargo_called, makers_called
from tasker_ci.foreign.runners.containers import container_called
from tasker_ci.foreign.runners.follower import Call, called_by, difference
from tasker_ci.foreign.runners.just import just_called
from tasker_ci.foreign.runners.make import make_called
from tasker_ci.foreign.runners.others import other_called
from tasker_ci.foreign.runners.package_scripts import package_script_called
from tasker_ci.foreign.runners.scripts import script_called
from tasker_ci.foreign.runners.unknown_programs import unknown_program
from tasker_ci.foreign.runners.wrappers import Words, program_name, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.runners.follower import Follower, Repository

    Reading = Callable[[Call, Follower], Commands | None]

DEEPEST = 16
MOST_COMMANDS = 6000
_SILENT = {"echo", "printf", "sleep", "date", "ls"}
"""They only print or wait: nobody asks for them."""
READINGS: dict[str, Reading] = {
    "cargo": cargo_called,
    **dict.fromkeys(("make", "gmake"), make_called),
    "just": just_called,
    "makers": makers_called,
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), package_script_called),
    **dict.fromkeys(("docker", "podman", "nerdctl", "docker-compose"), container_called),
}


def follow(commands: Commands, repository: Repository) -> Commands:
    """Commands with each that calls something of the repository replaced by what that runs."""
    return Following(repository).follow(commands)


def read_and_follow(script: Script, repository: Repository) -> Commands:
    """What a script runs, to the end; the same script in the same surroundings is read once."""
    around = script.around
    machine = around.run.machine
    key = (
        "script", script.text, script.place, script.exit_on_error, script.pipefail,
        script.arguments, script.path, frozenset(around.variables.items()), around.folder,
        around.default_toolchain, around.override_toolchain, around.installed,
        around.installed_all_known, around.others, machine.system, machine.architecture,
    )  # fmt: skip
    read: Commands = repository.once(
        key, lambda: Following(repository).follow(read_script(script, repository))
    )
    return _in_run(read, around)


def _in_run(read: Commands, around: Surroundings) -> Commands:
    """What was read for another leg or step, as it is in this one."""
    first = next((each.around for each in read.commands), read.after)
    if first is None or (first.run is around.run and first.step is around.step):
        return read
    moved: dict[int, Surroundings] = {}

    def here(other: Surroundings) -> Surroundings:
        if id(other) not in moved:
            moved[id(other)] = replace(other, run=around.run, step=around.step)
        return moved[id(other)]

    return replace(
        read,
        commands=tuple(replace(each, around=here(each.around)) for each in read.commands),
        after=here(read.after) if read.after is not None else None,
    )


@dataclass(kw_only=True)
class _Left:
    commands: int = MOST_COMMANDS
    told: bool = False


@dataclass
class Following:
    """Follows the calls of one script; it knows where it is, so that a circle ends."""

    repository: Repository
    _within: tuple[tuple[object, ...], ...] = ()
    _left: _Left = field(default_factory=_Left)

    def follow(self, commands: Commands) -> Commands:
        """Follow each command in its order; what one installs the later ones find."""
        found: list[Command] = []
        opaque = list(commands.opaque)
        before = after = commands.commands[0].around if commands.commands else None
        for each in commands.commands:
            command = each
            if before is not None and after is not None and after is not before:
                command = replace(each, around=difference(before, after)(each.around))
            inner = self._followed(command)
            found.extend(inner.commands)
            opaque.extend(inner.opaque)
            if inner.after is not None and before is not None and after is not None:
                after = replace(
                    difference(command.around, inner.after)(after),
                    variables={**after.variables, **_new(command.around, inner.after)},
                )
        end = commands.after
        if before is not None and after is not None and after is not before:
            end = end or replace(after, folder=before.folder)
            end = difference(before, after)(end)
            end = end.with_variables(_new(before, after))
        return replace(
            commands,
            commands=tuple(found),
            opaque=tuple(dict.fromkeys(opaque)),
            after=end,
        )

    def _followed(self, command: Command) -> Commands:  # noqa: PLR0911 - a table
        if self._left.commands <= 0:
            if self._left.told:
                return Commands()
            self._left.told = True
            return _too_much(command)
        if program_name(command.words) in _SILENT:
            return Commands()
        self._left.commands -= 1
        words, around = command.words, command.around
        call = Call(command=command, name=program_name(words))
        inner = unwrapped(words) if call.name else None
        if inner is not None:
            return self._unwrapped(call, inner.words, inner.text, dict(inner.variables or {}))
        key = (words, around.folder)
        if key in self._within:  # a circle that learns nothing new
            return Commands()
        if len(self._within) >= DEEPEST:
            return _too_much(command)
        inner_following = Following(self.repository, (*self._within, key), self._left)
        try:
            for reading in _readings(call):
                found = reading(call, inner_following)
                if found is not None:
                    return found
        except RecursionError:
            return _too_much(command)
        return Commands(commands=(command,))

    def _unwrapped(
        self, call: Call, words: Words, text: str | None, variables: dict[str, str | None]
    ) -> Commands:
        command = call.command
        if text is not None:
            script = Script(text=text, place=command.place, around=command.around)
            key = (text, command.place)
            if key in self._within:
                return Commands()
            return Following(self.repository, (*self._within, key), self._left).script(script, call)
        around = command.around.with_variables(variables)
        return self._followed(replace(command, words=words, around=around))

    # What readers ask

    def script(self, script: Script, call: Call) -> Commands:
        """What a script runs that is called there."""
        read = read_script(script, self.repository)
        return self.follow(replace(read, commands=called_by(read.commands, call.command)))

    def words(
        self,
        words: Words,
        call: Call,
        place: Place,
        around: Surroundings,
        parts: tuple[str, ...] = (),
    ) -> Commands:
        """What other words run in place of a command."""
        text = call.command.text
        parts = parts or call.command.parts
        inner = Command(place=place, text=text, words=words, around=around, parts=parts)
        return self.follow(Commands(commands=called_by((inner,), call.command)))


def _readings(call: Call) -> list[Reading]:
    own = READINGS.get(call.name)
    if not call.name:
        return [unknown_program]
    return [own, unknown_program] if own else [script_called, other_called, unknown_program]


def _new(before: Surroundings, after: Surroundings) -> dict[str, str | None]:
    """Variables that were written for later steps."""
    return {
        name: value
        for name, value in after.variables.items()
        if name not in before.variables or before.variables[name] != value
    }


def _too_much(command: Command) -> Commands:
    why = f"`{one_line(command.text, 60)}` calls more than can be followed"
    return Commands(opaque=(Opaque(command.place, why),))
