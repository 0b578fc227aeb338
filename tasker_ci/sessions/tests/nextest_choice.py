"""Which tests nextest runs: what the user chose, within what is the session's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.rust.selection import selectors
from tasker_ci.sessions.tests.settings import UnitSettings
from tasker_ci.settings.environment import is_ci
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.tools.nextest import read_configuration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.context import Context
    from tasker_ci.settings.cargo_features import OwnFeatures
    from tasker_ci.tools.nextest import Configuration


def nextest_configuration(context: Context) -> Configuration:
    """What nextest reads in this workspace, as far as that is known before cargo is asked."""
    folder = target_directory(context.workspace, context.environment)
    found = read_configuration(context.project_root, context.workspace, context.passthrough)
    return found.stored_in(folder, context.workspace)


def usual_profile(context: Context) -> str:
    """The nextest profile where nobody names one."""
    return "ci" if is_ci(context.environment) else "default"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the user chose to run."""

    profile: str
    packages: tuple[str, ...] = ()
    toolchain: str | None = None
    partition: str | None = None
    filterset: str | None = None
    no_fail_fast: bool = False
    affected: tuple[str, ...] | None = None
    """The packages whose tests run, all being built all the same; None for those of all."""
    accompanied: bool = False
    """Whether `cargo test` runs tests of this choice too, so that nextest may find none.

    Those run in the first shard, whichever this one is.
    """

    @classmethod
    def of_flags(
        cls,
        context: Context,
        *,
        profile: str | None,
        toolchain: str | None,
        packages: tuple[str, ...] = (),
        partition: str | None = None,
        filterset: str | None = None,
        no_fail_fast: bool = False,
    ) -> Choice:
        """What flags say; None is a flag that was not given."""
        return cls(
            profile=profile or usual_profile(context),
            packages=packages,
            toolchain=toolchain or None,
            partition=partition or None,
            filterset=filterset or None,
            no_fail_fast=no_fail_fast,
        )

    @property
    def chosen(self) -> str | None:
        """The filterset of what is wanted, before the session's own scope; None for all."""
        if self.affected is None:
            return self.filterset
        packages = " + ".join(f"package(={name})" for name in self.affected) or "none()"
        return f"({self.filterset}) & ({packages})" if self.filterset else packages

    @property
    def nothing_is_honest(self) -> bool:
        """Whether no test at all may be what was asked for: the affected packages have none."""
        return self.affected is not None and not (self.filterset or self.packages)

    @property
    def part(self) -> tuple[str, ...]:
        """The words that leave a part of the tests, for people; nothing if all run."""
        words = [word for name in self.packages for word in ("--package", name)]
        words += ["--filter", self.filterset] if self.filterset else []
        words += ["--partition", self.partition] if self.partition else []
        return (*words, *(("--affected",) if self.affected is not None else ()))

    @property
    def first_shard(self) -> bool:
        """Whether this is the only shard or the first (``slice:1/4``)."""
        return not self.partition or self.partition.partition(":")[2].partition("/")[0] == "1"


@dataclass(frozen=True, kw_only=True)
class NextestScope:
    """What a session that runs nextest is about, whatever the user chooses."""

    session: str
    features: OwnFeatures
    without_tests: str
    """What to do if there is none."""
    own: str | None = None
    """The filterset of the tests that are the session's own; None for all."""
    foreign: str | None = None
    """The filterset of those that others run; None for none."""
    cargo_test: tuple[str, ...] = ()
    """The tests of the session that `cargo test` runs, not nextest."""
    test_targets: tuple[str, ...] = ()
    """The names of the test targets that are all it builds; () where it builds everything."""

    @property
    def features_setting(self) -> str:
        """The setting that chooses them: `coverage` has those of `unit`."""
        return "integration.features" if self.own else "unit.features"

    def filterset(self, chosen: str | None) -> str | None:
        """What the user has ``chosen`` within what is the session's own; None for all tests."""
        if self.own:
            return f"({chosen}) & ({self.own})" if chosen else self.own
        if self.foreign:
            return f"({chosen}) - ({self.foreign})" if chosen else f"not ({self.foreign})"
        return chosen


def unit_scope(context: Context) -> NextestScope:
    """`unit`: everything that settings give to nobody else."""
    settings = context.settings
    foreign = (*settings.of(UnitSettings).cargo_test, *settings.integration.targets)
    return NextestScope(
        session="unit",
        features=settings.of(UnitSettings).features,
        without_tests="A workspace without tests has nothing to prove; write one, or let it pass "
        f'in {SETTINGS_FILE}: [environment.variables] NEXTEST_NO_TESTS = "pass"',
        foreign=_union(foreign),
        cargo_test=settings.of(UnitSettings).cargo_test,
    )


def integration_scope(context: Context) -> NextestScope:
    """`integration`: exactly the targets of the settings."""
    settings = context.settings.integration
    return NextestScope(
        session="integration",
        features=settings.features,
        without_tests="Write one into a target of the setting `integration.targets`.",
        own=_union(settings.targets),
        test_targets=_test_targets(settings.targets),
    )


def _test_targets(targets: Iterable[str]) -> tuple[str, ...]:
    """Their names, where all are test targets: cargo then builds those, and no other binary.

    Features stay those of the whole workspace. Others of the same name in another package are built
    and not run.
    """
    names = [selector.target or "" for selector in selectors(targets)]
    if all(name and "/" not in name and name != "lib" for name in names):
        return tuple(dict.fromkeys(names))
    return ()


def _union(targets: Iterable[str]) -> str | None:
    return " + ".join(selector.filterset for selector in selectors(targets)) or None
