"""Colour for cargo, without a variable that tests would inherit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.process.command import Command


def colored(command: Command, *, color: bool) -> Command:
    """The command with `--color always` if it calls cargo and colour is wanted.

    A variable would reach what cargo starts. A choice of the user's own stays: `--color` in the
    command of a setting, or CARGO_TERM_COLOR.
    """
    program, *words = command.argv
    own = any(word.partition("=")[0] == "--color" for word in words)
    own = own or bool(command.environment.get("CARGO_TERM_COLOR"))
    if not color or own or Path(program).name != "cargo":
        return command
    chosen = words[:1] if words and words[0].startswith("+") else []
    rest = words[len(chosen) :]
    return replace(command, argv=(program, *chosen, "--color", "always", *rest))
