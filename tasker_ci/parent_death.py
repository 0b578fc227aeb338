"""A child that ends when we are killed, where the system offers that."""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""PR_SET_PDEATHSIG(2const)"""


def ends_with_us() -> Callable[[], None] | None:
    """What a child has to do before it becomes the command: ask for SIGTERM when we are gone.

    Not SIGKILL: nextest and our own sessions then end what they have started, too. The system
    means the thread that starts the child, which therefore has to wait for it. Linux alone has
    this; None elsewhere.
    """
    prctl = _prctl()
    if prctl is None:
        return None
    us = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != us:  # we were killed before it asked
            os.kill(os.getpid(), signal.SIGTERM)

    return ask


@cache
def _prctl() -> Any:
    """The function of the C library, found before any fork: a child must not import."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
