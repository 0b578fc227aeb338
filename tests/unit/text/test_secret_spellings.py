from __future__ import annotations

import base64
import html
import json
import re
import shlex
import urllib.parse

import pytest

from tasker_ci.text.secret_spellings import SHORTEST_PIECE, Pieces, anchor, encoded, spelled

SECRET = 'p@ss "word"&\'<ü>\\n\tend'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(json.dumps(SECRET)),
        json.dumps(SECRET, ensure_ascii=False),
        urllib.parse.quote(SECRET),
        urllib.parse.quote(urllib.parse.quote(SECRET)),
        urllib.parse.quote_plus(SECRET),
        html.escape(SECRET),
        html.escape(html.escape(SECRET)),
        shlex.quote(SECRET),
        repr(SECRET),
    ],
)
def test_a_secret_is_found_however_it_is_escaped(text: str) -> None:
    assert re.search(spelled(SECRET), f"before {text} after")


@pytest.mark.parametrize("text", ["p@ss", "another", SECRET[:-1], SECRET.replace("w", "v")])
def test_something_else_is_not_taken_for_it(text: str) -> None:
    assert not re.search(spelled(SECRET), text)


def test_line_ends_of_windows_are_line_ends() -> None:
    assert re.search(spelled("one\ntwo"), "one\r\ntwo")
    assert re.search(spelled("one\r\ntwo"), "one\ntwo")


def test_the_anchor_is_what_nothing_escapes() -> None:
    assert anchor('a"longest/b') == "longest"
    assert anchor("--") == ""


@pytest.mark.parametrize("before", range(7))
def test_base64_is_found_wherever_the_secret_begins_in_it(before: int) -> None:
    secret = "correct-horse-battery"
    text = base64.b64encode(b"x" * before + secret.encode() + b"tail").decode()
    assert any(each in text for each in encoded(secret))
    assert secret.encode().hex() in encoded(secret)


def test_what_is_short_is_not_looked_for_in_codes() -> None:
    assert list(encoded("short")) == []


def test_pieces_of_a_key_are_hidden_and_the_rest_stays() -> None:
    key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    pieces = Pieces([key])
    assert pieces.hidden(f"a {key} b", "***") == "a *** b"
    cut = key[5 : 5 + SHORTEST_PIECE]
    assert cut not in pieces.hidden(f"begin {cut} end", "***")
    assert pieces.hidden("a word that is long enough0123456789", "***").endswith("0123456789")
    assert Pieces([]).hidden(key, "***") == key
