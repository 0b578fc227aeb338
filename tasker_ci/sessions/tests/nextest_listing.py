"""Questions to nextest's list: targets it cannot list, tests that a filter leaves out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.text.plurals import counted
from tasker_ci.tools.nextest import exactly, has_filterset, listing, own_words, read_configuration

if TYPE_CHECKING:
    from tasker_ci.context import Context

_UNLISTED = re.compile(r"^  for `(?P<id>[^`]+)`, ", re.MULTILINE)
_MOST_TARGETS = 100
"""So many targets are asked for in turn at the most."""


def list_tests(context: Context, command: Command, *added: str) -> Completed:
    """Run the list of what ``command`` (a `cargo nextest run`) would run."""
    words = listing(command.argv)
    end = len(own_words(words))
    asked = replace(command, argv=(*words[:end], *added, *words[end:]))
    return context.runner.run(asked, output=Output.CAPTURE)


def unlisted_targets(context: Context, command: Command) -> tuple[str, ...]:
    """The ids of all targets whose tests nextest cannot list; everything is built by now.

    nextest stops at the first one. It is left out, and nextest is asked again for the next.
    """
    found: list[str] = []
    while len(found) < _MOST_TARGETS:
        answer = list_tests(context, _without(command, found))
        failed = _UNLISTED.search(answer.stderr)
        if failed is None or failed["id"] in found:
            break
        found.append(failed["id"])
        if has_filterset(context.passthrough):
            break  # nextest would join ours with "or"
    return tuple(sorted(found))  # found in any order


def _without(command: Command, ids: list[str]) -> Command:
    """The command with these targets left out by its filterset."""
    if not ids:
        return command
    foreign = " + ".join(f"binary_id({exactly(each)})" for each in ids)
    words = list(command.argv)
    end = len(own_words(command.argv))
    if "-E" in words[:end]:
        place = words.index("-E") + 1
        words[place] = f"({words[place]}) - ({foreign})"
    else:
        words[end:end] = ["-E", f"not ({foreign})"]
    return replace(command, argv=tuple(words))


def has_tests_in_other_shards(context: Context, command: Command) -> bool:
    """Whether the selection of a ``command`` with `--partition` has tests; everything is built."""
    words = list(command.argv)
    place = words.index("--partition")
    whole = replace(command, argv=(*words[:place], *words[place + 2 :]))
    return bool(named_tests(list_tests(context, whole, "--message-format", "json")))


def default_filter(context: Context, profile: str) -> str | None:
    """Where the project sets a `default-filter` for the profile; None if nowhere."""
    if "--ignore-default-filter" in own_words(context.passthrough):
        return None
    configuration = read_configuration(context.project_root, context.workspace, context.passthrough)
    overrides = configuration.of_profile(profile, "overrides")
    rows = overrides if isinstance(overrides, list) else []
    is_set = configuration.of_profile(profile, "default-filter") is not None or any(
        isinstance(row, dict) and "default-filter" in row for row in rows
    )
    return f"`default-filter` of the nextest profile {profile}" if is_set else None


def left_by_default_filter(context: Context, command: Command) -> tuple[str, ...]:
    """The tests, as ``binary name``, that only the `default-filter` keeps from running."""
    chosen = named_tests(list_tests(context, command, "--message-format", "json"))
    whole = named_tests(
        list_tests(context, command, "--ignore-default-filter", "--message-format", "json")
    )
    return tuple(each for each in whole if each not in chosen)


def warn_of_default_filter(context: Context, command: Command, profile: str) -> tuple[str, ...]:
    """Warn of tests that a `default-filter` leaves out, and return them; all is built by now."""
    left = default_filter(context, profile)
    tests = left_by_default_filter(context, command) if left else ()
    if tests:
        context.reporter.warning(
            f"not tested: the {left} leaves out {counted(len(tests), 'test')}, first {tests[0]}"
        )
    return tests


def named_tests(answer: Completed) -> dict[str, None]:
    """The tests, as ``binary name``, that would run; none if nextest does not say."""
    try:
        suites: dict[str, Any] = json.loads(answer.stdout)["rust-suites"]
        return {
            f"{binary} {name}": None
            for binary, suite in suites.items()
            for name, case in suite["testcases"].items()
            if case["filter-match"]["status"] == "matches"
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
