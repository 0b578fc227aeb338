"""How the files of a project assign a literal to a variable: one reader for each kind of file.

They read text, not syntax trees, a line at a time; what a value is stands in `literal_values`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.literal_values import (
    is_default,
    is_literal,
    is_yaml_literal,
    shell_value,
    unquoted,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Kind(Enum):
    """What is read alike."""

    YAML = auto()
    STEPS = auto()
    """YAML with shell scripts in it: workflows, actions, other CI."""
    DOCKERFILE = auto()
    SHELL = auto()
    DOTENV = auto()
    MAKE = auto()
    """Makefiles and justfiles."""
    CARGO = auto()


_SUFFIXES = {
    ".yml": Kind.YAML,
    ".yaml": Kind.YAML,
    ".dockerfile": Kind.DOCKERFILE,
    ".containerfile": Kind.DOCKERFILE,
    ".sh": Kind.SHELL,
    ".bash": Kind.SHELL,
    ".zsh": Kind.SHELL,
    ".ksh": Kind.SHELL,
    ".bats": Kind.SHELL,
    ".envrc": Kind.SHELL,
    ".env": Kind.DOTENV,
    ".mk": Kind.MAKE,
    ".just": Kind.MAKE,
}
_NAMES = {
    "makefile": Kind.MAKE,
    "gnumakefile": Kind.MAKE,
    "justfile": Kind.MAKE,
    ".justfile": Kind.MAKE,
    ".env": Kind.DOTENV,
    ".envrc": Kind.SHELL,
    ".gitlab-ci.yml": Kind.STEPS,
    "action.yml": Kind.STEPS,
    "action.yaml": Kind.STEPS,
}
_STARTS = {
    "dockerfile": Kind.DOCKERFILE,
    "containerfile": Kind.DOCKERFILE,
    ".env.": Kind.DOTENV,
}
_STEPS_FOLDERS = (".github/", ".gitea/", ".forgejo/", ".circleci/", ".gitlab/")
_SHEBANG = re.compile(rb"#!.*\b(?:ba|da|k|z)?sh\b")


def may_assign(file: str) -> bool:
    """Whether a file is worth reading, by its path: of a known kind, or without a suffix."""
    return kind_of(file, b"") is not None or not PurePosixPath(file).suffix


def kind_of(file: str, first_line: bytes) -> Kind | None:
    """The kind of a file by its path, or by its first line; None if it is of no interest."""
    path = PurePosixPath(file)
    name = path.name.lower()
    if name.endswith(".dockerignore"):
        return None
    if path.parent.name == ".cargo" and name in {"config", "config.toml"}:
        return Kind.CARGO
    kind = (
        _NAMES.get(name)
        or _SUFFIXES.get(path.suffix.lower())
        or next((kind for start, kind in _STARTS.items() if name.startswith(start)), None)
    )
    if kind is Kind.YAML and file.startswith(_STEPS_FOLDERS):
        return Kind.STEPS
    if kind is None and not path.suffix and _SHEBANG.match(first_line):
        return Kind.SHELL
    return kind


def literals(text: str, kind: Kind, names: Collection[str]) -> Iterator[tuple[int, str]]:
    """The lines of ``text``, counted from 1, that assign a literal to one of ``names``."""
    reader = _Reader.of(names, exports="GITHUB_ENV" in text)
    read = {
        Kind.YAML: reader.yaml,
        Kind.STEPS: reader.steps,
        Kind.SHELL: reader.shell,
        Kind.DOTENV: reader.dotenv,
        Kind.MAKE: reader.make,
    }
    instruction, continued, section = "", False, ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if kind is Kind.DOCKERFILE:
            instruction = instruction if continued else stripped.split()[0].upper()
            continued = stripped.endswith("\\")
            found = reader.dockerfile(line, instruction)
        elif kind is Kind.CARGO:
            section = stripped.strip("[] ") if stripped.startswith("[") else section
            found = reader.cargo(line, section)
        else:
            found = read[kind](line)
        yield from ((number, name) for name in sorted(set(found)))


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """The patterns for one set of names."""

    exports: bool
    """Whether the file writes to GITHUB_ENV: then what it echoes is an assignment too."""
    word: re.Pattern[str]
    key: re.Pattern[str]
    item: re.Pattern[str]
    default: re.Pattern[str]
    line: re.Pattern[str]
    legacy: re.Pattern[str]
    toml: re.Pattern[str]
    toml_section: re.Pattern[str]

    @classmethod
    def of(cls, names: Collection[str], *, exports: bool) -> _Reader:
        name = f"(?P<name>{'|'.join(map(re.escape, names))})"
        quote = "[\"']?"
        return cls(
            exports=exports,
            word=re.compile(rf"(?P<quote>{quote})\b{name}\+?=(?!=)"),
            key=re.compile(rf"(?:^|(?P<flow>[{{,])|-\s)\s*{quote}{name}{quote}\s*:(?:\s+|$)"),
            item=re.compile(rf"(?:^\s*-\s+|(?P<flow>[\[,])\s*)(?P<quote>{quote}){name}="),
            default=re.compile(rf"\$\{{{name}:?[-=](?P<value>[^}}]*)"),
            line=re.compile(
                rf"^\s*(?:[^\s:=#][^:=]*:\s+)?(?:export\s+|override\s+)*{name}\s*(?:[:?+!]{{0,3}})=\s*"
            ),
            legacy=re.compile(rf"^\s*ENV\s+{name}\s+(?!=)", re.IGNORECASE),
            toml=re.compile(
                rf"^\s*(?P<section>env\s*\.\s*)?{quote}{name}{quote}\s*(?:\.\s*value\s*)?="
                rf"\s*(?:\{{.*\bvalue\s*=\s*)?(?:\"[^\"]|'[^'])"
            ),
            toml_section=re.compile(rf"env\s*\.\s*{quote}{name}{quote}"),
        )

    def yaml(self, line: str) -> Iterator[str]:
        yield from self._defaults(line)
        for match in self.key.finditer(line):
            if is_yaml_literal(line[match.end() :], flow=match["flow"] is not None):
                yield match["name"]
        for match in self.item.finditer(line):
            rest = line[match.end() :]
            ends = match["quote"] or (",]" if match["flow"] else "")
            if is_literal(until(rest, ends).strip()):
                yield match["name"]

    def steps(self, line: str) -> Iterator[str]:
        yield from self.yaml(line)
        if not re.match(r"\s*(?:-\s+)?(?:name|description):", line):
            yield from self.shell(line)

    def shell(self, line: str) -> Iterator[str]:
        yield from self._defaults(line)
        for match in self.word.finditer(line):
            before, rest = line[: match.start()], line[match.end() :]
            if not _starts_a_word(before) or not _is_code(before):
                continue
            if match["quote"]:
                if not self.exports and not _ASSIGNS.search(before):
                    continue
                value, plain = until(rest, match["quote"]), match["quote"] == "'"
                # What `sh -c '…'` runs is code again.
                plain = plain and not before.rstrip().endswith("-c")
            else:
                value, plain = shell_value(rest)
            if bool(value) if plain and "%s" not in value else is_literal(value):
                yield match["name"]

    def dotenv(self, line: str) -> Iterator[str]:
        yield from self._defaults(line)
        match = self.line.match(line)
        if match and is_literal(unquoted(line[match.end() :])):
            yield match["name"]

    def make(self, line: str) -> Iterator[str]:
        yield from self.shell(line.replace("$$", "$"))
        match = None if line.startswith("\t") else self.line.match(line)  # a tab: a recipe
        if not match:
            return
        value = line[match.end() :]
        call = re.match(r"env\w*\(\s*[\"']\w+[\"']\s*(?:,\s*[\"'](?P<default>[^\"']*))?", value)
        if bool(call["default"]) if call else is_literal(unquoted(value)):
            yield match["name"]

    def dockerfile(self, line: str, instruction: str) -> Iterator[str]:
        if instruction not in {"ENV", "ARG"}:
            yield from self.shell(line)
            return
        yield from self._defaults(line)
        for match in self.word.finditer(line):
            if _starts_a_word(line[: match.start()]):
                value, _ = shell_value(line[match.end() :])
                if is_literal(value):
                    yield match["name"]
        legacy = self.legacy.match(line)
        if legacy and is_literal(unquoted(line[legacy.end() :])):
            yield legacy["name"]

    def cargo(self, line: str, section: str) -> Iterator[str]:
        whole = self.toml_section.fullmatch(section)
        if whole and re.match(r"\s*value\s*=\s*(?:\"[^\"]|'[^'])", line):
            yield whole["name"]
        match = self.toml.match(line)
        if match and (section == "env" or (not section and match["section"])):
            yield match["name"]

    def _defaults(self, line: str) -> Iterator[str]:
        """Where a name is used with a literal in its place."""
        for match in self.default.finditer(line):
            if is_default(match["value"]):
                yield match["name"]


_ASSIGNS = re.compile(
    r"(?:\bexport|\bdeclare|\btypeset|\blocal|\breadonly|\benv|-e|--env|--build-arg|-c)\s+"
    r"(?:-\w+\s+)*(?:[\"']?\w+=\S*\s+)*$"
)
"""What precedes a quoted word that is an assignment and no message."""


def _starts_a_word(before: str) -> bool:
    return not before or before[-1] in " \t;&|(`{" or before.endswith(("--env=", "--build-arg="))


def _is_code(before: str) -> bool:
    """Whether a word behind ``before`` is code: no comment, and within no quotes."""
    quote, previous = "", " "
    for character in before:
        if quote:
            if character == quote and previous != "\\":
                quote = ""
        elif character in "\"'" and previous != "\\":
            quote = character
        elif character == "#" and previous in " \t":
            return False
        previous = character
    return not quote
