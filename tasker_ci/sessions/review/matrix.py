"""Which job does what with which package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.review.subject import ReviewedWorkspace

RANK = (
    *(Action.TEST, Action.BENCH, Action.COMPILE_TESTS, Action.LINT, Action.BUILD, Action.CHECK),
    *(Action.DOC, Action.RUN),
)
"""What is shown of several, the first that is there."""


@dataclass(frozen=True, kw_only=True)
class PackageMatrix:
    """Packages as rows, jobs as columns."""

    packages: tuple[str, ...]
    jobs: tuple[str, ...]
    """``ci.yml / test``."""
    cells: Mapping[tuple[str, str], Action]
    """By package and job; nothing where a job does nothing with a package."""


def matrix_of(reviewed: Iterable[ReviewedWorkspace]) -> PackageMatrix:
    """What the jobs do with the packages of all workspaces."""
    packages: dict[str, None] = {}
    jobs: dict[str, None] = {}
    cells: dict[tuple[str, str], Action] = {}
    for each in reviewed:
        names = [package.name for package in each.workspace.packages]
        packages |= dict.fromkeys(names)
        for selection in each.selections:
            if selection.action not in RANK:
                continue
            job = job_of(selection)
            jobs[job] = None
            for name in selection.packages if selection.packages is not None else names:
                known = cells.get((name, job), selection.action)
                cells[name, job] = min(known, selection.action, key=RANK.index)
    return PackageMatrix(packages=tuple(packages), jobs=tuple(sorted(jobs)), cells=cells)


def job_of(selection: Selection) -> str:
    """The job of a selection, all legs together: that of the caller for a called workflow."""
    run = selection.invocation.command.around.run
    return f"{run.workflow.path.name} / {run.job.name}"
