"""What cargo-hack says on standard error: which combination begins, and which has failed."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.text.foreign import unescaped

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGINS = re.compile(r"info: running `(?P<line>.+)` on (?P<package>\S+) \(\d+/\d+\)")
_FAILED = re.compile(r"error: process didn't exit successfully: `(?P<line>.+)` \(.+\)")
_ERROR = re.compile(r"error(?:\[\w+\])?: (?P<text>.+)")
_PLACE = re.compile(r"\s*--> (?P<file>.+?):(?P<line>\d+):\d+")
_MANIFEST = re.compile(r"--manifest-path (?P<file>.+?)(?= --|$)")
_CHECK = re.compile(r"^.* check(?= |$)")


@dataclass(kw_only=True)
class Combination:
    """One package with some of its features."""

    package: str
    features: str
    """As they are named on a command line."""
    seconds: float = 0.0
    line: str = ""
    """What repeats it, where it failed."""
    error: str = ""
    """The first error of the compiler."""
    file: str | None = None
    number: int = 0


@dataclass(kw_only=True)
class CombinationReader:
    """Reads the lines as they come; ``clock`` is in seconds."""

    clock: Callable[[], float]
    seen: list[Combination] = field(default_factory=list)
    _began: float = 0.0

    def read(self, line: str) -> None:
        """Take in one line."""
        line = unescaped(line).rstrip()
        if found := _BEGINS.fullmatch(line):
            self.end()
            self._began = self.clock()
            self.seen.append(
                Combination(package=found["package"], features=_features(found["line"]))
            )
        elif not self.seen:
            return
        elif found := _FAILED.fullmatch(line):
            self.seen[-1].line = _repeated(found["line"])
        elif not self.seen[-1].error and (found := _ERROR.fullmatch(line)):
            self.seen[-1].error = found["text"]
        elif self.seen[-1].error and not self.seen[-1].file and (found := _PLACE.fullmatch(line)):
            self.seen[-1].file, self.seen[-1].number = found["file"], int(found["line"])

    def end(self) -> None:
        """Count the time of the last one; called once at the end."""
        if self.seen:
            self.seen[-1].seconds = self.clock() - self._began

    @property
    def failed(self) -> list[Combination]:
        """Those that did not compile."""
        return [each for each in self.seen if each.line]


def _features(line: str) -> str:
    words = line.split()
    if "--features" in words:
        return words[words.index("--features") + 1]
    if "--all-features" in words:
        return "all features"
    return "no features" if "--no-default-features" in words else "its features"


def _repeated(line: str) -> str:
    """The line as one can type it: cargo-hack quotes nothing, and names cargo's whole path."""
    manifest = _MANIFEST.search(line)
    rest = line[manifest.end() :] if manifest else _CHECK.sub("", line)
    named = ("--manifest-path", manifest["file"]) if manifest else ()
    return shlex.join(("cargo", "check", *named, *rest.split()))
