"""What a script leaves to later steps: ``$GITHUB_ENV`` and ``$GITHUB_OUTPUT``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import UNKNOWN

if TYPE_CHECKING:
    from tasker_ci.foreign.bash.fate import Fate
    from tasker_ci.foreign.bash.state import State

_LINE = re.compile(r"([A-Za-z_]\w*)=(.*)")
_HEAD = re.compile(r"([A-Za-z_]\w*)<<(.+)")


def write_to_file(state: State, words: list[str], fate: Fate) -> None:
    """Note what a command writes to these files, if it does."""
    targets = [*fate.redirected_to]
    if fate.piped_to and fate.piped_to[-1][:1] == ("tee",):
        targets.extend(fate.piped_to[-1][1:])
    for file, written in (("$GITHUB_ENV", state.later), ("$GITHUB_OUTPUT", state.outputs)):
        if file in targets:
            unsure = not fate.certain or state.reached is not True
            for name, value in _variables(_printed(words, fate)).items():
                written[name] = None if unsure else state.as_seen(value)


def _printed(words: list[str], fate: Fate) -> str:
    if words[0] == "cat" and len(words) == 1 and fate.input is not None:
        return fate.input
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
