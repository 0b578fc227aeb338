"""`make`: the recipes of its targets and of all that they need."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.machine import UNAME
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, is_known, known
from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.runners.follower import Call, files_named, joined
from tasker_ci.foreign.runners.make_functions import Variable, expanded
from tasker_ci.foreign.runners.make_words import matches
from tasker_ci.foreign.runners.makefile import Makefile, Rule, makefile_of
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.runners.follower import Follower

NAMES = ("GNUmakefile", "makefile", "Makefile")
_VALUES = {"-f", "--file", "--makefile", "-C", "--directory", "-I", "-o", "-W", "-l"}
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.-]*)\s*[:?+]?:?=(.*)", re.DOTALL)
_SHELLS = re.compile(
    r"(?:\S*/)?(?:ba|da|z|k|a)?sh(?:\.exe)?(?:\s.*)?|/usr/bin/env (?:ba|z)?sh(?:\s.*)?"
)
_DEEPEST = 60


@dataclass(kw_only=True)
class _Asked:
    folder: PurePosixPath | None
    file: str | None = None
    targets: list[str | None] = field(default_factory=list)
    variables: dict[str, str | None] = field(default_factory=dict)
    dry: bool = False
    ignores: bool = False
    outside: bool = False
    """Whether it runs in a folder that is none of the repository."""


def make_called(call: Call, follower: Follower) -> Commands | None:  # noqa: PLR0911 - a table
    """What `make` runs; None where there is no makefile."""
    asked = _asked(call)
    if asked.dry:
        return Commands()
    what = one_line(call.command.text, 60)
    if asked.outside:
        return Commands()
    if asked.folder is None:
        return _unknown_folder(call, follower, what)
    names = (asked.file,) if asked.file else NAMES
    file = next(
        (
            path
            for name in names
            if (path := inside(name, asked.folder)) is not None and follower.repository.has(path)
        ),
        None,
    )
    if file is None:
        return None
    environment = {**call.around.variables}
    system_name = UNAME.get(call.around.run.machine.system or "", UNKNOWN)
    makefile = makefile_of(
        follower.repository, asked.folder, file, environment, asked.variables, system_name
    )
    if makefile is None:
        return call.opaque(f"{file} cannot be read")
    if None in asked.targets:
        return call.opaque(f"`{what}` takes its target from a variable")
    around = call.around.in_folder(asked.folder).with_variables(asked.variables)
    command = call.command
    if asked.ignores:
        command = replace(command, exit_code=ExitCode.IGNORED)
    run = _Run(makefile, follower, replace(call, command=command), around)
    targets = [each for each in asked.targets if each is not None] or run.default()
    return joined((part for target in targets for part in run.target(target)), call.around)


def _unknown_folder(call: Call, follower: Follower, what: str) -> Commands | None:
    if files_named(follower.repository, *NAMES):
        return call.opaque(f"`{what}` runs in a folder that is not known")
    return None


def _asked(call: Call) -> _Asked:
    asked = _Asked(folder=call.around.folder)
    words = list(call.words)
    index = 0
    while index < len(words):
        word = call.command.part(index + 1)
        index += 1
        flag, equals, value = word.partition("=")
        if word.startswith("-"):
            if word in _VALUES or (flag in _VALUES and equals and flag.startswith("--")):
                if not equals:
                    value = call.command.part(index + 1) if index < len(words) else ""
                    index += 1
                _flag(asked, flag, value)
            elif word[:2] in {"-C", "-f"}:
                _flag(asked, word[:2], word[2:])
            elif word in {"-j", "-l", "-O"} and index < len(words):
                following = words[index]
                index += following is None or following.isdigit()
            elif word in {"-n", "--dry-run", "--just-print", "--recon", "-q", "--version", "-v"}:
                asked.dry = True
            elif word in {"-i", "--ignore-errors", "-k", "--keep-going"}:
                asked.ignores = word in {"-i", "--ignore-errors"}
        elif found := _ASSIGNMENT.fullmatch(word):
            asked.variables[found[1]] = known(found[2])
        else:
            asked.targets.append(known(word))
    return asked


def _flag(asked: _Asked, flag: str, value: str) -> None:
    if flag in {"-C", "--directory"}:
        asked.outside = value.startswith("/") and not value.startswith((REPOSITORY, f"/{UNKNOWN}"))
        asked.folder = inside(value, asked.folder) if is_known(value) else None
    elif flag in {"-f", "--file", "--makefile"}:
        asked.file = value


@dataclass
class _Run:
    """One run of make."""

    makefile: Makefile
    follower: Follower
    call: Call
    around: Surroundings
    made: set[str] = field(default_factory=set)

    def default(self) -> list[str]:
        """The goal where no target is named."""
        if goal := expanded("$(.DEFAULT_GOAL)", self.makefile).strip():
            return [goal]
        for rule in self.makefile.rules:
            for target in rule.targets:
                if "%" not in target and (not target.startswith(".") or "/" in target):
                    return [target]
        return []

    def target(self, name: str, depth: int = 0) -> list[Commands]:
        """What making one target runs."""
        if name in self.made or depth > _DEEPEST:
            return []
        self.made.add(name)
        rules = [rule for rule in self.makefile.rules if name in rule.targets]
        stem = ""
        if not any(rule.recipe for rule in rules):
            pattern, stem = self._pattern(name)
            rules = [*rules, *([pattern] if pattern else [])]
        found: list[Commands] = []
        prerequisites = [
            each.replace("%", stem, 1) for rule in rules for each in rule.prerequisites
        ]
        for rule in rules:
            if any(not is_known(each) for each in rule.prerequisites):
                why = f"what `{name}` needs is taken from a variable of make"
                found.append(Commands(opaque=(Opaque(rule.place, why),)))
        for prerequisite in prerequisites:
            if is_known(prerequisite):
                found.extend(self.target(prerequisite, depth + 1))
        for rule in [rule for rule in rules if rule.recipe][-1:]:
            found.extend(self._recipe(rule, name, prerequisites, stem))
        return found

    def _pattern(self, name: str) -> tuple[Rule | None, str]:
        """The rule with the shortest stem; of several the first.

        https://www.gnu.org/software/make/manual/html_node/Pattern-Match.html
        """
        fitting = [
            (rule, stem)
            for rule in self.makefile.rules
            for target in rule.targets
            if "%" in target and (stem := matches(target, name)) is not None
        ]
        return min(fitting, key=lambda each: len(each[1]), default=(None, ""))

    def _recipe(self, rule: Rule, name: str, prerequisites: list[str], stem: str) -> list[Commands]:
        variables = self.makefile.variables
        own = {
            "@": name,
            "<": prerequisites[0] if prerequisites else "",
            "^": " ".join(dict.fromkeys(prerequisites)),
            "+": " ".join(prerequisites),
            "?": " ".join(prerequisites),
            "*": stem,
            "@D": name.rpartition("/")[0] or ".",
            "@F": name.rpartition("/")[2],
        }
        saved = dict(variables)
        variables.update(self.makefile.special.get(name, {}))
        variables.update(
            {each: Variable(value=value, recursive=False) for each, value in own.items()}
        )
        call = self.call
        path = inside(name, self.makefile.folder)
        is_file = (
            name not in self.makefile.phony
            and path is not None
            and self.follower.repository.has(path)
        )
        if is_file or rule.unsure:
            call = replace(call, command=replace(call.command, certain=False))
        try:
            return self._lines(rule, call)
        finally:
            variables.clear()
            variables.update(saved)

    def _lines(self, rule: Rule, call: Call) -> list[Commands]:
        flags = expanded("$(.SHELLFLAGS)", self.makefile).split()
        shell = expanded("$(SHELL)", self.makefile).strip()
        if is_known(shell) and shell and not _SHELLS.fullmatch(shell):
            why = f"its recipes are read by {one_line(shell, 40)}"
            return [Commands(opaque=(Opaque(rule.place, why),))]
        errexit = any(re.fullmatch(r"-[a-z]*e[a-z]*", flag) for flag in flags)
        pipefail = "pipefail" in f"{shell} {' '.join(flags)}"
        around = self.around.with_variables(self._exported())
        texts = [(number, expanded(text, self.makefile)) for number, text in rule.recipe]
        if self.makefile.one_shell and texts:
            texts = [(texts[0][0], "\n".join(text for _, text in texts))]
        found: list[Commands] = []
        for number, text in texts:
            for line in [text] if self.makefile.one_shell else _lines_of(text):
                script = Script(
                    text=re.sub(r"^[\s@+-]+", "", line),
                    place=Place(rule.file, number),
                    around=around,
                    exit_on_error=errexit,
                    pipefail=pipefail,
                )
                prefix = line[: len(line) - len(line.lstrip("@+- \t"))]
                inner = call
                if "-" in prefix and call.command.exit_code is ExitCode.COUNTS:
                    inner = replace(call, command=replace(call.command, exit_code=ExitCode.IGNORED))
                found.append(self.follower.script(script, inner))
        return found

    def _exported(self) -> dict[str, str | None]:
        names = {*self.makefile.exported}
        if self.makefile.exports_all:
            names.update(self.makefile.variables)
        names.update(
            name
            for name in self.around.variables
            if name in self.makefile.variables and name not in {"MAKE", "SHELL"}
        )
        return {
            name: known(expanded(self.makefile.variables[name].value, self.makefile))
            for name in sorted(names)
            if name in self.makefile.variables and re.fullmatch(r"[A-Za-z_]\w*", name)
        }


def _lines_of(text: str) -> list[str]:
    """Lines of a recipe: a `define` may bring several into one."""
    found: list[str] = []
    for line in text.split("\n"):
        if found and found[-1].endswith("\\"):
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return [line for line in found if line.strip()]
