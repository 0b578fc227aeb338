"""The arguments of a cargo command, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LONG = {
    *("-p", "-j", "-F", "-Z", "-E", "-P", "-D", "-f", "-C", "-m", "-n"),
    *("--package", "--exclude", "--features", "--jobs", "--target", "--target-dir", "--profile"),
    *("--manifest-path", "--config", "--color", "--message-format", "--test", "--bin", "--bench"),
    *("--example", "--cargo-profile", "--partition", "--shard", "--filterset", "--filter-expr"),
    *("--retries", "--test-threads", "--status-level", "--final-status-level", "--no-tests"),
    *("--success-output", "--failure-output", "--run-ignored", "--max-fail", "--show-progress"),
    *("--config-file", "--tool-config-file", "--archive-file", "--build-jobs", "--deny"),
    *("--ignore", "--file", "--db", "--url", "--output-path", "--output-dir", "--lockfile-path"),
    *("--ignore-filename-regex", "--fail-under-lines", "--toolchain", "--message-format-version"),
    *("--artifact-dir", "--out-dir", "--skip", "--format", "--logfile", "--version", "--root"),
    *("--index", "--registry", "--git", "--branch", "--tag", "--rev", "--path"),
}
"""The flags that have a value."""

_NAMES = {
    "-p": "--package",
    "-j": "--jobs",
    "-F": "--features",
    "-E": "--filterset",
    "--filter-expr": "--filterset",
    "--all": "--workspace",
    "-q": "--quiet",
    "-v": "--verbose",
    "-r": "--release",
}
_JOINED = re.compile(r"(?P<flag>-[pjFZEPDf])(?P<value>.+)", re.DOTALL)
_LOUD = re.compile(r"-v+")


@dataclass(frozen=True, kw_only=True)
class CargoCall:
    """One command line of cargo's."""

    command: str
    flags: tuple[tuple[str, str], ...]
    """Each by its long name, with its value or ""; those before the subcommand too."""
    words: tuple[str, ...]
    """What is no flag and no value of one."""
    trailing: tuple[str, ...] | None
    """What follows `--`; None where nothing does."""
    toolchain: str = ""

    def has(self, *names: str) -> bool:
        """Whether one of these flags is there."""
        return any(name in names for name, _ in self.flags)

    def values(self, *names: str) -> list[str]:
        """The values of these flags."""
        return [value for name, value in self.flags if name in names]


def cargo_call(words: Sequence[str]) -> CargoCall:
    """Take apart what follows `cargo` on a command line."""
    toolchain = words[0][1:] if words and words[0].startswith("+") else ""
    waiting = list(words[1:] if toolchain else words)
    trailing: tuple[str, ...] | None = None
    if "--" in waiting:
        place = waiting.index("--")
        trailing, waiting = tuple(waiting[place + 1 :]), waiting[:place]
    found = list(_parts(waiting))
    flags = tuple((name, value) for name, value in found if name)
    bare = [value for name, value in found if not name]
    return CargoCall(
        command=bare[0] if bare else "",
        flags=flags,
        words=tuple(bare[1:]),
        trailing=trailing,
        toolchain=toolchain,
    )


def _parts(waiting: list[str]) -> Iterator[tuple[str, str]]:
    """Every flag with its value; a word without flag has the name ""."""
    remaining = iter(waiting)
    for word in remaining:
        name, equals, value = word.partition("=")
        joined = _JOINED.fullmatch(word)
        if not word.startswith("-") or word == "-":
            yield "", word
        elif _LOUD.fullmatch(word):
            yield "--verbose", ""
        elif word.startswith("--") and equals:
            yield _NAMES.get(name, name), value
        elif word in _LONG:
            yield _NAMES.get(word, word), next(remaining, "")
        elif joined:
            yield _NAMES.get(joined["flag"], joined["flag"]), joined["value"].removeprefix("=")
        else:
            yield _NAMES.get(word, word), ""
