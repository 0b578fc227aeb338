"""What becomes of the exit code of a command, and how surely it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from tasker_ci.foreign.command import ExitCode


class Status(Enum):
    """What is known of an exit code without running anything."""

    TRUE = "always 0"
    FALSE = "never 0"
    EXPECTED = "0 if all is well"
    """Of a command that does something: another code is a failure."""
    EITHER = "either"
    """Of a command that asks something."""

    @property
    def inverted(self) -> Status:
        """After `!`."""
        return {Status.TRUE: Status.FALSE, Status.FALSE: Status.TRUE}.get(self, Status.EITHER)


@dataclass(frozen=True)
class Fate:
    """Of the commands of one part of a script."""

    code: ExitCode = ExitCode.COUNTS
    last: bool = True
    """Whether the code is the result of the script."""
    certain: bool = True
    piped_to: tuple[tuple[str | None, ...], ...] = ()
    redirected_to: tuple[str | None, ...] = ()
    input: str | None = None

    def of(self, code: ExitCode) -> Fate:
        """With another end of the exit code, unless it is lost already."""
        if code is self.code or self.code is not ExitCode.COUNTS:
            return self
        return replace(self, code=code)

    def asked(self) -> Fate:
        """As a condition, which looks at the exit code whatever becomes of the whole."""
        return self if self.code is ExitCode.DECIDES else replace(self, code=ExitCode.DECIDES)

    def within_block(self, *, last: bool, errexit: bool, looked_at: bool) -> Fate:
        """Of one statement among others; ``looked_at`` where the next one asks for its code."""
        if last:
            lost = self.code is ExitCode.COUNTS and not self.last and not errexit
            return self.of(ExitCode.IGNORED) if lost else self
        fate = replace(self, last=False) if self.last else self
        if fate.code is ExitCode.DECIDES:
            return replace(fate, code=ExitCode.IGNORED)
        ends = fate.code is ExitCode.COUNTS and errexit
        if not ends and fate.code in {ExitCode.COUNTS, ExitCode.IGNORED}:
            return fate.asked() if looked_at else fate.of(ExitCode.IGNORED)
        return fate

    def unsure(self) -> Fate:
        """In a branch that may be passed over."""
        return replace(self, certain=False) if self.certain else self

    def alone(self) -> Fate:
        """Without pipes and redirections."""
        if not self.piped_to and not self.redirected_to and self.input is None:
            return self
        return replace(self, piped_to=(), redirected_to=(), input=None)


_ASKING = frozenset(
    [
        "[",
        "[[",
        "test",
        "grep",
        "egrep",
        "fgrep",
        "rg",
        "which",
        "command",
        "type",
        "hash",
        "diff",
        "cmp",
        "pgrep",
        "expr",
        "let",
        "read",
        "ask",
        "kill",
        "nc",
    ]
)


def status_of(words: tuple[str, ...]) -> Status:
    """What is known of the exit code of a program."""
    program = words[0] if words else ":"
    if program in {"true", ":", "echo", "printf", "export", "set", "shift"}:
        return Status.TRUE
    if program == "false":
        return Status.FALSE
    if program in _ASKING:
        return Status.EITHER
    if program == "git" and words[1:2] and words[1] in {"diff", "diff-index", "merge-base", "grep"}:
        return Status.EITHER
    return Status.EXPECTED
