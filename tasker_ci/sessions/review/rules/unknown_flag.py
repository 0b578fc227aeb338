"""A flag that cargo or nextest refuses.

The command ends with a usage error before anything is built. Where its exit code is lost
(`|| true`, `continue-on-error`), the job is green and has done nothing.

    - run: cargo test --doc --all-packages     # the flag is --workspace

**Certain** for flags that neither the newest release nor its hidden ones know.

**Fix**: write the flag that was meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.flags import flag_table, has_table
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.sessions.review.subject import Subject


_MEANT = dict.fromkeys(("--all-packages", "--all-crates", "--all-members"), "--workspace")
"""What people write for a flag with another name."""


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each place and flag."""
    seen: set[tuple[object, str]] = set()
    for invocation in subject.reading.invocations:
        for flag in invocation.unknown_flags:
            key = (invocation.command.place, flag)
            if key not in seen:
                seen.add(key)
                yield _finding(invocation, flag)


def _finding(invocation: Invocation, flag: str) -> ReviewFinding:
    command = invocation.command
    name = " ".join((invocation.program, *invocation.subcommand))
    meant = _MEANT.get(flag) or nearest(flag, _known(invocation))
    if "binstall" in invocation.subcommand:
        meant = "cargo install"  # what is there already was built with its own features
    return RULE.finding(
        place=command.place,
        message=f"`{name}` has no flag `{flag}`.",
        evidence=(f"`{command.text}`", f"in {command.around.run.label}"),
        fix=f"Write `{meant}`." if meant else f"Remove `{flag}`.",
    )


def _known(invocation: Invocation) -> tuple[str, ...]:
    """The flags of the subcommand, or of the one within it (`cargo hack test`)."""
    words = invocation.subcommand
    names = (" ".join(words), " ".join(words[-2:]), *words[-1:])
    name = next(filter(has_table, names), None)
    return tuple(flag_table(name).names) if name else ()


RULE = ReviewRule(
    id="F1",
    name="unknown-flag",
    severity=Severity.ERROR,
    reads="every command of cargo and nextest",
    certain="where the flag is in no release",
    find=find,
)
