"""The live state of what runs side by side."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from tasker_ci.screen.board import HEARTBEAT_SECONDS, LiveBoard, LogBoard, make_board
from tasker_ci.screen.terminal import TerminalReporter


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def log_board(screen: io.StringIO, clock: Clock) -> LogBoard:
    return LogBoard(TerminalReporter(screen, color=False), clock)


def test_a_log_says_what_starts_and_now_and_then_what_still_runs() -> None:
    screen, clock = io.StringIO(), Clock()
    with log_board(screen, clock) as board:
        board.start("clippy")
        clock.now += 10
        board.start("unit")
        board.output("unit", "a line that is kept for the end")
        clock.now += HEARTBEAT_SECONDS - 10.1
        board.tick()
        assert screen.getvalue() == "clippy: started\nunit: started\n"
        clock.now += 0.1
        board.tick()
        board.tick()
        clock.now += HEARTBEAT_SECONDS
        assert board.stop("clippy") == 2 * HEARTBEAT_SECONDS
        board.tick()
    assert screen.getvalue() == (
        "clippy: started\nunit: started\n"
        "still running: clippy 30 s, unit 20 s\n"
        "still running: unit 50 s\n"
    )


def test_a_log_is_silent_when_nothing_runs() -> None:
    screen, clock = io.StringIO(), Clock()
    with log_board(screen, clock) as board:
        clock.now += 10 * HEARTBEAT_SECONDS
        board.tick()
    assert screen.getvalue() == ""


def test_the_place_decides_which_board_it_is() -> None:
    log = TerminalReporter(io.StringIO(), color=False)
    live = TerminalReporter(io.StringIO(), color=True, interactive=True)
    assert isinstance(make_board(log), LogBoard)
    assert isinstance(make_board(live), LiveBoard)


class Terminal(io.StringIO):
    """A stream that says it is a terminal; what a real one shows is looked at in integration."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_each_session_with_its_newest_line_and_takes_all_away_again() -> None:
    screen, clock = Terminal(), Clock()
    board = LiveBoard(TerminalReporter(screen, color=True, interactive=True), clock)
    with board:
        board.start("clippy")
        board.output("clippy", "\x1b[1mCompiling\x1b[0m core")
        board.output("clippy", "   ")
        board.output("unit", "a line of a session that does not run")
        clock.now += 7
        board.tick()
        shown = screen.getvalue()
        assert "clippy" in shown
        assert "7 s" in shown
        assert "Compiling core" in shown.replace("\x1b[0m", "").replace("\x1b[2m", "")
        assert "does not run" not in shown
        assert board.stop("clippy") == 7
    assert screen.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[?25h")), "erased, cursor back"


def test_a_long_line_leaves_room_for_the_echo_of_ctrl_c() -> None:
    screen = Terminal()
    board = LiveBoard(TerminalReporter(screen, color=False, interactive=True), Clock())
    with board:
        board.start("unit")
        board.output("unit", "x" * 500)
        board.tick()
    lines = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", screen.getvalue()).replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= board._console.width - len("^C^C")
    assert any("xxx…" in line for line in lines)
