"""Settings of sessions that a project brings itself: the table ``[sessions.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class OwnTool:
    program: Annotated[str, "The program that `doctor` looks for."] = ""
    install: Annotated[
        tuple[str, ...],
        "The command that installs it, which `tools --tool PROGRAM` runs, on GitHub too.",
    ] = ()


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    command: Annotated[
        tuple[str, ...] | tuple[tuple[str, ...], ...],
        "What runs, as a list of words, or a list of such lists that run in order. No shell reads "
        "it. What follows the separator goes to the last.",
    ] = ()
    function: Annotated[
        str,
        "A Python function over `Context` in place of a command: `package.module:name`, imported "
        "from the project root. Its keyword-only parameters are its flags.",
    ] = ""
    summary: Annotated[str, "What it does, in a sentence."] = ""
    stage: Annotated[str, "The stage of the pipeline; a new name makes a stage."] = "quality"
    needs: Annotated[tuple[str, ...], "The stages that a new stage waits for."] = ()
    pipeline: Annotated[bool, "Whether it is in the pipeline; false: people call it by hand."] = (
        True
    )
    compiles: Annotated[
        Literal["none", "check", "build"],
        "Which artefacts of cargo it makes: `check` as clippy does, `build` as unit does.",
    ] = "none"
    services: Annotated[tuple[str, ...], "The services that run while it does."] = ()
    environment: Annotated[Mapping[str, str], "Variables for it alone."] = field(
        default_factory=dict
    )
    directory: Annotated[str, "Where it runs, relative to the workspace."] = "."
    report: Annotated[
        str, "The JUnit files that it writes, a path or a glob relative to `directory`."
    ] = ""
    tool: Annotated[OwnTool, "The program that it needs."] = OwnTool()
    proves: Annotated[
        bool,
        "Whether `ci` need not run it again after a green run while nothing changes that it knows: "
        "the repository, the environment, tools. With `services` it counts for `proven.hours`.",
    ] = False
    timeout_seconds: Annotated[int, "How long it may take."] = HOUR


OWN_SESSIONS = Annotated[
    Mapping[str, OwnSession], "Sessions of your own, by name: commands and functions."
]
