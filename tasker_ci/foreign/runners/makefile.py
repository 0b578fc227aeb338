"""A makefile as make reads it, with conditions decided as far as they are known."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, from_known, is_known
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.make_functions import Variable, expanded
from tasker_ci.foreign.runners.make_lines import (
    ASSIGNMENT,
    CONDITION,
    DEFINE,
    ELSE,
    EXPORT,
    INCLUDE,
    cut,
    is_rule,
    logical_lines,
    sides,
    until_endef,
    without_comment,
)
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Repository

_OS = {UNKNOWN: UNKNOWN, "MINGW64_NT-10.0": "Windows_NT"}
_LONGEST_LINE = 10_000
MOST_LINES = 50_000


@dataclass(kw_only=True)
class Rule:
    """How one or more targets are made."""

    targets: list[str]
    prerequisites: list[str]
    place: Place
    recipe: list[tuple[int, str]] = field(default_factory=list)
    """Line and text."""
    file: PurePosixPath
    unsure: bool = False
    """Whether it stands in a condition that is not known."""


@dataclass
class Makefile:
    """The variables and rules of a makefile with those that it includes."""

    repository: Repository
    folder: PurePosixPath
    system_name: str = UNKNOWN
    expansions: int = 100_000
    variables: dict[str, Variable] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    exported: set[str] = field(default_factory=set)
    exports_all: bool = False
    special: dict[str, dict[str, Variable]] = field(default_factory=dict)
    """Variables of one target."""
    phony: set[str] = field(default_factory=set)
    one_shell: bool = False
    _conditions: list[tuple[bool | None, bool | None]] = field(default_factory=list)
    """Whether the present branch is read, and whether one before it was."""
    _files: list[PurePosixPath] = field(default_factory=list)
    _lines: int = 0
    _rule: Rule | None = None

    def read(self, file: PurePosixPath) -> bool:
        """Read a file; False where that is not possible."""
        text = self.repository.text(file)
        if text is None or file in self._files or len(self._files) > 20:  # noqa: PLR2004 - includes
            return False
        self._files.append(file)
        self.evaluate(text)
        self._files.pop()
        return True

    def evaluate(self, text: str) -> None:
        """Read lines of a makefile."""
        conditions, self._conditions = self._conditions, []
        self._rule = None
        lines = iter(logical_lines(text))
        for number, line in lines:
            self._lines += 1
            if self._lines > MOST_LINES:
                break
            self._line(number, line, lines)
        self._conditions = conditions
        self._rule = None

    @property
    def _reads(self) -> bool | None:
        states = [state for state, _ in self._conditions]
        return False if False in states else None if None in states else True

    def _line(self, number: int, line: str, lines: Iterator[tuple[int, str]]) -> None:
        if len(line) > _LONGEST_LINE and not line.startswith("\t"):
            return
        if self._conditional(line):
            return
        reads = self._reads
        if found := DEFINE.match(line):
            body = until_endef(lines)
            if reads is not False:
                self._set(found["name"], body, found["operator"] or "=")
            return
        if reads is False:
            return
        if line.startswith("\t"):
            if self._rule is not None:
                self._rule.recipe.append((number, line[1:]))
        elif (line := without_comment(line)).strip():
            self._statement(number, line)

    def _statement(self, number: int, line: str) -> None:
        if found := INCLUDE.match(line):
            self._include(expanded(found["files"], self).split())
        elif found := EXPORT.match(line):
            self._export(found["word"], expanded(found["names"], self).split())
        elif (found := ASSIGNMENT.match(line)) and not is_rule(line):
            self._rule = None
            if "export" in found["before"]:
                self.exported.add(expanded(found["name"], self).strip())
            self._set(
                expanded(found["name"], self).strip(),
                found["value"],
                found["operator"],
                override="override" in found["before"],
            )
        else:
            self._rule_line(number, line)

    def _include(self, names: list[str]) -> None:
        self._rule = None
        for name in names:
            for each in [name] if "*" not in name else self.glob(name):
                path = inside(each, self.folder)
                if path is not None:
                    self.read(path)

    def _export(self, word: str, names: list[str]) -> None:
        if word == "unexport":
            self.exported.difference_update(names)
        elif names:
            self.exported.update(names)
        else:
            self.exports_all = True

    def _conditional(self, line: str) -> bool:
        """Whether a line is one of a condition."""
        if found := CONDITION.match(line):
            value = self._holds(found["word"], found["rest"]) if self._reads is not False else False
            self._conditions.append((value, value))
        elif self._conditions and (found := ELSE.match(line)):
            _, before = self._conditions.pop()
            value = None if before is None else not before
            if before is not True and (inner := CONDITION.match(found["rest"])):
                holds = self._holds(inner["word"], inner["rest"])
                value = holds if before is False else None if holds is not False else False
            taken = True if True in (before, value) else None if None in (before, value) else False
            self._conditions.append((value, taken))
        elif self._conditions and re.match(r"^\s*endif\b", line):
            self._conditions.pop()
        else:
            return False
        return True

    def _holds(self, word: str, rest: str) -> bool | None:
        rest = without_comment(rest).strip()
        if word in {"ifdef", "ifndef"}:
            name = expanded(rest, self)
            if not is_known(name):
                return None
            value = self.variables.get(name)
            found: bool | None = value is not None and value.value != ""
            if value is not None and value.value == UNKNOWN:
                found = None
        else:
            both = sides(rest)
            if both is None:
                return None
            one, other = (expanded(side, self).strip() for side in both)
            found = one == other if is_known(one) and is_known(other) else None
        return found if word in {"ifeq", "ifdef"} or found is None else not found

    def _set(self, name: str, value: str, operator: str, *, override: bool = False) -> None:
        old = self.variables.get(name)
        if old is not None and old.strong and not override:
            return
        self.variables[name] = self._assigned(old, value, operator)

    def _assigned(self, old: Variable | None, value: str, operator: str) -> Variable:
        if self._reads is None:
            return Variable(value=UNKNOWN, recursive=False)
        if operator == "?=" and old is not None:
            return old
        if operator == "!=":
            return Variable(value=UNKNOWN, recursive=False)
        if operator == "+=" and old is not None:
            more = value if old.recursive else expanded(value, self)
            text = f"{old.value} {more}" if old.value else more
            return Variable(value=text, recursive=old.recursive)
        if operator in {":=", "::=", ":::="}:
            return Variable(value=expanded(value, self), recursive=False)
        return Variable(value=value)

    def _rule_line(self, number: int, line: str) -> None:
        self._rule = None
        head, recipe = cut(line, ";")
        targets_text, colon, rest = expanded(head, self).partition(":")
        if not colon:
            return
        rest = rest.removeprefix(":")
        targets = targets_text.replace("&", " ").split()
        if (assignment := ASSIGNMENT.match(rest)) and "=" in rest:
            raw = head.partition(":")[2]
            assigned = ASSIGNMENT.match(raw) or assignment
            for target in targets:
                own = self.special.setdefault(target, {})
                name = assignment["name"].strip()
                old = own.get(name, self.variables.get(name))
                if not (old is not None and old.strong):
                    own[name] = self._assigned(old, assigned["value"], assigned["operator"])
            return
        prerequisites = rest.replace("|", " ").split()
        if len(parts := rest.split(":")) > 1:  # `targets: %.o: %.c`
            prerequisites = parts[1].replace("|", " ").split()
        if ".PHONY" in targets:
            self.phony.update(prerequisites)
            return
        if ".ONESHELL" in targets:
            self.one_shell = True
            return
        file = self._files[-1]
        self._rule = Rule(
            targets=targets,
            prerequisites=prerequisites,
            place=Place(file, number),
            file=file,
            unsure=self._reads is None,
        )
        if recipe.strip():
            self._rule.recipe.append((number, recipe.strip()))
        self.rules.append(self._rule)

    def glob(self, pattern: str) -> list[str]:
        """The files that a pattern matches, as seen from the folder."""
        if not any(mark in pattern for mark in "*?["):
            path = inside(pattern, self.folder)
            there = path is not None and (
                self.repository.has(path) or self.repository.has_folder(path)
            )
            return [pattern] if there else []
        path = inside(pattern, self.folder)
        if path is None:
            return []
        return [
            posixpath.relpath(str(found), str(self.folder))
            for found in self.repository.glob(str(path))
        ]


def makefile_of(
    repository: Repository,
    folder: PurePosixPath,
    file: PurePosixPath,
    environment: Mapping[str, str | None],
    given: Mapping[str, str | None],
    system_name: str,
) -> Makefile | None:
    """Read a makefile with the variables of the environment and of the command line."""
    makefile = Makefile(repository=repository, folder=folder, system_name=system_name)
    makefile.variables = {
        **{
            name: Variable(value=from_known(value), recursive=False)
            for name, value in environment.items()
            if name not in {"SHELL", "MAKEFLAGS"}
        },
        "MAKE": Variable(value="make", recursive=False),
        "SHELL": Variable(value="/bin/sh", recursive=False),
        "CURDIR": Variable(value=posixpath.normpath(f"{REPOSITORY}/{folder}"), recursive=False),
        "OS": Variable(value=_OS.get(system_name, ""), recursive=False),
        "MAKEFILE_LIST": Variable(value=posixpath.relpath(str(file), str(folder)), recursive=False),
        **dict.fromkeys(
            ("HOME", "PATH", "USER", "MAKEFLAGS", "MAKECMDGOALS", "MAKELEVEL", "PWD"),
            Variable(value=UNKNOWN, recursive=False),
        ),
        **{name: Variable(value=from_known(value), strong=True) for name, value in given.items()},
    }
    return makefile if makefile.read(file) else None
