"""One definition of a flag, read by every face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import pytest

from tasker_ci.context import Face
from tasker_ci.errors import UsageError
from tasker_ci.faces.options import (
    check_former_words,
    checked,
    description_of,
    flags_of,
    parse,
    split,
    with_flag_for_word,
    with_flags_for_words,
)
from tasker_ci.options import COMMON, options_of
from tasker_ci.session import Session
from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

COMMON_NAMES = ("dry_run", "json", "set")


def example(
    context: object,
    *,
    fix: Annotated[bool, "Mend 100 % of it."] = False,
    profile: Annotated[str | None, "The profile."] = None,
    attempts: Annotated[int, "How often."] = 3,
    factor: Annotated[float | None, "How much."] = None,
    package: Annotated[tuple[str, ...], "Only this."] = (),
    level: Annotated[Literal["low", "high"], "How high."] = "low",
) -> None:
    """Do one thing.

    And explain it.
    """


OPTIONS = (*options_of(example), *COMMON)
DEFAULTS = {
    "fix": False,
    "profile": None,
    "attempts": 3,
    "factor": None,
    "package": (),
    "level": "low",
    "dry_run": False,
    "json": False,
    "set": (),
}


def read(*arguments: str) -> dict[str, object]:
    return parse("prog", "what it does", OPTIONS, arguments)


def test_the_parameters_are_the_options_then_come_the_common_ones() -> None:
    assert [option.flag for option in OPTIONS] == [
        "--fix",
        "--profile",
        "--attempts",
        "--factor",
        "--package",
        "--level",
        "--dry-run",
        "--json",
        "--set",
    ]
    by_name = {option.name: option for option in OPTIONS}
    assert by_name["fix"].switch
    assert not by_name["profile"].switch
    assert by_name["package"].repeatable
    assert by_name["package"].full_help == "Only this. (repeatable)"
    assert by_name["level"].full_help == "How high. (one of low, high)"
    assert by_name["profile"].type is str
    assert by_name["factor"].type is float


def test_without_arguments_the_defaults_hold() -> None:
    assert read() == DEFAULTS


def test_arguments_become_the_types_of_the_parameters() -> None:
    assert read(
        "--fix", "--profile", "ci", "--attempts=5", "--factor", "2", "--package", "a",
        "--package=b", "--level", "high", "--dry-run", "--json", "--set", "a=b", "--set", "c=d=e",
    ) == {
        "fix": True,
        "profile": "ci",
        "attempts": 5,
        "factor": 2.0,
        "package": ("a", "b"),
        "level": "high",
        "dry_run": True,
        "json": True,
        "set": ("a=b", "c=d=e"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nope"], "prog: unrecognized arguments: --nope."),
        (["--prof", "ci"], "prog: unrecognized arguments: --prof ci."),
        (["stray"], "prog: unrecognized arguments: stray."),
        (["--profile"], "prog: argument --profile: expected one argument."),
        (["--level", "middle"], "--level takes low, high, not 'middle'."),
        (["--attempts", "many"], "--attempts takes a number, not 'many'."),
        (["--fix=yes"], "prog: argument --fix: ignored explicit argument 'yes'."),
    ],
)
def test_what_a_session_does_not_take_is_a_usage_error(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(*arguments)
    assert caught.value.message == message
    assert caught.value.exit_code == 2
    assert caught.value.next_step


def test_help_prints_every_flag_with_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read("--help")
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Mend 100 % of it." in text
    for option in OPTIONS:
        assert option.flag in text
        assert option.full_help in text


def test_values_of_another_parser_are_checked_alike() -> None:
    # invoke hands over lists for what repeats and texts for numbers.
    given = {**DEFAULTS, "package": ["a"], "attempts": "7", "set": []}
    assert checked(OPTIONS, given) == {**DEFAULTS, "package": ("a",), "attempts": 7}
    with pytest.raises(UsageError, match="--level takes low, high"):
        checked(OPTIONS, {**DEFAULTS, "level": "middle"})


@pytest.mark.parametrize(
    ("words", "own", "passthrough"),
    [
        ([], [], ()),
        (["--fix"], ["--fix"], ()),
        (["--fix", "--"], ["--fix"], ()),
        (["--", "-j", "2"], [], ("-j", "2")),
        (["--fix", "--", "a b", "--", "c"], ["--fix"], ("a b", "--", "c")),
    ],
)
def test_what_follows_the_separator_stays_a_list(
    words: list[str], own: list[str], passthrough: tuple[str, ...]
) -> None:
    assert split(words) == (own, passthrough)


def test_a_description_is_the_docstring() -> None:
    assert (
        description_of(Session(f"{__name__}:example", "Do one thing."))
        == "Do one thing.\n\nAnd explain it."
    )


@pytest.mark.parametrize("name", SESSIONS)
def test_every_session_has_a_first_line_and_help_for_every_flag(name: str) -> None:
    first, *_ = description_of(SESSIONS[name]).splitlines()
    assert first.endswith(".")
    options = flags_of(SESSIONS[name])
    assert tuple(option.name for option in options[-3:]) == COMMON_NAMES
    for option in options:
        assert option.help.endswith((".", "?")), option.flag


def shows(
    context: object,
    *,
    from_: Annotated[tuple[str, ...], "From where."] = (),
    all: Annotated[bool, "Everything."] = False,  # noqa: A002 - the option's name
) -> None:
    """Show something."""


SHOWS = (*options_of(shows), *COMMON)


@pytest.mark.parametrize(
    "words",
    [
        ["trend"],
        ["trend", "--last", "5"],
        ["--all", "trend"],
        ["--from=trend", "trend"],
        ["--from", "trend", "trend"],
        ["--last", "5", "trend"],  # a flag that is only the new session's
    ],
)
def test_a_word_that_became_a_session_is_refused_with_the_new_line(words: list[str]) -> None:
    for face, line in ((Face.NOX, "nox -s trend"), (Face.INVOKE, "invoke trend")):
        with pytest.raises(UsageError, match="`shows trend` is now the session `trend`") as raised:
            check_former_words("shows", ("trend",), SHOWS, words, face)
        assert (raised.value.next_step, raised.value.exit_code) == (line, 2)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--from", "trend"],
        ["--from=trend"],
        ["--all", "clippy", "trend"],  # to invoke three sessions
        ["clippy", "trend"],
    ],
)
def test_the_same_word_as_a_value_or_behind_another_session_stays(words: list[str]) -> None:
    check_former_words("shows", ("trend",), SHOWS, words, Face.CONSOLE)


def test_a_flag_may_be_named_like_a_word_of_python() -> None:
    assert [option.flag for option in SHOWS[:2]] == ["--from", "--all"]
    assert SHOWS[0].value_name == "FROM"


def varied(
    context: object,
    *,
    on: bool = True,
    off: bool,
    n: int = 1,
    numbers: tuple[int, ...] = (),
    names: tuple[str, ...] = ("a", "b"),
) -> None:
    """Take flags of kinds that no session of ours has."""


VARIED = {"on": True, "off": False, "n": 1, "numbers": (), "names": ("a", "b")}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("", {}),
        ("--no-on --off", {"on": False, "off": True}),
        ("-n 5", {"n": 5}),
        ("--numbers 1 --numbers=2", {"numbers": (1, 2)}),
        ("--names c", {"names": ("c",)}),
    ],
)
def test_flags_of_all_kinds(words: str, changed: dict[str, object]) -> None:
    values = parse("prog", "", options_of(varied), words.split())
    assert values == {**VARIED, **changed}


def test_each_number_that_repeats_is_one() -> None:
    with pytest.raises(UsageError, match="--numbers takes a number, not 'x'"):
        parse("prog", "", options_of(varied), ["--numbers", "1", "--numbers", "x"])
    # as invoke hands them over
    assert checked(options_of(varied), {**VARIED, "names": [], "numbers": ["3"]})["numbers"] == (3,)


def no_text(*, x: Literal[1, 2] = 1) -> None: ...
def switches(*, x: tuple[bool, ...] = ()) -> None: ...
def wrong_number(*, x: int = "many") -> None: ...  # type: ignore[assignment]
def wrong_choice(*, x: Literal["a", "b"] = "c") -> None: ...  # type: ignore[assignment]
def wrong_item(*, x: tuple[int, ...] = ("a",)) -> None: ...  # type: ignore[assignment]


@pytest.mark.parametrize("function", [no_text, switches])
def test_a_parameter_that_no_flag_can_be_is_refused(function: Callable[..., None]) -> None:
    with pytest.raises(TypeError, match="the parameter `x` cannot be a flag"):
        options_of(function)


@pytest.mark.parametrize("function", [wrong_number, wrong_choice, wrong_item])
def test_a_default_that_no_value_of_the_flag_can_be_is_refused(
    function: Callable[..., None],
) -> None:
    with pytest.raises(TypeError, match="the parameter `x` cannot have the default"):
        options_of(function)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ((), ()),
        (("clone",), ("--path", "clone")),
        (("--json", "a clone"), ("--json", "--path", "a clone")),
        (("--output", "review.md", "clone"), ("--output", "review.md", "--path", "clone")),
        (("--output=review.md",), ("--output=review.md",)),
        (("--path", "clone"), ("--path", "clone")),
    ],
)
def test_a_bare_word_is_the_value_of_the_flag_that_the_row_names(
    words: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    known = flags_of(SESSIONS["review"])
    assert tuple(with_flag_for_word("path", known, words)) == meant
    assert tuple(with_flag_for_word(None, known, words)) == words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), []),
        (("unit", "clippy"), ["--session", "unit", "--session", "clippy"]),
        (("--json", "unit"), ["--json", "--session", "unit"]),
        (("--session", "unit", "fmt"), ["--session", "unit", "--session", "fmt"]),
        (("--set", "a=b", "fmt"), ["--set", "a=b", "--session", "fmt"]),
    ],
)
def test_all_bare_words_are_values_of_the_flag_that_the_row_names(
    words: tuple[str, ...], expected: list[str]
) -> None:
    known = flags_of(SESSIONS["watch"])
    assert list(with_flags_for_words("session", known, words)) == expected
    assert with_flags_for_words(None, known, words) == words
