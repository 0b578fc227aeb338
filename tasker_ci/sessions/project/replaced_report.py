"""What no longer happens without the files that `sync` replaced, in a few lines."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import AccessError, PlaceTaken
from tasker_ci.screen.short_lists import shortened, show_some, some
from tasker_ci.text.plurals import counted
from tasker_ci.workflows.dependabot import PATH as DEPENDABOT
from tasker_ci.workflows.sync.changes import FileState, look
from tasker_ci.workflows.zizmor import PATH as ZIZMOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import PurePosixPath

    from tasker_ci.context import Context
    from tasker_ci.sessions.project.covering.replaced import LostTest, Part, Replaced
    from tasker_ci.workflows.inputs import Inputs
    from tasker_ci.workflows.sync.changes import FoundFile
    from tasker_ci.workflows.sync.drift import Drift
    from tasker_ci.workflows.sync.index import Archived

_MOST_LINES = 8
_MOST_TESTS = 3
_MOST_NAMES = 2
_WHERE = "tasker-ci init --dry-run --json"
_MOST_PARTS = 2
_MOST_CHARACTERS = 60
_PREPARES = re.compile(
    r"run (?:sudo )?(?:cargo (?:\+\S+ )?(?:install|binstall|fetch|update|generate-lockfile)"
    r"|apt|apt-get|brew|rustup|mkdir|chmod|curl|wget|tar|echo|printf)\b|uses \S*(?:install|setup)"
)
"""Steps that only make ready for others."""


def replaced_by(
    context: Context,
    inputs: Inputs,
    drift: Drift,
    tools: Iterable[str],
    archived: Iterable[Archived] = (),
) -> tuple[Replaced, ...]:
    """What disappears with each file that `sync` did not write, and replaces.

    ``archived`` are files that it replaced before: they count too, as far as nothing replaces a
    newer one of the same path.
    """
    files = dict(_replaced_before(inputs, drift, archived))
    files |= {
        change.path: change.before
        for change in drift.stale
        if change.makes_room and change.state is FileState.FOREIGN and change.before is not None
    }
    if not files:
        return ()
    from tasker_ci.foreign.checkout import read_checkout
    from tasker_ci.sessions.project.covering.planned_pipeline import covers_of
    from tasker_ci.sessions.project.covering.replaced import Replaced, what_disappears

    checkout = read_checkout(inputs.project_root.resolve(), context.runner, context.environment)
    planned = {change.path: change.after for change in drift.changes if change.after is not None}
    covers = covers_of(context, inputs, drift.files, tools, checkout.with_contents(planned))
    links = [
        Replaced(path=path, unread="it is a symbolic link")
        for path, found in files.items()
        if found.link
    ]
    contents = {path: found.content for path, found in files.items() if not found.link}
    read = what_disappears(contents, covers, checkout)
    return tuple(sorted((*links, *read), key=lambda each: each.path))


def show_uncovered(context: Context, replaced: Sequence[Replaced]) -> None:
    """Print what nothing covers, a line for each job; `--json` has every part of it."""
    lines = [line for each in replaced for line in uncovered_lines(each)]
    if not lines:
        return
    with context.reporter.foreign_output():
        parts = sum(map(_count, replaced))
        uncovered = sum(each.uncovered for each in replaced)
        heading = f"No longer covered, {uncovered} of {parts} steps ({_WHERE} has all):"
        context.reporter.line(heading, "bold")
        show_some(context.reporter, lines, _MOST_LINES, _WHERE, style="yellow", indent="  ")
        show_some(context.reporter, [*lost_tests(replaced)], _MOST_TESTS, _WHERE, indent="  ")
    for advice in dict.fromkeys(_advice(each.path) for each in replaced if each.uncovered):
        context.reporter.line(f"  {advice}")


def lost_tests(replaced: Iterable[Replaced]) -> Iterator[str]:
    """A line for each reason why tests are lost, with the step that ran them; each test once."""
    by_why: dict[str, dict[LostTest, str]] = {}
    for each in replaced:
        for part in (part for parts in each.jobs.values() for part in parts):
            for test in part.tests:
                by_why.setdefault(test.why, {}).setdefault(test, part.place)
    for why, places in by_why.items():
        names = [f"{test.name} ({test.place})" for test in places]
        where = next(iter(places.values()))
        count = counted(len(names), "test")
        yield f"{count} of {where} run in no session, {why}: {some(names, _MOST_NAMES)}"


def replaced_data(replaced: Iterable[Replaced]) -> list[dict[str, Any]]:
    """All of it for `--json`."""
    return [
        {
            "path": str(each.path),
            "unread": each.unread or None,
            "triggers": _parts_data(each.triggers),
            "jobs": {job: _parts_data(parts) for job, parts in each.jobs.items()},
        }
        for each in replaced
    ]


def _replaced_before(
    inputs: Inputs, drift: Drift, archived: Iterable[Archived]
) -> Iterator[tuple[PurePosixPath, FoundFile]]:
    planned = {file.path for file in drift.files}
    for entry in archived:
        if entry.edited or entry.path not in planned:
            continue
        try:
            found = look(inputs.project_root, entry.place)
        except (AccessError, PlaceTaken):
            continue
        if found is not None:
            yield entry.path, found


def uncovered_lines(each: Replaced) -> Iterator[str]:
    """A line for each job of one file, with what it did that matters most."""
    if each.unread:
        yield f"{each.path.name}: not known, {each.unread}"
    jobs = {"triggers": each.triggers, **each.jobs}
    for job, parts in jobs.items():
        lost = sorted(
            (part for part in parts if not part.covered_by), key=lambda part: _weight(part.text)
        )
        if lost:
            texts = [_text(part) for part in lost]
            yield f"{each.path.name}, {job}: {some(texts, _MOST_PARTS, '; ')}"


def _text(part: Part) -> str:
    text = shortened(part.text.removeprefix("run "), _MOST_CHARACTERS)
    return f"{text} ({shortened(part.reason, _MOST_CHARACTERS)})" if part.reason else text


def _weight(text: str) -> int:
    """What is tested comes before what else is done, then what prepares it, then the rest."""
    if text.startswith("on "):
        return 1 if " other branches " in text else 0  # a whole event before some branches of one
    if _PREPARES.match(text):
        return 2
    return 0 if "cargo" in text.lower() else 1 if text.startswith(("run ", "calls ")) else 3


def _count(each: Replaced) -> int:
    return len(each.triggers) + sum(map(len, each.jobs.values()))


def _advice(path: PurePosixPath) -> str:
    if path == DEPENDABOT:
        return "With `workflows.dependabot = false` your dependabot.yml stays."
    if path == ZIZMOR:
        return "zizmor takes another configuration by its flag --config."
    return "To keep a step, put it into a workflow of your own, which `workflows.own` calls."


def _parts_data(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [
        {
            "text": part.text,
            "covered_by": part.covered_by or None,
            "reason": part.reason or None,
            "place": part.place or None,
            "tests": [asdict(test) for test in part.tests],
        }
        for part in parts
    ]
