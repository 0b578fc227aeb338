"""What our own sessions select, read as one more CI, and what of somebody else's they leave out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.own_calls import own_command, own_selections
from tasker_ci.foreign.selections.reachability import Reachability, TestFate
from tasker_ci.tools.cargo import feature_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from tasker_ci.foreign.selections.reachability import FoundTest
    from tasker_ci.foreign.selections.reading import Repository
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.workspace import Package, Target, Workspace
    from tasker_ci.settings.cargo_features import Features


def each_once(tests: Iterable[FoundTest]) -> tuple[FoundTest, ...]:
    """Tests without those that are there twice."""
    return tuple({(each.file, each.test): each for each in tests}.values())


@dataclass(frozen=True, kw_only=True)
class OwnRuns:
    """The test runs of the sessions that the pipeline has."""

    repository: Repository
    workspace: Workspace
    folder: PurePosixPath
    """The workspace from the project root."""
    tests: Mapping[str, tuple[Selection, ...]]
    """By session: `unit`, `doctest`, `integration`."""
    reach_of: Callable[[Workspace], Reach]
    """What the targets of a workspace reach; asked once for each."""
    _not_run: dict[Path, tuple[Reach, tuple[FoundTest, ...]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _builds: dict[Features, Selection] = field(default_factory=dict, compare=False, repr=False)

    def build(self, features: Features) -> Selection:
        """A build of the whole workspace with these features."""
        if features not in self._builds:
            words = ("cargo", "check", "--workspace", "--all-targets", *feature_words(features))
            command = own_command("build", words, folder=self.folder)
            (self._builds[features],) = own_selections(command, self.repository)
        return self._builds[features]

    def sessions(self, theirs: Selection) -> tuple[str, ...]:
        """The sessions that test a target of a call, too."""
        pairs = self._tested(theirs)
        return tuple(
            session
            for session, selections in self.tests.items()
            if any(_tests(each, *pair) for each in selections for pair in pairs)
        )

    def lost_target(self, theirs: Selection) -> str:
        """Why no session tests a target that a call tests; "" if each is tested."""
        for package, target in self._tested(theirs):
            said = {_tests(each, package, target) for each in self._selections(theirs)}
            if True not in said:
                what = f"the {target.kind} {target.name} of {package.name}"
                doubt = f"whether a session tests {what} is not known"
                return doubt if None in said else f"no session tests {what}"
        return ""

    def lost_doctests(self, theirs: Selection) -> str:
        """Why no session runs the doctests of a call; "" if all run."""
        for package in theirs.workspace.packages:
            for target in package.targets:
                if theirs.builds(package, target, doctests=True).selected is not False and not any(
                    each.builds(package, target, doctests=True).selected
                    for each in self._selections(theirs)
                ):
                    return f"no session runs the doctests of {package.name}"
        return ""

    def lost_tests(self, theirs: Selection) -> tuple[FoundTest, ...]:
        """The tests that a call runs and no session does, each with why."""
        if theirs.action is not Action.TEST:
            return ()
        reach, candidates = self._candidates(theirs.workspace)
        run = {
            (each.file, each.test)
            for each in Reachability(reach, (theirs,)).again(candidates)
            if each.fate is TestFate.RUN
        }
        return tuple(each for each in candidates if (each.file, each.test) in run)

    def _candidates(self, workspace: Workspace) -> tuple[Reach, tuple[FoundTest, ...]]:
        """The tests of a workspace that no session runs."""
        if workspace.root not in self._not_run:
            reach = self.reach_of(workspace)
            own = self._all if workspace.root == self.workspace.root else ()
            fates = Reachability(reach, own).fates()
            undecided = {TestFate.RUN, TestFate.UNDECIDED}
            lost = tuple(each for each in fates.tests if each.fate not in undecided)
            self._not_run[workspace.root] = reach, lost
        return self._not_run[workspace.root]

    def _selections(self, theirs: Selection) -> Sequence[Selection]:
        return self._all if theirs.workspace.root == self.workspace.root else ()

    @cached_property
    def _all(self) -> tuple[Selection, ...]:
        return tuple(each for selections in self.tests.values() for each in selections)

    @staticmethod
    def _tested(theirs: Selection) -> Sequence[tuple[Package, Target]]:
        return [
            (package, target)
            for package in theirs.workspace.packages
            for target in package.targets
            if _tests(theirs, package, target)
        ]


def _tests(selection: Selection, package: Package, target: Target) -> bool | None:
    """Whether a call tests a target, or builds it as a test; None where that is not known."""
    built = selection.builds(package, target).selected
    if not built or selection.action is not Action.TEST:
        return built
    return selection.runs(package, target, "", ignored=False).selected is not False
