"""Listings: names and digests of one kind of input, and how two of them differ."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Stamp = tuple[int, ...]
"""What the system says of a file; it differs after everything that writes it."""

_DIGEST_BYTES = 16


class NotUnderstood(Exception):
    """Something whose effect nobody here knows; the text says what, as a clause. No proof."""


def digest_of(*texts: str) -> str:
    """A digest of texts, of their borders too."""
    found = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(data))
        found.update(data)
    return found.hexdigest()


def digest_of_items(items: Mapping[str, str]) -> str:
    """A digest of names and values, in whatever order."""
    return digest_of(json.dumps(sorted(items.items())))


def new_digest() -> hashlib.blake2b:
    """A digest to be fed with the content of a file."""
    return hashlib.blake2b(digest_size=_DIGEST_BYTES)


@dataclass(frozen=True)
class Listing:
    """One kind of input: values by name."""

    items: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict, repr=False, compare=False)
    """Of those that are files: by these a change and its reversal are seen."""

    def differing(self, other: Mapping[str, str]) -> list[str]:
        """The names that only one has, or whose values differ; sorted."""
        names = self.items.keys() | other.keys()
        return sorted(name for name in names if self.items.get(name) != other.get(name))

    def written_since(self, before: Listing) -> list[str]:
        """The names whose files were written between, with the same content too; sorted."""
        names = self.stamps.keys() | before.stamps.keys()
        return sorted(name for name in names if self.stamps.get(name) != before.stamps.get(name))


def told(names: list[str], *, was: str = "changed") -> str:
    """Names as a clause: the first, and how many more."""
    more = len(names) - 1
    return f"{names[0]} {was}" + (f" (and {more} more)" if more > 0 else "")
