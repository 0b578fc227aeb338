"""What tells a session to stop, and work with its teardown: one follows the other, always.

Signals are real and sent by the process to itself, in the very line where a test wants them.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import Interrupted, WorkspaceError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Iterator

INT, TERM = signal.SIGINT, signal.SIGTERM


@pytest.fixture
def cancellation() -> Iterator[Cancellation]:
    cancellation = Cancellation()
    with Signals(cancellation):
        yield cancellation


class Torn:
    """A teardown that remembers what it was called with; it may get signals meanwhile."""

    def __init__(self, *signals: int, error: Exception | None = None) -> None:
        self.calls: list[BaseException | None] = []
        self.finished = 0
        self._signals = signals
        self._error = error

    def __call__(self, error: BaseException | None) -> None:
        self.calls.append(error)
        for number in self._signals:
            signal.raise_signal(number)
        self.finished += 1
        if self._error is not None:
            raise self._error


def test_after_good_work_the_teardown_gets_nothing_and_the_result_is_returned(
    cancellation: Cancellation,
) -> None:
    torn = Torn()
    assert cancellation.guard(lambda: 7, torn) == 7
    assert torn.calls == [None]


def test_what_ends_the_work_is_handed_to_the_teardown_and_raised_after_it(
    cancellation: Cancellation,
) -> None:
    torn = Torn()
    broken = WorkspaceError("broken")

    def work() -> None:
        raise broken

    with pytest.raises(WorkspaceError) as error:
        cancellation.guard(work, torn)
    assert error.value is broken
    assert torn.calls == [broken]


@pytest.mark.parametrize(("number", "code"), [(INT, 130), (TERM, 143)])
def test_a_signal_ends_the_work_and_not_the_teardown(
    cancellation: Cancellation, number: int, code: int
) -> None:
    torn = Torn(INT, TERM, INT)

    def work() -> None:
        signal.raise_signal(number)
        cancellation.pause(600)
        pytest.fail("the work went on")

    with pytest.raises(Interrupted) as error:
        cancellation.guard(work, torn)
    assert error.value.exit_code == code, "the first signal counts"
    assert len(torn.calls) == torn.finished == 1
    assert isinstance(torn.calls[0], Interrupted)


def test_a_signal_before_the_first_step_lets_none_be_done(cancellation: Cancellation) -> None:
    signal.raise_signal(INT)
    torn = Torn()
    with pytest.raises(Interrupted):
        cancellation.guard(lambda: pytest.fail("the work began"), torn)
    assert torn.finished == 1


@pytest.mark.parametrize("broken", [False, True])
def test_a_signal_in_the_teardown_is_raised_when_that_is_done(
    cancellation: Cancellation, broken: bool
) -> None:
    torn = Torn(TERM)

    def work() -> None:
        if broken:
            raise WorkspaceError("broken")

    with pytest.raises(Interrupted) as error:
        cancellation.guard(work, torn)
    assert error.value.exit_code == 143
    assert torn.finished == 1


def test_what_the_teardown_raises_is_raised(cancellation: Cancellation) -> None:
    with pytest.raises(WorkspaceError, match="left over"):
        cancellation.guard(lambda: None, Torn(error=WorkspaceError("left over")))


def test_one_guard_within_another_tears_down_both(cancellation: Cancellation) -> None:
    inner, outer = Torn(INT), Torn(TERM)

    def work() -> None:
        cancellation.guard(lambda: signal.raise_signal(TERM), inner)

    with pytest.raises(Interrupted) as error:
        cancellation.guard(work, outer)
    assert error.value.exit_code == 143
    assert inner.finished == outer.finished == 1


def test_a_pause_ends_at_once_and_waits_in_a_teardown(cancellation: Cancellation) -> None:
    signal.raise_signal(TERM)
    with pytest.raises(Interrupted):
        cancellation.pause(600)
    paused: list[str] = []

    def teardown(_: BaseException | None) -> None:
        cancellation.pause(0.01)
        paused.append("to the end")

    with pytest.raises(Interrupted):
        cancellation.guard(lambda: None, teardown)
    assert paused == ["to the end"]


def test_the_sessions_of_a_process_stop_one_by_one_or_all_together() -> None:
    whole = Cancellation()
    one, other = Cancellation(whole), Cancellation(whole)
    one.cancel()
    with pytest.raises(Interrupted) as stopped:
        one.check()
    assert stopped.value.signal_number == TERM
    other.check()
    whole.receive(INT)
    with pytest.raises(Interrupted) as interrupted:
        other.check()
    assert interrupted.value.signal_number == INT
    assert (one.count, other.count, whole.count) == (2, 1, 1)
    assert not one.impatient, "one signal came, and to be stopped is none"
    whole.receive(TERM)
    assert one.impatient
    assert other.impatient


def test_a_guard_of_one_session_is_none_of_another() -> None:
    whole = Cancellation()
    one, other = Cancellation(whole), Cancellation(whole)

    def teardown(_: BaseException | None) -> None:
        whole.receive(INT)
        one.pause(0)
        with pytest.raises(Interrupted):
            other.pause(0)

    with pytest.raises(Interrupted):
        one.guard(lambda: None, teardown)
