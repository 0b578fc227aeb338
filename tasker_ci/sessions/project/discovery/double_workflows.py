"""Workflows of the project that look like generated ones, beside which GitHub runs them too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.workflow_reading import FOLDER
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.foreign import tabbed
from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, nodes_of, words
from tasker_ci.workflows.files import is_ours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from tasker_ci.workflows.files import GeneratedFile

_NAME = re.compile(
    r"^\ufeff?([\"']?)name\1[ \t]*:[ \t]*(?P<name>.+?)(?:[ \t]+#.*)?\r?$", re.MULTILINE
)
"""The name of a workflow in block style; reading the whole YAML takes too long for a check."""

_SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, kw_only=True)
class Double:
    """One workflow that sync did not write."""

    file: PurePosixPath
    like: PurePosixPath
    """The generated one that it looks like."""
    same: str
    """What they share: the name of the file, or the name of the workflow."""

    def __str__(self) -> str:
        return (
            f"{tabbed(str(self.file))} has {self.same} of {self.like}, which sync writes, and "
            "GitHub runs both. Remove it, rename it, or call it through `workflows.own`."
        )


def double_workflows(
    project_root: Path, files: Iterable[GeneratedFile], called: Collection[str]
) -> tuple[Double, ...]:
    """The workflows beside the planned ``files`` that have the name of one of them.

    ``called`` are paths that ci.yml calls: they belong to it. One that can only be called runs by
    itself never, so it is no double. What cannot be read has no name but its file's.
    """
    planned = {
        file.path: file.text
        for file in files
        if file.path.parent == PurePosixPath(FOLDER) and file.path.suffix in _SUFFIXES
    }
    by_stem = {path.stem.casefold(): path for path in planned}
    by_name = {_name(text).casefold(): path for path, text in planned.items()}
    joined = {PurePosixPath(path) for path in called}
    found = []
    for file in sorted((project_root / FOLDER).glob("*")):
        path = PurePosixPath(FOLDER, file.name)
        if file.suffix not in _SUFFIXES or path in planned or path in joined:
            continue
        if not file.is_file():
            continue
        content = _content(file)
        text = content.decode(errors="replace")
        like, same = by_stem.get(file.stem.casefold()), "the file name"
        if like is None:
            like, same = by_name.get(_name(text).casefold()), f"the name {_name(text)!r}"
        if like is None or is_ours(text) or _is_one_file(file, project_root / like):
            continue
        if not _is_called_alone(content):
            found.append(Double(file=path, like=like, same=same))
    return tuple(found)


def _content(file: Path) -> bytes:
    try:
        return read_bytes(file)
    except OSError:
        return b""


def _name(text: str) -> str:
    found = _NAME.search(text)
    return found["name"].strip("\"'") if found else ""


def _is_called_alone(content: bytes) -> bool:
    try:
        return words(entries(nodes_of(content)).get("on")) == ("workflow_call",)
    except UnreadableYaml:
        return False


def _is_one_file(one: Path, other: Path) -> bool:
    """Whether a file system without regard to case has both names for one file."""
    try:
        return one.samefile(other)
    except OSError:
        return False
