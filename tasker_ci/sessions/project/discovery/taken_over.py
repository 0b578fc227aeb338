"""What a project's own workflows ask of clippy, rustdoc and cargo-audit: it becomes settings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import TOP
from tasker_ci.foreign.github.job_runs import job_runs
from tasker_ci.foreign.github.workflow_reading import read_workflows
from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.compilation import toolchain_in_files, toolchain_of
from tasker_ci.sessions.project.covering.after_the_dashes import lints_of
from tasker_ci.sessions.project.covering.builds import denies_warnings
from tasker_ci.sessions.project.covering.cargo_sessions import AUDITED
from tasker_ci.sessions.project.covering.deeds import deeds_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.github.job_run import JobRun


@dataclass(frozen=True, kw_only=True)
class TakenOver:
    """What becomes settings; each with the file that asks for it."""

    lints: tuple[str, ...] = ()
    """What follows `--` on clippy's line, where all that have anything there agree."""
    lints_from: str | None = None
    doc_denied_by: str | None = None
    """Where rustdoc's warnings are errors."""
    audit_deny: tuple[str, ...] = ()
    audit_from: str | None = None


def taken_over(foreign: Checkout) -> TakenOver:
    """Read the workflows that `sync` did not write; what cannot be read asks for nothing."""
    lints: dict[tuple[str, ...], str] = {}
    denied: dict[str, str] = {}
    documented: str | None = None
    own = {"", "stable", toolchain_in_files(TOP, foreign)}
    for file, call in _calls(foreign):
        if call.unknown_values or toolchain_of(call, foreign) not in own:
            continue
        command = call.subcommand[0] if call.subcommand else ""
        if command == "clippy" and call.after_dashes and lints_of(call.after_dashes) is not None:
            lints.setdefault(call.after_dashes, file)
        elif command == "doc" and denies_warnings(call.environment.get("RUSTDOCFLAGS") or ""):
            documented = documented or file
        elif command == "audit":
            for value in call.values("--deny"):
                for kind in AUDITED.get(value, (value,)):
                    denied.setdefault(kind, file)
    words = next(iter(lints)) if len(lints) == 1 else ()
    known = [kind for kind in AUDITED["warnings"] if kind in denied]
    return TakenOver(
        lints=words,
        lints_from=lints.get(words),
        doc_denied_by=documented,
        audit_deny=tuple(known),
        audit_from=denied[known[0]] if known else None,
    )


def _calls(foreign: Checkout) -> Iterator[tuple[str, Invocation]]:
    """The calls of cargo that run on each occasion, each with the file of its workflow."""
    jobs: dict[tuple[PurePosixPath, str], list[JobRun]] = defaultdict(list)
    for run in job_runs(read_workflows(foreign))[0]:
        jobs[run.workflow.path, run.job.name].append(run)
    for (file, _), runs in jobs.items():
        for deed in deeds_of(runs, foreign, ()):
            for each in deed.occasions:
                for command in () if each.problem else each.leads_to:
                    call = invocation_of(command, foreign) if command.certain else None
                    if isinstance(call, Invocation):
                        yield file.name, call
