"""What could not be read, counted by kind, so that a hundred like failures are one remark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(kw_only=True)
class Losses:
    """Failures by the kind of error; the first of a kind stands for all."""

    _counts: dict[str, int] = field(default_factory=dict)
    _reasons: dict[str, str] = field(default_factory=dict)

    def add(self, error: Exception) -> None:
        """Count a failure; of one class and one status all are alike."""
        kind = f"{type(error).__name__} {getattr(error, 'status', '')}"
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._reasons.setdefault(kind, str(error))

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """How many of each kind, and why the first."""
        return ((count, self._reasons[kind]) for kind, count in self._counts.items())
