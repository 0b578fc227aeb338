"""What a function of a project says of itself, or why it cannot be a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest

from tasker_ci.faces.own_process import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasker_ci.context import Context, Outcome


def check(context: Any, *, level: Annotated[str, "How\x1b[31m much."] = "low") -> None:
    """Check it.

    As strictly as can be.
    """


def typed(context: Context, *, level: int = 1) -> Outcome: ...  # type: ignore[empty-body]
async def asynchronous(context: Any) -> None: ...
def generator(context: Any) -> Iterator[None]:
    yield


def nothing() -> None: ...
def two(context: Any, other: Any) -> None: ...
def positional(context: Any, how: str = "well") -> None: ...
def of_every_session(context: Any, *, help: bool = False) -> None: ...  # noqa: A002
def twice(context: Any, *, on: bool = True, no_on: bool = False) -> None: ...
def same(context: Any, *, x: str = "", x_: str = "") -> None: ...
def choice(context: Any, *, x: Literal[1, 2] = 1) -> None: ...
def default(context: Any, *, x: int = "many") -> None: ...  # type: ignore[assignment]


def test_a_function_says_what_it_does_and_takes() -> None:
    said = described(check)
    assert said["text"] == "Check it.\n\nAs strictly as can be."
    (option,) = said["options"]
    assert (option["name"], option["type"], option["default"]) == ("level", "str", "low")
    assert option["help"] == r"How\x1b[31m much."


def test_names_that_only_a_checker_of_types_knows_do_no_harm() -> None:
    (option,) = described(typed)["options"]
    assert option["type"] == "int"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (asynchronous, "a session is a plain function"),
        (generator, "a session is a plain function"),
        (nothing, "all others are keyword-only"),
        (two, "all others are keyword-only"),
        (positional, "all others are keyword-only"),
        (of_every_session, "there is a flag --help already"),
        (twice, "there is a flag --no-on already"),
        (same, "there is a flag -x already"),
        (choice, "the parameter `x` cannot be a flag"),
        (default, "the parameter `x` cannot have the default 'many'"),
    ],
)
def test_why_a_function_is_no_session(function: Callable[..., Any], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        described(function)
