"""Which session runs which test target: nextest, plain `cargo test`, or integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import SelectionError
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.rust.workspace import Package, Target, Workspace
    from tasker_ci.settings.cargo_features import Features


@dataclass(frozen=True, kw_only=True)
class Selector:
    """A package, or one target of it, as settings spell it.

    ``package``, ``package::name`` (a test target), ``package::lib``, ``package::bin/name``,
    ``package::example/name``: nextest's binary ids, with ``::lib`` to mean the library alone.
    """

    package: str
    target: str | None = None

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read the spelling of a setting."""
        package, _, target = text.partition("::")
        return cls(package=package, target=target or None)

    def __str__(self) -> str:
        return f"{self.package}::{self.target}" if self.target else self.package

    @property
    def filterset(self) -> str:
        """The nextest filterset of what is selected."""
        if not self.target:
            return f"package(={self.package})"
        if self.target == "lib":
            return f"binary_id(={self.package})"
        return f"binary_id(={self})"

    @property
    def cargo_arguments(self) -> tuple[str, ...]:
        """The arguments of `cargo test` for what is selected, never its doctests."""
        chosen = ("--package", self.package)
        if not self.target:
            return (*chosen, "--tests")
        if self.target == "lib":
            return (*chosen, "--lib")
        kind, slash, name = self.target.partition("/")
        return (*chosen, f"--{kind}", name) if slash else (*chosen, "--test", self.target)

    def owns(self, suite: str) -> bool:
        """Whether a report's ``suite`` is a target that the selector means."""
        if self.target:
            return suite == str(self)
        return suite.partition("::")[0] == self.package

    def matches(self, package: Package, target: Target) -> bool:
        """Whether the selector means this target."""
        if package.name != self.package:
            return False
        if not self.target:
            return True
        if self.target == "lib":
            return target.kind in {"lib", "proc-macro"}
        return package.binary_id(target) == str(self)


def selectors(texts: Iterable[str]) -> tuple[Selector, ...]:
    """Read a list of a setting."""
    return tuple(Selector.parse(text) for text in texts)


@dataclass(frozen=True, kw_only=True)
class GivenAway:
    """What does not run under nextest in `unit`, as settings name it."""

    cargo_test: tuple[str, ...] = ()
    """The setting `unit.cargo-test`."""
    integration: tuple[str, ...] = ()
    """The setting `integration.targets`."""


def check_selection(workspace: Workspace, given: GivenAway, features: Features) -> tuple[str, ...]:
    """Raise `SelectionError` unless each test target is run by exactly one session.

    Found: a selector of settings that nothing answers to, a target given away twice, and a target
    whose required features ``features`` do not switch on, which cargo leaves out in silence. For a
    binary, which mostly has no tests of its own, that is only a warning: those are returned.
    """
    warnings: list[str] = []
    problems = [
        *_unknown(workspace, "unit.cargo-test", given.cargo_test),
        *_unknown(workspace, "integration.targets", given.integration),
    ]
    takers = {
        "unit.cargo-test": selectors(given.cargo_test),
        "integration.targets": selectors(given.integration),
    }
    for package, target in workspace.tested():
        owners = [
            key
            for key, chosen in takers.items()
            if any(selector.matches(package, target) for selector in chosen)
        ]
        name = package.binary_id(target)
        if len(owners) > 1:
            problems.append(f"{name} is in both {owners[0]} and {owners[1]}.")
        lacking = [
            feature
            for feature in target.required_features
            if not is_enabled(feature, package, features)
        ]
        if lacking and "integration.targets" not in owners:
            (warnings if target.kind == "bin" else problems).append(
                f"{name} needs the feature {', '.join(lacking)}, which no session switches on; "
                'set `features` or `unit.features` to "all" or name it there.'
            )
    if problems:
        message = "Tests would be lost:\n" + "\n".join(f"  {problem}" for problem in problems)
        raise SelectionError(message, next_step=f"Fix {SETTINGS_FILE}.")
    return tuple(warnings)


def fitting_features(workspace: Workspace, features: Features, packages: Iterable[str]) -> Features:
    """The features of a list that these packages know; cargo refuses a command with any other.

    ``other/name`` of a member that is not among them is left out; of anything else it may be a
    dependency's.
    """
    if isinstance(features, str):
        return features
    chosen = frozenset(packages)
    members = {package.name: package for package in workspace.packages}

    def fits(feature: str) -> bool:
        package, slash, _ = feature.partition("/")
        if slash:
            return package in chosen or package not in members
        return any(feature in members[name].features for name in chosen if name in members)

    return tuple(feature for feature in features if fits(feature))


def left_for_nextest(workspace: Workspace, given: GivenAway, packages: Iterable[str] = ()) -> bool:
    """Whether any target (of ``packages``) is left that neither `cargo test` nor integration takes.

    Also true where there is no target at all: nextest then says so.
    """
    taken = selectors((*given.cargo_test, *given.integration))
    chosen = frozenset(packages)
    tested = [
        (package, target)
        for package, target in workspace.tested()
        if not chosen or package.name in chosen
    ]
    return not tested or any(
        not any(selector.matches(package, target) for selector in taken)
        for package, target in tested
    )


def unknown_packages(workspace: Workspace, names: Iterable[str]) -> str | None:
    """Say which of these packages the workspace lacks; None if it has all of them."""
    packages = [package.name for package in workspace.packages]
    return " ".join(_lacking(name, packages) for name in names if name not in packages) or None


def _lacking(name: str, packages: Iterable[str]) -> str:
    return f"The workspace has no package {name}.{did_you_mean(name, packages)}"


def _unknown(workspace: Workspace, key: str, texts: Iterable[str]) -> Iterator[str]:
    packages = {package.name: package for package in workspace.packages}
    for selector in selectors(texts):
        package = packages.get(selector.package)
        if package is None:
            yield f"{key} names {selector}. {_lacking(selector.package, packages)}"
        elif selector.target and not any(
            selector.matches(package, target) for target in package.targets
        ):
            known = [package.binary_id(target) for target in package.targets if target.tested]
            yield f"{key} names {selector}, which does not exist; there is {', '.join(known)}."


def is_enabled(feature: str, package: Package, features: Features) -> bool:
    """Whether cargo switches a feature of the package on, by itself or through another one."""
    if features == "all":
        return True
    if features == "none":
        return False
    waiting = {"default"}
    if features != "default":
        waiting |= {name.removeprefix(f"{package.name}/") for name in features}
    enabled: set[str] = set()
    while waiting:
        enabled |= waiting
        waiting = {
            implied for name in waiting for implied in package.features.get(name, ())
        } - enabled
    return feature in enabled
