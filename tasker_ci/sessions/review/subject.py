"""What the rules look at: a CI, the workspaces of its repository, and what selects what."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.selections.reachability import Fates, Reachability
from tasker_ci.sessions.review.documented_commands import DocumentedCommand, documented_commands
from tasker_ci.sessions.review.scripts_of_jobs import ScriptsOfJobs, commands_of_actions
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.places import Opaque
    from tasker_ci.foreign.reading import CiReading
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.inventory.public import InventoryFinding


_DATA = {
    *("tests", "test", "testsuite", "fixtures", "fixture", "testdata", "test-data", "test_data"),
    *("snapshots", "__fixtures__", "ui"),
}
"""Folders of what tests read, copy and build themselves."""
_OF_TESTS = {Action.TEST, Action.COMPILE_TESTS}


@dataclass(frozen=True, kw_only=True)
class ReviewedWorkspace:
    """One cargo workspace of the repository."""

    workspace: Workspace
    reach: Reach
    """What its targets reach."""
    selections: tuple[Selection, ...]
    """What the jobs select in it."""
    possible: tuple[Selection, ...] = ()
    """What calls may select in it whose folder is not known."""
    orphans: tuple[InventoryFinding, ...] = ()
    """Files of its packages with tests that nothing reaches."""

    @cached_property
    def fates(self) -> Fates:
        """What becomes of its tests."""
        return Reachability(self.reach, self.selections, self.possible).fates()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Everything that was read, for all rules."""

    reading: CiReading
    workspaces: tuple[ReviewedWorkspace, ...]
    opaque: tuple[Opaque, ...]
    """All that could not be read and may run tests, that of the selections too."""
    opaque_builds: tuple[Opaque, ...] = ()
    """All that could not be read and builds or checks at most."""

    @property
    def checkout(self) -> Checkout:
        """The files."""
        return self.reading.checkout

    @cached_property
    def documented(self) -> tuple[DocumentedCommand, ...]:
        """The commands of documents and hooks."""
        return tuple(documented_commands(self.checkout))

    @cached_property
    def scripts(self) -> ScriptsOfJobs:
        """The commands of the jobs' own scripts."""
        return ScriptsOfJobs()

    @cached_property
    def all_scripts(self) -> tuple[Command, ...]:
        """The commands of all scripts of actions and jobs."""
        jobs = (self.scripts.of(workflow, job) for workflow, job in jobs_of(self.reading))
        return (*commands_of_actions(self.checkout), *chain.from_iterable(jobs))

    @cached_property
    def tested(self) -> tuple[ReviewedWorkspace, ...]:
        """The workspaces whose tests are somebody's: not those that other tests work on.

        One in a folder of tests or fixtures, of which no job tests anything, is their data.
        """
        return tuple(each for each in self.workspaces if not self._is_data(each))

    def _is_data(self, reviewed: ReviewedWorkspace) -> bool:
        folders = PurePosixPath(self.relative(reviewed.workspace.root)).parts
        called = any(each.action in _OF_TESTS for each in reviewed.selections)
        return not called and bool(_DATA & {*folders})

    @property
    def complete(self) -> bool:
        """Whether a claim that nothing runs a test can be certain."""
        return not self.opaque

    @property
    def all_builds(self) -> bool:
        """Whether a claim that nothing builds or checks something can be certain."""
        return not self.opaque and not self.opaque_builds

    def relative(self, file: Path) -> str:
        """A file from the root of the repository."""
        return os.path.relpath(file, self.checkout.root)
