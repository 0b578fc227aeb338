"""What a script leaves to later steps: ``$GITHUB_ENV`` and ``$GITHUB_OUTPUT``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import UNKNOWN

if TYPE_CHECKING:
    from tasker_ci.foreign.bash.fate import Fate
    from tasker_ci.foreign.bash.state import State
    from tasker_ci.foreign.command import Command

_LINE = re.compile(r"([A-Za-z_]\w*)=(.*)")
_HEAD = re.compile(r"([A-Za-z_]\w*)<<(.+)")


def write_to_file(state: State, words: list[str], fate: Fate) -> None:
    """Note what a command writes to these files, if it does."""
    for file, written in (("$GITHUB_ENV", state.later), ("$GITHUB_OUTPUT", state.outputs)):
        if file in written_to(fate):
            unsure = not fate.certain or state.reached is not True
            for name, value in printed_variables(words, fate.input).items():
                written[name] = None if unsure else state.as_seen(value)


def written_to(printing: Fate | Command) -> tuple[str | None, ...]:
    """The files that take what a command prints."""
    behind = printing.piped_to[-1] if printing.piped_to else ()
    return (*printing.redirected_to, *(behind[1:] if behind[:1] == ("tee",) else ()))


def printed_variables(words: list[str], document: str | None) -> dict[str, str]:
    """The variables that a command prints as lines, beside its here-document."""
    return _variables(_printed(words, document))


def _printed(words: list[str], document: str | None) -> str:
    if words[0] == "cat" and len(words) == 1 and document is not None:
        return document
    if words[0] == "echo":
        rest = words[1:]
        escapes = False
        while rest and re.fullmatch(r"-[neE]+", rest[0]):
            escapes = escapes or "e" in rest[0]
            rest = rest[1:]
        text = " ".join(rest)
        return text.replace("\\n", "\n") if escapes else text
    if words[0] == "printf" and len(words) > 1:
        return _formatted(words[1], words[2:])
    return UNKNOWN


def _formatted(template: str, values: list[str]) -> str:
    template = template.replace("\\n", "\n")
    holes = re.findall(r"%[sd]", template)
    if not holes:
        return template
    found = ""
    for begin in range(0, max(len(values), 1), len(holes)):
        turn = iter(values[begin : begin + len(holes)])
        found += re.sub(r"%[sd]", lambda _: next(turn, ""), template)  # noqa: B023 - used at once
    return found


def _variables(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if head := _HEAD.fullmatch(line):
            body: list[str] = []
            for inner in lines:
                if inner == head[2]:
                    break
                body.append(inner)
            found[head[1]] = "\n".join(body)
        elif match := _LINE.fullmatch(line):
            found[match[1]] = match[2]
    return found
