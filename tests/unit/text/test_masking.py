"""Secrets are hidden in every spelling, and what is none stays readable."""

from __future__ import annotations

import base64
import json
import shlex
import textwrap
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest

from tasker_ci.keys import new_private_key
from tasker_ci.text.masking import HIDDEN, Secrets, shown_value, without_passwords

KEY = "s3cr3t/val+ue=0123"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a=postgres://me:hunter2@h/d b=http://h:80/x", "a=postgres://me:***@h/d b=http://h:80/x"),
        ("postgres://me:p@ss@h:1/d", "postgres://me:***@h:1/d"),
        ("postgres://me:pa/ss@h/d", "postgres://me:***@h/d"),
        ("postgres://me:pa#s?s@h/d", "postgres://me:***@h/d"),
        ("postgres://me:12345@h/d", "postgres://me:***@h/d"),
        ("redis://:hunter2@h:6379/0", "redis://:***@h:6379/0"),
        ("amqp://guest:hunter2@h:5672/%2f", "amqp://guest:***@h:5672/%2f"),
        ("mongodb+srv://me:x%40y@h1,h2/d?w=1", "mongodb+srv://me:***@h1,h2/d?w=1"),
        ("https://ghp_0123456789abcdef@github.com/a", "https://***@github.com/a"),
        ("ssh://git@github.com/a", "ssh://git@github.com/a"),
        ("postgres://h/d?user=me&password=hunter2&x=1", "postgres://h/d?user=me&password=***&x=1"),
        ("postgres://h/d?sslkey=/k&sslpassword=x1", "postgres://h/d?sslkey=***&sslpassword=***"),
        ("https://h/x?X-Amz-Signature=abc&y=1", "https://h/x?X-Amz-Signature=***&y=1"),
        ("host=h user=me password=hunter2 dbname=d", "host=h user=me password=*** dbname=d"),
        ("host=h password='hun ter\\'2' dbname=d", "host=h password=*** dbname=d"),
        ("Server=h;User Id=me;Password=hunter2;", "Server=h;User Id=me;Password=***;"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
        ("http://h:8080/x?mail=a@b", "http://h:8080/x?mail=a@b"),
        ('{"u":"redis://h:6379","mail":"a@b.c"}', '{"u":"redis://h:6379","mail":"a@b.c"}'),
        (r"{\"u\":\"redis:\/\/me:hunter2@h\/0\"}", r"{\"u\":\"redis:\/\/me:***@h\/0\"}"),
        (
            "https://h/?next=redis%3A%2F%2Fme%3Ahunter2%40h%2F0",
            "https://h/?next=redis%3A%2F%2Fme%3A***%40h%2F0",
        ),
        (
            "https://h/?next=http%3A%2F%2Fh%3A80%2Fa%40b",
            "https://h/?next=http%3A%2F%2Fh%3A80%2Fa%40b",
        ),
        (r"http:\/\/h:80\/x me@h", r"http:\/\/h:80\/x me@h"),
        ("keyboard=us monkey=1 compass=north", "keyboard=us monkey=1 compass=north"),
        ("http://[::1]:80/", "http://[::1]:80/"),
    ],
)
def test_passwords_of_urls_and_connection_strings(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


@pytest.mark.parametrize(
    "spelled",
    [
        KEY,
        f"x{KEY}y",
        json.dumps({"a": f"\n{KEY}"}),
        quote(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(b"user:" + KEY.encode() + b"@host").decode(),
        base64.urlsafe_b64encode(b"xx" + KEY.encode()).decode(),
        KEY.encode().hex(),
    ],
)
def test_a_value_is_hidden_in_every_spelling(spelled: str) -> None:
    shown = Secrets({"API_KEY": KEY}).hidden(f"before {spelled} after")
    assert HIDDEN in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert spelled not in shown


@pytest.mark.parametrize(
    "spelled",
    [
        lambda key: key,
        json.dumps,
        lambda key: json.dumps(json.dumps(key)),
        lambda key: key.replace("\n", "&#10;"),
        lambda key: key.replace("\n", "\r\n"),
        lambda key: "".join(key.splitlines()[1:-1]),
        lambda key: base64.b64encode(key.encode()).decode(),
    ],
)
def test_a_private_key_is_hidden_to_its_last_line(spelled: object) -> None:
    key = new_private_key()
    text = spelled(key)  # type: ignore[operator]
    shown = "\n".join(Secrets({"JWT_PRIVATE_KEY": key}).hidden_lines(text.splitlines()))
    for line in key.splitlines()[1:-1]:
        assert line not in shown
    assert base64.b64encode(key.encode()).decode()[60:120] not in shown


ODD = "o\\dd'sec\"ret/<&>% \N{LATIN SMALL LETTER E WITH ACUTE}\n\t\N{SNOWMAN}-17"


def in_rust(text: str) -> str:
    """As `{:?}` prints it."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


@pytest.mark.parametrize(
    "spelled",
    [
        repr(ODD)[1:-1],
        ascii(ODD)[1:-1],
        in_rust(ODD),
        in_rust(in_rust(ODD)),
        escape(in_rust(ODD), {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#x9;"}),
        escape(escape(ODD, {'"': "&#34;", "'": "&#39;"})),
        json.dumps(ODD)[1:-1].replace("/", "\\/").replace("<", "\\u003c").replace("&", "\\u0026"),
        json.dumps(json.dumps(ODD)),
        quote(quote(ODD)),
        quote_plus(ODD),
        shlex.quote(ODD),
        ODD.replace("\n", "\r\n"),
        ODD.replace("\N{SNOWMAN}", r"\u{2603}"),
    ],
)
def test_an_odd_value_is_hidden_however_it_is_escaped(spelled: str) -> None:
    shown = Secrets({"API_KEY": ODD}).hidden(f"before {spelled} after")
    assert shown in {"before *** after", "before '***' after", 'before "***" after'} or (
        shown == r'before "\"***\"" after'
    )


@pytest.mark.parametrize("width", [40, 57, 64, 76, 100])
def test_base64_and_keys_are_hidden_where_they_are_wrapped(width: int) -> None:
    key, token = new_private_key(), "ghs_" + "0a1B2c3D4e5F6g7H8i9J" * 3
    secrets = Secrets({"KEY": key, "TOKEN": token})
    body = "".join(key.splitlines()[1:-1])
    encoded = [base64.b64encode(f"x={each}".encode()).decode() for each in (key, token)]
    for text in (body, token, *encoded):
        lines = textwrap.wrap(text, width)
        shown = "\n".join(secrets.hidden_lines(lines)).replace(HIDDEN, "")
        assert len(shown.replace("\n", "")) < len(lines) * 14 + 20, shown


def test_a_value_that_is_a_common_word_spoils_nothing() -> None:
    text = "test postgres::works ... ok, true, postgres_works, rootless"
    words = {"A_TOKEN": "test", "B_PASSWORD": "postgres", "C_TOKEN": "true", "D": "root"}
    assert Secrets(words).hidden(text) == text
    assert Secrets({"A": "sesame", "B": "opensesame"}).hidden("sesame opensesame_x opensesame") == (
        "*** opensesame_x ***"
    )


def test_what_only_looks_like_a_value_costs_no_time() -> None:
    secrets = Secrets({"A": "\\" * 30 + "a'&%\n" * 10, "B": "!" * 40})
    text = "\\" * 3000 + "&amp;" * 3000 + "a%25" * 1000
    assert HIDDEN in secrets.hidden(text + "!" * 40)


def test_a_private_key_that_nobody_knew_is_hidden_between_its_markers() -> None:
    lines = ["start", *new_private_key().splitlines(), "end of it"]
    shown = list(Secrets({}).hidden_lines(f"log: {line}" for line in lines))
    assert shown[0] == "log: start"
    assert shown[-1] == "log: end of it"
    assert {line.split()[-1] for line in shown[2:-2]} == {HIDDEN}


def test_the_password_of_a_url_is_hidden_where_it_stands_alone() -> None:
    secrets = Secrets({}, {"DATABASE_URL": "postgres://me:hun%40ter2@h/d", "PATH": "/bin"})
    assert secrets.hidden("hun%40ter2 or hun@ter2") == "*** or ***"
    assert secrets.hidden("me at h") == "me at h"


def test_a_password_that_is_the_user_s_name_spoils_no_other_word() -> None:
    secrets = Secrets({}, {"DATABASE_URL": "postgres://tasker:tasker@localhost/tasker_test"})
    assert secrets.hidden("tasker of postgres://tasker:tasker@h") == (
        "tasker of postgres://tasker:***@h"
    )


def test_a_short_secret_is_hidden_as_a_word() -> None:
    secrets = Secrets({"PIN": "s3cr"})
    assert secrets.hidden("pin s3cr, s3crets") == "pin ***, s3crets"


def test_what_a_screen_shows_of_a_variable() -> None:
    assert shown_value("x", secret=True) == HIDDEN
    assert shown_value("", secret=True) == ""
    assert shown_value("redis://:abc@h", secret=False) == "redis://:***@h"


@pytest.mark.parametrize("password", ["hun ter2", "two words @ once", "first\nsecond"])
def test_a_password_with_a_blank_is_known_by_the_whole_value(password: str) -> None:
    url = f"postgres://me:{password}@h/d"
    assert shown_value(url, secret=False) == "postgres://me:***@h/d"
    assert Secrets({}, {"DATABASE_URL": url}).hidden(f"login with {password}!") == "login with ***!"
    text = "http://h:80/ is where me@h looks"
    assert shown_value(text, secret=False) == text
