"""Command lines that we start ourselves, read as if a job of somebody else's CI started them."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import TOP, Command, Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun, Machine
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.selections.reading import selections_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.selections.reading import Repository
    from tasker_ci.foreign.selections.selection import Selection

RUNNER = Machine(labels=("ubuntu-latest",), system="Linux", architecture="X64")


def own_command(
    session: str,
    words: Sequence[str],
    *,
    folder: PurePosixPath = TOP,
    variables: Mapping[str, str] | None = None,
    machine: Machine = RUNNER,
) -> Command:
    """A command of a session, which counts as the job; ``folder`` is where it starts."""
    place = Place(PurePosixPath(session), 1)
    run = JobRun(
        workflow=Workflow(path=place.file, place=place),
        job=Job(name=session, place=place),
        machine=machine,
        runs=True,
    )
    around = Surroundings(run=run, folder=folder, variables=dict(variables or {}))
    return Command(place=place, text=shlex.join(words), words=tuple(words), around=around)


def own_selections(command: Command, repository: Repository) -> tuple[Selection, ...]:
    """What a command of a session selects; () for one that is no call of cargo."""
    found: Invocation | Opaque | None = invocation_of(command, repository.texts)
    if found is None or isinstance(found, Opaque):
        return ()
    selected = selections_of(found, repository)
    return tuple(each for each in selected if not isinstance(each, Opaque))
