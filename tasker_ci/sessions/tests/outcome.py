"""The end of a session that runs tests: its summary, its verdict, how to run a failure again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.reports.summary import Summary
from tasker_ci.reports.summary_screen import print_summary
from tasker_ci.sessions.tests.cargo_test import ENDED_STEP
from tasker_ci.sessions.tests.errors import TargetEnded
from tasker_ci.sessions.tests.nextest_choice import Choice
from tasker_ci.sessions.tests.own_variables import VariableSearch
from tasker_ci.text.foreign import shortened
from tasker_ci.text.plurals import counted, plural
from tasker_ci.tools.nextest import exactly, has_filterset
from tasker_ci.tools.report_files import repository_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.reports.causes import Cause
    from tasker_ci.rust.workspace import Workspace

BUILT_ONLY = "nextest was asked to run no test, and nothing ran"
"""The outcome where words for nextest such as `--no-run` keep it from running anything."""

_CAUSES = 3
"""As many causes as the verdict names."""

_REASON_CHARACTERS = 100

_STRESS = re.compile(r"@stress-\d+$")
"""What nextest puts behind a binary's id for each round of a stress run; no filter knows it."""

_AGAIN = "Each failure above shows the command that reruns it."


@dataclass(frozen=True, kw_only=True)
class OutcomeWords:
    """How the end of a run is said."""

    passed: Callable[[Summary], str]
    failed: Callable[[Summary], str]


OF_TESTS = OutcomeWords(
    passed=lambda summary: f"{summary.counts} ({summary.times})",
    failed=lambda summary: _verdict(summary.run, summary.causes),
)


@dataclass(frozen=True, kw_only=True)
class SessionEnding:
    """How the tests of a session ended, when it got as far as them."""

    session: str
    choice: Choice | None
    """What was chosen; None for a session without nextest."""
    workspace: Workspace
    report: Path
    """The file that keeps the results; it is written."""
    build_seconds: float | None
    """How long building them took; None where that is not known."""
    run: TestRun
    exit_code: int
    empty_shard: bool
    left_out: tuple[str, ...] = ()
    """The tests that only nextest's `default-filter` kept from running."""
    shows_output: Callable[[Case], bool] = lambda _: False
    """Whether what a failed test printed has still to be shown."""
    ended_early: tuple[str, ...] = ()
    """The targets whose process ended before their tests did, each with what is missing."""
    words: OutcomeWords = OF_TESTS


def conclude(
    context: Context,
    ending: SessionEnding,
    rerun: Callable[[Case], str],
    causes: Callable[[VariableSearch], None] | None = None,
) -> Outcome:
    """Print the summary and return the outcome; raises `TestsFailed`.

    ``rerun`` is the line to type for a case that failed, ``causes`` looks for variables of ours
    by which tests failed.
    """
    run, choice = ending.run, ending.choice
    summary = Summary(
        title=f"{ending.session} (profile {choice.profile})" if choice else ending.session,
        run=run,
        build_seconds=ending.build_seconds,
        report=ending.report,
        rerun=rerun,
        shows_output=lambda case: not case.is_script and ending.shows_output(case),
    )
    print_summary(
        summary,
        context.reporter,
        locate=lambda case: repository_path(context, ending.workspace, case),
    )
    data = summary.data()
    if choice is not None:
        data["profile"] = choice.profile
        data["empty_shard"] = ending.empty_shard
        data["left_out_by_default_filter"] = list(ending.left_out)
    if ending.ended_early and len(run.having("failed")) == len(ending.ended_early):
        message = "; ".join(ending.ended_early) + "."
        raise TargetEnded(
            message, exit_code=ending.exit_code or 1, next_step=ENDED_STEP, data=data, run=run
        )
    if run.having("failed") or ending.exit_code:
        if causes is not None:
            search = VariableSearch(context=context)
            causes(search)
            data["passes_without"] = search.report()
        raise TestsFailed(
            ending.words.failed(summary),
            exit_code=ending.exit_code or 1,
            next_step=_AGAIN,
            data=data,
            run=run,
        )
    if choice is not None and ending.empty_shard:
        text = f"the shard {choice.partition} is empty: no test falls into it"
        return Outcome(summary=text, data=data)
    return Outcome(summary=ending.words.passed(summary), data=data, run=run)


def nextest_again(context: Context, session: str, choice: Choice, case: Case, *flags: str) -> str:
    """The line to type to run a case of nextest again in ``session`` with ``flags``."""
    profile = () if choice.profile == "default" else ("--profile", choice.profile)
    toolchain = ("--toolchain", choice.toolchain) if choice.toolchain else ()
    overrides = [word for pair in context.overrides for word in ("--set", pair)]
    if case.is_script:  # it runs again with the tests that it is for
        chosen, own = choice.part, context.passthrough
    else:
        binary = _STRESS.sub("", case.suite)
        test = f"binary_id({exactly(binary)}) & test({exactly(case.name)})"
        chosen = ("--filter", test)
        # A filterset of the user's own would be joined to this one with "or".
        own = () if has_filterset(context.passthrough) else context.passthrough
    return context.face.command_line(
        session,
        *flags,
        *profile,
        *toolchain,
        *overrides,
        *chosen,
        *(("--", *own) if own else ()),
    )


def _verdict(run: TestRun, causes: tuple[Cause, ...] = ()) -> str:
    failed = len(run.having("failed"))
    scripts = [case.name for case in run.having("failed") if case.is_script]
    if scripts:
        many = f"{plural(len(scripts), 'setup script')} {', '.join(scripts)}"
        others = (
            f" {counted(failed - len(scripts), 'test')} failed." if failed > len(scripts) else ""
        )
        return f"The {many} failed, so nextest ran no test.{others}"
    if failed:
        words = [_told(cause) for cause in causes if cause.word or len(cause.cases) > 1]
        why = f" {'; '.join(words[:_CAUSES])}." if words else ""
        return f"{failed} of {counted(run.executed, 'test')} failed.{why}"
    return "The run failed, although no single test did; the output above says why."


def _told(cause: Cause) -> str:
    """A cause for the verdict: how many tests, and why in a few words."""
    place = cause.first.location
    why = cause.word or shortened(cause.first.reason, _REASON_CHARACTERS)
    where = f" ({place[0]}:{place[1]})" if place else ""
    return f"{counted(len(cause.cases), 'test')}: {why}{where}"
