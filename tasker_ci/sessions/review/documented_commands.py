"""The commands in fenced blocks of a repository's Markdown files, and in its hooks of git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w+-]*)")
_SHELLS = {"sh", "bash", "shell", "zsh", "console", "shell-session", "sh-session", "terminal"}
_PROMPT = re.compile(r"^\s*[$%>]\s+(.*)$")
_PLACEHOLDER = re.compile(
    r"<[\w .|:/-]+>|…|\.\.\.|\{\{?[\w .-]+\}?\}|\[[\w .|=-]+\]|\$\{?[A-Za-z_]\w*\}?"
    r"|(?<![\w-])(?:NAME|CRATE|PACKAGE|TEST|FEATURE|FEATURES|VERSION|X\.Y\.Z|YOUR_\w+|foo|bar"
    r"|my[-_]\w+|your[-_]\w+|\w+_name)(?![\w-])"
)
_OTHER_PROJECT = re.compile(
    r"\bgit clone\b|\bcargo (?:new|init|generate|add|install|binstall)\b|^\s*cd\s+(?!\$)",
    re.MULTILINE,
)
_OUTSIDE = re.compile(
    r"(?:^|/)(?:node_modules|vendor|third[-_]party|target|archived?|old|tests?|fixtures?|testdata"
    r"|examples?|templates?|\.github/ISSUE_TEMPLATE|blog|posts?|rfcs?|adrs?|proposals?|[\w-]*specs)(?:/|$)"
    r"|(?:^|/)(?:CHANGELOG|CHANGES|HISTORY|RELEASES?[-_ ]NOTES|NEWS)",
    re.IGNORECASE,
)
_FOR_DEVELOPERS = re.compile(
    r"contributing|development|developing|developer|hacking|internals|building|testing|release|benchmark"
    r"|^\.github/|^agents\.md$|^claude\.md$|^ci\b",
    re.IGNORECASE,
)
_MOST_FILES = 2000
_MOST_COMMANDS = 3000


_HOOKS = {"pre-commit", "pre-push", "pre-commit.sh", "pre-push.sh"}


@dataclass(frozen=True, kw_only=True)
class DocumentedCommand:
    """One command of a document or a hook of git."""

    command: Command
    for_developers: bool
    """Whether it is for those who change the repository."""

    @property
    def text(self) -> str:
        """As it is written, on one line."""
        return " ".join(self.command.text.split())


@dataclass(frozen=True, kw_only=True)
class DocumentedCall:
    """One call of cargo in a document or a hook of git."""

    invocation: Invocation
    place: Place
    text: str
    for_developers: bool


def documented_calls(
    commands: Iterable[DocumentedCommand], checkout: Checkout
) -> Iterator[DocumentedCall]:
    """Every call of cargo among these commands."""
    for documented in commands:
        if "cargo" not in documented.text:
            continue
        invocation = invocation_of(documented.command, checkout)
        if isinstance(invocation, Invocation) and not invocation.opaque:
            yield DocumentedCall(
                invocation=invocation,
                place=documented.command.place,
                text=documented.text,
                for_developers=documented.for_developers,
            )


def documented_commands(checkout: Checkout) -> Iterator[DocumentedCommand]:
    """Every command of the shell blocks of documents, and of hooks that the repository brings."""
    count = 0
    for file, number, block in _sources(checkout):
        developers = file.name in _HOOKS or bool(_FOR_DEVELOPERS.search(str(file)))
        for command in _commands(file, number, block):
            count += 1
            if count > _MOST_COMMANDS:
                return
            yield DocumentedCommand(command=command, for_developers=developers)


def is_outside(file: PurePosixPath) -> bool:
    """Whether a document speaks of something else than the repository as it is today."""
    return bool(_OUTSIDE.search(str(file)))


def _sources(checkout: Checkout) -> Iterator[tuple[PurePosixPath, int, str]]:
    """Each text of a shell, with its file and first line."""
    files = [
        file
        for file in checkout.files
        if (file.suffix.lower() in {".md", ".markdown"} or file.name in _HOOKS)
        and not is_outside(file)
    ]
    for file in sorted(files, key=str)[:_MOST_FILES]:
        text = checkout.text(file) or ""
        if file.name in _HOOKS:
            if text.startswith("#!"):
                yield file, 1, text
            continue
        for number, block in _blocks(text) if "```" in text or "~~~" in text else ():
            if not _OTHER_PROJECT.search(block):
                yield file, number, block


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The shell blocks of a document, each with its first line; lines that print are blank."""
    fence = ""
    lines: list[str] = []
    begin, wanted, prompted = 0, False, False
    for number, line in enumerate(text.split("\n"), 1):
        found = _FENCE.match(line)
        if not fence and found:
            fence, begin, lines = found[2], number + 1, []
            wanted = found[3].lower() in _SHELLS
        elif fence and found and found[2].startswith(fence) and not found[3]:
            fence = ""
            if wanted:
                prompted = any(map(_PROMPT.match, lines))
                yield begin, "\n".join(_typed(lines) if prompted else lines)
        elif fence:
            lines.append(line)


def _typed(lines: list[str]) -> Iterator[str]:
    """What a person types in a session: lines behind a prompt, with those that they go on with."""
    goes_on = False
    for line in lines:
        found = _PROMPT.match(line)
        if found or goes_on:
            typed = found[1] if found else line
            goes_on = typed.endswith("\\")
            yield typed
        else:
            yield ""


def _commands(file: PurePosixPath, number: int, block: str) -> Iterator[Command]:
    place = Place(file, number)
    job = Job(name="document", place=place)
    run = JobRun(workflow=Workflow(path=file, place=place), job=job)
    if file.name not in _HOOKS:
        block = "\n".join("" if _PLACEHOLDER.search(line) else line for line in block.split("\n"))
    script = Script(text=block, place=place, around=Surroundings(run=run), exit_on_error=False)
    return (each for each in read_script(script).commands if None not in each.words)
