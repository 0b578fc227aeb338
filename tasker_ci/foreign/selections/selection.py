"""What one call of cargo's selects in one workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.selections.verdict import YES, Verdict, all_verdicts, no, unsaid
from tasker_ci.rust.cfg import is_custom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.places import Opaque
    from tasker_ci.foreign.selections.packages import ChosenPackages
    from tasker_ci.foreign.selections.targets import ChosenTargets
    from tasker_ci.rust.cfg import CompilerCfg
    from tasker_ci.rust.conditions import Condition, Known
    from tasker_ci.rust.feature_closure import FeatureClosure
    from tasker_ci.rust.workspace import Package, Target, Workspace

_LIBRARIES = frozenset({"lib", "proc-macro"})
_COMPILES = frozenset(
    {Action.TEST, Action.COMPILE_TESTS, Action.BENCH, Action.BUILD, Action.CHECK, Action.LINT}
)


class TestFilter(Protocol):
    """Which tests of a built target a call runs."""

    def runs(self, package: Package, target: Target, test: str, *, ignored: bool) -> Verdict:
        """``test`` is the path within the target: ``tests::adds``."""


class BuildScripts(Protocol):
    """What the build scripts of a workspace may set."""

    def may_set(self, package: Package, name: str) -> bool:
        """Whether a package's build script may set a name for `cfg`."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """One build that a call makes; `cargo hack` makes several."""

    invocation: Invocation
    workspace: Workspace
    action: Action
    chosen: ChosenPackages
    targets: ChosenTargets
    closure: FeatureClosure | None = None
    """What cargo switches on; None where that is not known."""
    filter: TestFilter | None = None
    """None where it is not known which tests run."""
    cfg: CompilerCfg | None = None
    """What is set while tests are compiled; None where that is not known."""
    documentation_cfg: CompilerCfg | None = None
    """The same for the examples of the documentation."""
    flags_known: bool = True
    """Whether all flags of the compiler are known, so that a name that none sets is not set."""
    scripts: BuildScripts | None = None
    toolchain: str | None = None
    """"" for what the machine has, None where it is not known."""
    refusal: str = ""
    """Why cargo would refuse the call, as it is read here."""
    opaque: tuple[Opaque, ...] = ()

    @property
    def packages(self) -> frozenset[str] | None:
        """The names of the members that it selects; None where they are not known."""
        return None if self.opaque else self.chosen.names

    @property
    def features(self) -> Mapping[str, frozenset[str] | None]:
        """By member, also those that are dependencies alone: what cargo's closure switches on.

        None where that is not known.
        """
        members = self.workspace.packages
        if self.closure is None or self.opaque:
            return {package.name: None for package in members}
        return {
            package.name: None if self.closure.perhaps_of(package) else self.closure.of(package)
            for package in members
            if self.closure.builds(package)
        }

    def builds(  # noqa: PLR0911 - one for each reason
        self, package: Package, target: Target, *, doctests: bool = False
    ) -> Verdict:
        """Whether it builds a target as a test, or with ``doctests`` gives it to rustdoc for those.

        A target that it only builds to be used by others is none.
        """
        if self.action not in _COMPILES:
            return no("it compiles no tests")
        if self.opaque:
            return unsaid(self.opaque[0].why)
        if self.chosen.names is None:
            return unsaid(self.chosen.why_not)
        if package.name not in self.chosen.names:
            return no(self.chosen.why_not)
        if self.refusal:
            return unsaid(self.refusal)
        if doctests:
            return self._documents(target)
        return all_verdicts((self._takes(target), self.has_features(package, target)))

    def means(self, package: Package, target: Target) -> bool | None:
        """Whether flags and filters leave a target in as a test, whatever features it requires."""
        if self.chosen.names is not None and package.name not in self.chosen.names:
            return False
        taken = self._takes(target).selected
        if taken is False or self.action is not Action.TEST:
            return taken
        left = self.runs(package, target, "", ignored=False).selected
        return False if left is False else taken

    def switches_on(self, package: Package, name: str) -> bool | None:
        """Whether a feature is on, as those are meant that a target requires."""
        return self._feature(package, None, name)

    def compiles(
        self,
        package: Package,
        target: Target,
        conditions: tuple[Condition, ...],
        *,
        doctests: bool = False,
    ) -> Verdict:
        """Whether what lies behind ``cfg`` conditions is compiled into that target's test."""
        built = self.builds(package, target, doctests=doctests)
        if built.selected is False or not conditions:
            return built
        known = self.known(package, target, doctests=doctests)
        held = (_held(condition, known) for condition in conditions)
        return all_verdicts((built, *held))

    def runs(self, package: Package, target: Target, test: str, *, ignored: bool) -> Verdict:
        """Whether it runs a test of a target that it builds, by filters alone."""
        if self.action is not Action.TEST:
            return no("it runs no tests")
        if self.opaque:
            return unsaid(self.opaque[0].why)
        if self.filter is None:
            return unsaid("the filter of its tests cannot be read")
        return self.filter.runs(package, target, test, ignored=ignored)

    def _documents(self, target: Target) -> Verdict:
        if self.targets.doctests is None:
            return unsaid("whether it runs doctests is not known")
        if not self.targets.doctests:
            return no("it runs no doctests")
        if target.doctested:
            return YES
        if target.kind in _LIBRARIES and "--doc" in self.targets.flags:
            return unsaid("`--doc` runs doctests that the manifest switches off")
        return no("the target has no doctests")

    def _takes(self, target: Target) -> Verdict:
        taken = self.targets.takes(target)
        if taken is None:
            return unsaid("a name of its targets is not known")
        if taken:
            return YES
        if self.targets.flags:
            return no(f"`{self.targets.text}` does not build it as a test")
        if self.targets.mode == "build":
            return no("it builds no tests")
        if target.kind == "example":
            return no("it builds an example without its tests: no flag names it")
        return no("its manifest says `test = false`, and no flag names it")

    def has_features(self, package: Package, target: Target) -> Verdict:
        """Whether the features are on that a target requires."""
        if target.kind in _LIBRARIES:
            return YES
        needed = (self._feature(package, None, name) for name in target.required_features)
        return all_verdicts(
            YES
            if on
            else Verdict(on, f"it requires the feature {name}, which {_is_not(on)} switched on")
            for name, on in zip(target.required_features, needed, strict=True)
        )

    def _feature(self, package: Package, target: Target | None, name: str) -> bool | None:
        closure = self.closure
        if closure is None:
            return None
        other, slash, feature = name.partition("/")
        if slash:
            return self._feature_of_dependency(package, other, feature)
        if name in closure.of(package, target):
            return True
        return None if name in closure.perhaps_of(package, target) else False

    def _feature_of_dependency(self, package: Package, key: str, feature: str) -> bool | None:
        names = {each.name for each in package.requirements if each.key == key}
        members = [each for each in self.workspace.packages if each.name in names]
        if members:
            return self._feature(members[0], None, feature)
        # Of a package from elsewhere another one may switch it on, whose manifest is not here.
        return True if any(self._asks(each, names, feature) for each in self._built) else None

    @property
    def _built(self) -> tuple[Package, ...]:
        closure, members = self.closure, self.workspace.packages
        return tuple(each for each in members if closure is not None and closure.builds(each))

    def _asks(self, package: Package, names: set[str], feature: str) -> bool:
        """Whether a member surely switches on a feature of one that it depends on."""
        wanted = [each for each in package.requirements if each.name in names]
        asked = {f"{each.key}{mark}/{feature}" for each in wanted for mark in ("", "?")}
        on = self.closure.of(package) if self.closure is not None else ()
        return any(asked & {*package.features.get(name, ())} for name in on) or any(
            feature in each.features
            for each in wanted
            if each.kind == "normal" and not each.optional and each.target is None
        )

    def known(self, package: Package, target: Target, *, doctests: bool = False) -> Known:
        """What is set while a target is compiled as a test."""
        cfg = self.documentation_cfg if doctests else self.cfg

        def known(name: str, value: str | None) -> bool | None:
            if name == "feature" and value is not None:
                return self._feature(package, target, value)
            if value is None and name in {"test", "doctest"}:
                return (name == "doctest") is doctests
            if value is None and name == "doc":
                return doctests  # rustdoc sets it while it looks for doctests
            said = None if cfg is None else cfg.sets(name, value)
            if said is not None or cfg is None or not is_custom(name):
                return said
            return None if not self.flags_known or self._may_be_set(package, name) else False

        return known

    def _may_be_set(self, package: Package, name: str) -> bool:
        """Whether a build script may set a name."""
        if not any(target.kind == "custom-build" for target in package.targets):
            return False
        return self.scripts is None or self.scripts.may_set(package, name)


def _held(condition: Condition, known: Known) -> Verdict:
    holds = condition.holds(known)
    if holds:
        return YES
    return Verdict(holds, f"`cfg({condition})` {'does not hold' if holds is False else 'may hold'}")


def _is_not(on: bool | None) -> str:  # noqa: FBT001
    return "is not" if on is False else "may not be"
