"""Whether a failed test passes without the variables that the environment table adds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import CommandTimedOut, TaskerCIError
from tasker_ci.settings.environment import variables
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.markdown import escaped
from tasker_ci.text.plurals import counted, plural
from tasker_ci.workflows.setup_env import ACTION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from tasker_ci.context import Context
    from tasker_ci.reports.run import Case, TestRun

    Attempt = Callable[[Sequence[Case], Collection[str], float], TestRun]
    """Runs these tests without these variables, within so many seconds."""

MAXIMUM_TESTS = 20
SECONDS = 60.0
"""For all attempts together."""

_SLOW_SECONDS = 15.0
"""A test that took longer is left out: several attempts would not fit."""

_SHOWN = 5
_NAME_CHARACTERS = 200
_GOES_WRONG = (TaskerCIError, OSError, ValueError, LookupError, TypeError)
"""A tool that does not build, ends, writes or answers as it should."""


@dataclass(frozen=True, kw_only=True)
class VariableFinding:
    """Tests that pass without these variables, and fail with them."""

    variables: tuple[str, ...]
    cases: tuple[Case, ...]


def added_variables(context: Context, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of ``environment`` that the table adds to what the process was given.

    What setup-env has set in an earlier step counts as added while it has the table's value.
    """
    given = context.environment
    return tuple(
        name
        for name, row in variables(context.loaded).items()
        if environment.get(name) is not None
        and (
            name not in given
            or (row.generator and not given[name])
            or (name in context.set_before and not row.generator and given[name] == row.value)
        )
    )


@dataclass(kw_only=True)
class VariableSearch:
    """The search after one session: one bound of tests and time, whatever tools ran its tests."""

    context: Context
    findings: list[VariableFinding] = field(default_factory=list)
    _tests: int = MAXIMUM_TESTS
    _deadline: float | None = None

    def look(self, failed: Sequence[Case], names: tuple[str, ...], attempt: Attempt) -> None:
        """Run failed tests once more without the variables ``names``, and note which of them pass.

        Only what is sure is noted: a test that also passes with the variables is unstable. Nothing
        changes the verdict, and what goes wrong on the way means no finding. Raises `Interrupted`.
        """
        chosen = [case for case in failed if case.seconds <= _SLOW_SECONDS][: self._tests]
        if not chosen or not names:
            return
        self._tests -= len(chosen)
        some = "" if len(chosen) == len(failed) else f"{len(chosen)} of "
        tests = f"{some}{counted(len(failed), 'failed test')}"
        self.context.reporter.line(
            f"note: running {tests} once more without {', '.join(names)}; this changes no result."
        )
        if self._deadline is None:
            self._deadline = time.monotonic() + SECONDS
        deadline = self._deadline

        def passing(cases: Sequence[Case], without: Collection[str]) -> list[Case]:
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                message = "The time for running failed tests once more is over."
                raise CommandTimedOut(message)
            return _passed(cases, attempt(cases, without, seconds)) if cases else []

        try:
            bare = passing(chosen, names)
            unstable = passing(bare, ())
        except _GOES_WRONG:
            return
        sure = [case for case in bare if case not in unstable]
        self.findings += _by_variables(_narrowed(sure, names, passing))

    def report(self) -> list[dict[str, Any]]:
        """Print what was found, with one advice for all of it; return it for `--json`."""
        causes = {case: found.variables for found in self.findings for case in found.cases}
        findings = _by_variables(causes)
        if findings:
            _report(self.context, findings)
        return [
            {"suite": case.suite, "test": case.name, "variables": list(finding.variables)}
            for finding in findings
            for case in finding.cases
        ]


def _by_variables(causes: Mapping[Case, tuple[str, ...]]) -> tuple[VariableFinding, ...]:
    return tuple(
        VariableFinding(
            variables=names, cases=tuple(case for case in causes if causes[case] == names)
        )
        for names in dict.fromkeys(causes.values())
    )


def _passed(cases: Sequence[Case], run: TestRun) -> list[Case]:
    """Those of ``cases`` that ``run`` has, and each time as passed."""
    found: dict[tuple[str, str], bool] = {}
    for case in run.cases:
        identity = (case.suite, case.name)
        found[identity] = found.get(identity, True) and case.status in {"passed", "flaky"}
    return [case for case in cases if found.get((case.suite, case.name))]


def _narrowed(
    cases: Sequence[Case],
    names: tuple[str, ...],
    passing: Callable[[Sequence[Case], Collection[str]], list[Case]],
) -> dict[Case, tuple[str, ...]]:
    """The variables that matter for each test: one if that is enough, else as few as suffice."""
    causes = dict.fromkeys(cases, names)
    left = list(cases)
    if len(names) == 1:
        return causes
    try:
        for name in names:
            for case in passing(left, (name,)):
                causes[case] = (name,)
                left.remove(case)
        needed = names
        for name in names:
            fewer = tuple(each for each in needed if each != name)
            if left and len(passing(left, fewer)) == len(left):
                needed = fewer
                causes.update(dict.fromkeys(left, needed))
    except _GOES_WRONG:
        pass  # what is not narrowed yet keeps all the names
    return causes


def _report(context: Context, findings: tuple[VariableFinding, ...]) -> None:
    lines = [_sentence(finding) for finding in findings]
    found = (name for finding in findings for name in finding.variables)
    names = dict.fromkeys((*context.settings.environment.drop, *found))
    words = ", ".join(f'"{name}"' for name in names)
    step = f"Set in {SETTINGS_FILE}: environment.drop = [{words}]"
    if (context.project_root / ACTION).is_file():
        step += f", then run {context.face.command_line('sync')}"
    for line in lines:
        context.reporter.warning(line)
    context.reporter.line(f"  next: {step}")
    context.reporter.summary("\n".join(f"- {escaped(line)}" for line in (*lines, step)) + "\n")


def _sentence(finding: VariableFinding) -> str:
    names = ", ".join(finding.variables)
    shown = [
        one_line(shortened(f"{case.group} {case.name}", _NAME_CHARACTERS))
        for case in finding.cases[:_SHOWN]
    ]
    more = len(finding.cases) - len(shown)
    tests = ", ".join(shown) + (f" and {more} more" if more else "")
    verb = plural(len(finding.cases), "passes", "pass")
    return f"{tests} {verb} without {names}, which the environment table adds."
