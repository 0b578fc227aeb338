"""The loop of `watch`: what begins a run, what cuts one off, and what it is asked for then."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import AccessError, Interrupted
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.sessions.watch.events import Blind, Ended, Happened, Pressed, Saved
from tasker_ci.sessions.watch.files import ChangedFiles
from tasker_ci.sessions.watch.loop import Loop
from tasker_ci.sessions.watch.rounds import Result, command_of
from tasker_ci.sessions.watch.session import watch
from tasker_ci.sessions.watch.view import PlainView, TerminalView, head_of
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from queue import SimpleQueue

ROOT = Path("/project")


def result(*, green: bool = True) -> Result:
    row = {"session": "unit", "status": "passed" if green else "failed", "summary": "2 passed"}
    return Result(
        exit_code=0 if green else 1,
        seconds=1.0,
        document={"sessions": [row], "summary": "fine"},
        text="all it printed\n",
    )


@dataclass
class StandIn:
    """A run that ends when it is told to."""

    number: int
    changed: frozenset[Path] | None
    anew: bool
    result: Result | None = None
    failure: None = None
    stopped: bool = False
    started: bool = False
    on_end: Callable[[], None] = lambda: None
    on_line: Callable[[str], None] = lambda _: None

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True


@dataclass
class Script:
    """What happens, one after the other; a function acts on the runs so far."""

    steps: tuple[Happened | Callable[[list[StandIn]], Happened], ...]
    runs: list[StandIn] = field(default_factory=list)
    queue: SimpleQueue[Happened] | None = None

    @contextlib.contextmanager
    def into(self, queue: SimpleQueue[Happened]) -> Iterator[None]:
        self.queue = queue
        yield

    def begin(self, number: int, changed: frozenset[Path] | None, anew: bool) -> StandIn:
        self.runs.append(StandIn(number, changed, anew))
        return self.runs[-1]


def played(
    tmp_path: Path, *steps: Happened | Callable[[list[StandIn]], Happened], sources: int = 2
) -> Script:
    script = Script(steps)
    context = make_context(tmp_path)
    loop = Loop(
        files=ChangedFiles(root=ROOT, targets=(), is_ignored=lambda _: set()),
        view=PlainView(context.reporter),
        signals=Cancellation(),
        sources=(script,) * sources,
        begin=script.begin,  # type: ignore[arg-type]
    )
    loop._start("it begins")
    for step in steps:
        happened = step(script.runs) if callable(step) else step
        if loop._take(happened):
            break
    return script


def saved(*names: str) -> Saved:
    return Saved(frozenset(ROOT / name for name in names))


def ends(*, green: bool = True) -> Callable[[list[StandIn]], Happened]:
    def end(runs: list[StandIn]) -> Happened:
        runs[-1].result = result(green=green)
        return Ended(runs[-1].number)

    return end


def test_a_save_begins_a_run_and_another_cuts_it_off(tmp_path: Path) -> None:
    runs = played(tmp_path, ends(), saved("a.rs"), saved("b.rs")).runs
    assert [each.stopped for each in runs] == [False, True, False]
    assert runs[2].changed == {ROOT / "a.rs", ROOT / "b.rs"}, "nothing that changed is lost"


def test_until_all_was_green_once_everything_is_asked_for(tmp_path: Path) -> None:
    runs = played(tmp_path, ends(green=False), saved("a.rs"), ends(), saved("b.rs")).runs
    assert [each.changed for each in runs] == [None, None, {ROOT / "b.rs"}]


def test_what_was_red_stays_with_what_changes_next(tmp_path: Path) -> None:
    runs = played(tmp_path, ends(), saved("a.rs"), ends(green=False), saved("b.rs")).runs
    assert runs[-1].changed == {ROOT / "a.rs", ROOT / "b.rs"}


def test_a_key_runs_all_anew_and_another_stops(tmp_path: Path) -> None:
    runs = played(tmp_path, ends(), Pressed("r"), ends(), Pressed("q"), saved("a.rs")).runs
    assert [(each.changed, each.anew) for each in runs] == [(None, False), (None, True)]


def test_the_end_of_a_run_that_was_cut_off_means_nothing(tmp_path: Path) -> None:
    runs = played(tmp_path, saved("a.rs"), lambda _: Ended(1), saved("b.rs")).runs
    assert [each.stopped for each in runs] == [True, True, False]


def test_a_change_that_does_not_count_begins_nothing(tmp_path: Path) -> None:
    assert len(played(tmp_path, ends(), saved(".git/HEAD"), Blind("gone")).runs) == 1


def test_without_a_key_to_press_it_ends_when_it_sees_nothing_any_more(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="not seen any more: gone"):
        played(tmp_path, ends(), Blind("gone"), sources=1)


def test_a_signal_stops_what_runs(tmp_path: Path) -> None:
    signals = Cancellation()
    script = Script(())
    signals.receive(signal.SIGTERM)
    loop = Loop(
        files=ChangedFiles(root=ROOT, targets=(), is_ignored=lambda _: set()),
        view=PlainView(make_context(tmp_path).reporter),
        signals=signals,
        sources=(script,),
        begin=script.begin,  # type: ignore[arg-type]
    )
    with pytest.raises(Interrupted) as error:
        loop.run()
    assert error.value.signal_number == signal.SIGTERM
    assert [each.stopped for each in script.runs] == [True]


def test_without_a_terminal_each_deed_is_a_line(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    view = PlainView(context.reporter)
    view.began("a.rs changed")
    view.heard("a line")
    view.ended(result(green=False))
    view.note("no more")
    view.closed()
    assert "watch: running, because a.rs changed\n" in context.printed
    assert "all it printed\n" in context.printed
    assert "watch: RED (1 s, " in context.printed
    assert "\x1b" not in context.printed


def test_on_a_terminal_the_page_begins_with_the_newest_result(tmp_path: Path) -> None:
    context = make_context(tmp_path, color=True)
    view = TerminalView(context.reporter)
    view.ended(result())
    view.began("a.rs changed")
    view.heard("Compiling")
    view.ended(result(green=False))
    view.whole()
    view.closed()
    page = context.printed.rpartition("\x1b[2J")[2]
    assert page.startswith("\x1b[31mRED (1 s, ")
    assert "all it printed" in page
    assert "before: GREEN" in page


def test_a_result_without_sessions_says_how_it_ended() -> None:
    empty = Result(exit_code=2, seconds=1.0, document={}, text="")
    assert head_of(empty).endswith("exit code 2")


def test_a_dry_run_shows_the_command_of_a_run(tmp_path: Path) -> None:
    context = make_context(tmp_path, dry_run=True, overrides=("ci.fail-fast=true",))
    (command,) = watch(context, session=("fmt",)).data["commands"]
    words = ["ci", "--json", "--only", "fmt", "--set", "ci.fail-fast=true"]
    assert command["argv"][-6:] == words
    again = command_of(context, (), changed=("a.rs",), anew=True).argv
    assert again[6:9] == ("--changed", "a.rs", "--no-proven")
