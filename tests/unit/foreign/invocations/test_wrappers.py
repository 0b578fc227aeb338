from __future__ import annotations

import pytest

from tasker_ci.foreign.invocations.wrappers import program_name, unwrapped


def test_variables_toolchain_and_folder_of_wrappers_are_kept() -> None:
    words = ("sudo", "A=1", "env", "-C", "b", "C=2", "rustup", "run", "1.80", "cargo", "test")
    found = unwrapped(words)
    assert found.words == ("cargo", "test")
    assert (found.variables, found.toolchain, found.folder) == ({"A": "1", "C": "2"}, "1.80", "b")


@pytest.mark.parametrize(
    "words",
    [("env", None, "cargo"), ("timeout", "5", None), ("sudo", "-E", None, "cargo", "test")],
)
def test_a_word_that_is_not_known_hides_the_command(words: tuple[str | None, ...]) -> None:
    assert unwrapped(words).unknown


def test_a_value_of_an_option_that_is_not_known_hides_nothing() -> None:
    assert unwrapped(("timeout", None, "cargo")).words == ("cargo",)


def test_a_program_is_known_by_its_name_alone() -> None:
    assert program_name("C:\\bin\\cargo.exe") == "cargo"
    assert program_name("/usr/bin/cargo") == "cargo"
