from __future__ import annotations

import pytest

from tasker_ci.errors import SettingsError
from tasker_ci.stack.database_url import (
    DatabaseUrl,
    is_loopback,
    read_database_url,
    rewrite_url,
)


def test_a_whole_url_is_read_and_decoded() -> None:
    url = read_database_url("postgres://me:p%40ss%2Fword@127.0.0.1:6543/a%20b", variable="URL")
    expected = DatabaseUrl(
        user="me", password="p@ss/word", host="127.0.0.1", port=6543, database="a b"
    )
    assert url == expected


def test_what_is_left_out_is_what_libpq_takes() -> None:
    url = read_database_url("postgresql://me@localhost", variable="URL")
    assert (url.password, url.port, url.database) == ("", 5432, "me")


@pytest.mark.parametrize(
    "text",
    ["", "mysql://me:hunter2@h/d", "postgres://me:hunter2@h:port/d", "postgres://me:hunter2@[x/d"],
)
def test_what_is_no_database_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_database_url(text, variable="DATABASE_URL")
    assert "DATABASE_URL" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.next_step


@pytest.mark.parametrize(
    ("url", "rewritten"),
    [
        ("postgres://u:p@localhost:5432/d", "postgres://u:p@localhost:7000/d"),
        ("postgres://u:p%40@localhost/d?x=y", "postgres://u:p%40@localhost:7000/d?x=y"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:7000"),
        ("http://127.0.0.1/api/", "http://127.0.0.1:7000/api/"),
        ("http://[::1]:8080/", "http://[::1]:7000/"),
        ("http://[::1]/", "http://[::1]:7000/"),
        ("http://LocalHost:1/", "http://LocalHost:7000/"),
    ],
)
def test_only_the_port_of_a_url_is_rewritten(url: str, rewritten: str) -> None:
    assert rewrite_url(url, 7000) == rewritten


@pytest.mark.parametrize("url", ["", "postgres:///d?host=/run", "127.0.0.1:8080"])
def test_a_url_without_a_host_has_no_port_to_rewrite(url: str) -> None:
    with pytest.raises(SettingsError):
        rewrite_url(url, 7000)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("db", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("text", ["", "  "])
def test_a_variable_that_is_not_set_is_told_as_that(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_database_url(text, variable="DATABASE_URL")
    assert caught.value.message.startswith("DATABASE_URL is not set")
    assert "URL that can be used" not in caught.value.message
    assert "[environment.variables] DATABASE_URL = " in caught.value.next_step
