"""Secrets in any text, and how they are hidden: known values, and passwords where URLs have them.

Only the standard library is imported: the process that writes the log of a service runs this too.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tasker_ci.text.secret_spellings import SHORTEST_PIECE, Pieces, anchor, encoded, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HIDDEN = "***"

_SHORTEST_SECRET = 8
"""A shorter value is hidden only where it stands as a word of its own."""

_SHORTEST_WORD = 4
_SHORTEST_TOKEN = 16
"""A user name of this length in front of a web address is a token."""

_PEM_LINES = 400
_LONGEST_WORD = 16
_SHORTEST_NUMBER = 6

_COMMON = {
    "auto", "debug", "default", "error", "false", "info", "json", "local", "localhost", "main",
    "none", "null", "password", "postgres", "root", "secret", "test", "tests", "text", "token",
    "true", "user", "warn",
}  # fmt: skip
"""Nobody's secret, and without such words no log and no report can be read."""

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
_NAME_OF_PLACE = re.compile(r"_(?:FILE|PATH|DIR)$", re.IGNORECASE)
_MARKER = re.compile(r"-----(?:BEGIN|END) [A-Z ]+-----")
_BEGINS_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_RANDOM = re.compile(r"(?=(?:\D*\d){3})\S{24,}")
_PEM_BODY = re.compile(r"[A-Za-z0-9+/=]+\s*$")


def says_secret(name: str) -> bool:
    """Whether the name of a variable says that nobody may see its value."""
    return bool(_SECRET_NAME.search(name)) and not _NAME_OF_PLACE.search(name)


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
        pieces: set[str] = set()
        for secret in secrets:
            for text in _texts(secret):
                if _is_common(text):
                    continue
                is_short = len(text) < _SHORTEST_SECRET
                is_word = is_short or (text.isalpha() and len(text) < _LONGEST_WORD)
                (words if is_word else texts).add(text)
                if not is_short:
                    pieces.update(encoded(text))
            pieces.update(_cut_texts(secret))
        self._looked_for = [
            *(_Spelled(text) for text in sorted(texts, key=len, reverse=True)),
            *(_Spelled(word, alone=True) for word in sorted(words, key=len, reverse=True)),
        ]
        self._pieces = Pieces(pieces)
        self._names = frozenset(values)
        self.longest = max(map(len, texts | pieces), default=0)
        """The length of the longest text that is looked for."""

    def hidden(self, text: str) -> str:
        """``text`` without them."""
        return without_passwords(self.known_hidden(text))

    def known_hidden(self, text: str) -> str:
        """``text`` without the values that are known: what is XML stays XML."""
        for each in self._looked_for:
            if each.anchor in text:
                text = each.pattern.sub(HIDDEN, text)
        return self._pieces.hidden(text, HIDDEN)

    def hidden_in(self, document: Any, name: str = "") -> Any:
        """A document without them; also without what stands under a name that says password."""
        if isinstance(document, dict):
            return {key: self.hidden_in(value, key) for key, value in document.items()}
        if isinstance(document, list):
            return [self.hidden_in(value, name) for value in document]
        if isinstance(document, str):
            if document and (name in self._names or says_secret(name)):
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


class _Spelled:
    """A text that is looked for in every spelling; ``alone``: where it is a word of its own."""

    def __init__(self, text: str, *, alone: bool = False) -> None:
        self._text = text
        self._alone = alone
        self.anchor = anchor(text)
        """Where this is missing the text is missing."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds it; made when it may be there."""
        found = spelled(self._text)
        return re.compile(rf"(?<!\w)(?:{found})(?!\w)" if self._alone else found)


def _is_common(text: str) -> bool:
    """Whether a text stands in so many others that hiding it would spoil them."""
    shortest = _SHORTEST_NUMBER if text.isdecimal() else _SHORTEST_WORD
    return len(text) < shortest or text in _COMMON


def _texts(value: str) -> Iterator[str]:
    """What is looked for of a value: all of it, and of a longer text each line."""
    yield value.strip()
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        is_key = any(map(_MARKER.fullmatch, lines))
        yield from (each for each in lines if not (is_key and _is_cut_text(each)))


def _is_cut_text(line: str) -> bool:
    """Whether a line of a key is found as a part of its body."""
    return len(line) >= SHORTEST_PIECE and bool(_PEM_BODY.fullmatch(line))


def _cut_texts(value: str) -> Iterator[str]:
    """What is found in parts too: the body of a key, and a value that no words are made of."""
    lines = [line.strip() for line in value.splitlines()]
    if any(map(_MARKER.fullmatch, lines)):
        yield "".join(line for line in lines if not _MARKER.fullmatch(line))
    elif _RANDOM.fullmatch(value):
        yield value
