"""Running some failed tests once more: what was built stays, and so does the report of the run."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Output, check
from tasker_ci.reports.junit import read_junit
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.text.file_writing import write_file
from tasker_ci.tools.nextest import exactly, listing, own_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from tasker_ci.process.command import Completed, Runner
    from tasker_ci.reports.libtest import LibtestReader
    from tasker_ci.tools.nextest import Configuration

_FILES = ("--config-file", "--tool-config-file")
_BUILD = ("CARGO_", "RUSTC", "RUSTDOC", "RUSTFLAGS", "SCCACHE_")
"""Cargo and what it starts build anew, or otherwise, without a variable with such a name."""


def outside_of_build(names: tuple[str, ...]) -> tuple[str, ...]:
    """The variables that do not steer the build, where cargo builds in the tests' environment."""
    return tuple(name for name in names if not name.startswith(_BUILD))


@dataclass(kw_only=True)
class NextestAttempts:
    """Attempts with the binaries of a run that is over; nothing is built, whatever is left out.

    Only the tests get another environment: cargo would build anew without CARGO_INCREMENTAL.
    """

    runner: Runner
    command: Command
    """What ran all tests."""
    configuration: Configuration
    profile: str
    passthrough: tuple[str, ...]
    junit: Path
    folder: Path
    _prepared: bool = False

    def __call__(self, cases: Sequence[Case], without: Collection[str], seconds: float) -> TestRun:
        """Run ``cases`` without the variables ``without``; raises if nextest gets nowhere."""
        began = time.monotonic()
        if not self._prepared:
            self._prepare(seconds)
            self._prepared = True
        self.junit.unlink(missing_ok=True)
        command = replace(
            self._command(cases), environment=_without(self.command.environment, without)
        )
        left = max(0.1, seconds - (time.monotonic() - began))
        self.runner.run(command, output=Output.CAPTURE_BOTH, timeout=left)
        return read_junit(self.junit)

    def _prepare(self, seconds: float) -> None:
        words = own_words(listing(self.command.argv))
        added = ("--list-type", "binaries-only", "--message-format", "json")
        binaries = self._answer((*words, *added), seconds)
        triple = json.loads(binaries)["rust-build-meta"]["platforms"]["host"]["platform"]["triple"]
        asked = ("--format-version", "1", "--all-features", "--filter-platform", triple)
        metadata = self._answer((*self._cargo, "metadata", *asked), seconds)
        write_file(self._file("binaries"), binaries)
        write_file(self._file("metadata"), metadata)

    @property
    def _cargo(self) -> tuple[str, ...]:
        return self.command.argv[: self.command.argv.index("nextest")]

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _answer(self, argv: tuple[str, ...], seconds: float) -> str:
        command = replace(self.command, argv=argv)
        completed = self.runner.run(command, output=Output.CAPTURE_BOTH, timeout=seconds)
        return check(completed, command).stdout

    def _command(self, cases: Sequence[Case]) -> Command:
        chosen = " + ".join(
            f"(binary_id({exactly(case.suite)}) & test({exactly(case.name)}))" for case in cases
        )
        words = (
            *("nextest", "run", "--profile", self.profile),
            *self.configuration.arguments(),
            *_handed_over(self.passthrough),
            *("--cargo-metadata", str(self._file("metadata"))),
            *("--binaries-metadata", str(self._file("binaries"))),
            *("--retries", "0", "--no-fail-fast", "--no-tests", "pass", "--color", "never"),
            *("--run-ignored", "all", "--ignore-default-filter", "-E", chosen),
        )
        return replace(self.command, argv=(*self._cargo, *words))


@contextmanager
def nextest_attempts(
    runner: Runner,
    command: Command,
    configuration: Configuration,
    profile: str,
    passthrough: tuple[str, ...],
    junit: Path,
) -> Iterator[NextestAttempts]:
    """Attempts within the block; nextest's report of the run itself is in its place afterwards."""
    aside = junit.with_name(f".{junit.name}.kept")
    with tempfile.TemporaryDirectory(prefix="tasker-ci-") as folder:
        junit.replace(aside)
        try:
            yield NextestAttempts(
                runner=runner,
                command=command,
                configuration=configuration,
                profile=profile,
                passthrough=passthrough,
                junit=junit,
                folder=Path(folder),
            )
        finally:
            aside.replace(junit)


@dataclass(frozen=True, kw_only=True)
class PlainAttempts:
    """Attempts of `cargo test`: ``command_for`` chooses tests, ``read`` says what a run means.

    Its output is heard by a ``reader`` of its own and not kept. Cargo runs in the environment of
    the tests, so only what is `outside_of_build` is left out.
    """

    runner: Runner
    command_for: Callable[[Sequence[Case]], Command]
    reader: Callable[[], LibtestReader]
    read: Callable[[TestRun, Completed], TestRun]

    def __call__(self, cases: Sequence[Case], without: Collection[str], seconds: float) -> TestRun:
        """Run ``cases`` without the variables ``without``."""
        command = self.command_for(cases)
        bare = replace(command, environment=_without(command.environment, without))
        reader = self.reader()
        completed = self.runner.run(
            bare, output=Output.CAPTURE_BOTH, timeout=seconds, on_text=reader.feed
        )
        return self.read(reader.run(), completed)


def _without(environment: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


def _handed_over(passthrough: tuple[str, ...]) -> tuple[str, ...]:
    """The configuration files among the user's words for nextest."""
    words: list[str] = []
    for word, following in pairwise((*own_words(passthrough), "")):
        if word in _FILES:
            words += [word, following]
        elif word.partition("=")[0] in _FILES:
            words.append(word)
    return tuple(words)
