"""The bench targets of a workspace: which there are, how they are built, and run in rounds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.process.command import Command, Output
from tasker_ci.rust.selection import fitting_features, is_enabled
from tasker_ci.sessions.bench.output import MeasuringLines, read_measurements
from tasker_ci.sessions.bench.settings import BenchSettings
from tasker_ci.settings.model import effective_features
from tasker_ci.text.file_reading import SOURCE_BYTES, read_text
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    feature_arguments,
    raise_if_failed,
    run_cargo,
)
from tasker_ci.tools.child_environment import run_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Package, Target, Workspace
    from tasker_ci.sessions.bench.benchmarks import Measurement
    from tasker_ci.sessions.bench.yardstick import Yardstick
    from tasker_ci.settings.cargo_features import Features, OwnFeatures

_SHOWN = 2000
"""So many characters of what a failed benchmark printed are shown."""


@dataclass(frozen=True, kw_only=True)
class BenchTarget:
    """A bench target of one package."""

    package: str
    name: str
    source: Path
    label: str
    """Its name, with that of its package where another package has one of this name."""
    features: Features
    """Those of the settings that its package knows: cargo refuses any other."""


def bench_targets(context: Context, workspace: Workspace) -> tuple[BenchTarget, ...]:
    """The bench targets that can be built; it is said which features the others need.

    Cargo refuses a command that names one without its features, by a pattern too. Raises
    `SettingsError` for a feature that no package has.
    """
    features = effective_features(context.settings_of(BenchSettings).features, context.settings)
    _check(features, workspace)
    found: list[tuple[Package, Target]] = []
    for package in workspace.packages:
        for target in package.targets:
            if target.kind != "bench":
                continue
            needed = target.required_features
            lacking = [name for name in needed if not is_enabled(name, package, features)]
            if not lacking:
                found.append((package, target))
                continue
            context.reporter.warning(
                f"{package.name}::{target.name} is not measured: it needs the feature "
                f"{', '.join(lacking)}, which `bench.features` does not switch on."
            )
    names = Counter(target.name for _, target in found)
    return tuple(
        BenchTarget(
            package=package.name,
            name=target.name,
            source=target.source,
            label=target.name if names[target.name] == 1 else f"{package.name}::{target.name}",
            features=fitting_features(workspace, features, (package.name,)),
        )
        for package, target in found
    )


def _check(features: Features, workspace: Workspace) -> None:
    known = {name for package in workspace.packages for name in package.features}
    given = () if isinstance(features, str) else features
    unknown = [name for name in given if "/" not in name and name not in known]
    if unknown:
        message = f"No package of the workspace has the feature {', '.join(unknown)}."
        raise SettingsError(message, next_step="Look at `bench.features`, else at `features`.")


def told_apart(found: Mapping[str, Sequence[Measurement]]) -> tuple[Measurement, ...]:
    """What the targets measured; a name that two of them use gets that of the target before it."""
    users = Counter(name for rows in found.values() for name in {row.name for row in rows})
    return tuple(
        replace(row, name=f"{target}: {row.name}") if users[row.name] > 1 else row
        for target, rows in found.items()
        for row in rows
    )


@dataclass(frozen=True, kw_only=True)
class Benches:
    """Builds and runs them."""

    context: Context
    environment: Mapping[str, str]
    toolchain: str

    def within(self, environment: Mapping[str, str]) -> Benches:
        """The same with another environment."""
        return replace(self, environment=environment)

    def every(self) -> Command:
        """What runs all of them, for people: cargo runs them package by package."""
        return self._command(
            ("--workspace",), ("*",), self.context.settings_of(BenchSettings).features
        )

    def command(self, *targets: BenchTarget, build: bool = False) -> Command:
        """The command that runs these targets of one package; ``build``: that only builds them.

        Within the workspace a name is also that of another package, maybe one without its features.
        """
        first = targets[0]
        names = tuple(target.name for target in targets)
        return self._command(("--package", first.package), names, first.features, build=build)

    def _command(
        self,
        where: tuple[str, ...],
        names: tuple[str, ...],
        features: OwnFeatures,
        *,
        build: bool = False,
    ) -> Command:
        context = self.context
        settings = context.settings_of(BenchSettings)
        # With neither name nor pattern the harness of every library would run, too.
        return cargo(
            context,
            "bench",
            *where,
            *(word for name in names for word in ("--bench", name)),
            *(("--profile", settings.profile) if settings.profile else ()),
            *feature_arguments(features, context),
            *color_arguments(context),
            *(("--no-run",) if build else ()),
            *(("--", *context.passthrough) if context.passthrough and not build else ()),
            environment=self.environment,
            toolchain=self.toolchain,
        )

    def build(self, targets: Sequence[BenchTarget]) -> None:
        """Build them before anything is started."""
        for package in dict.fromkeys(target.package for target in targets):
            self._build([target for target in targets if target.package == package])

    def _build(self, targets: Sequence[BenchTarget]) -> None:
        command = self.command(*targets, build=True)
        completed = run_cargo(self.context, command)
        step = "Fix the first error."
        if completed.exit_code and any(map(_is_unstable, targets)):
            nightly = self.context.face.command_line("bench", "--toolchain", "nightly")
            step = f"`#[bench]` takes a nightly toolchain: {nightly}; criterion runs on every one."
        raise_if_failed(self.context, command, completed, "The benchmarks do not compile.", step)

    def run(
        self, targets: Sequence[BenchTarget], rounds: int, yardstick: Yardstick
    ) -> list[tuple[Measurement, ...]]:
        """Run all of them so many times; one after the other, so that none disturbs another."""
        result = []
        mute = dict.fromkeys(target.label for target in targets)
        for number in range(1, rounds + 1):
            self.context.reporter.line(f"round {number} of {rounds}")
            yardstick.take()
            found = {target.label: self._one(target) for target in targets}
            yardstick.take()
            for name in [name for name, measured in found.items() if measured]:
                mute.pop(name, None)
            result.append(told_apart(found))
        if any(result) and mute:
            self.context.reporter.warning(f"{', '.join(mute)} printed no measurement.")
        return result

    def _one(self, target: BenchTarget) -> tuple[Measurement, ...]:
        command = self.command(target)
        lines = MeasuringLines()
        completed = run_cargo(
            self.context, command, output=Output.CAPTURE_STDOUT, on_text=lines.feed
        )
        hide = run_secrets(self.context, command.environment).known_hidden
        printed = hide(completed.stdout).strip()[-_SHOWN:]
        meaning = f"The benchmark {target.label} failed" + (f":\n{printed}\n" if printed else ".")
        raise_if_failed(self.context, command, completed, meaning, "Read its message above.")
        return tuple(read_measurements(lines.text))


def _is_unstable(target: BenchTarget) -> bool:
    """Whether a bench target uses the harness that is not stable."""
    try:
        text = read_text(target.source, most=SOURCE_BYTES, errors="replace")
    except OSError:
        return False
    return "feature(test)" in text or "#[bench]" in text
