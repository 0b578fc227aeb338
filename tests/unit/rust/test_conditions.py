"""What is certain about a `cfg` predicate."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.rust.attributes import read_attribute
from tasker_ci.rust.conditions import Condition, Quoted, read_condition, split_arguments
from tasker_ci.rust.tokens import leaves, parse


def condition(text: str) -> Condition:
    """Read a predicate as it stands in a source."""
    root = parse(f"#[cfg({text})]\nfn f() {{}}\n".encode())
    (attribute,) = read_attribute(leaves(root.children[0])[2:-1])
    assert attribute.condition is not None
    return attribute.condition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("test", True),
        ("not(test)", False),
        ("unix", None),
        ("not(unix)", None),
        ('feature = "on"', True),
        ('feature = "off"', False),
        ('feature = r"on"', True),
        ('target_os = "linux"', None),
        ("any()", False),
        ("all()", True),
        ("true", True),
        ("false", False),
        ('all(unix, feature = "off")', False),
        ('all(unix, feature = "on")', None),
        ('any(unix, feature = "on")', True),
        ('any(unix, feature = "off")', None),
        ('not(any(unix, feature = "on"))', False),
        ('all(test, any(feature = "off", not(feature = "off")),)', True),
        ("accessible(::std::mem)", None),
    ],
)
def test_a_predicate_holds_does_not_or_depends(text: str, expected: bool | None) -> None:
    def known(name: str, value: str | None) -> bool | None:
        if name == "feature":
            return value == "on"
        return True if name == "test" else None

    assert condition(text).holds(known) is expected


def test_a_predicate_is_written_as_in_the_source() -> None:
    text = 'all(test, not(feature = "x"), any(unix, target_os = "y"))'
    assert str(condition(text)) == 'all(test, not(feature = "x"), any(unix, target_os = "y"))'


def test_a_comma_in_a_text_separates_nothing() -> None:
    parts = [*split_arguments(["a", ",", Quoted(","), "(", ",", ")", ","])]
    assert parts == [["a"], [",", "(", ",", ")"]]


WORDS = ("unix", "windows", "loom")

CONDITIONS = st.recursive(
    st.sampled_from([Condition("is", word) for word in (*WORDS, "test")]),
    lambda inner: st.one_of(
        st.builds(
            Condition,
            st.sampled_from(["all", "any"]),
            parts=st.lists(inner).map(tuple),
        ),
        inner.map(lambda one: Condition("not", parts=(one,))),
    ),
)


def truth(each: Condition, world: dict[str, bool]) -> bool:
    """The two-valued truth in one world."""
    parts = [truth(part, world) for part in each.parts]
    operations = {"all": all(parts), "any": any(parts), "not": not any(parts)}
    return operations[each.operator] if each.operator != "is" else world[each.name]


@given(CONDITIONS)
def test_what_is_said_to_be_certain_is_so_in_every_world(each: Condition) -> None:
    said = each.holds(lambda name, _: True if name == "test" else None)
    worlds = [
        {"test": True, **dict(zip(WORDS, values, strict=True))}
        for values in product((False, True), repeat=len(WORDS))
    ]
    if said is not None:
        assert {truth(each, world) for world in worlds} == {said}


def test_reading_nothing_is_no_error() -> None:
    assert read_condition([]).holds(lambda *_: True) is None


def test_every_name_that_it_asks_for() -> None:
    names = [*condition('all(test, not(any(unix, target_os = "y")), accessible(x))').names()]
    assert names == [("test", None), ("unix", None), ("target_os", "y")]
