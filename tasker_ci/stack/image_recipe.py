"""What an image is built from: a Dockerfile's arguments and bases, its context, their hash."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import UnfitFile, open_to_read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)(?:=(\S*))?", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(
    r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE | re.MULTILINE
)
_REFERENCE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A Dockerfile and everything that decides what comes out of it."""

    dockerfile: str
    """Its text."""
    arguments: Mapping[str, str]
    """The build arguments that are given."""
    files: Mapping[str, bytes]
    """Digests of the context's files by their path in it, the Dockerfile among them."""

    @property
    def bases(self) -> tuple[str, ...]:
        """The images that it starts from, without its own stages."""
        head = _FROM.split(self.dockerfile, maxsplit=1)[0]
        values = {**declared(head), **{k: v for k, v in self.arguments.items() if v}}
        stages: set[str] = {"scratch"}
        images = []
        for written, stage in _FROM.findall(self.dockerfile):
            image = expanded(written, values)
            if image.lower() not in stages:
                images.append(image)
            stages.add(stage.lower())
        return tuple(dict.fromkeys(images))

    def digest(self, base_ids: Mapping[str, str]) -> str:
        """The tag: it changes when anything does that could change the image.

        ``base_ids`` are the ids that the bases have on this machine, because a tag may move.
        """
        result = hashlib.sha256()
        groups: tuple[Mapping[str, str | bytes], ...] = (self.arguments, self.files, base_ids)
        for group in groups:
            for name, value in sorted(group.items()):
                data = value if isinstance(value, bytes) else value.encode()
                for part in (name.encode(), data):
                    result.update(len(part).to_bytes(8, "big") + part)
            result.update(b"\0")
        return result.hexdigest()[:_DIGITS]


def declared(dockerfile: str) -> dict[str, str]:
    """The arguments that a Dockerfile declares, with their defaults, one default in another."""
    values: dict[str, str] = {}
    for name, default in _ARGUMENT.findall(dockerfile):
        written = default.strip("\"'")
        values[name] = expanded(written, values) if written else values.get(name, "")
    return values


def expanded(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its ``${NAME}``, ``$NAME`` and ``${NAME:-default}`` replaced."""

    def value(match: re.Match[str]) -> str:
        return values.get(match[1] or match[3], "") or match[2] or ""

    return _REFERENCE.sub(value, text)


def context_files(folder: Path) -> dict[str, bytes]:
    """Digests of all files below ``folder``: content, whether executable, where a link leads."""
    return {path.relative_to(folder).as_posix(): _file_digest(path) for path in _walk(folder)}


def _walk(folder: Path) -> Iterator[Path]:
    for root, directories, names in os.walk(folder):
        directories.sort()
        for name in sorted(names):
            yield Path(root) / name


def _file_digest(path: Path) -> bytes:
    if path.is_symlink():
        return b"link " + os.fsencode(path.readlink())
    try:
        with open_to_read(path) as stream:
            digest = hashlib.file_digest(stream, "sha256").digest()
    except UnfitFile as error:  # a pipe or a socket, which no build copies
        return b"special " + os.fsencode(error.strerror or "")
    return (b"program " if os.access(path, os.X_OK) else b"file ") + digest
