from __future__ import annotations

import pytest

from tasker_ci.foreign.selections.filtersets import Filterset, NoFilterset, read_filterset


def shown(expression: Filterset) -> str:
    if expression.parts:
        return f"{expression.operator}({', '.join(map(shown, expression.parts))})"
    return f"{expression.operator}:{expression.matcher}:{expression.value}"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("all()", "all::"),
        ("test(a)", "test:contains:a"),
        ("package(a*)", "package:glob:a*"),
        ("package(=a)", "package:equal:a"),
        ("test(~ a)", "test:contains: a"),
        ("binary_id( /^a\\/b$/ )", "binary_id:regex:^a/b$"),
        ("test(#*a\\,b\\)\\u{63})", "test:glob:*a,b)c"),
        ("kind(lib)", "kind:equal:lib"),
        (
            "test(a) and package(b) or not all()",
            "or(and(test:contains:a, package:glob:b), not(all::))",
        ),
        ("test(a)|test(b)+test(c)", "or(test:contains:a, test:contains:b, test:contains:c)"),
        ("test(a)-test(b)&all()", "and(and(test:contains:a, not(test:contains:b)), all::)"),
        ("!(test(a)|all())", "not(or(test:contains:a, all::))"),
        ("not(test(a))", "not(test:contains:a)"),
        ("not test(a) and\r\n all()", "and(not(test:contains:a), all::)"),
    ],
)
def test_an_expression_is_a_tree(text: str, tree: str) -> None:
    assert shown(read_filterset(text)) == tree


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "test",
            "test(",
            "test()",
            "test(a",
            "test(a,b)",
            "nothing(a)",
            "all(a)",
            "test(a) test(b)",
        ),
        *("test(a) && all()", "test(a) || all()", "(all()", "not", "test(\\q)", "test(/a)", "()"),
        *("test(\\u{110000})", "(" * 5000 + "all()", "not " * 5000 + "all()"),
    ],
)
def test_what_is_no_filterset(text: str) -> None:
    with pytest.raises(NoFilterset):
        read_filterset(text)
