"""How a secret may stand in a text: escaped and encoded by whoever printed it, or in pieces.

Only the standard library is imported: the process that writes the log of a service runs this too.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES = {'"': "quot", "'": "apos", "<": "lt", ">": "gt"}
_SIGNS = {"\t": "t", "\n": "n", "\r": "r"}
_IN_SHELLS = "'\\\\+''|'\"'\"'"
"""A single quote within single quotes."""

_BACKSLASHES = re.compile(r"\\+|.", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9]+")

_BASE64_BYTES = 12
_HEX_BYTES = 8

_PIECE = 12
_STEP = 3
SHORTEST_PIECE = _PIECE + _STEP - 1
"""What has this length holds a part of `_PIECE` letters that begins at a `_STEP`."""

_CUT = re.compile(rf"[A-Za-z0-9+/=_-]{{{SHORTEST_PIECE},}}")


def spelled(value: str) -> str:
    """An expression that finds a value, whatever has escaped it, once or several times.

    JSON, XML, percent signs, `repr`, Rust's `{:?}` and shells are known.
    """
    parts = _BACKSLASHES.findall(value.replace("\r\n", "\n"))
    return "".join(map(_spelled, parts))


def anchor(value: str) -> str:
    """The longest part of a value that nothing escapes: where it is missing, so is the value."""
    return max(_WORD.findall(value), key=len, default="")


@cache
def _spelled(part: str) -> str:
    letter = part[0]
    if letter.isascii() and letter.isalnum():
        return letter
    encoded, escaped = "|".join(_encoded(letter)), "|".join(_escaped(letter))
    if letter == "\\":
        return rf"(?:\\{{{len(part)},}}|(?:{encoded}){{{len(part)}}})"
    found = rf"(?:\\*(?:{encoded}|{re.escape(letter)})|\\+(?:{escaped}))"
    if letter == "\n":
        before = r"(?:\r|\\+r|%(?:25)*0[Dd]|&(?:amp;)*#(?:0*13|x0*[Dd]);)?"
        return rf"{before}{found}[ \t]*"
    return f"(?:{_IN_SHELLS}|{found})" if letter == "'" else found


def _encoded(letter: str) -> Iterator[str]:
    """What stands for a letter in URLs, XML and HTML, encoded once or several times."""
    code = ord(letter)
    yield "".join(rf"%(?:25)*{_hex(each, 2)}" for each in _bytes(letter))
    yield rf"&(?:amp;)*#(?:0*{code}|[xX]0*{_hex(code)});"
    if letter in _NAMES:
        yield f"&(?:amp;)*{_NAMES[letter]};"
    if letter == "&":
        yield "&(?:amp;)+"
    if letter == " ":
        yield r"\+"
    if "\udc80" <= letter <= "\udcff":
        yield "\N{REPLACEMENT CHARACTER}"


def _escaped(letter: str) -> Iterator[str]:
    """What stands for a letter behind backslashes."""
    code = ord(letter)
    units = letter.encode("utf-16-be", "surrogatepass")
    pairs = (units[place : place + 2] for place in range(0, len(units), 2))
    yield r"\\+".join(f"u{_hex(int.from_bytes(each, 'big'), 4)}" for each in pairs)
    yield rf"u\{{0*{_hex(code)}\}}"
    yield f"U{_hex(code, 8)}"
    yield f"x{_hex(code, 2)}"
    yield r"\\+".join(f"x{_hex(each, 2)}" for each in _bytes(letter))
    yield r"\\+".join(f"{each:03o}" for each in _bytes(letter))
    if letter in _SIGNS:
        yield _SIGNS[letter]


def _bytes(letter: str) -> bytes:
    return letter.encode("utf-8", "surrogateescape")


def _hex(number: int, width: int = 1) -> str:
    return "".join(
        f"[{each}{each.upper()}]" if each.isalpha() else each for each in f"{number:0{width}x}"
    )


def encoded(value: str) -> Iterator[str]:
    """A value as hexadecimal digits, and what stays the same of it in Base64."""
    content = value.encode("utf-8", "surrogateescape")
    if len(content) >= _HEX_BYTES:
        yield content.hex()
        yield content.hex().upper()
    if len(content) >= _BASE64_BYTES:
        for before in range(3):
            text = base64.b64encode(b"\0" * before + content).decode()
            core = text[(0, 2, 3)[before] : (before + len(content)) * 8 // 6]
            yield core
            yield core.translate(str.maketrans("+/", "-_"))


class Pieces:
    """Finds the parts of long texts, however somebody has cut or wrapped them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._parts = {
            text[start : start + _PIECE]
            for text in texts
            for start in range(len(text) - _PIECE + 1)
        }

    def hidden(self, text: str, shown: str) -> str:
        """The text with ``shown`` in place of each part."""
        return _CUT.sub(lambda found: self._without(found[0], shown), text) if self._parts else text

    def _without(self, word: str, shown: str) -> str:
        parts, last = self._parts, len(word) - _PIECE
        for start in range(0, last + 1, _STEP):
            if word[start : start + _PIECE] in parts:
                break
        else:
            return word
        result, end = [], 0
        for start in range(last + 1):
            if word[start : start + _PIECE] in parts:
                if start > end:
                    result.append(word[end:start])
                if start > end or not result:
                    result.append(shown)
                end = start + _PIECE
        return "".join((*result, word[end:]))
