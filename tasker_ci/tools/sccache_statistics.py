"""What `sccache --show-stats --stats-format=json` says, as typed counts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.text.plurals import counted, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

STATISTICS_ARGUMENTS = ("--show-stats", "--stats-format=json")

READ_ONLY = "READ_ONLY"
"""What a variable SCCACHE_…_RW_MODE asks for where nothing shall be stored."""

_MODE = re.compile(r"SCCACHE_[A-Z0-9]+_RW_MODE")
_LOCAL = re.compile(r'Local disk: "(?P<path>.+)"')


@dataclass(frozen=True, kw_only=True)
class SccacheStatistics:
    """Counts since the server started."""

    requests: int
    """Compiler calls that sccache saw, also those it cannot cache."""
    hits: int
    misses: int
    write_errors: int
    read_errors: int
    not_cacheable: int
    location: str
    """Where the cache is, in sccache's words."""
    size: int | None
    """Bytes in the cache; None where sccache does not know."""
    multi_level: bool
    """Whether several caches lie behind one another."""

    @property
    def cacheable(self) -> int:
        """Requests that could have been hits."""
        return self.hits + self.misses

    @property
    def hit_rate(self) -> float | None:
        """Hits among cacheable requests, 0 to 1; None if there was no such request."""
        return self.hits / self.cacheable if self.cacheable else None

    @property
    def local_folder(self) -> Path | None:
        """The folder of a cache on this machine's disk; None for a remote one."""
        match = None if self.multi_level else _LOCAL.fullmatch(self.location)
        # sccache prints the path as a Rust debug string, in which `\\` and `"` are escaped
        return Path(re.sub(r"\\(.)", r"\1", match["path"])) if match else None

    def since(self, before: SccacheStatistics) -> SccacheStatistics:
        """What happened after ``before`` was read; all if the server was restarted since."""
        if self.requests < before.requests:
            return self
        counts = ("requests", "hits", "misses", "write_errors", "read_errors", "not_cacheable")
        return replace(
            self, **{name: getattr(self, name) - getattr(before, name) for name in counts}
        )


def parse_statistics(text: str) -> SccacheStatistics:
    """Read sccache's JSON document; raises `ReportError` if it is not one.

    Hits and misses are maps from a language to its count.
    """
    try:
        document = json.loads(text)
        stats = document["stats"]
        return SccacheStatistics(
            requests=int(stats["compile_requests"]),
            hits=_sum(stats["cache_hits"]),
            misses=_sum(stats["cache_misses"]),
            write_errors=int(stats.get("cache_write_errors", 0)),
            read_errors=int(stats.get("cache_read_errors", 0)),
            not_cacheable=int(stats.get("requests_not_cacheable", 0)),
            location=str(document["cache_location"]),
            size=document.get("cache_size"),
            multi_level=stats.get("multi_level") is not None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"The statistics of sccache cannot be read ({error!r})."
        step = "Run `sccache --show-stats --stats-format=json` and look at it."
        raise ReportError(message, next_step=step) from error


def _sum(per_language: Any) -> int:
    return sum(per_language["counts"].values())


def percent(statistics: SccacheStatistics) -> str:
    """The hit rate for people; never 0 % or 100 % where nothing was cacheable."""
    rate = statistics.hit_rate
    return "no data" if rate is None else f"{rate:.0%}".replace("%", " %")


def summary_line(statistics: SccacheStatistics) -> str:
    """One line for the end of a run."""
    if statistics.hit_rate is None:
        return "sccache: no data"
    many = plural(statistics.cacheable, "request was a hit", "requests were hits")
    return f"sccache: {percent(statistics)} of {statistics.cacheable} cacheable {many}"


def write_warning(statistics: SccacheStatistics, environment: Mapping[str, str]) -> str:
    """What to warn of when results could not be stored; empty if all were.

    A cache that cannot be written answers like any other; only this count shows it. Where the
    ``environment`` asks for a cache that is only read, each refusal counts, and is no trouble.
    """
    errors = statistics.write_errors
    if not errors or any(
        _MODE.fullmatch(name) and value == READ_ONLY for name, value in environment.items()
    ):
        return ""
    many = counted(errors, "result")
    return (
        f"sccache could not store {many} in {statistics.location}: "
        "the cache is read-only, full or unreachable, and the next run gains nothing from it."
    )


def in_bytes(size: int | None) -> str:
    """A number of bytes for people (powers of 1024); ``unknown`` for None."""
    if size is None:
        return "unknown"
    number = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:  # noqa: PLR2004 - the base of the units
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
