"""Lints whose findings fail nothing.

Clippy ends with 0 for warnings, and nearly all of its lints are warnings. `cargo fmt` without
`--check` formats the files of the runner, which are thrown away, and is green.

    - run: cargo clippy --workspace     # prints its warnings, and passes

Nothing is said where `-D warnings`, RUSTFLAGS, `[lints.clippy]` of a manifest, cargo's
configuration or `#![deny(clippy::…)]` in a source make one of them an error. A lint of the
compiler's own that is denied, `unsafe_code`, fails the build anyway.

**Certain** where all commands that lint were read and their variables are known.

**Fix**: `cargo clippy … -- -D warnings`, and `cargo fmt --all --check`.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.aliases import read_document
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_DENIES = re.compile(r"(?:^|[\s\x1f])(?:-D|--deny|-F|--forbid)(?:[\s\x1f=]?\w)|\bdeny\b")
_IN_SOURCE = re.compile(r"#!\[(?:cfg_attr\([^\]]*,\s*)?(?:deny|forbid)\((?P<lints>[^)\]]*)")
_OF_CLIPPY = re.compile(r"\b(?:warnings|clippy)\b")
_DENIED = {"deny", "forbid"}
_VARIABLES = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CLIPPY_FLAGS", "CARGO_BUILD_WARNINGS")
_LOOKS_AFTER = {"git", "gh"}


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """Clippy once for all, then each `cargo fmt`."""
    yield from _clippy(subject)
    yield from _formats(subject)


def _clippy(subject: Subject) -> Iterator[ReviewFinding]:
    linting = [
        each
        for each in subject.reading.invocations
        if each.action is Action.LINT and not each.has("--fix", "--version")
    ]
    if not linting or any(map(_may_deny, linting)) or _denied_in_files(subject):
        return
    first = linting[0]
    yield RULE.finding(
        grade=Grade.CERTAIN if subject.all_builds else Grade.SUSPICION,
        place=first.command.place,
        message="Warnings of clippy fail no job.",
        evidence=(f"`{first.command.text}` in {first.command.around.run.label}",),
        fix="Add `-- -D warnings`.",
    )


def _may_deny(invocation: Invocation) -> bool:
    """Whether a call makes warnings errors, or may do so by what is not known."""
    if invocation.opaque or invocation.unknown_values & {"--", "--config"}:
        return True
    values = [invocation.environment.get(name, "") for name in _VARIABLES]
    words = " ".join((*invocation.after_dashes, *invocation.values("--config")))
    return None in values or any(_DENIES.search(each or "") for each in (words, *values))


def _denied_in_files(subject: Subject) -> bool:
    """Whether a manifest, cargo's configuration or a source denies a lint of clippy's.

    `#![forbid(unsafe_code)]` makes an error of one of the compiler's: that fails every build.
    """
    checkout = subject.checkout
    for file in checkout.files:
        if file.name == "Cargo.toml" and _denied_in_manifest(checkout.text(file) or ""):
            return True
        if (
            file.parent.name == ".cargo"
            and file.stem == "config"
            and _DENIES.search((checkout.text(file) or "").replace('", "', " ").replace('"', " "))
        ):
            return True
    roots = {
        PurePosixPath(subject.relative(target.source))
        for reviewed in subject.workspaces
        for package in reviewed.workspace.packages
        for target in package.targets
    }
    return any(
        _OF_CLIPPY.search(found["lints"])
        for root in roots
        for found in _IN_SOURCE.finditer(checkout.text(root) or "")
    )


def _denied_in_manifest(text: str) -> bool:
    """Whether ``[lints]`` denies a lint of clippy's, or all warnings."""
    document = read_document(text)
    for table in (document, part(document, "workspace")):
        lints = part(table, "lints")
        of_rustc = part(lints, "rust").get("warnings")
        for value in (*part(lints, "clippy").values(), of_rustc):
            level = value.get("level") if isinstance(value, dict) else value
            if level in _DENIED:
                return True
    return False


def _formats(subject: Subject) -> Iterator[ReviewFinding]:
    looking = {
        key_of(each.around.run.workflow, each.around.run.job)
        for each in subject.reading.commands
        if (each.words or (None,))[0] in _LOOKS_AFTER
    }
    seen: set[Place] = set()
    for invocation in subject.reading.invocations:
        command, run = invocation.command, invocation.command.around.run
        if invocation.action is not Action.FORMAT or invocation.subcommand != ("fmt",):
            continue
        words = {*invocation.flags, *invocation.words, *invocation.after_dashes}
        if words & {"--check", "--version", "-V", "--help"} or invocation.unknown_values:
            continue
        looked_at = key_of(run.workflow, run.job) in looking
        uses = any(step.uses and "commit" in step.uses for step in run.job.steps)
        if looked_at or uses or command.place in seen or not command.certain:
            continue
        seen.add(command.place)
        yield RULE.finding(
            place=command.place,
            message="`cargo fmt` without `--check` formats the files of the runner, and passes.",
            evidence=(f"`{command.text}` in {run.label}",),
            fix="Add `--check`.",
        )


RULE = ReviewRule(
    id="S2",
    name="lint-passes",
    severity=Severity.WARNING,
    reads="commands that lint and format, manifests, configuration, roots of sources",
    certain="where all commands that lint were read",
    find=find,
)
