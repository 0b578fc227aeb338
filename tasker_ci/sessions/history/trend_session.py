"""The session trend: the history of runs on the screen, for GitHub and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ReportError, UsageError
from tasker_ci.reports.summary_markdown import MAXIMUM_BYTES
from tasker_ci.sessions.history.folders import history_folders
from tasker_ci.text.foreign import one_line
from tasker_ci.text.markdown import within
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasker_ci.sessions.history.difference import Difference
    from tasker_ci.sessions.history.trend import Trend

_PROBLEMS = 3


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user wants to see."""

    folders: tuple[str, ...]
    sessions: tuple[str, ...]
    branch: str | None
    base: str | None
    head: str | None


def trend(
    context: Context,
    *,
    from_: Annotated[
        tuple[str, ...], "A folder of records, in place of the setting `history.folder`."
    ] = (),
    last: Annotated[int, "How many runs of each session are looked at."] = 30,
    session: Annotated[tuple[str, ...], "Only runs of this session."] = (),
    branch: Annotated[str | None, "Only runs on this branch."] = None,
    base: Annotated[str | None, "The run to compare with: a commit or a run's name."] = None,
    head: Annotated[str | None, "The run that is compared."] = None,
) -> Outcome:
    """Show the history of runs: times, regressions, flaky tests and what changed.

    Each run of a session that checks code leaves a record. `trend` compares like with like: the
    same session with the same arguments.
    """
    if last < 1:
        message = f"--last takes a number above 0, not {last}."
        raise UsageError(message, next_step="The default is 30.")
    if context.dry_run:
        return Outcome(summary="a report starts nothing", status=Status.SKIPPED)
    from tasker_ci.sessions.history.record_folder import History
    from tasker_ci.sessions.history.trend import read_trend
    from tasker_ci.sessions.history.trend_view import TrendView
    from tasker_ci.sessions.history.verdicts import flaky_tests, session_times, test_times

    wish = Wish(folders=from_, sessions=session, branch=branch, base=base, head=head)
    folders = _folders(context, wish)
    history = History(folders=folders)
    found = read_trend(history, last=last, sessions=session, branch=branch)
    for problem in history.problems[:_PROBLEMS]:
        context.reporter.warning(one_line(problem))
    if len(history.problems) > _PROBLEMS:
        more = len(history.problems) - _PROBLEMS
        context.reporter.warning(f"{counted(more, 'more record')} cannot be read.")
    if not found.runs:
        raise _nothing(context, wish, folders, found.skipped)
    seen = TrendView(
        trend=found,
        sessions=tuple(session_times(found)),
        tests=tuple(test_times(found)),
        flaky=tuple(flaky_tests(found)),
        differences=tuple(_differences(found, wish)),
    )
    with context.reporter.foreign_output():
        for title, part in seen.tables():
            context.reporter.line(title, "bold")
            if part.rows:
                context.reporter.table(part)
        for line in seen.remarks():
            context.reporter.line(line)
    context.reporter.summary(within(seen.markdown(), MAXIMUM_BYTES))
    runs = len({run.run for run in found.runs})
    return Outcome(
        summary=f"{counted(runs, 'run')}, {counted(len(found.tests), 'test')}, "
        f"{len(seen.slower)} slower beyond noise, {len(seen.flaky)} flaky",
        data=seen.data(),
    )


def _folders(context: Context, wish: Wish) -> tuple[Path, ...]:
    if not wish.folders:
        usual, instead = history_folders(context)
        return (usual, instead) if instead.is_dir() else (usual,)
    folders = tuple(context.directory / folder for folder in wish.folders)
    for folder in folders:
        if not folder.is_dir():
            message = f"There is no folder {folder}."
            raise ReportError(message, next_step="Give the folder of a downloaded history.")
    return folders


def _nothing(context: Context, wish: Wish, folders: Sequence[Path], skipped: int) -> ReportError:
    narrowed = [f"on the branch {wish.branch}"] if wish.branch else []
    narrowed += [f"of {', '.join(wish.sessions)}"] if wish.sessions else []
    where = ", ".join(map(str, folders))
    there = f"no record but {skipped} of skipped sessions" if skipped else "no record"
    message = f"No data: there is {' '.join([there, *narrowed])} in {where}."
    step = f"Each run leaves one; run {context.face.command_line('unit')}, or give --from FOLDER."
    return ReportError(message, next_step=step)


def _differences(found: Trend, wish: Wish) -> Iterator[Difference]:
    """The newest run of each session that has tests, against the one before it."""
    from tasker_ci.sessions.history.difference import difference

    none = True
    for title in found.titles:
        places = [place for place in found.of(title) if found.runs[place].tests]
        heads = [place for place in places if _is(found, place, wish.head)]
        if not heads:
            continue
        bases = [
            place
            for place in places
            if (place > heads[0] or (wish.base and place != heads[0]))
            and _is(found, place, wish.base)
        ]
        if bases:
            none = False
            yield difference(found, bases[0], heads[0])
    if none and (wish.base or wish.head):
        named = " and ".join(word for word in (wish.base, wish.head) if word)
        message = f"No data: no two runs of one session fit {named}."
        step = "Give the beginning of a commit, or the name of a run (--json shows them)."
        raise ReportError(message, next_step=step)


def _is(found: Trend, place: int, word: str | None) -> bool:
    run = found.runs[place]
    return not word or run.run == word or bool(run.commit and run.commit.startswith(word))
