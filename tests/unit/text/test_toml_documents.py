"""TOML that somebody else wrote: whatever is wrong with it is one kind of error."""

from __future__ import annotations

import tomllib

import pytest

from tasker_ci.text.toml_documents import read_toml


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
