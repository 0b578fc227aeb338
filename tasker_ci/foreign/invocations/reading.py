"""From a command of a script to the call of cargo that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.aliases import alias_of
from tasker_ci.foreign.invocations.flags import Arguments, flag_table, take_apart
from tasker_ci.foreign.invocations.invocation import Action, Invocation
from tasker_ci.foreign.invocations.subcommands import Call, call_of, joined
from tasker_ci.foreign.invocations.wrappers import Unwrapped, program_name, unwrapped
from tasker_ci.foreign.places import Opaque

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.invocations.texts import Texts

Words = tuple[str | None, ...]

_PROGRAMS = frozenset({"cargo", "cross"})
_TESTING = frozenset({"test", "t", "nextest", "llvm-cov", "miri", "hack", "insta", "tarpaulin"})
"""Subcommands that run tests, behind a program that may be cargo."""
_MOST_ALIASES = 10
_TEST_NAME = re.compile(
    r'(?<=\s)"\$\{?(?![A-Za-z_]*(?i:arg|flag|opt|feature))'
    r'[A-Za-z_]*(?i:test|filter|case)[A-Za-z_]*\}?"(?=\s|$)'
)
"""A word that is one variable, in quotes, by whose name it is a test's."""


def invocation_of(command: Command, texts: Texts) -> Invocation | Opaque | None:
    """The call of cargo that a command is, without what wraps it; None for another program.

    `Opaque` where it may be such a call, or is one of a subcommand that is not known.
    """
    plain = unwrapped(command.words)
    if plain.unknown or (plain.words and plain.words[0] is None):
        given = {word for word in command.words if word}
        hidden = _TESTING & given or any(program_name(word) in _PROGRAMS for word in given)
        if not hidden:
            return None
        return Opaque(command.place, f"`{_short(command.text)}` starts a program that is not known")
    if not plain.words:
        return None
    program, words = _program(str(plain.words[0]), plain.words[1:])
    if not program:
        return None
    reader = _Reader(command=command, texts=texts, plain=plain, program=program)
    return reader.read(words)


def _program(word: str, rest: Words) -> tuple[str, Words]:
    """The program, and its words as `cargo` would be given them; "" for another one."""
    name = program_name(word)
    if name in _PROGRAMS:
        return name, rest
    plugin = name.removeprefix("cargo-")
    if plugin == name or not plugin:
        return "", ()
    return "cargo", rest if rest[:1] == (plugin,) else (plugin, *rest)


def _short(text: str) -> str:
    line = " ".join(text.split())
    most = 60
    return line if len(line) <= most else f"{line[: most - 1]}…"


@dataclass(kw_only=True)
class _Reader:
    command: Command
    texts: Texts
    plain: Unwrapped
    program: str
    toolchain: str | None = None
    unknown: set[str] = field(default_factory=set)
    common: Arguments = field(default_factory=Arguments)

    def read(self, words: Words) -> Invocation | Opaque:
        self.toolchain = self.plain.toolchain
        rest = words
        for _ in range(_MOST_ALIASES):
            rest = self._before_subcommand(rest)
            if not rest:
                listing = Call(subcommand=(), action=Action.OTHER)
                return self._invocation(listing)
            name = rest[0]
            if name is None:
                return self._opaque("the subcommand of cargo is not known")
            alias = self._alias(name)
            if alias is None:
                call = call_of(name, rest[1:])
                return self._unsaid(call) if isinstance(call, str) else self._invocation(call)
            rest = (*alias, *rest[1:])
        return self._opaque("the aliases of cargo go round in a circle")

    def _before_subcommand(self, words: Words) -> Words:
        """Take off the toolchain and the flags that stand before the subcommand."""
        rest = words
        while rest:
            word = rest[0]
            if word is None and len(rest) > 1 and rest[1] is not None:
                self.unknown.add("+")  # `cargo $TOOLCHAIN test`
                rest = rest[1:]
            elif word is not None and word.startswith("+"):
                self.toolchain = word[1:]
                rest = rest[1:]
            elif word is not None and word.startswith("-") and word != "--":
                found, rest = take_apart(rest, flag_table("common", "global"), until_word=True)
                self.common = joined(self.common, found)
            else:
                break
        return rest

    def _alias(self, name: str) -> tuple[str, ...] | None:
        folder = self._start()
        return alias_of(name, folder, self.texts, self._environment())

    def _start(self) -> PurePosixPath | None:
        """The folder where cargo starts."""
        folder = self.command.around.folder
        if self.plain.folder:
            folder = _within(folder, self.plain.folder)
        for value in self.common.flags.get("-C", ()):
            folder = _within(folder, value)
        return folder

    def _manifest_folder(self, call: Call) -> PurePosixPath | None:
        start = self._start()
        if "--manifest-path" in self.common.unknown_values | call.arguments.unknown_values:
            return None
        given = call.arguments.flags.get("--manifest-path") or self.common.flags.get(
            "--manifest-path"
        )
        if not given:
            return start
        path = _within(start, given[-1], self.texts)
        return None if path is None else path.parent if path.suffix == ".toml" else path

    def _environment(self) -> Mapping[str, str | None]:
        return {**self.command.around.variables, **self.plain.variables}

    def _unsaid(self, why: str) -> Invocation | Opaque:
        """A call that cannot be read; harmless in a folder that the job itself makes."""
        folder = self._start()
        if folder is None or not folder.parts or self.texts.has_folder(folder):
            return self._opaque(why)
        return self._invocation(Call(subcommand=(), action=Action.OTHER))

    def _opaque(self, why: str) -> Opaque:
        return Opaque(self.command.place, why)

    def _invocation(self, call: Call) -> Invocation:
        arguments = joined(self.common, call.arguments)
        after = arguments.after_dashes or ()
        unknown = {*self.unknown, *arguments.unknown_values, *({"--"} if None in after else ())}
        return Invocation(
            command=self.command,
            program=self.program,
            subcommand=call.subcommand,
            action=call.action,
            flags=arguments.flags,
            words=arguments.words,
            after_dashes=tuple(word for word in after if word is not None),
            toolchain=self.toolchain,
            manifest_folder=None if self.command.around.elsewhere else self._manifest_folder(call),
            environment=self._environment(),
            unknown_values=frozenset(unknown),
            unknown_flags=call.arguments.unknown_flags if call.checked else (),
            opaque=(self._opaque("a word of the command is not known"),)
            if "" in unknown and not self._only_names_tests(call)
            else (),
        )

    def _only_names_tests(self, call: Call) -> bool:
        """Whether the words that are not known are names of tests: `cargo test "$test_name"`."""
        unknown = self.command.words.count(None)
        return call.action is Action.TEST and unknown == len(_TEST_NAME.findall(self.command.text))


def _within(
    folder: PurePosixPath | None, path: str, texts: Texts | None = None
) -> PurePosixPath | None:
    """A path from a folder of the repository, without ``..``; None for one outside."""
    if folder is None or "$" in path or path.startswith("~"):
        return None
    if path.startswith("/"):
        inside = PurePosixPath(path)
        if texts is None or not inside.is_relative_to(PurePosixPath(texts.root.as_posix())):
            return None
        return inside.relative_to(PurePosixPath(texts.root.as_posix()))
    parts = [*folder.parts]
    for part in PurePosixPath(path.replace("\\", "/")).parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)
