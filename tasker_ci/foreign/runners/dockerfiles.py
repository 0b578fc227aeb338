"""The `RUN` lines of a Dockerfile."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

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
    folder: str | None = None
    """What of the context is where it runs; None where nothing of it was copied there."""


@dataclass(kw_only=True)
class _Stage:
    folder: str = "/"
    copied: dict[str, str] = field(default_factory=dict)
    """Folders of the image, each with what of the context it is."""

    def outside(self) -> str | None:
        """What of the context the present folder is."""
        for around in (self.folder, *map(str, PurePosixPath(self.folder).parents)):
            if around in self.copied:
                rest = posixpath.relpath(self.folder, around)
                return posixpath.normpath(f"{self.copied[around]}/{rest}")
        return None

    def copy(self, rest: str) -> None:
        """Note `COPY folder /folder`."""
        words = _words(rest) or _FLAGS.sub("", rest).split()
        if "--from" in rest or len(words) != 2:  # noqa: PLR2004 - several are files, mostly
            return
        source = posixpath.normpath(words[0].lstrip("/") or ".")
        if source == "." or "." not in PurePosixPath(source).name:
            self.copied[posixpath.normpath(posixpath.join(self.folder, words[1]))] = source


def runs_of(text: str) -> list[Run]:
    """The commands that a build runs, of every stage."""
    found: list[Run] = []
    variables: dict[str, str] = {}
    shell = "/bin/sh -c"
    stage = _Stage()
    stages: dict[str, _Stage] = {}
    for line, instruction in _instructions(text):
        match = _INSTRUCTION.match(instruction)
        if match is None:
            continue
        name, rest = match["name"].upper(), match["rest"]
        if name == "FROM":
            variables, shell = {}, "/bin/sh -c"
            words = _FLAGS.sub("", rest).split()
            base = stages.get(words[0].lower()) if words else None
            stage = _Stage(folder=base.folder, copied={**base.copied}) if base else _Stage()
            if len(words) > 2:  # noqa: PLR2004 - `image AS name`
                stages[words[2].lower()] = stage
        elif name == "WORKDIR":
            stage.folder = posixpath.normpath(posixpath.join(stage.folder, rest.strip()))
        elif name in {"COPY", "ADD"}:
            stage.copy(rest)
        elif name == "SHELL":
            shell = " ".join(_words(rest) or [shell])
        elif name in {"ENV", "ARG"}:
            pairs = re.findall(r"([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S*)", rest)
            variables = {**variables, **{key: value.strip("\"'") for key, value in pairs}}
        elif name == "RUN":
            found.append(_run(line, rest, variables, shell, stage))
    return found


def _run(line: int, rest: str, variables: dict[str, str], shell: str, stage: _Stage) -> Run:
    words = _words(rest)
    text = " ".join(map(_quoted, words)) if words else _FLAGS.sub("", rest)
    folder = stage.outside()
    if folder is None and "type=bind" in rest and "from=" not in rest:
        folder = "."
    return Run(line=line, text=text, variables=variables, shell=shell, folder=folder)


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
