"""Ask cargo itself what a command would build: its unit graph, which compiles nothing.

It starts in an empty folder, so that no configuration and no toolchain file of the repository is
read, and its lock file is a copy, so that nothing is written there.
https://doc.rust-lang.org/cargo/reference/unstable.html#unit-graph
"""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import CommandTimedOut, TaskerCIError
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.selections.reachability import FILTERED
from tasker_ci.process.command import Command, Output
from tasker_ci.text.foreign import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.places import Place
    from tasker_ci.foreign.selections.reachability import FoundTest
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.conditions import Condition
    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

CONFIRMED = frozenset({"T1", "T4"})
"""The rules whose findings a unit graph can tell from wrong ones."""

_SECONDS = 120.0
"""For one command, which may fetch."""

_SECONDS_IN_ALL = 900.0
"""For all commands together; those that are left are not asked."""

_SELECTING = (
    *("--package", "--workspace", "--exclude", "--features", "--all-features", "--lib", "--bins"),
    *("--no-default-features", "--bin", "--test", "--tests", "--bench", "--benches", "--example"),
    *("--examples", "--all-targets", "--doc", "--target", "--release"),
)
"""What of a command decides which units there are."""


_REFUSED = re.compile(r"^error: no library targets found in package", re.MULTILINE)
"""Cargo ends like that before it builds anything."""


class NoGraph(Exception):
    """Cargo does not say; the text says why."""


@dataclass(frozen=True, kw_only=True)
class TestUnit:
    """One test binary that cargo would build."""

    __test__ = False

    source: Path
    """The root file of its target."""
    features: frozenset[str]
    """Of its package."""


def confirmed(
    context: Context,
    subject: Subject,
    findings: Iterable[ReviewFinding],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[ReviewFinding]:
    """The findings, those that a graph can decide marked with what cargo says."""
    graph: _Graph | None = None
    for finding in findings:
        if finding.rule not in CONFIRMED:
            yield finding
            continue
        graph = graph or _asked(context, subject, clock)
        yield replace(finding, confirmed=_word(subject, finding, graph))


def _word(subject: Subject, finding: ReviewFinding, graph: _Graph) -> bool | None:
    """What cargo says of a finding; None where it does not say, or where a filter decides."""
    wanted = set(finding.tests)
    lost = [
        (reviewed, test)
        for reviewed in subject.workspaces
        for test in reviewed.fates.tests
        if f"{subject.relative(test.file)}:{test.test.line} {test.test.name}" in wanted
    ]
    if any(reason.depth == FILTERED for _, test in lost for reason in test.reasons):
        return None
    built = {_is_built(reviewed, test, graph.units) for reviewed, test in lost}
    if True in built:
        return False
    return True if graph.whole and built <= {False} else None


def _is_built(
    reviewed: ReviewedWorkspace, test: FoundTest, units: Iterable[TestUnit]
) -> bool | None:
    """Whether a graph has the test's binary with features under which the test is compiled.

    None where something else decides too, such as the machine, which no graph knows.
    """
    found: bool | None = False
    for arrival in reviewed.reach.arrivals[test.file]:
        conditions = (*arrival.conditions, *test.test.conditions)
        for unit in units:
            if unit.source == arrival.target.source:
                holds = _hold(conditions, unit.features)
                if holds:
                    return True
                found = None if holds is None else found
    return found


def _hold(conditions: Iterable[Condition], features: frozenset[str]) -> bool | None:
    def known(name: str, value: str | None) -> bool | None:
        if name == "feature":
            return value in features
        return True if name in {"test", "debug_assertions"} else None

    found = {condition.holds(known) for condition in conditions}
    return False if False in found else None if None in found else True


@dataclass(frozen=True, kw_only=True)
class _Graph:
    """What all commands that run tests would build."""

    units: tuple[TestUnit, ...]
    whole: bool
    """Whether cargo has answered for each of them."""


def _asked(context: Context, subject: Subject, clock: Callable[[], float]) -> _Graph:
    """Ask cargo for each command once, and say which."""
    toolchain = _toolchain(context)
    units: list[TestUnit] = []
    whole = True
    questions = _questions(subject)
    end = clock() + _SECONDS_IN_ALL
    for number, (words, (root, place)) in enumerate(questions.items(), 1):
        left = end - clock()
        if left <= 0:
            context.reporter.warning(
                f"cargo was asked for {number - 1} of {len(questions)} commands: that took"
                f" {_SECONDS_IN_ALL / 60:.0f} minutes."
            )
            return _Graph(units=tuple(units), whole=False)
        context.reporter.line(f"asking cargo, {number} of {len(questions)}: {place}")
        try:
            units += _graph(context, root, words, toolchain, min(left, _SECONDS))
        except NoGraph as error:
            whole = False
            context.reporter.warning(f"cargo says nothing of {place}: {error}.")
    return _Graph(units=tuple(units), whole=whole)


def _questions(subject: Subject) -> Mapping[tuple[str, ...], tuple[Path, Place]]:
    """The flags of each command that runs tests, with its workspace and where it stands first."""
    found: dict[tuple[str, ...], tuple[Path, Place]] = {}
    for reviewed in subject.workspaces:
        for selection in reviewed.selections:
            if selection.action is Action.TEST:
                manifest = _manifest(subject, reviewed, selection)
                words = ("--manifest-path", str(manifest), *_words(selection))
                place = selection.invocation.command.place
                found.setdefault(words, (reviewed.workspace.root, place))
    return found


def _toolchain(context: Context) -> Mapping[str, str]:
    """The default toolchain by name, so that none of the repository's is chosen."""
    command = Command(
        argv=("rustup", "default"), cwd=Path(context.project_root.anchor),
        environment=context.environment,
    )  # fmt: skip
    try:
        words = context.runner.run(command, output=Output.CAPTURE, timeout=_SECONDS).stdout.split()
    except TaskerCIError:
        words = []
    return {"RUSTUP_TOOLCHAIN": words[0]} if words else {}


def _manifest(subject: Subject, reviewed: ReviewedWorkspace, selection: Selection) -> Path:
    """The manifest that the command begins with: without flags it decides what is selected."""
    folder = selection.invocation.manifest_folder or PurePosixPath()
    for each in (folder, *folder.parents):
        if subject.checkout.has(each / "Cargo.toml"):
            return subject.checkout.root / each / "Cargo.toml"
    return reviewed.workspace.root / "Cargo.toml"


def _words(selection: Selection) -> tuple[str, ...]:
    """The flags of a command that decide what is built, in a fixed order."""
    invocation = selection.invocation
    words = [word for name in _SELECTING for word in _flag(invocation, name)]
    if "nextest" in invocation.subcommand:  # whose `--profile` is one of its own
        words += [f"--profile={value}" for value in invocation.values("--cargo-profile")]
    else:
        words += _flag(invocation, "--profile")
    return tuple(words)


def _flag(invocation: Invocation, name: str) -> Iterator[str]:
    if not invocation.has(name):
        return
    values = invocation.values(name)
    if not values:
        yield name
    yield from (f"{name}={value}" for value in values)


def _graph(
    context: Context,
    root: Path,
    words: tuple[str, ...],
    toolchain: Mapping[str, str],
    seconds: float,
) -> Iterator[TestUnit]:
    with TemporaryDirectory(prefix="tasker-ci-review-") as name:
        folder = Path(name)
        if (root / "Cargo.lock").is_file():
            shutil.copyfile(root / "Cargo.lock", folder / "Cargo.lock")
        command = Command(
            argv=(
                *("cargo", "test", *words),
                *("--ignore-rust-version", "--unit-graph", "-Z", "unstable-options"),
                *("-Z", "lockfile-path"),
                *("--config", f"resolver.lockfile-path={json.dumps(str(folder / 'Cargo.lock'))}"),
            ),
            cwd=folder,
            environment={**context.environment, **_PLAIN, **toolchain},
        )
        context.reporter.command(str(command))
        try:
            answer = context.runner.run(command, output=Output.CAPTURE, timeout=seconds)
        except CommandTimedOut as error:
            raise NoGraph(f"it took more than {seconds:.0f} seconds") from error
    if answer.exit_code and _REFUSED.search(answer.stderr):
        return
    if answer.exit_code:
        lines = answer.stderr.strip().splitlines() or ["it failed"]
        errors = [line for line in lines if line.startswith("error")]
        raise NoGraph(shortened((errors or lines)[0]))
    yield from read_graph(answer.stdout)


def read_graph(text: str) -> Iterator[TestUnit]:
    """The test binaries of a unit graph. Raises `NoGraph` for what is none."""
    try:
        units: list[dict[str, Any]] = json.loads(text)["units"]
        for unit in units:
            if unit["mode"] == "test":
                source = Path(unit["target"]["src_path"])
                yield TestUnit(source=source, features=frozenset(unit["features"]))
    except (ValueError, KeyError, TypeError) as error:
        raise NoGraph("it prints no unit graph") from error


_PLAIN = {
    "RUSTC_BOOTSTRAP": "1",
    "RUSTC": "rustc",
    "RUSTC_WRAPPER": "",
    "RUSTC_WORKSPACE_WRAPPER": "",
    "RUSTUP_AUTO_INSTALL": "0",
}
"""The graph is for nightly alone, and cargo asks the compiler what it sets."""
