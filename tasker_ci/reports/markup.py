"""An element of a report as a plain value, and how one is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from tasker_ci.reports.held_text import joined_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.reports.held_text import Text

_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_PLAIN = re.compile(r"[ !#-%\'-;=?-~]*+")
"""ASCII that stands for itself in an attribute."""

Pairs = tuple[tuple[str, str], ...]
"""Names with their values."""


@dataclass(frozen=True, slots=True)
class Markup:
    """One element with all that it holds; ``text`` is "" where there is only white space."""

    tag: str
    attributes: Pairs = ()
    text: Text = ""
    children: tuple[Markup, ...] = ()

    def get(self, name: str) -> str:
        """The value of an attribute; "" if there is none."""
        return next((value for each, value in self.attributes if each == name), "")

    def texts(self, tag: str) -> Text:
        """The texts of the children of one kind."""
        return joined_texts(each.text for each in self.children if each.tag == tag and each.text)


def properties_first(elements: Iterable[Markup], *, distinct: bool = False) -> Iterator[Markup]:
    """The elements, all ``properties`` among them as one at the beginning.

    With ``distinct`` a property that comes again counts once.
    """
    elements = tuple(elements)
    if not any(each.tag == "properties" for each in elements):
        yield from elements
        return
    found = [each for each in elements if each.tag == "properties"]
    children = tuple(one for each in found for one in each.children)
    if distinct:
        children = tuple(dict.fromkeys(children))
    text = joined_texts(iter(dict.fromkeys(each.text for each in found if each.text)))
    attributes = dict(pair for each in found for pair in each.attributes)
    if children or text or attributes:
        yield Markup("properties", tuple(attributes.items()), text, children)
    yield from (each for each in elements if each.tag != "properties")


def printable(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return _UNPRINTABLE.sub("", text)


def attributes_text(attributes: Mapping[str, str]) -> str:
    """Attributes as they are written within a tag."""
    if _PLAIN.fullmatch("".join(attributes.values())):  # one look at all of them, as a rule
        return "".join([f' {name}="{text}"' for name, text in attributes.items()])
    return "".join([f" {name}={quoted(text)}" for name, text in attributes.items()])


def quoted(text: str) -> str:
    """The value of an attribute in its quotes."""
    return f'"{text}"' if _PLAIN.fullmatch(text) else quoteattr(printable(text))


def element(
    tag: str,
    attributes: Mapping[str, str] | None = None,
    text: Text = "",
    children: Iterable[bytes] = (),
) -> Iterator[bytes]:
    """The pieces of one element in a line of its own; ``children`` are written already."""
    head = f"{tag}{attributes_text(attributes or {})}".encode()
    pieces = chain(_content(text), children)
    first = next(pieces, None)
    if first is None:
        yield b"<%b/>\n" % head
        return
    yield b"<%b>%b" % (head, first)
    yield from pieces
    yield b"</%b>\n" % tag.encode()


def _content(text: Text) -> Iterator[bytes]:
    """A text as it stands within an element."""
    if isinstance(text, str):
        if text:
            # A parser turns a carriage return into a line feed, unless it is spelled.
            yield escape(printable(text), {"\r": "&#13;"}).encode("utf-8")
        return
    for chunk in text.chunks():
        for plain, spelled in _SPELLED:
            chunk = chunk.replace(plain, spelled)  # noqa: PLW2901
        yield chunk


_SPELLED = ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b"\r", b"&#13;"))


def written(markup: Markup) -> Iterator[bytes]:
    """The pieces of an element."""
    within = chain.from_iterable(map(written, markup.children))
    return element(markup.tag, dict(markup.attributes), markup.text, within)
