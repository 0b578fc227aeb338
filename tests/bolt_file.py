"""Writes what bbolt reads, the database file that trivy has: buckets in buckets, texts in them.

Only as much of the format as a file takes that nobody writes to: every bucket is one leaf page.
https://github.com/etcd-io/bbolt/blob/main/internal/common/page.go
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Bucket: TypeAlias = "Mapping[str, Bucket | str]"

_PAGE = 4096
_MAGIC, _VERSION = 0xED0CDAED, 2
_META, _FREE, _LEAF = 4, 16, 2  # kinds of pages
_IS_BUCKET = 1
_HEADER, _ELEMENT = struct.Struct("<QHHI"), struct.Struct("<IIII")
_FIRST_LEAF = 3  # after two meta pages and that of free pages


def bolt_file(content: Bucket) -> bytes:
    """The file's bytes; the texts at the root's own level are refused by bbolt, so by this too."""
    assert all(not isinstance(inner, str) for inner in content.values())
    leaves: list[bytes] = []
    root = _write(content, leaves)
    used = _FIRST_LEAF + sum(map(len, leaves)) // _PAGE
    metas = [_meta(number, root=root, used=used) for number in (0, 1)]
    return b"".join([*metas, _page(2, _FREE, 0, b""), *leaves])


def _write(content: Bucket, leaves: list[bytes]) -> int:
    """Append the pages of a bucket and all below it; returns the number of its own."""
    entries = []
    for key, inner in sorted((key.encode(), inner) for key, inner in content.items()):
        if isinstance(inner, str):
            entries.append((0, key, inner.encode()))
        else:
            entries.append((_IS_BUCKET, key, struct.pack("<QQ", _write(inner, leaves), 0)))
    elements, data = b"", b""
    for place, (kind, key, value) in enumerate(entries):
        start = _ELEMENT.size * (len(entries) - place) + len(data)  # counted from the element
        elements += _ELEMENT.pack(kind, start, len(key), len(value))
        data += key + value
    number = _FIRST_LEAF + sum(map(len, leaves)) // _PAGE
    leaves.append(_page(number, _LEAF, len(entries), elements + data))
    return number


def _page(number: int, kind: int, count: int, body: bytes) -> bytes:
    overflow = (_HEADER.size + len(body) - 1) // _PAGE
    page = _HEADER.pack(number, kind, count, overflow) + body
    return page.ljust((overflow + 1) * _PAGE, b"\0")


def _meta(number: int, *, root: int, used: int) -> bytes:
    # The transaction's number; the meta page with the higher one counts.
    body = struct.pack("<IIIIQQQQQ", _MAGIC, _VERSION, _PAGE, 0, root, 0, 2, used, number)
    return _page(number, _META, 0, body + struct.pack("<Q", _fnv(body)))


def _fnv(data: bytes) -> int:
    """FNV-1a with 64 bits."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value
