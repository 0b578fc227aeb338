"""Names of files that are no text."""

from __future__ import annotations

import os

import pytest

from tasker_ci.text.foreign import one_line
from tasker_ci.text.git_names import git_names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("src/lib.rs", b"src/lib.rs"),
        ("a b.rs", b"a b.rs"),
        (r'"src/caf\351.rs"', b"src/caf\xe9.rs"),
        (r'"src/caf\303\251.rs"', "src/caf\u00e9.rs".encode()),
        (r'"a\"b\\c.rs"', b'a"b\\c.rs'),
        (r'"new\nline\t\033[31m.rs"', b"new\nline\t\x1b[31m.rs"),
        (r'"a\\101.rs"', b"a\\101.rs"),
    ],
)
def test_a_name_of_git_is_the_name_of_the_file(line: str, name: bytes) -> None:
    assert [*git_names(f"{line}\nother.rs\n")] == [os.fsdecode(name), "other.rs"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"src/lib.rs", "src/lib.rs"),
        ("caf\u00e9.rs".encode(), "caf\u00e9.rs"),
        (b"caf\xe9.rs", r"caf\xe9.rs"),
        (b"new\nline\x1b[31m.rs", r"new\nline\x1b[31m.rs"),
        ("\u202egnp.rs".encode(), r"\u202egnp.rs"),
    ],
)
def test_what_is_no_text_is_spelled_out(name: bytes, text: str) -> None:
    assert one_line(os.fsdecode(name)) == text
    assert one_line(os.fsdecode(name)).isprintable()
