"""What a shell knows at one line of a script."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.machine import UNAME, given_variables, is_unknown
from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, from_known, known

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.script import Script
    from tasker_ci.foreign.command import Surroundings

Value = str | tuple[str, ...]
"""Of a variable: a text, or an array of them."""

FILES_OF_STEP = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
"""Files that a step writes for what comes later; each has its own name as its path."""

_LONGEST = 1 << 14


@dataclass(kw_only=True)
class Options:
    """What `set` changes."""

    errexit: bool
    pipefail: bool


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of a script; the node and the script that it stands in."""

    body: Node
    script: Script


@dataclass(kw_only=True)
class State:
    """The shell's variables and where it stands; copied where a subshell or a branch begins."""

    around: Surroundings
    variables: dict[str, Value]
    exported: set[str]
    arguments: tuple[str, ...]
    options: Options
    name: str = UNKNOWN
    """``$0``."""
    functions: dict[str, Function] = field(default_factory=dict)
    folders: list[PurePosixPath | None] = field(default_factory=list)
    """Of `pushd`."""
    later: dict[str, str | None] = field(default_factory=dict)
    """What was written to ``$GITHUB_ENV``."""
    outputs: dict[str, str | None] = field(default_factory=dict)
    """What was written to ``$GITHUB_OUTPUT``."""
    exited: bool | None = False
    """Whether the script has ended; None where it may have."""
    returned: bool | None = False
    """Whether the function has ended."""
    left: bool | None = False
    """Whether the turn of the loop has ended."""
    failed: str = ""
    """`exit` or `return`, where that ended it with a failure: what follows is another path's."""
    _snapshot: Surroundings | None = None

    def copy(self) -> State:
        """The same to be changed alone."""
        return replace(
            self,
            variables=dict(self.variables),
            exported=set(self.exported),
            functions=dict(self.functions),
            folders=list(self.folders),
            later=dict(self.later),
            outputs=dict(self.outputs),
            options=replace(self.options),
        )

    # Variables

    def get(self, name: str) -> Value | None:
        """The value of a variable; None where it has none."""
        if (value := self.variables.get(name)) is not None:
            return value
        path = self.path_of(self.around.folder)
        given: dict[str, str] = {
            **given_variables(self.around.run.machine),
            "GITHUB_WORKSPACE": REPOSITORY,
            "PWD": path or UNKNOWN,
            "BASH_SOURCE": self.name,
            **{name: f"${name}" for name in FILES_OF_STEP},
        }
        if name in given:
            return given[name]
        # An image or an action that nobody read may have set those of the toolchain.
        unread = not self.around.installed_all_known
        return UNKNOWN if is_unknown(name, toolchain=unread) else None

    def set(self, name: str, value: Value, *, export: bool = False) -> None:
        """Give a variable a value; one that grows beyond measure is not known."""
        if len(value) > _LONGEST:
            value = UNKNOWN
        self.variables[name] = value
        if export:
            self.exported.add(name)
        if name in self.exported:
            self._snapshot = None

    def export(self, name: str) -> None:
        """Let programs see a variable."""
        if name not in self.exported:
            self.exported.add(name)
            self._snapshot = None

    def unset(self, name: str) -> None:
        """Take a variable away."""
        self.variables.pop(name, None)
        self.functions.pop(name, None)
        if name in self.exported:
            self.exported.discard(name)
            self._snapshot = None

    # Folders

    @property
    def folder(self) -> PurePosixPath | None:
        return self.around.folder

    def enter(self, folder: PurePosixPath | None) -> None:
        """Change the folder."""
        self.change(folder=folder)

    def path_of(self, folder: PurePosixPath | None) -> str | None:
        """A folder of the repository as an absolute path."""
        return None if folder is None else posixpath.normpath(f"{REPOSITORY}/{folder}")

    def within(self, path: str) -> PurePosixPath | None:
        """Where in the repository a path leads to; None where it is outside or not known."""
        if (
            UNKNOWN in path
            or path.startswith("~")
            or (path.startswith("/") and not path.startswith(REPOSITORY))
        ):
            return None
        if not path.startswith("/"):
            if self.around.folder is None:
                return None
            path = f"{REPOSITORY}/{self.around.folder}/{path}"
        path = posixpath.normpath(path)
        if path != REPOSITORY and not path.startswith(f"{REPOSITORY}/"):
            return None
        return PurePosixPath(path[len(REPOSITORY) + 1 :])

    def as_seen(self, word: str) -> str | None:
        """A word as others see it: paths of the repository relative to the folder."""
        if REPOSITORY in word:
            folder = self.path_of(self.around.folder)
            if folder is None:
                return None
            begin, _, rest = word.partition(REPOSITORY)
            if REPOSITORY in rest:
                return None
            path, separator, more = rest.partition(":")
            word = f"{begin}{posixpath.relpath(f'{REPOSITORY}{path}', folder)}{separator}{more}"
        return known(word)

    # What others see

    def change(self, **changes: object) -> None:
        """Change where commands run from here on."""
        self.around = replace(self.around, **changes)  # type: ignore[arg-type]
        self._snapshot = None

    def surroundings(self) -> Surroundings:
        """Where a command of here runs."""
        if self._snapshot is None:
            variables = {
                name: self.as_seen(value)
                for name in sorted(self.exported)
                if isinstance(value := self.variables.get(name), str)
            }
            self._snapshot = replace(self.around, variables=variables)
        return self._snapshot

    @property
    def system_name(self) -> str:
        """What `uname` says."""
        return UNAME.get(self.around.run.machine.system or "", UNKNOWN)

    # Whether the line is reached

    @property
    def reached(self) -> bool | None:
        """Whether the shell gets here; None where it may have ended before."""
        ends = (self.exited, self.returned, self.left)
        return False if self.failed or True in ends else None if None in ends else True


def first_state(script: Script) -> State:
    """The state of a shell that begins a script."""
    variables: dict[str, Value] = {
        name: from_known(value) for name, value in script.around.variables.items()
    }
    state = State(
        around=script.around,
        variables=variables,
        exported=set(variables),
        arguments=tuple(from_known(each) for each in script.arguments),
        options=Options(errexit=script.exit_on_error, pipefail=script.pipefail),
    )
    if script.path is not None:
        state.name = state.path_of(script.path) or UNKNOWN
    return state


def merge(state: State, one: State, other: State) -> None:
    """Let a state be what two branches leave, of which either may have run."""
    if one.failed or (one.reached is False and other.reached is not False):
        one, other = other, one
    alone = bool(other.failed) or (other.reached is False and one.reached is not False)
    if other.failed:
        other = one
    ends = tuple(
        _either(getattr(one, each), getattr(other, each)) for each in ("exited", "returned", "left")
    )
    if alone:  # what comes next comes after this branch
        merged = one.variables
        exported, around = one.exported, one.around
        later, outputs = one.later, one.outputs
        functions = one.functions
    else:
        merged = {
            name: one.variables[name]
            if one.variables.get(name) == other.variables.get(name)
            else UNKNOWN
            for name in {**one.variables, **other.variables}
            if name in one.variables or name in other.variables
        }
        exported = one.exported | other.exported
        around = _merged_around(one.around, other.around)
        later, outputs = _same(one.later, other.later), _same(one.outputs, other.outputs)
        functions = {**other.functions, **one.functions}
    state.variables, state.exported, state.around = merged, exported, around
    state.later, state.outputs, state.functions = later, outputs, functions
    state.options = one.options
    state.folders = one.folders
    state.arguments, state.failed = one.arguments, one.failed
    state.exited, state.returned, state.left = ends
    state._snapshot = None  # noqa: SLF001 - a state of our own


def _same(one: dict[str, str | None], other: dict[str, str | None]) -> dict[str, str | None]:
    return {
        name: one[name] if name in one and name in other and one[name] == other[name] else None
        for name in {**one, **other}
    }


def _either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - three values
    return one if one == other else None


def _merged_around(one: Surroundings, other: Surroundings) -> Surroundings:
    if one == other:
        return one
    return replace(
        one,
        folder=one.folder if one.folder == other.folder else None,
        default_toolchain=one.default_toolchain
        if one.default_toolchain == other.default_toolchain
        else None,
        override_toolchain=one.override_toolchain
        if one.override_toolchain == other.override_toolchain
        else None,
        installed=one.installed | other.installed,
        installed_all_known=one.installed_all_known and other.installed_all_known,
    )
