"""Jobs that set a wrapper of rustc, compile nothing and install no wrapper."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.steps import walk_run
from tasker_ci.foreign.invocations.wrappers import program_name
from tasker_ci.foreign.runners.following import read_and_follow
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.workflow_jobs import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.bash.script import Script
    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Commands
    from tasker_ci.foreign.places import Place
    from tasker_ci.foreign.reading import CiReading

_NAMES = ("RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER")
_WRAPPERS = {"sccache"}
SETS_WRAPPER = re.compile(r"\b(?:\w*RUSTC_WRAPPER|SCCACHE_\w+)\b")
"""A line that sets the wrapper, or an option of it, installs none."""


def wrapper_of(variables: Mapping[str, str | None]) -> str | None:
    """The program that cargo calls in front of rustc, if it is one that no image has."""
    for name in _NAMES:
        value = variables.get(name)
        program = program_name(value) if value and "/" not in value else ""
        if program in _WRAPPERS:
            return program
    return None


def idle_wrappers(reading: CiReading) -> Iterator[tuple[Place, str, str]]:
    """The step, the wrapper and the job, where an action of the repository sets it for nothing."""
    busy = {
        key_of(each.around.run.workflow, each.around.run.job)
        for each in reading.commands
        if program_name(each.words[0] or "") in {"cargo", "cross", "rustc"}
    }
    told = set()
    for run in reading.runs:
        key = key_of(run.workflow, run.job)
        own = [step for step in run.job.steps if (step.uses or "").startswith("./")]
        if not own or key in busy or key in told or run.runs is False:
            continue
        told.add(key)
        after = walk_run(run, reading.checkout, partial(_read, reading.checkout)).after
        if after is None or not after.installed_all_known:
            continue
        wrapper = wrapper_of(after.variables)
        named = wrapper is not None and any(
            wrapper in f"{step.uses} {step.run or ''}" for step in run.job.steps
        )
        if wrapper is not None and wrapper not in after.installed and not named:
            step = own[0]
            place = line_with(reading.checkout, step.place, step.uses or "")
            yield place, wrapper, run.job.name


def _read(checkout: Checkout, script: Script) -> Commands:
    return read_and_follow(script, checkout)
