"""What one Rust file holds, as the entry of a cache: parsed once for all that is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.rust.kept_sources import entry_digest
from tasker_ci.rust.outline import outline_of
from tasker_ci.rust.packed import pack_source, pack_texts
from tasker_ci.rust.plain_tokens import plain_tokens
from tasker_ci.rust.source import source_of, source_of_tokens
from tasker_ci.rust.texts import texts_of
from tasker_ci.rust.tokens import literals, macros_of, parse
from tasker_ci.text.file_reading import SOURCE_BYTES, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tasker_ci.rust.declarations import SourceFile, TextLiteral


def entry_of_file(file: Path, test_attributes: Iterable[str]) -> tuple[bytes, bytes]:
    """The digest and the entry of a file. Raises what reading it raises."""
    attributes = tuple(test_attributes)
    content = read_bytes(file, most=SOURCE_BYTES)
    return entry_digest(content, attributes), entry_of(content, attributes)


def entry_of(content: bytes, test_attributes: Iterable[str]) -> bytes:
    """What a file declares and its texts, both packed."""
    source, texts = read_file(content, test_attributes)
    return f"{pack_source(source)}\t{pack_texts(texts)}".encode()


def read_file(
    content: bytes, test_attributes: Iterable[str] = ()
) -> tuple[SourceFile, tuple[TextLiteral, ...]]:
    """What a file declares and its texts, read from its outline where that is enough."""
    macros = macros_of(content)
    is_called = any(name.encode() in content for name in macros.all)
    outline = None if is_called else outline_of(content)
    if outline is None:
        return read_whole_file(content, test_attributes)
    tokens = plain_tokens(outline.code)
    if tokens is not None:
        return source_of_tokens(tokens, test_attributes), texts_of(outline.literals, content)
    source = source_of(parse(outline.code), outline.code, test_attributes, macros)
    if any(test.inside for test in source.tests):  # whether that can be trusted the whole file says
        source = source_of(parse(content), content, test_attributes, macros)
    return source, texts_of(outline.literals, content)


def read_whole_file(
    content: bytes, test_attributes: Iterable[str] = ()
) -> tuple[SourceFile, tuple[TextLiteral, ...]]:
    """The same from the syntax tree of all of it."""
    root = parse(content)
    return source_of(root, content, test_attributes), texts_of(literals(root), content)
