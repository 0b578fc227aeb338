"""`just`: the recipes that it is asked for, with those that they need."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.machine import host_of
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, is_known
from tasker_ci.foreign.command import Commands
from tasker_ci.foreign.runners.follower import files_named, joined
from tasker_ci.foreign.runners.just_bodies import body_of, fits
from tasker_ci.foreign.runners.just_command_line import NAMES, Asked, asked_of, file_of
from tasker_ci.foreign.runners.just_expressions import evaluated
from tasker_ci.foreign.runners.justfile import Justfile, Recipe, read_justfile
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from tasker_ci.foreign.runners.follower import Call, Follower

_INTERPOLATION = re.compile(r"(?<!\{)\{\{(?!\{)(.*?)\}\}", re.DOTALL)
_ARCHITECTURES = {"X64": "x86_64", "ARM64": "aarch64"}
_DEEPEST = 40


def just_called(call: Call, follower: Follower) -> Commands | None:
    """What `just` runs; None where there is no justfile."""
    asked = asked_of(call)
    if asked.question:
        return Commands()
    what = one_line(call.command.text, 60)
    repository = follower.repository
    if asked.folder is None:
        if files_named(repository, *NAMES):
            return call.opaque(f"`{what}` runs in a folder that is not known")
        return None
    path = file_of(call, follower, asked)
    if path is None:
        return None
    justfile: Justfile = repository.once(
        ("justfile", path), partial(read_justfile, repository, path)
    )
    run = _Run(justfile, follower, call, asked)
    return run.words(asked.words, what)


@dataclass
class _Run:
    """One run of just within one justfile or module."""

    justfile: Justfile
    follower: Follower
    call: Call
    asked: Asked
    done: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    _values: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    _depth: int = 0

    def words(self, words: list[str], what: str) -> Commands:
        """What the words of the command line ask for."""
        if not words:
            first = self._first()
            return self._joined(self.recipe(first, []) if first else [])
        parts: list[Commands] = []
        while words:
            name, *words = words
            if not is_known(name):
                return self.call.opaque(f"`{what}` takes its recipe from a variable")
            run, recipe, words = self.found(name, words)
            if recipe is None:
                break
            count = sum(1 for each in recipe.parameters if not each.many)
            if any(each.many for each in recipe.parameters):
                count = len(words)
            parts.extend(run.recipe(recipe, words[:count]))
            words = words[count:]
        return self._joined(parts)

    def _joined(self, parts: list[Commands]) -> Commands:
        return joined(parts, self.call.around)

    def _first(self) -> Recipe | None:
        every = [each for named in self.justfile.recipes.values() for each in named]
        every.sort(key=lambda each: (each.file != self.justfile.path, each.line))
        default = [each for each in every if "default" in each.attributes]
        return next(iter(default or every), None)

    def found(self, name: str, words: list[str]) -> tuple[_Run, Recipe | None, list[str]]:
        """Where a recipe stands, and the words that are left."""
        if "/" in name and not name.startswith("/"):  # `just folder/recipe`
            folder, _, own = name.rpartition("/")
            inner = replace(self.asked, folder=inside(folder, self.asked.folder), file=None)
            path = file_of(self.call, self.follower, inner)
            if path is not None:
                justfile = read_justfile(self.follower.repository, path)
                return _Run(justfile, self.follower, self.call, inner).found(own, words)
        module, separator, own = name.partition("::")
        if separator or (name in self.justfile.modules and words):
            if not separator:
                own, *words = words
            inner_file = self.justfile.modules.get(module)
            if inner_file is None:
                return self, None, words
            run = _Run(inner_file, self.follower, self.call, self.asked)
            return run.found(own, words)
        return self, self._recipe(name), words

    def _recipe(self, name: str) -> Recipe | None:
        name = self.justfile.aliases.get(name, name)
        system = self.call.around.run.machine.system
        candidates = self.justfile.recipes.get(name, [])
        fitting = [each for each in candidates if fits(each, system) is not False]
        return fitting[-1] if fitting else None

    def recipe(self, recipe: Recipe, words: list[str]) -> list[Commands]:
        """What one recipe runs with its arguments."""
        key = (recipe.name, tuple(words))
        if key in self.done or self._depth > _DEEPEST:
            return []
        self.done.add(key)
        self._depth += 1
        outer, self.arguments = self.arguments, {}
        self.arguments = self._bound(recipe, words)
        found: list[Commands] = []
        for name, expressions in recipe.before:
            found.extend(self._needed(name, expressions))
        found.extend(body_of(self, recipe, words))
        for name, expressions in recipe.after:
            found.extend(self._needed(name, expressions))
        self.arguments = outer
        self._depth -= 1
        return found

    def _needed(self, name: str, expressions: list[str]) -> list[Commands]:
        run, recipe, _ = self.found(name, [])
        if recipe is None:
            return []
        return run.recipe(recipe, [evaluated(each, self) for each in expressions])

    def _bound(self, recipe: Recipe, words: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        rest = list(words)
        for parameter in recipe.parameters:
            if parameter.many and rest:
                found[parameter.name], rest = " ".join(rest), []
            elif rest:
                found[parameter.name], rest = rest[0], rest[1:]
            elif parameter.default is not None:
                self.arguments = found
                found[parameter.name] = evaluated(parameter.default, self)
            else:
                found[parameter.name] = "" if parameter.many == "*" else UNKNOWN
        return found

    # Values

    def variable(self, name: str) -> str:
        """The value of a variable or of a parameter."""
        if name in self.arguments:
            return self.arguments[name]
        if name in self.asked.variables:
            return self.asked.variables[name]
        if name in self._values:
            return self._values[name]
        expression = self.justfile.variables.get(name)
        if expression is None:
            return UNKNOWN
        self._values[name] = UNKNOWN  # of one that needs itself
        arguments, self.arguments = self.arguments, {}
        self._values[name] = evaluated(expression, self)
        self.arguments = arguments
        return self._values[name]

    def output(self, command: str) -> str:
        """What a command prints, where that is known."""
        return host_of(command, self.call.around.run.machine)

    def function(self, name: str, arguments: list[str]) -> str:  # noqa: PLR0911 - a table
        """The value of a function that asks for what is around."""
        machine = self.call.around.run.machine
        if name in {"env", "env_var", "env_var_or_default"} and arguments:
            variables = self.call.around.variables
            if arguments[0] in variables:
                value = variables[arguments[0]]
                return UNKNOWN if value is None else value
            if len(arguments) > 1:
                return "true" if arguments[0] == "CI" else arguments[1]
            return UNKNOWN
        match name:
            case "os":
                return (machine.system or UNKNOWN).lower()
            case "os_family":
                return {"Windows": "windows", None: UNKNOWN}.get(machine.system, "unix")
            case "arch":
                return _ARCHITECTURES.get(machine.architecture or "", UNKNOWN)
            case "justfile_directory" | "source_directory" | "module_directory" | "justfile_dir":
                return f"{REPOSITORY}/{self.justfile.path.parent}"
            case "invocation_directory" | "invocation_dir":
                folder = self.call.around.folder
                return UNKNOWN if folder is None else f"{REPOSITORY}/{folder}"
            case "just_executable":
                return "just"
        return UNKNOWN

    def interpolated(self, text: str) -> str:
        """A line of a recipe with what stands in braces."""
        text = _INTERPOLATION.sub(lambda found: evaluated(found[1], self), text)
        return text.replace("{{{{", "{{")
