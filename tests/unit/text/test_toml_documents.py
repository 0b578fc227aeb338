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
