from __future__ import annotations

import pytest

from tasker_ci.rust.documentation import examples_of, is_rust


def found(*comments: tuple[int, str]) -> list[tuple[int, str]]:
    return [(each.line, each.code) for each in examples_of(comments, ())]


def lines(text: str, *, first: int = 10) -> list[tuple[int, str]]:
    """A comment of lines as it comes, each with its number."""
    return [(first + place, f"/// {line}\n") for place, line in enumerate(text.splitlines())]


def test_a_fenced_block_is_an_example_at_its_line() -> None:
    assert found(*lines("What it does.\n\n```\nassert!(true);\n```")) == [(12, "assert!(true);\n")]


@pytest.mark.parametrize(
    ("info", "counts"),
    [
        ("", True),
        ("rust", True),
        ("no_run,should_panic", True),
        ("compile_fail,E0308", True),
        ("edition2021 rust", True),
        ("text", False),
        ("rust,ignore", False),
        ("toml", False),
        ("sh", False),
    ],
)
def test_the_words_behind_the_fence_say_whether_it_is_a_test(info: str, counts: bool) -> None:
    assert bool(found(*lines(f"```{info}\nf();\n```"))) is counts


def test_a_block_comment_is_read_without_its_stars() -> None:
    comment = "/** What it does.\n * ```\n * f();\n * ```\n */"
    assert found((5, comment)) == [(6, "f();\n")]
    assert found((5, "/**\n```\nf();\n```\n*/")) == [(6, "f();\n")]


def test_empty_and_indented_blocks_are_none() -> None:
    assert found(*lines("```\n\n```")) == []
    assert found(*lines("    f();")) == []


@pytest.mark.parametrize(
    ("code", "rust"),
    [
        ("f();", True),
        ("# use a::b;\nb();", True),
        ("shell --help", False),
        ("cargo run; echo done", False),
        ("struct A {", False),
    ],
)
def test_code_that_cannot_be_rust_is_told(code: str, rust: bool) -> None:
    assert is_rust(code) is rust
