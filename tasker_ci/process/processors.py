"""How many processors this process may use."""

from __future__ import annotations

import os


def processors() -> int:
    """The number; a container or a batch system may grant fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
