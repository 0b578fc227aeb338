"""Secrets in any text, and how they are hidden: known values, and passwords where URLs have them.

Only the standard library is imported: the process that writes the log of a service runs this too.
"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HIDDEN = "***"

_SHORTEST_SECRET = 8
"""A shorter value is hidden only where it stands as a word of its own."""

_SHORTEST_WORD = 4
_SHORTEST_TOKEN = 16
"""A user name of this length in front of a web address is a token."""

_BASE64_BYTES = 12
_PEM_LINES = 400

_NAMES = (
    r"[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|signature|credential)[\w.-]*|pass|pwd|pw|sig|auth|sslkey|authtoken"
)
_PORT = r"\d{1,5}(?:[/?#\s\"'`,;)\]}>]|$)"
_URL_PASSWORD = re.compile(
    rf"(:(?:\\?/){{2}}[^\s:/?#@]*:)(?!{_PORT})(?:[^\s/?#]*@|[^\s\"'<>`]*@)", re.IGNORECASE
)
"""The second way is for a password with a raw slash, which no parser accepts, and people write."""

_ENCODED_URL = re.compile(r"(%3A%2F%2F[^\s%]*%3A)(?!\d{1,5}%2F)[^\s&;\"'<>]*?(%40)", re.IGNORECASE)
"""A URL within the query of another one."""

_WHOLE_URL = re.compile(r"(\w[\w+.-]*://[^\s:/?#@]*:)(?!\d{1,5}[/?#\s])(.*\s.*)(@.*)", re.DOTALL)
"""A value that is a URL with a blank in its password: in a longer text nobody could tell."""

_URL_TOKEN = re.compile(rf"(https?://)[^\s:/?#@]{{{_SHORTEST_TOKEN},}}@", re.IGNORECASE)
_PARAMETER = re.compile(
    rf"(?<![\w.-])((?:{_NAMES})\s?=\s?)"
    r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s&;,'\"<>()\[\]{}]+)",
    re.IGNORECASE,
)
"""Of a URL's query (``?password=x``), of libpq's ``password=x``, of ``Password=x;``.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
"""

_URL_PARTS = re.compile(r"://([^\s:/?#@]*):(?:([^\s/?#]*)|([^\s\"'<>`]*))@([^\s?#]*)")
_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_KEY", re.IGNORECASE)
_MARKER = re.compile(r"-----(?:BEGIN|END) [A-Z ]+-----")
_BEGINS_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PEM_BODY = re.compile(r"[A-Za-z0-9+/=]+\s*$")


def without_passwords(text: str) -> str:
    """A text without the passwords of all URLs and connection strings in it."""
    if "%40" in text:
        text = _ENCODED_URL.sub(rf"\1{HIDDEN}\2", text)
    if ":/" in text or ":\\/" in text:
        text = _URL_TOKEN.sub(rf"\1{HIDDEN}@", text)
        text = _URL_PASSWORD.sub(rf"\1{HIDDEN}@", text)
    return _PARAMETER.sub(rf"\1{HIDDEN}", text) if "=" in text else text


def shown_value(value: str, *, secret: bool) -> str:
    """The value of a variable as a screen may show it: a secret one not at all."""
    if secret and value:
        return HIDDEN
    whole = _WHOLE_URL.fullmatch(value)
    return f"{whole[1]}{HIDDEN}{whole[3]}" if whole else without_passwords(value)


class Secrets:
    """Hides the values of secret variables, and the passwords of URLs, in any text."""

    def __init__(self, values: Mapping[str, str], others: Mapping[str, str] | None = None) -> None:
        """``values`` are the secret variables, ``others`` may hold URLs with a password."""
        self.values = dict(values)
        self.others = {
            name: value
            for name, value in (others or {}).items()
            if shown_value(value, secret=False) != value
        }
        secrets = {*self.values.values()}
        for value in self.others.values():
            secrets |= set(passwords(value))
        texts: set[str] = set()
        words: set[str] = set()
        for secret in filter(None, secrets):
            for spelling in _spellings(secret):
                if len(spelling) >= _SHORTEST_SECRET:
                    texts.add(spelling)
                elif len(spelling) >= _SHORTEST_WORD and spelling == secret:
                    words.add(spelling)
        self._texts = sorted(texts, key=len, reverse=True)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words)))})(?!\w)")
        self._has_words = bool(words)
        self._names = frozenset(values)

    @property
    def longest(self) -> int:
        """The length of the longest text that is looked for."""
        return len(self._texts[0]) if self._texts else 0

    def hidden(self, text: str) -> str:
        """``text`` without them."""
        return without_passwords(self.known_hidden(text))

    def known_hidden(self, text: str) -> str:
        """``text`` without the values that are known: what is XML stays XML."""
        for each in self._texts:
            text = text.replace(each, HIDDEN)
        return self._words.sub(HIDDEN, text) if self._has_words else text

    def hidden_in(self, document: Any, name: str = "") -> Any:
        """A document without them; also without what stands under a name that says password."""
        if isinstance(document, dict):
            return {key: self.hidden_in(value, key) for key, value in document.items()}
        if isinstance(document, list):
            return [self.hidden_in(value, name) for value in document]
        if isinstance(document, str):
            if document and (name in self._names or _SECRET_NAME.search(name)):
                return HIDDEN
            return self.hidden(document)
        return document

    def hidden_lines(self, lines: Iterable[str]) -> Iterator[str]:
        """Lines without them; of any private key in PEM form between its markers too."""
        hide = HiddenLines(self)
        for line in lines:
            yield hide(line)


class HiddenLines:
    """Hides secrets line by line; a private key is known by the markers around its lines."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._left = 0
        """So many lines may still belong to a key."""

    def __call__(self, line: str) -> str:
        """The next line as it may be shown."""
        shown = self._secrets.hidden(line)
        markers = _MARKER.findall(line)
        if markers:
            self._left = _PEM_LINES if _BEGINS_KEY.fullmatch(markers[-1]) else 0
        elif self._left:
            self._left -= 1
            shown = _PEM_BODY.sub(HIDDEN, shown)
        return shown


NO_SECRETS = Secrets({})
"""Hides the passwords of URLs alone."""


def passwords(value: str) -> Iterator[str]:
    """The passwords in a URL or a connection string, as written and decoded.

    Not one that is the user's or the database's name too: hiding it would spoil every other word.
    """
    whole = _WHOLE_URL.fullmatch(value)
    if whole is not None:
        yield whole[2]
    for found in _URL_PARTS.finditer(value):
        user, strict, loose, place = found.groups()
        password = strict if strict is not None else loose
        others = unquote(f"{user} {place}")
        for each in {password, unquote(password)}:
            if each and each not in others:
                yield each
    for found in _PARAMETER.finditer(value):
        word = found[0][len(found[1]) :].strip("'\"")
        others = value[: found.start()] + value[found.end() :]
        for each in {word, unquote(word)}:
            if each and each not in others:
                yield each


def _spellings(value: str) -> Iterator[str]:
    """How a value may stand in a text: as it is, escaped, encoded, line by line."""
    yield value
    yield value.strip()
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from lines
        yield "".join(line for line in lines if not _MARKER.fullmatch(line))
    for plain in {value, value.strip()}:
        for escaped in (json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]):
            yield escaped
            yield json.dumps(escaped)[1:-1]
        yield html.escape(plain)
        yield html.escape(plain).replace("\n", "&#10;")
        for encoded in (quote(plain), quote(plain, safe=""), quote_plus(plain)):
            yield encoded
            yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), encoded)
        content = plain.encode("utf-8", "surrogateescape")
        if len(content) >= _SHORTEST_SECRET:
            yield content.hex()
            yield content.hex().upper()
        if len(content) >= _BASE64_BYTES:
            yield from _in_base64(content)


def _in_base64(content: bytes) -> Iterator[str]:
    """What stays the same of a value in Base64, whatever stands before and behind it."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + content).decode()
        first = (0, 2, 3)[before]
        last = (before + len(content)) * 8 // 6
        core = encoded[first:last]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
