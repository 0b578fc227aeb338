"""TOML that somebody else wrote: whatever is wrong with it is one kind of error."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

import pytest

from tasker_ci.text.toml_documents import read_tables, read_toml

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"a = {'9' * 5000}", "more than 64 bits"),
        (f"a = 0x{'f' * 5000}", "more than 64 bits"),
        (f"a = {{ b = [1, [{2**63}]] }}", "more than 64 bits"),
        (f"a = -{2**63 + 1}", "more than 64 bits"),
        (f"a = {'[' * 50_000}{']' * 50_000}", "nested too deeply"),
        (f"a = {'{b=' * 50_000}1{'}' * 50_000}", "nested too deeply"),
        (f"{'a.' * 1_000}b = 1", "nested too deeply"),
        (f"[{'.'.join('a' * 1_000)}]\nb = 1", "nested too deeply"),
        ("a = 2020-99-99", "a"),
        ("a = ", "a"),
        ("a = 1\na = 2", "a"),
    ],
)
def test_it_is_refused_as_no_toml(text: str, reason: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match=reason):
        read_toml(text)


def test_what_fits_is_read() -> None:
    deep = f"{'a.' * 100}b = 1"
    assert list(read_toml(deep)) == ["a"]
    text = f"a = {2**63 - 1}\nb = -{2**63}\nc = {{ d = [1.5, true] }}"
    assert read_toml(text) == {"a": 2**63 - 1, "b": -(2**63), "c": {"d": [1.5, True]}}


@pytest.mark.parametrize(
    "text",
    [
        "a." * 200_000 + "a = 1",
        "[" + "a . " * 200_000 + "a]",
        "[[" + "'a'.\t" * 200_000 + "a]]",
        'x = { "a"' + '."a"' * 200_000 + " = 1 }",
        "x = 1\r\n" + "a." * 200_000 + "a = 1\r\n",
    ],
    ids=["bare", "a table", "a list of tables", "quoted", "another line"],
)
def test_a_key_of_very_many_parts_is_refused_before_it_is_read(text: str) -> None:
    """`tomllib` would take minutes: the square of the number of parts."""
    with pytest.raises(tomllib.TOMLDecodeError, match="nested too deeply"):
        read_toml(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"' + "a." * 2000 + '"', "a." * 2000),
        ("'" + "a." * 2000 + "'", "a." * 2000),
        ("[" + "1.5, " * 2000 + "]", [1.5] * 2000),
        ("[" + "1.5," * 2000 + "]", [1.5] * 2000),
        ("1 # " + "." * 2000, 1),
        ('"""\n' + "." * 2000 + '"""', "." * 2000),
    ],
    ids=["a text", "a literal text", "numbers", "numbers side by side", "a comment", "a line"],
)
def test_many_dots_that_are_in_no_key_are_no_fault(text: str, value: object) -> None:
    assert read_toml(f"x = {text}\n") == {"x": value}


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_toml("\ufeffa = 1") == {"a": 1}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"a = 1\n", {"a": 1}, id="a file"),
        pytest.param(b"\xef\xbb\xbfa = 1\r\n", {"a": 1}, id="a byte order mark"),
        pytest.param(b"a = 1 # \xff\n", {}, id="no UTF-8, which every tool refuses"),
        pytest.param(b"a = \n", {}, id="no TOML"),
        pytest.param(b"a = " + b"[" * 50_000, {}, id="too deep"),
        pytest.param(None, {}, id="nothing there"),
    ],
)
def test_what_cannot_be_read_has_no_tables(
    tmp_path: Path, content: bytes | None, expected: object
) -> None:
    if content is not None:
        (tmp_path / "x.toml").write_bytes(content)
    assert read_tables(tmp_path / "x.toml") == expected


def test_a_folder_and_a_pipe_have_no_tables(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_tables(tmp_path) == read_tables(tmp_path / "pipe") == {}
