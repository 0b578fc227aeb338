"""`just`: the recipes that it is asked for, with those that they need."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.state import host_of
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, is_known, known
from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.follower import files_named, joined
from tasker_ci.foreign.runners.just_expressions import evaluated
from tasker_ci.foreign.runners.justfile import Justfile, Recipe, read_justfile
from tasker_ci.foreign.runners.paths import inside
from tasker_ci.foreign.runners.scripts import other_language, shell_of

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.runners.follower import Call, Follower

NAMES = ("justfile", ".justfile", "Justfile", "JUSTFILE")
_VALUES = {"-f", "--justfile", "-d", "--working-directory", "--shell", "--dotenv-path", "--color"}
_QUESTIONS = {"-l", "--list", "--summary", "--evaluate", "--fmt", "--dump", "-n", "--dry-run"}
_QUESTIONS |= {"--version", "--help", "--show", "-s", "--variables", "--groups", "--choose"}
_INTERPOLATION = re.compile(r"(?<!\{)\{\{(?!\{)(.*?)\}\}", re.DOTALL)
_SYSTEMS = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}
_ARCHITECTURES = {"X64": "x86_64", "ARM64": "aarch64"}
_DEEPEST = 40


@dataclass(kw_only=True)
class _Asked:
    folder: PurePosixPath | None
    file: str | None = None
    words: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    question: bool = False


def just_called(call: Call, follower: Follower) -> Commands | None:
    """What `just` runs; None where there is no justfile."""
    asked = _asked(call)
    if asked.question:
        return Commands()
    what = one_line(call.command.text, 60)
    repository = follower.repository
    if asked.folder is None:
        if files_named(repository, *NAMES):
            return call.opaque(f"`{what}` runs in a folder that is not known")
        return None
    path = _file(call, follower, asked)
    if path is None:
        return None
    justfile: Justfile = repository.once(
        ("justfile", path), partial(read_justfile, repository, path)
    )
    run = _Run(justfile, follower, call, asked)
    return run.words(asked.words, what)


def _asked(call: Call) -> _Asked:
    asked = _Asked(folder=call.around.folder)
    parts = [call.command.part(index) for index in range(1, len(call.command.words))]
    at = 0
    while at < len(parts) and (parts[at].startswith("-") or parts[at] == ""):
        word = parts[at]
        at += 1
        flag, equals, value = word.partition("=")
        if flag == "--set":
            asked.variables[parts[at] if at < len(parts) else ""] = (
                parts[at + 1] if at + 1 < len(parts) else UNKNOWN
            )
            at += 2
        elif flag in _QUESTIONS:
            asked.question = True
        elif flag in _VALUES:
            if not equals:
                value = parts[at] if at < len(parts) else ""
                at += 1
            if flag in {"-f", "--justfile"}:
                asked.file = value
            elif flag in {"-d", "--working-directory"}:
                asked.folder = inside(value, call.around.folder)
    rest = parts[at:]
    while rest and (found := re.fullmatch(r"([A-Za-z_][\w-]*)=(.*)", rest[0], re.DOTALL)):
        asked.variables[found[1]] = found[2]
        rest = rest[1:]
    asked.words = rest
    return asked


def _file(call: Call, follower: Follower, asked: _Asked) -> PurePosixPath | None:
    has = follower.repository.has
    if asked.file:
        path = inside(asked.file, call.around.folder)
        return path if path is not None and has(path) else None
    if asked.folder is None:
        return None
    for around in (asked.folder, *asked.folder.parents):
        for name in NAMES:
            if has(around / name):
                return around / name
    return None


@dataclass
class _Run:
    """One run of just within one justfile or module."""

    justfile: Justfile
    follower: Follower
    call: Call
    asked: _Asked
    done: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    _values: dict[str, str] = field(default_factory=dict)
    _arguments: dict[str, str] = field(default_factory=dict)
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
            path = _file(self.call, self.follower, inner)
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
        fitting = [each for each in candidates if _fits(each, system) is not False]
        return fitting[-1] if fitting else None

    def recipe(self, recipe: Recipe, words: list[str]) -> list[Commands]:
        """What one recipe runs with its arguments."""
        key = (recipe.name, tuple(words))
        if key in self.done or self._depth > _DEEPEST:
            return []
        self.done.add(key)
        self._depth += 1
        outer, self._arguments = self._arguments, {}
        self._arguments = self._bound(recipe, words)
        found: list[Commands] = []
        for name, expressions in recipe.before:
            found.extend(self._needed(name, expressions))
        found.extend(self._body(recipe, words))
        for name, expressions in recipe.after:
            found.extend(self._needed(name, expressions))
        self._arguments = outer
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
                self._arguments = found
                found[parameter.name] = evaluated(parameter.default, self)
            else:
                found[parameter.name] = "" if parameter.many == "*" else UNKNOWN
        return found

    # Values

    def variable(self, name: str) -> str:
        """The value of a variable or of a parameter."""
        if name in self._arguments:
            return self._arguments[name]
        if name in self.asked.variables:
            return self.asked.variables[name]
        if name in self._values:
            return self._values[name]
        expression = self.justfile.variables.get(name)
        if expression is None:
            return UNKNOWN
        self._values[name] = UNKNOWN  # of one that needs itself
        arguments, self._arguments = self._arguments, {}
        self._values[name] = evaluated(expression, self)
        self._arguments = arguments
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

    def _interpolated(self, text: str) -> str:
        text = _INTERPOLATION.sub(lambda found: evaluated(found[1], self), text)
        return text.replace("{{{{", "{{")

    # Bodies

    def _around(self, recipe: Recipe) -> Surroundings:
        around = self.call.around
        folder: PurePosixPath | None = recipe.file.parent if self.asked.folder else None
        if self.asked.file and self.asked.folder != around.folder:
            folder = self.asked.folder
        if "no-cd" in recipe.attributes:
            folder = around.folder
        for given in (
            self.justfile.settings.get("working-directory"),
            recipe.attributes.get("working-directory"),
        ):
            if given:
                text = evaluated(given, self)
                folder = inside(text, recipe.file.parent) if is_known(text) else None
        variables = {**self._dotenv()}
        for name in self.justfile.variables:
            if name in self.justfile.exported or self._is_set("export"):
                variables[name] = known(self.variable(name))
        for parameter in recipe.parameters:
            if parameter.exported or self._is_set("export"):
                variables[parameter.name] = known(self._arguments.get(parameter.name, UNKNOWN))
        return around.in_folder(folder).with_variables(variables)

    def _is_set(self, name: str) -> bool:
        return self.justfile.settings.get(name, "false") == "true"

    def _dotenv(self) -> dict[str, str | None]:
        if not self._is_set("dotenv-load"):
            return {}
        text = self.follower.repository.text(self.justfile.path.parent / ".env") or ""
        lines = re.findall(r"^(?:export\s+)?([A-Za-z_]\w*)=(.*)$", text, re.MULTILINE)
        around = self.call.around.variables
        return {name: value.strip("\"' ") for name, value in lines if name not in around}

    def _body(self, recipe: Recipe, words: list[str]) -> list[Commands]:
        lines = recipe.body
        while lines and not lines[-1][1].strip():
            lines = lines[:-1]
        if not lines:
            return []
        call = self.call
        if _fits(recipe, call.around.run.machine.system) is None:
            call = replace(call, command=replace(call.command, certain=False))
        indent = len(lines[0][1]) - len(lines[0][1].lstrip())
        texts = [(number, line[indent:] if line.strip() else "") for number, line in lines]
        arguments = tuple(known(each) for each in words)
        if not self._is_set("positional-arguments") and "positional-arguments" not in (
            recipe.attributes
        ):
            arguments = ()
        around = self._around(recipe)
        if texts[0][1].startswith("#!") or "script" in recipe.attributes:
            return [self._whole(recipe, call, texts, around, arguments)]
        shell = " ".join(_strings(self.justfile.settings.get("shell", "")))
        found: list[Commands] = []
        for number, text in _joined_lines(texts):
            line = text.lstrip("@-")
            if line.startswith("#") and self._is_set("ignore-comments"):
                continue
            script = Script(
                text=self._interpolated(line),
                place=Place(recipe.file, number),
                around=around,
                exit_on_error=bool(re.search(r"\s-[a-z]*e[a-z]*\b", shell)),
                pipefail="pipefail" in shell,
                arguments=arguments,
            )
            inner = call
            prefix = text[: len(text) - len(line)]
            if "-" in prefix and call.command.exit_code is ExitCode.COUNTS:
                inner = replace(call, command=replace(call.command, exit_code=ExitCode.IGNORED))
            found.append(self.follower.script(script, inner))
        return found

    def _whole(
        self,
        recipe: Recipe,
        call: Call,
        texts: list[tuple[int, str]],
        around: Surroundings,
        arguments: tuple[str | None, ...],
    ) -> Commands:
        """A recipe that is one script."""
        text = self._interpolated("\n".join(line for _, line in texts))
        flags = shell_of(text)
        if "script" in recipe.attributes and not text.startswith("#!"):
            given = " ".join(_strings(recipe.attributes["script"])) or "sh -eu"
            flags = shell_of(f"#!/usr/bin/env {given}\n")
        if flags is None:
            return other_language(call, text, f"the recipe {recipe.name}")
        script = Script(
            text=text,
            place=Place(recipe.file, texts[0][0]),
            around=around,
            exit_on_error=any(re.fullmatch(r"-[a-z]*e[a-z]*", flag) for flag in flags),
            pipefail="pipefail" in flags,
            arguments=arguments,
        )
        return self.follower.script(script, call)


def _fits(recipe: Recipe, system: str | None) -> bool | None:
    """Whether a recipe is one of a system; None where the system is not known."""
    named = {
        name
        for name in recipe.attributes
        if name in {*_SYSTEMS, "unix", "openbsd", "freebsd", "netbsd"}
    }
    if not named:
        return True
    if system is None:
        return None
    return any(
        _SYSTEMS.get(name) == system or (name == "unix" and system != "Windows") for name in named
    )


def _strings(text: str) -> list[str]:
    return [one or other for one, other in re.findall(r"'([^']*)'|\"([^\"]*)\"", text)]


def _joined_lines(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines with those that continue them."""
    found: list[tuple[int, str]] = []
    for number, line in lines:
        if found and found[-1][1].endswith("\\"):
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line.lstrip()}")
        elif line.strip():
            found.append((number, line))
    return found
