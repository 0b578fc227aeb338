"""GitHub's expressions, by the tables of its documentation."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tasker_ci.foreign.github.expression_syntax import UnreadableExpression, meaning_of
from tasker_ci.foreign.github.expressions import condition, evaluate, filled_in, interpolate
from tasker_ci.foreign.github.values import UNKNOWN, Partial, Unknown, truth

CONTEXTS: dict[str, Any] = {
    "github": Partial(event_name="push", ref=Unknown(prefix="refs/heads/")),
    "matrix": {"os": "ubuntu-latest", "version": 1.7, "extra": {"features": ["a", "b"]}},
    "env": Partial(EMPTY=""),
    "inputs": {},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # literals
        ("null", None),
        ("true", True),
        ("711", 711),
        ("-9.2", -9.2),
        ("0xff", 255),
        ("-2.99e-2", -2.99e-2),
        ("'It''s open source!'", "It's open source!"),
        # values of && and ||
        ("matrix.os && 'yes' || 'no'", "yes"),
        ("matrix.nothing && 'yes' || 'no'", "no"),
        ("'' || 0 || 'last'", "last"),
        ("'a' && 'b'", "b"),
        ("'' && 'b'", ""),
        # loose equality
        ("1 == '1'", True),
        ("null == 0", True),
        ("'' == 0", True),
        ("null == ''", True),
        ("true == 1", True),
        ("true == 'true'", False),
        ("'ABC' == 'abc'", True),
        ("'a' != 'A'", False),
        ("fromJSON('[1]') == fromJSON('[1]')", False),
        # order
        ("1 < 2", True),
        ("'b' > 'A'", True),
        ("'x' < 1", False),
        ("3 >= 3", True),
        # members
        ("matrix['os']", "ubuntu-latest"),
        ("matrix.OS", "ubuntu-latest"),
        ("matrix.extra.features[1]", "b"),
        ("matrix.extra.features[7]", None),
        ("matrix.nothing.at.all", None),
        ("join(fromJSON('[{\"a\":1},{\"a\":2}]').*.a, '+')", "1+2"),
        # functions
        ("contains('Hello world', 'LLO')", True),
        ('contains(fromJSON(\'["push", "pull_request"]\'), github.event_name)', True),
        ("startsWith('Hello world', 'he')", True),
        ("endsWith('Hello world', 'LD')", True),
        ("format('{{Hello {0} {1}!}}', 'Mona', 2)", "{Hello Mona 2!}"),
        ("join(matrix.extra.features, ' ')", "a b"),
        ("fromJSON('{\"a\": [1, true]}').a[1]", True),
        ("toJSON(matrix.extra.features)", '[\n  "a",\n  "b"\n]'),
        ("case(false, 'a', true, 'b', 'c')", "b"),
        ("!('a' == 'b') && !!true", True),
        # what is known of a text
        ("startsWith(github.ref, 'refs/tags/')", False),
        ("startsWith(github.ref, 'refs/')", True),
        ("github.ref == 'refs/tags/v1'", False),
    ],
)
def test_values(text: str, expected: object) -> None:
    assert evaluate(text, CONTEXTS) == expected
    assert type(evaluate(text, CONTEXTS)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("github.actor", None),
        ("github.actor == 'x'", None),
        ("github.actor && false", False),
        ("false && github.actor", False),
        ("github.actor || true", True),
        ("github.actor || ''", None),
        ("!github.actor", None),
        ("github.ref == 'refs/heads/main'", None),
        ("contains(github.actor, 'x') || matrix.os == 'UBUNTU-latest'", True),
        ("github.actor < 3", None),
        ("hashFiles('**/Cargo.lock') != ''", None),
        ("secrets.TOKEN", None),
    ],
)
def test_truth_of_what_only_a_run_knows(text: str, expected: bool | None) -> None:
    assert truth(evaluate(text, CONTEXTS)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, True),
        ("false", False),
        ("${{ false }}", False),
        ("${{ false }} && false", True),  # GitHub takes it for a text
        ("success()", True),
        ("always() && github.event_name == 'release'", False),
        ("!cancelled()", True),
        ("failure()", None),
        ("!success()", None),
        ("success() && false", False),
        ("failure() && github.event_name == 'release'", False),
        ("github.event_name == 'PUSH'", True),
        ("inputs.full", False),
        ("inputs.full == ''", True),
        ("this is (no expression", None),
    ],
)
def test_conditions(text: str | None, expected: bool | None) -> None:
    assert condition(text, CONTEXTS) is expected


def test_texts_with_expressions() -> None:
    assert interpolate("v${{ matrix.version }}-${{ env.EMPTY }}", CONTEXTS) == "v1.7-"
    assert interpolate("${{ github.actor }}", CONTEXTS) is None
    text = "a ${{ matrix.os }} ${{ github.actor }} ${{ '}}' }} ${{ open"
    assert filled_in(text, CONTEXTS) == "a ubuntu-latest ${{ github.actor }} }} ${{ open"


@pytest.mark.parametrize(
    "text",
    ["(" * 3000 + ")" * 3000, "!" * 20_000 + "true", "a" * 30_000, "a[" * 3000, "'", "", "1 2"],
)
def test_hostile_expressions_are_not_known(text: str) -> None:
    assert evaluate(text, {}) in {UNKNOWN, True}


def test_many_open_braces_take_no_time() -> None:
    text = "${{ " * 200_000
    assert filled_in(text, {}) == text
    assert filled_in("${{ '" * 200_000, {}).startswith("${{")


def test_numbers_become_texts_as_github_writes_them() -> None:
    from tasker_ci.foreign.github.values import as_number, as_text

    values = [1.70, 1, 3.10, 1e20, True, None, [], {}]
    assert [*map(as_text, values)] == ["1.7", "1", "3.1", "1E+20", "true", "", "Array", "Object"]
    assert math.isnan(as_number([]))


@pytest.mark.parametrize("text", ["", "a b", "a.", "f(", "(a", "a ==", "'open", "a ? b", "#"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(UnreadableExpression):
        meaning_of(text)
