"""Every failure has an exit code of its kind and a next step."""

from __future__ import annotations

import inspect
import signal
from importlib import import_module
from pathlib import Path

import pytest

from tasker_ci import errors

ROOT = Path(__file__).parents[2]
KINDS = {
    kind
    for file in sorted((ROOT / "tasker_ci").rglob("errors.py"))
    for module in [import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))]
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, errors.TaskerCIError)
}


@pytest.mark.parametrize("kind", sorted(KINDS, key=str), ids=lambda kind: kind.__name__)
def test_a_kind_says_what_it_is_and_has_a_code(kind: type[errors.TaskerCIError]) -> None:
    assert kind.__doc__
    assert kind.default_exit_code in {1, 2, 3}


def test_the_code_of_a_child_replaces_that_of_the_kind() -> None:
    error = errors.CommandFailed("x", exit_code=101, next_step="y", data={"a": 1})
    assert (str(error), error.message, error.next_step) == ("x", "x", "y")
    assert (error.exit_code, error.data) == (101, {"a": 1})
    assert errors.SettingsError("x").exit_code == 2
    assert errors.MissingToolError("x").exit_code == 3
    assert errors.TaskerCIError("x", exit_code=0).exit_code == 0


@pytest.mark.parametrize(
    ("number", "message", "code"),
    [
        (signal.SIGINT, "Interrupted by Ctrl-C.", 130),
        (signal.SIGTERM, "Interrupted by SIGTERM.", 143),
        (signal.SIGHUP, "Interrupted by SIGHUP.", 129),
    ],
)
def test_an_interruption_has_the_code_a_shell_gives_it(
    number: int, message: str, code: int
) -> None:
    error = errors.Interrupted(number)
    assert (error.message, error.exit_code, error.signal_number) == (message, code, number)
