"""Work and its teardown: one follows the other, whatever signals come and when.

Signals are real and sent by the process to itself, in the very line where a test wants them.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import Interrupted, WorkspaceError
from tasker_ci.process.interruption import Interruption

if TYPE_CHECKING:
    from collections.abc import Iterator

INT, TERM = signal.SIGINT, signal.SIGTERM


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    with Interruption() as interruption:
        yield interruption


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
    interruption: Interruption,
) -> None:
    torn = Torn()
    assert interruption.guard(lambda: 7, torn) == 7
    assert torn.calls == [None]


def test_what_ends_the_work_is_handed_to_the_teardown_and_raised_after_it(
    interruption: Interruption,
) -> None:
    torn = Torn()
    broken = WorkspaceError("broken")

    def work() -> None:
        raise broken

    with pytest.raises(WorkspaceError) as error:
        interruption.guard(work, torn)
    assert error.value is broken
    assert torn.calls == [broken]


@pytest.mark.parametrize(("number", "code"), [(INT, 130), (TERM, 143)])
def test_a_signal_ends_the_work_and_not_the_teardown(
    interruption: Interruption, number: int, code: int
) -> None:
    torn = Torn(INT, TERM, INT)

    def work() -> None:
        signal.raise_signal(number)
        pytest.fail("the work went on")

    with pytest.raises(Interrupted) as error:
        interruption.guard(work, torn)
    assert error.value.exit_code == code, "the first signal counts"
    assert len(torn.calls) == torn.finished == 1
    assert isinstance(torn.calls[0], Interrupted)


def test_a_signal_before_the_first_step_lets_none_be_done(interruption: Interruption) -> None:
    with interruption.deferred():
        signal.raise_signal(INT)
    torn = Torn()
    with pytest.raises(Interrupted):
        interruption.guard(lambda: pytest.fail("the work began"), torn)
    assert torn.finished == 1


@pytest.mark.parametrize("broken", [False, True])
def test_a_signal_in_the_teardown_is_raised_when_that_is_done(
    interruption: Interruption, broken: bool
) -> None:
    torn = Torn(TERM)

    def work() -> None:
        if broken:
            raise WorkspaceError("broken")

    with pytest.raises(Interrupted) as error:
        interruption.guard(work, torn)
    assert error.value.exit_code == 143
    assert torn.finished == 1


def test_what_the_teardown_raises_is_raised(interruption: Interruption) -> None:
    with pytest.raises(WorkspaceError, match="left over"):
        interruption.guard(lambda: None, Torn(error=WorkspaceError("left over")))


def test_afterwards_signals_are_raised_where_they_come(interruption: Interruption) -> None:
    interruption.guard(lambda: None, Torn())
    with pytest.raises(Interrupted):
        signal.raise_signal(INT)


def test_one_guard_within_another_tears_down_both(interruption: Interruption) -> None:
    inner, outer = Torn(INT), Torn(TERM)

    def work() -> None:
        interruption.guard(lambda: signal.raise_signal(TERM), inner)

    with pytest.raises(Interrupted) as error:
        interruption.guard(work, outer)
    assert error.value.exit_code == 143
    assert inner.finished == outer.finished == 1
