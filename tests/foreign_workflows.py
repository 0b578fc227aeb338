"""Workflows of tests, and a reader of scripts that takes each line for a command."""

from __future__ import annotations

import textwrap
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.checkout import Checkout
from tasker_ci.foreign.command import Command, Commands
from tasker_ci.foreign.github.job_runs import job_runs
from tasker_ci.foreign.github.steps import commands_of_run
from tasker_ci.foreign.github.workflow_reading import read_workflows
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.foreign.bash.script import Script
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.places import Opaque

CI = ".github/workflows/ci.yml"


def checkout(root: Path, ci: str = "", files: Mapping[str, str] | None = None) -> Checkout:
    """A repository with ``ci`` as its workflow; the other files by their paths."""
    texts = {**({CI: ci} if ci else {}), **(files or {})}
    for name, text in texts.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
    return Checkout(root=root, files=frozenset(map(PurePosixPath, texts)))


def runs(here: Checkout) -> tuple[tuple[JobRun, ...], tuple[Opaque, ...]]:
    return job_runs(read_workflows(here))


def lines(script: Script) -> Commands:
    """Each line is a command; ``NAME=value >> $GITHUB_ENV`` is left to the later steps."""
    found: list[Command] = []
    after = script.around
    for number, line in enumerate(script.text.split("\n")):
        if not line.strip():
            continue
        if line.endswith(">> $GITHUB_ENV"):
            name, _, value = line.partition(" ")[0].partition("=")
            after = after.with_variables({name: value})
        place = Place(script.place.file, script.place.line + number)
        words = tuple(line.split())
        found.append(Command(place=place, text=line, words=words, around=script.around))
    return Commands(commands=tuple(found), after=after)


def commands(here: Checkout) -> tuple[list[Command], list[str]]:
    """What all jobs run, and what of them cannot be read."""
    found, opaque = runs(here)
    done: list[Command] = []
    unread = [*opaque]
    for run in found:
        more, less = commands_of_run(run, here, lines)
        done += more
        unread += less
    return done, [*map(str, unread)]
