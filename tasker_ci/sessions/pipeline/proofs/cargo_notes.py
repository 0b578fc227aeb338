"""What cargo noted of a build: files elsewhere and variables that it depends on.

Rustc writes the files it read into `*.d` files, and variables that `env!` read as comments there.
What build scripts ask cargo to watch stands in their kept output. Nothing is left out because it
may be old: an input too many costs a run, one too few hides a failure.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.sessions.pipeline.proofs.contents import unreadable
from tasker_ci.sessions.pipeline.proofs.listing import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.sessions.pipeline.proofs.contents import FileContents

_WITHOUT_NOTES = frozenset({"incremental", ".fingerprint", "doc", "nextest", "llvm-cov-target-raw"})
"""Folders of a target directory that hold none."""

_OUTPUTS = frozenset({"output", "stdout"})
"""What a build script printed, in cargo's older and newer layout, beside this:"""
_ROOT_OUTPUT = "root-output"

_NOTES = "\0notes"
"""Tells what was noted in a file from the digest of its content."""

_VARIABLE = re.compile(r"^# env-dep:([^=\n]+)", re.MULTILINE)
_DEPENDENCY = re.compile(r"((?:\\ |\\\\|[^\s\\]|\\(?=[^ \\]))+)")
_CHANGED = re.compile(r"^cargo::?rerun-if-changed=(.+)$", re.MULTILINE)
_CHANGED_VARIABLE = re.compile(r"^cargo::?rerun-if-env-changed=(.+)$", re.MULTILINE)


@dataclass(kw_only=True)
class CargoNotes:
    """Paths and names of variables; a relative path starts in a folder that nobody noted."""

    paths: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)


def read_notes(targets: Iterable[str], contents: FileContents, root: str) -> CargoNotes:
    """What was noted in these target directories of files outside of ``root`` and of variables.

    Raises `NotUnderstood` for a note that cannot be read.
    """
    notes = CargoNotes()
    for target in targets:
        for path in _notes(target):
            try:
                status = os.stat(path)
            except FileNotFoundError:
                continue  # another build has just replaced it
            except OSError as error:
                raise NotUnderstood(unreadable(path, error)) from error
            row = contents.kept(path + _NOTES, status)
            if row is None:
                row = [sorted(each) for each in _parsed(path, root)]
                contents.keep(path + _NOTES, status, row)
            notes.paths.update(row[0])
            notes.variables.update(row[1])
    return notes


def _notes(target: str) -> Iterator[str]:
    for folder, folders, files in os.walk(target, onerror=_refuse):
        folders[:] = [name for name in folders if name not in _WITHOUT_NOTES]
        for name in files:
            if name.endswith(".d") or (name in _OUTPUTS and _ROOT_OUTPUT in files):
                yield os.path.join(folder, name)


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise NotUnderstood(unreadable(str(error.filename), error)) from error


def _parsed(path: str, root: str) -> tuple[set[str], set[str]]:
    try:
        text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return set(), set()
    except OSError as error:
        raise NotUnderstood(unreadable(path, error)) from error
    if not path.endswith(".d"):
        watched = (line.strip() for line in _CHANGED.findall(text))
        names = {line.strip() for line in _CHANGED_VARIABLE.findall(text)}
        return {each for each in watched if _is_elsewhere(each, root)}, names
    rules = (line for line in text.splitlines() if not line.startswith("#"))
    needed = " ".join(line.partition(": ")[2] for line in rules)
    words = _DEPENDENCY.findall(needed)
    paths = {word.replace("\\ ", " ").replace("\\\\", "\\") for word in words}
    return {each for each in paths if _is_elsewhere(each, root)}, {*_VARIABLE.findall(text)}


def _is_elsewhere(path: str, root: str) -> bool:
    """Whether a path may lead out of ``root``: not one that is within, however it is spelled."""
    normal = os.path.normpath(path)
    if os.path.isabs(normal):
        return not (normal + os.sep).startswith(root + os.sep)
    return ".." in path.replace("\\", "/").split("/")
