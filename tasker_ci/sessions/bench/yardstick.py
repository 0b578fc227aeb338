"""How fast the machine itself is meanwhile: what else it does moves all rounds of a result at once.

No round of a benchmark shows that. A loop that is always the same does, from result to result.
"""

from __future__ import annotations

import platform
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TURNS = 200_000
"""About a hundredth of a second: short enough for every round, and longer than a scheduler's turn
on a machine that others use as well."""
_TIMES = 5


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """The times of the loop, before and after each round, in seconds."""

    python: str
    """The interpreter that ran it: another one has another loop."""
    seconds: list[float] = field(default_factory=list)

    @classmethod
    def new(cls) -> Yardstick:
        """One without any time yet."""
        return cls(python=f"{platform.python_implementation()} {platform.python_version()}")

    def take(self, work: Callable[[], None] | None = None) -> None:
        """Take the time once more: the middle one of a few."""
        self.seconds.append(statistics.median(_seconds(work or _loop) for _ in range(_TIMES)))

    def drift(self, before: Mapping[str, Any]) -> float | None:
        """How much the machine itself is faster or slower than in an earlier result, as a share.

        ``before`` is `as_data` of then, maybe spoilt; None where it says nothing.
        """
        try:
            then = statistics.median(map(float, before["seconds"]))
            now = statistics.median(self.seconds)
            known = before["python"] == self.python and then > 0 and now > 0
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        return max(now / then, then / now) - 1 if known else None

    def as_data(self) -> dict[str, Any]:
        """As it is kept."""
        return {"python": self.python, "seconds": self.seconds}


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _loop() -> None:
    total = 0
    for number in range(_TURNS):
        total += number * number
