"""Reads one script: the commands that it runs, each with its words as a shell would expand them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate
from tasker_ci.foreign.bash.interpreter import Interpreter
from tasker_ci.foreign.bash.state import first_state
from tasker_ci.foreign.command import Commands
from tasker_ci.foreign.places import Opaque

if TYPE_CHECKING:
    from tasker_ci.foreign.bash.script import Files, Script


def read_script(script: Script, files: Files | None = None) -> Commands:
    """What a script runs, in its order; nothing of it is executed.

    ``files`` are those of the repository, for what `source` and `cat` read there. Parts that cannot
    be read are in ``opaque``; what a later step finds changed is in ``after``.
    """
    state = first_state(script)
    reader = Interpreter(script, state, files)
    try:
        reader.read(script, Fate())
    except RecursionError:
        reader.opaque.append(Opaque(script.place, "the script is nested too deeply"))
    # Of the shell's own state the next step finds nothing, of what is installed all.
    state = reader.state
    given = script.around
    after = replace(state.around, folder=given.folder, variables={**given.variables, **state.later})
    return Commands(
        commands=tuple(reader.commands),
        opaque=tuple(dict.fromkeys(reader.opaque)),
        after=None if after == given else after,
        outputs=dict(state.outputs),
    )
