"""One command as a job would run it, with all that it finds around it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.places import Opaque, Place

TOP = PurePosixPath()
"""The root of the repository."""


class ExitCode(Enum):
    """What becomes of the exit code of a command."""

    COUNTS = "counts"
    """A failure ends the script or becomes its result."""
    IGNORED = "ignored"
    """``|| true`` and its kind, or ``set +e`` with no look at it."""
    LOST_IN_PIPE = "lost in a pipe"
    """It stands before a ``|`` and the shell has no ``pipefail``."""
    DECIDES = "decides"
    """It is the condition of ``if``, ``while``, ``&&`` or ``||``."""
    SUBSTITUTED = "substituted"
    """It stands in ``$( … )`` of another command, which takes its output alone."""
    BACKGROUND = "background"
    """``&`` with no ``wait`` for it."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where one command runs."""

    run: JobRun
    step: Step | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict)
    """The environment that workflow, job, step and script set; None for an unknown value."""
    folder: PurePosixPath | None = TOP
    """From the root of the repository; None where it is outside or not known."""
    default_toolchain: str | None = ""
    """What `rustup default` or an action installed as the default; "" where nothing says one, None
    where it is not known. A toolchain file outranks it."""
    override_toolchain: str | None = ""
    """What `rustup override` or an action's override set; outranks a toolchain file."""
    installed: frozenset[str] = frozenset()
    """Programs and components that earlier steps installed (``cargo-nextest``, ``clippy``)."""
    installed_all_known: bool = True
    """False where an earlier step may have installed anything."""
    others: frozenset[PurePosixPath] = frozenset()
    """Folders that hold another repository (`actions/checkout` with `repository:`)."""

    @property
    def elsewhere(self) -> bool:
        """Whether the code around is another repository's."""
        folder = self.folder
        return folder is not None and any(map(folder.is_relative_to, self.others))

    def with_variables(self, more: Mapping[str, str | None]) -> Surroundings:
        """The same with variables that are set over those that are there."""
        return replace(self, variables={**self.variables, **more}) if more else self

    def in_folder(self, folder: PurePosixPath | None) -> Surroundings:
        """The same after a change of the folder."""
        return replace(self, folder=folder)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One simple command: a program and its arguments, all expansion done."""

    place: Place
    """Where it is written."""
    text: str
    """As it is written, on one line."""
    words: tuple[str | None, ...]
    """The program and its arguments; None for a word that is not known."""
    around: Surroundings
    """Variables before the program's name are in it."""
    parts: tuple[str, ...] = ()
    """The last words again, with U+E000 for each part that is not known: `A=\ue000`; empty where
    all words are known."""
    exit_code: ExitCode = ExitCode.COUNTS
    certain: bool = True
    """Whether it runs whenever its step does: it stands in no branch that may be passed over."""
    trail: tuple[Place, ...] = ()
    """From the workflow's step to what called it, outermost first; empty for a step's own."""
    piped_to: tuple[tuple[str | None, ...], ...] = ()
    """The words of the commands behind its pipes."""
    redirected_to: tuple[str | None, ...] = ()
    """The files that its output goes to."""
    input: str | None = None
    """Its here-document or here-string."""

    def part(self, index: int) -> str:
        """A word with U+E000 for what is not known of it."""
        word = self.words[index]
        if word is not None:
            return word
        at = index - len(self.words)
        return self.parts[at] if -at <= len(self.parts) else "\ue000"


@dataclass(frozen=True, kw_only=True)
class Commands:
    """What a script, a task or a step runs, and what it leaves to what comes later."""

    commands: tuple[Command, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    after: Surroundings | None = None
    """What the next step of the job finds; None for no change."""
    outputs: Mapping[str, str | None] = field(default_factory=dict)
    """What was written to ``$GITHUB_OUTPUT``; None for an unknown value."""
