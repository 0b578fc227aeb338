"""Scripts of checks that people run themselves, and hooks of git: what they select."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.runners.following import read_and_follow
from tasker_ci.foreign.selections.reading import Repository, selections_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.review.subject import Subject

_FOLDERS = {"", "scripts", "script", "bin", "ci", "tools", "hack", ".githooks", ".hooks", "hooks"}
_CHECKS = re.compile(
    r"(?:^|[-_])(?:checks?|lints?|tests?|ci|pre-?commit|pre-?push|verify|validate|quality)(?:[-_]|$)"
)
_SHELL = re.compile(r"#!\s*/(?:usr/)?bin/(?:env\s+)?(?:ba|z|da)?sh\b")
_MOST_SCRIPTS = 20
_MOST_CALLS = 200
"""A script with more is a build of its own kind."""


@dataclass(frozen=True, kw_only=True)
class LocalScript:
    """One script with all that it selects."""

    path: PurePosixPath
    selections: tuple[Selection, ...]


def local_scripts(subject: Subject) -> Iterator[LocalScript]:
    """The scripts that no job runs and that were read to the end."""
    checkout = subject.checkout
    run = {
        place.file
        for command in subject.reading.commands
        for place in (command.place, *command.trail)
    }
    repository = Repository(
        texts=checkout, workspaces=tuple(each.workspace for each in subject.workspaces)
    )
    named = [
        file
        for file in checkout.in_order
        if str(file.parent).removeprefix(".") in {each.removeprefix(".") for each in _FOLDERS}
        and file.suffix in {"", ".sh", ".bash"}
        and _CHECKS.search(file.stem)
        and file not in run
    ]
    for file in named[:_MOST_SCRIPTS]:
        text = checkout.text(file) or ""
        if not _SHELL.match(text):
            continue
        selections = _selections(subject, file, text, repository)
        if selections:
            yield LocalScript(path=file, selections=selections)


def _selections(
    subject: Subject, file: PurePosixPath, text: str, repository: Repository
) -> tuple[Selection, ...]:
    """What a script selects from the root of the repository; nothing if a part is not read."""
    place = Place(file, 1)
    workflow = Workflow(path=file, place=place)
    around = Surroundings(run=JobRun(workflow=workflow, job=Job(name="script", place=place)))
    script = Script(text=text, place=place, around=around, exit_on_error=False, path=file)
    read = read_and_follow(script, subject.checkout)
    if read.opaque or len(read.commands) > _MOST_CALLS:
        return ()
    found: list[Selection] = []
    for command in read.commands:
        invocation = invocation_of(command, subject.checkout)
        if isinstance(invocation, Opaque):
            return ()
        if isinstance(invocation, Invocation):
            for each in selections_of(invocation, repository):
                if isinstance(each, Opaque):
                    return ()
                found.append(each)
    return tuple(found)
