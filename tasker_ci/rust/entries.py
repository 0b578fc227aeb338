"""What one Rust file holds, as the entry of a cache: parsed once for all that is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.file_reading import SOURCE_BYTES, read_bytes
from tasker_ci.rust.kept_sources import entry_digest
from tasker_ci.rust.packed import pack_source, pack_texts
from tasker_ci.rust.source import source_of
from tasker_ci.rust.texts import texts_of
from tasker_ci.rust.tokens import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def entry_of_file(file: Path, test_attributes: Iterable[str]) -> tuple[bytes, bytes]:
    """The digest and the entry of a file. Raises what reading it raises."""
    attributes = tuple(test_attributes)
    content = read_bytes(file, most=SOURCE_BYTES)
    return entry_digest(content, attributes), entry_of(content, attributes)


def entry_of(content: bytes, test_attributes: Iterable[str]) -> bytes:
    """What a file declares and its texts, both packed."""
    root = parse(content)
    source = source_of(root, content, test_attributes)
    texts = texts_of(root, content)
    return f"{pack_source(source)}\t{pack_texts(texts)}".encode()
