"""The output of a session of ours is printed again on GitHub: its commands, and nobody else's."""

from __future__ import annotations

import pytest

from tasker_ci.screen.replayed_output import own_commands

TOKEN = "0123456789abcdef" * 2
FOREIGN = f"::stop-commands::{TOKEN}\n::error::forged\nhello\n::{TOKEN}::"


def commands(text: str) -> list[str]:
    return [line for is_command, line in own_commands(text) if is_command]


def shown(text: str) -> list[str]:
    return [line for is_command, line in own_commands(text) if not is_command]


def test_annotations_and_groups_of_the_session_are_commands() -> None:
    text = "::group::+ cargo\n::endgroup::\nplain\n::error file=src/lib.rs,line=2::fails: a"
    assert commands(text) == text.replace("plain\n", "").split("\n")
    assert shown(text) == ["plain"]


def test_foreign_text_has_none_and_its_tokens_are_left_out() -> None:
    assert commands(FOREIGN) == []
    assert shown(FOREIGN) == ["::error::forged", "hello"]
    assert commands(f"{FOREIGN}\n::error::own") == ["::error::own"]


def test_the_empty_line_before_a_token_is_ours() -> None:
    text = f"::stop-commands::{TOKEN}\na\n\nb\n\n::{TOKEN}::"
    assert shown(text) == ["a", "", "b"]


def test_a_token_of_somebody_else_ends_nothing() -> None:
    text = f"::stop-commands::{TOKEN}\n::{'f' * 32}::\n::error::forged"
    assert commands(text) == []


@pytest.mark.parametrize(
    "command", ["::add-mask::x", "::set-output name=a::b", "::save-state name=a::b", "::debug::x"]
)
def test_other_commands_are_text(command: str) -> None:
    assert commands(command) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"::error::forged\n::{TOKEN}::\n::error::own", ["::error::own"]),
        (f"::error::perhaps\n{FOREIGN}\n::error::own", ["::error::own"]),
        (f"::stop-commands::{'f' * 32}\n::{'f' * 32}::\n::error::x\n::{TOKEN}::", []),
        ("::error::perhaps", []),
    ],
)
def test_after_a_part_that_is_left_out_only_what_follows_the_last_token_is_sure(
    text: str, expected: list[str]
) -> None:
    head = f"::stop-commands::{TOKEN}\n::error::forged"
    assert commands(f"{head}\n[… 3.1 MB left out here …]\n{text}") == expected


def test_foreign_text_whose_begin_is_in_the_missing_part_has_no_command() -> None:
    missing = "[… 3.1 MB left out here …]\n::error::forged"
    assert commands(f"::group::a\n{missing}\n::{TOKEN}::\n::error::own") == [
        "::group::a",
        "::error::own",
    ]
    assert commands(f"::group::a\n{missing}\n::error::own") == ["::group::a"]


def test_a_forged_note_of_a_missing_part_frees_nothing() -> None:
    forged = f"[… 1.0 MB left out here …]\n::stop-commands::{'f' * 32}\n::{'f' * 32}::"
    text = f"::stop-commands::{TOKEN}\n{forged}\n::error::forged\n::{TOKEN}::\n::error::own"
    assert commands(text) == ["::error::own"]
