"""One run of `cargo test`, and the tests of one target: its exit code and its last total decide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command, Completed, Output, with_arguments
from tasker_ci.process.left_behind import end_left_behind, marked
from tasker_ci.reports.libtest import LibtestReader, read_list
from tasker_ci.reports.run import Case, CaseStatus, TestRun
from tasker_ci.rust.harness import has_own_harness
from tasker_ci.rust.selection import Selector, is_enabled
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.text.plurals import are
from tasker_ci.tools.cargo import run_cargo
from tasker_ci.tools.child_environment import run_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.own_variables import VariableSearch
    from tasker_ci.settings.cargo_features import Features

DOCTESTS = "doctests"
"""What the examples of all documentation are shown under."""

_TAIL_LINES = 40
_LIST_SECONDS = 60.0

ENDED_STEP = (
    "Find the call that ends the process: `std::process::exit`, `exec`, or C code that exits."
)


@dataclass(frozen=True, kw_only=True)
class PlainTarget:
    """A test target that `cargo test` runs, by itself: so its exit code is known, and its end."""

    suite: str
    """What its tests are shown under."""
    selector: Selector
    own_harness: bool = False
    """Whether it may print what it likes."""


@dataclass(frozen=True, kw_only=True)
class TargetRun:
    """What one target did."""

    suite: str
    command: Command
    run: TestRun
    completed: Completed
    ended_early: str | None = None
    """What is missing, if its process ended before its tests did and said it was well."""

    @property
    def build_seconds(self) -> float:
        """The time that no test took."""
        return max(0.0, self.completed.seconds - self.run.seconds)

    def part(self, *, build_seconds: float | None = None) -> SessionPart:
        """The target as a part of its session; ``build_seconds`` where they count there."""
        green = bool(self.ended_early)  # for cargo, with our variables and without
        return SessionPart(
            run=self.run,
            exit_code=self.completed.exit_code,
            suite=self.suite,
            build_seconds=build_seconds,
            ended_early=self.ended_early,
            causes=None if green else self._causes,
        )

    def _causes(self, search: VariableSearch) -> None:
        from tasker_ci.sessions.tests.causes import plain_causes

        plain_causes(search, self.suite, self.command, self.run)


def targets_of(
    selector: Selector, workspace: Workspace, features: Features
) -> tuple[PlainTarget, ...]:
    """The targets that a selector of settings means; those that ``features`` leave out are not.

    A selector that means none is handed on as it is: cargo knows best what is wrong with it.
    """
    found = [
        PlainTarget(
            suite=str(selector) if selector.target else package.binary_id(target),
            selector=_selector_of(package.name, package.binary_id(target)),
            own_harness=has_own_harness(package, target),
        )
        for package, target in workspace.tested()
        if selector.matches(package, target)
        and all(is_enabled(name, package, features) for name in target.required_features)
    ]
    return tuple(found) or (PlainTarget(suite=str(selector), selector=selector, own_harness=True),)


def _selector_of(package: str, binary_id: str) -> Selector:
    return Selector.parse(f"{package}::lib" if binary_id == package else binary_id)


def run_cargo_test(context: Context, command: Command, reader: LibtestReader) -> Completed:
    """Run `cargo test` with its output on the screen and ``reader`` behind it.

    What a test leaves running is ended and named; the verdict is cargo's. The keys of the run are
    hidden in what is shown, read and returned: reports are made of it, and workflows upload them.
    """
    hide = run_secrets(context, command.environment).known_hidden

    def take(text: str) -> None:
        shown = hide(text)
        reader.feed(shown)
        context.reporter.output(shown)

    own = marked(command)
    completed: Completed | None = None
    try:
        completed = run_cargo(context, own, output=Output.CAPTURE_STDOUT, on_text=take)
    finally:
        left = end_left_behind(own, completed)
    if left:
        names = ", ".join(left)
        context.reporter.warning(f"`{command}` leaves a process, which has been ended: {names}")
    return replace(completed, stdout=hide(completed.stdout))


def run_target(
    context: Context,
    target: PlainTarget,
    command: Command,
    explain_failure: Callable[[Completed], None],
) -> TargetRun:
    """Run the tests of one target; one with a harness of its own counts as one test.

    ``explain_failure`` is called where it failed without a failed test, and raises if the reason
    is not in the tests.
    """
    reader = LibtestReader(target.suite, single=True)
    completed = run_cargo_test(context, command, reader)
    doubtful = reader.doubtful and completed.exit_code == 0
    names = _names(context, command, reader) if reader.unclear or doubtful else None
    run = reader.run(names)
    talks = target.own_harness and not reader.ended and not run.cases  # its words, other grammar
    told = reader.found and not talks
    if not told:
        run = replace(run, seconds=completed.seconds)  # all is built before, as a rule
    if completed.exit_code and not run.having("failed"):
        explain_failure(completed)
    wrong = _wrong(target, reader, run, names, completed.exit_code)
    if wrong:
        tail = "\n".join(completed.stdout.splitlines()[-_TAIL_LINES:])
        failed = _whole(target, "failed", 0.0 if told else completed.seconds)
        run = replace(run, cases=(*run.cases, replace(failed, message=wrong, output=tail)))
    elif not told:
        run = replace(run, cases=(_whole(target, "passed", completed.seconds),))
    ended_early = f"{target.suite}: {wrong}" if wrong and completed.exit_code == 0 else None
    return TargetRun(
        suite=target.suite, command=command, run=run, completed=completed, ended_early=ended_early
    )


def _whole(target: PlainTarget, status: CaseStatus, seconds: float) -> Case:
    return Case(suite=target.suite, name=target.suite, status=status, seconds=seconds)


def _wrong(
    target: PlainTarget,
    reader: LibtestReader,
    run: TestRun,
    names: tuple[str, ...] | None,
    exit_code: int,
) -> str | None:
    """What the target as a whole did wrong, whatever its tests did; None for nothing."""
    code = f"exit code {exit_code}"
    if reader.found and not reader.ended:
        told = len(run.cases)
        if target.own_harness and exit_code == 0 and not told:  # its words, but another language
            return None
        return _ended(reader, told) + (f" ({code})" if exit_code else "")
    if exit_code:
        return None if run.having("failed") else code
    if not reader.found:
        silent = "the target ended before its tests did: it never said how many it runs"
        return None if target.own_harness else silent
    if reader.doubtful and names is not None and reader.answered(names) < reader.announced:
        return _ended(reader, reader.answered(names))
    return None


def _ended(reader: LibtestReader, told: int) -> str:
    missing = max(0, reader.announced - told)
    text = (
        f"the target ended before its tests did: {told} of {reader.announced} reported, "
        f"{missing} {are(missing)} missing"
    )
    # Only with one thread is this the test that runs; else it is one whose result was printed.
    return f"{text}; the last test it names is {reader.last_begun}" if reader.last_begun else text


def _names(context: Context, command: Command, reader: LibtestReader) -> tuple[str, ...] | None:
    """The target's own tests, asked of itself; None if it does not say."""
    asked = with_arguments(command, "--", "--list")
    try:
        answer = context.runner.run(asked, output=Output.CAPTURE, timeout=_LIST_SECONDS)
    except TaskerCIError:
        return None
    names = read_list(answer.stdout)
    return names if answer.exit_code == 0 and len(names) == reader.announced else None
