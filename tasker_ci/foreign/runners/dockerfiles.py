"""The `RUN` lines of a Dockerfile."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

_INSTRUCTION = re.compile(r"^\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)$", re.DOTALL)
_FLAGS = re.compile(r"^(?:\s*--[\w-]+(?:=\S+)?)+\s*")
_DOCUMENT = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")


@dataclass(kw_only=True)
class Run:
    """One `RUN`."""

    line: int
    text: str
    variables: dict[str, str] = field(default_factory=dict)
    """Of `ARG` and `ENV` before it."""
    shell: str = "/bin/sh -c"


def runs_of(text: str) -> list[Run]:
    """The commands that a build runs, of every stage."""
    found: list[Run] = []
    variables: dict[str, str] = {}
    shell = "/bin/sh -c"
    for line, instruction in _instructions(text):
        match = _INSTRUCTION.match(instruction)
        if match is None:
            continue
        name, rest = match["name"].upper(), match["rest"]
        if name == "FROM":
            variables, shell = {}, "/bin/sh -c"
        elif name == "SHELL":
            shell = " ".join(_words(rest) or [shell])
        elif name in {"ENV", "ARG"}:
            pairs = re.findall(r"([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S*)", rest)
            variables = {**variables, **{key: value.strip("\"'") for key, value in pairs}}
        elif name == "RUN":
            words = _words(rest)
            own = _FLAGS.sub("", rest)
            script = " ".join(_quoted(word) for word in words) if words else own
            found.append(Run(line=line, text=script, variables=variables, shell=shell))
    return found


def _words(text: str) -> list[str] | None:
    """The words of the form with brackets."""
    text = _FLAGS.sub("", text).strip()
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [word for word in words if isinstance(word, str)]


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def _instructions(text: str) -> list[tuple[int, str]]:
    lines = text.split("\n")
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(lines):
        number, parts = at + 1, [lines[at]]
        at += 1
        if not parts[0].strip() or parts[0].lstrip().startswith("#"):
            continue
        while parts[-1].rstrip().endswith("\\") and at < len(lines):
            line = lines[at]
            at += 1
            # A comment between continued lines is none of the command.
            parts.append("\\" if line.lstrip().startswith("#") else line)
        if re.match(r"(?i)\s*RUN\b", parts[0]) and (marks := _DOCUMENT.findall("\n".join(parts))):
            body: list[str] = []
            while at < len(lines) and lines[at].strip() != marks[0]:
                body.append(lines[at])
                at += 1
            at += 1
            head = _DOCUMENT.sub("", parts[0]).strip()
            bare = _FLAGS.sub("", re.sub(r"(?i)^\s*RUN\s*", "", head)).strip()
            parts = ["RUN " + "\n".join(body)] if not bare else [*parts, *body, marks[0]]
            number += not bare
        found.append((number, "\n".join(parts)))
    return found
