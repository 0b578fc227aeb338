"""The lines of a makefile: those that go on, comments, definitions and the halves of conditions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.runners.make_words import split_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSIGNMENT = re.compile(
    r"^\s*(?P<before>(?:(?:override|export|private)\s+)*)(?P<name>[^\s:#=!?+][^:#=!?+]*?)\s*"
    r"(?P<operator>::?:?=|\?=|\+=|!=|=)\s?(?P<value>.*)$",
    re.DOTALL,
)
INCLUDE = re.compile(r"^\s*[-s]?include\s+(?P<files>.*)$")
CONDITION = re.compile(r"^\s*(?P<word>ifeq|ifneq|ifdef|ifndef)\b\s*(?P<rest>.*)$")
ELSE = re.compile(r"^\s*else\b\s*(?P<rest>.*)$")
EXPORT = re.compile(r"^\s*(?P<word>unexport|export)\b\s*(?P<names>[^=]*)$")
DEFINE = re.compile(r"^\s*(?:override\s+|export\s+)?define\s+(?P<name>\S+)\s*(?P<operator>\S*)\s*$")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that continue them; of a recipe the marks stay, for the shell."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at]
        recipe = line.startswith("\t")
        parts = [line]
        while _continues(parts[-1]) and at + 1 < len(lines):
            at += 1
            parts.append(lines[at])
        at += 1
        if recipe:
            tail = [part.removeprefix("\t") for part in parts[1:]]
            yield number, "\n".join([parts[0], *tail])
        else:
            yield (
                number,
                " ".join(
                    [
                        part.rstrip("\\").strip() if _continues(part) else part.strip()
                        for part in parts
                    ]
                    if len(parts) > 1
                    else parts
                ),
            )


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def until_endef(lines: Iterator[tuple[int, str]]) -> str:
    """The lines of a definition up to its end, which are taken from ``lines``."""
    body: list[str] = []
    depth = 1
    for _, line in lines:
        if DEFINE.match(line):
            depth += 1
        elif re.match(r"^\s*endef\b", line):
            depth -= 1
            if depth == 0:
                break
        body.append(line)
    return "\n".join(body)


def without_comment(line: str) -> str:
    """A line without what stands behind ``#``."""
    found = re.search(r"(?<!\\)#", line)
    return line[: found.start()] if found else line


def is_rule(line: str) -> bool:
    """Whether a line with an assignment is one of a target: `test: A = b`."""
    bare = re.sub(r"\$[({][^)}]*[)}]", "", line)
    colon = re.search(r":(?!:?:?=)", bare)
    equals = re.search(r"[:?+!]*=", bare)
    return bool(colon and (not equals or colon.start() < equals.start()))


def cut(text: str, mark: str) -> tuple[str, str]:
    """What stands before and behind a mark that is within no reference."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "({") - (character in ")}")
        if character == mark and depth <= 0:
            return text[:index], text[index + 1 :]
    return text, ""


def sides(text: str) -> tuple[str, str] | None:
    """The two sides of `ifeq`, in one of its spellings; None for none of them."""
    if text.startswith("("):
        inner = text[1 : text.rfind(")")]
        sides = split_arguments(inner, 2)
        return (sides[0], sides[1]) if len(sides) > 1 else None
    found = re.fullmatch(r"(?:\"([^\"]*)\"|'([^']*)')\s*(?:\"([^\"]*)\"|'([^']*)')", text)
    if found is None:
        return None
    return found[1] or found[2] or "", found[3] or found[4] or ""
