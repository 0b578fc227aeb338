"""Tests that no session runs: in files that nothing reaches, or in reached ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tasker_ci.rust.conditions import any_of
from tasker_ci.rust.documentation import is_rust
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.targets import described, relative
from tasker_ci.sessions.inventory.unreached import Unreached, is_lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tasker_ci.rust.declarations import SourceFile, Test
    from tasker_ci.rust.files import Tree
    from tasker_ci.rust.reach import Arrival, Reach
    from tasker_ci.rust.sources import Sources
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.inventory.strangers import Strangers
    from tasker_ci.sessions.inventory.targets import Owners


@dataclass(kw_only=True)
class LossSearch:
    """The whole search for lost tests of one workspace."""

    workspace: Workspace
    tree: Tree
    reach: Reach
    owners: Owners
    strangers: Strangers
    sources: Sources

    def findings(self) -> Iterator[InventoryFinding]:
        """Everything that is lost, file by file."""
        strangers: dict[Path, list[tuple[Path, SourceFile]]] = {}
        for file in dict.fromkeys((*self.tree.sources, *self.reach.arrivals)):
            arrivals = self.reach.arrivals.get(file)
            if arrivals:
                yield from self._in_reached(file, self.reach.sources[file], arrivals)
                continue
            source = self._unreached.source(file)
            if source is None:
                continue
            folder = self.tree.owner(file)
            if folder in self.strangers.folders:
                strangers.setdefault(folder, []).append((file, source))
            elif is_lost(source):
                yield self._unreached.finding(file, source)
        yield from self.strangers.findings(strangers, self._unreached.is_data)

    @cached_property
    def _unreached(self) -> Unreached:
        return Unreached(
            workspace=self.workspace,
            tree=self.tree,
            reach=self.reach,
            sources=self.sources,
            strangers=self.strangers.folders,
        )

    # files that targets reach

    def _in_reached(
        self, file: Path, source: SourceFile, arrivals: list[Arrival]
    ) -> Iterator[InventoryFinding]:
        by_reason: dict[str, list[Test]] = {}
        for test in source.tests:
            reason = self._why_lost(source, test, arrivals)
            if reason:
                by_reason.setdefault(reason, []).append(test)
        for reason, tests in by_reason.items():
            yield InventoryFinding(
                kind=Kind.TEST,
                file=relative(file, self.workspace),
                line=tests[0].line,
                package=arrivals[0].package.name,
                reason=reason,
                names=tuple(test.name for test in tests),
            )
        yield from self._examples(file, source, arrivals)

    def _why_lost(self, source: SourceFile, test: Test, arrivals: list[Arrival]) -> str | None:
        """Why a test of a reached file never runs; None if it may."""
        if test.inside:
            return f"it stands inside the function {test.inside}, where no harness finds it"
        tested = [each for each in arrivals if each.target.tested]
        if not tested:
            return f"the tests of {_names(arrivals)} are never built (`test = false`)"
        built = [each for each in tested if not self.owners.lacking(each.package, each.target)]
        if not built:
            return f"{_names(tested)} is behind features that its session does not switch on"
        whole = [replace(each, conditions=(*each.conditions, *test.conditions)) for each in built]
        compiled = [each for each in whole if self.owners.compiled(each) is not False]
        if not compiled:
            return f"it is never compiled: {self._never(whole[0])}"
        if (
            test.attribute in {"test", "tokio::test"}
            and not source.own_test_macro
            and not any(self.owners.has_harness(each.package, each.target) for each in compiled)
        ):
            return f"{_names(compiled)} has `harness = false`, which drops `#[test]`"
        return None

    def _never(self, arrival: Arrival, *, doctests: bool = False) -> str:
        own = self.owners.session(arrival.package, arrival.target)
        session = "doctest" if doctests else own
        for condition in arrival.conditions:
            one = replace(arrival, conditions=(condition,))
            if self.owners.compiled(one, doctests=doctests) is False:
                asked = {name for name, _ in condition.names()} - {"feature", "test"}
                targets = self.owners.targets(doctests=doctests) if asked else ()
                where = f" on {', '.join(targets)}" if targets else ""
                return f"`cfg({condition})` does not hold in `{session}`{where}"
        return "its conditions exclude each other"

    def unknown(self) -> Iterator[InventoryFinding]:
        """Tests of which nobody can say before a build whether they are compiled."""
        for file, arrivals in self.reach.arrivals.items():
            source = self.reach.sources[file]
            by_reason: dict[str, list[Test]] = {}
            for test in source.tests:
                reason = self._why_unknown(test, arrivals)
                if reason and not self._why_lost(source, test, arrivals):
                    by_reason.setdefault(reason, []).append(test)
            for reason, tests in by_reason.items():
                yield InventoryFinding(
                    kind=Kind.UNKNOWN,
                    file=relative(file, self.workspace),
                    line=tests[0].line,
                    package=arrivals[0].package.name,
                    reason=reason,
                    names=tuple(test.name for test in tests),
                )

    def _why_unknown(self, test: Test, arrivals: list[Arrival]) -> str | None:
        """The condition that decides and is not known; None if none does."""
        whole = [
            replace(each, conditions=(*each.conditions, *test.conditions))
            for each in arrivals
            if each.target.tested and not self.owners.lacking(each.package, each.target)
        ]
        doubts = [self.owners.doubtful(each.package, each.target) for each in whole]
        if doubts and all(doubts):
            needs = f"{_names(whole[:1])} needs the feature {', '.join(doubts[0])}"
            return f"{needs}, which a package from elsewhere may switch on"
        said = [self.owners.compiled(each) for each in whole]
        if any_of(said) is not None:
            return None
        arrival = whole[said.index(None)]
        for condition in arrival.conditions:
            one = replace(arrival, conditions=(condition,))
            if self.owners.compiled(one) is None:
                script = any(each.kind == "custom-build" for each in arrival.package.targets)
                by = "the build script may set it" if script else "the compiler does not say"
                return f"`cfg({condition})`: {by}"
        return None

    # examples in documentation

    def _examples(
        self, file: Path, source: SourceFile, arrivals: list[Arrival]
    ) -> Iterator[InventoryFinding]:
        libraries = [each for each in arrivals if each.target.doctested]
        lost: dict[str, list[int]] = {}
        for example in source.examples:
            whole = [
                replace(each, conditions=(*each.conditions, *example.conditions))
                for each in libraries
            ]
            said = [self.owners.compiled(each, doctests=True) for each in whole]
            if any(each is not False for each in said):
                continue
            if is_rust(example.code):
                lost.setdefault(self._why_untested(arrivals, whole), []).append(example.line)
        for reason, lines in lost.items():
            yield InventoryFinding(
                kind=Kind.DOCTEST,
                file=relative(file, self.workspace),
                line=lines[0],
                package=arrivals[0].package.name,
                reason=reason,
            )

    def _why_untested(self, arrivals: list[Arrival], whole: list[Arrival]) -> str:
        if whole:
            return f"rustdoc never sees it: {self._never(whole[0], doctests=True)}"
        library = [each for each in arrivals if each.target.kind in {"lib", "proc-macro"}]
        if library:
            return (
                f"the doctests of {_names(library)} are off (`doctest = false`, or a library of "
                "another kind than lib, rlib, dylib and proc-macro)"
            )
        return f"rustdoc tests libraries alone, and this belongs to {_names(arrivals)}"


def _names(arrivals: Iterable[Arrival]) -> str:
    names = dict.fromkeys(f"{described(each.target)} of {each.package.name}" for each in arrivals)
    return ", ".join(names)
