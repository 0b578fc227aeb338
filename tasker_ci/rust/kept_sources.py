"""What Rust files hold, kept from run to run in the user's cache folder.

An entry is known by the digest of the file's content and of the code that read it, so it never has
to be judged whether it is still true. A cache is believed only if nobody else can have written it:
a regular file of this user that others may not write, and not within the checkout, which a
stranger may have filled.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING

from tasker_ci.errors import UnsafePlace
from tasker_ci.text.file_reading import MEBIBYTE, open_to_read
from tasker_ci.text.file_removing import remove_file
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MOST_BYTES = 64 * MEBIBYTE
"""Of one workspace's cache, before it is compressed."""

MOST_FILES = 20
"""Workspaces whose cache is kept, those that were used last."""

_NAME = re.compile(r"[0-9a-f]{24}\.sources")
_READERS = (
    *("attributes", "conditions", "declarations", "documentation", "entries", "outline"),
    *("packed", "plain_tokens", "scopes", "source", "texts", "tokens"),
)
_LIBRARIES = ("tree-sitter", "tree-sitter-rust", "markdown-it-py")
_SHARED = stat.S_IWGRP | stat.S_IWOTH


@cache
def reader_digest() -> bytes:
    """What tells the code that reads sources from any other version of it."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((sys.version_info[:3], *map(version, _LIBRARIES))).encode())
    folder = resources.files("tasker_ci.rust")
    for name in _READERS:
        digest.update((folder / f"{name}.py").read_bytes())
    return digest.digest()


@dataclass(frozen=True, kw_only=True)
class SourceCache:
    """The cache of one workspace."""

    folder: Path
    workspace: Path
    checkout: Path
    """What a stranger may have filled."""

    @property
    def file(self) -> Path:
        """Where it lies."""
        name = hashlib.blake2b(os.fsencode(self.workspace), digest_size=12).hexdigest()
        return self.folder / f"{name}.sources"

    def load(self) -> dict[bytes, bytes]:
        """The entries by their digest; none if there is no cache that can be believed."""
        if self._is_within_checkout():
            return {}
        try:
            with open_to_read(self.file, most=MOST_BYTES) as stream:
                if not _is_ours(os.fstat(stream.fileno())):
                    return {}
                content = stream.read(MOST_BYTES + 1)
            text = _decompressed(content)
        except (OSError, zlib.error):
            return {}
        lines = text.split(b"\n")
        if lines[0] != reader_digest().hex().encode():
            return {}
        entries = (line.partition(b"\t") for line in lines[1:])
        return {digest: entry for digest, tab, entry in entries if tab}

    def save(self, used: Mapping[bytes, bytes], others: Mapping[bytes, bytes]) -> None:
        """Keep the entries that were used, and of the others as many as there is room for.

        A cache that cannot be written is none.
        """
        if self._is_within_checkout():
            return
        lines = [reader_digest().hex().encode()]
        size = 0
        for digest, entry in (*used.items(), *others.items()):
            size += len(digest) + len(entry) + 2
            if size > MOST_BYTES:
                break
            lines.append(digest + b"\t" + entry)
        with suppress(OSError, UnsafePlace):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(self.file, zlib.compress(b"\n".join(lines), 1), mode=0o600)
            self._prune()

    def _prune(self) -> None:
        own = [file for file in self.folder.iterdir() if _NAME.fullmatch(file.name)]
        dated = sorted(own, key=lambda file: file.lstat().st_mtime, reverse=True)
        for file in dated[MOST_FILES:]:
            remove_file(file)

    def _is_within_checkout(self) -> bool:
        folder = self.folder.resolve()
        return any(
            folder.is_relative_to(each.resolve()) for each in (self.checkout, self.workspace)
        )


def _is_ours(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or (
        status.st_uid == os.geteuid() and not status.st_mode & _SHARED
    )


def _decompressed(content: bytes) -> bytes:
    """The text, unless it is more than we write."""
    reader = zlib.decompressobj()
    text = reader.decompress(content, MOST_BYTES + MEBIBYTE)
    return b"" if reader.unconsumed_tail or not reader.eof else text


def entry_digest(content: bytes, test_attributes: Iterable[str]) -> bytes:
    """What the entry of a file's content is known by; the reader's own digest is in the header."""
    digest = hashlib.blake2b(content, digest_size=20)
    digest.update("\0".join(("", *test_attributes)).encode())
    return digest.hexdigest().encode()
