"""One run of nextest: its command line, and what its exit code and its report mean."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

def ensure_tool(*a): ...  # TEMPORARY
from tasker_ci.errors import CommandFailed, NoTestsError
from tasker_ci.nextest import (
    EXIT_CODES,
    LIST_FAILED,
    NO_TESTS,
    TESTS_FAILED,
    Configuration,
    has_filterset,
)
from tasker_ci.process import Command, Output
from tasker_ci.report.junit import read_junit
from tasker_ci.report.run import TestRun
from tasker_ci.selection import selectors
from tasker_ci.sessions.cargo import cargo, color_arguments, explain, feature_arguments, run_cargo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.context import Context

_UNLISTED = re.compile(r"for `(?P<id>[^`]+)`, command")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the user chose to run."""

    profile: str
    packages: tuple[str, ...] = ()
    toolchain: str = ""
    partition: str = ""
    filterset: str = ""
    no_fail_fast: bool = False

    @property
    def first_shard(self) -> bool:
        """Whether this is the only shard or the first (``slice:1/4``)."""
        return not self.partition or self.partition.partition(":")[2].partition("/")[0] == "1"


@dataclass(frozen=True, kw_only=True)
class NextestEnding:
    """How nextest ended, when it got as far as the tests."""

    run: TestRun
    exit_code: int = 0
    empty_shard: bool = False


def nextest_command(
    context: Context, choice: Choice, configuration: Configuration, environment: Mapping[str, str]
) -> Command:
    """The whole command line; ``run`` is its third word."""
    scope = [word for name in choice.packages for word in ("--package", name)] or ["--workspace"]
    return cargo(
        context,
        "nextest",
        "run",
        "--profile",
        choice.profile,
        *scope,
        *feature_arguments(context.settings.unit.features, context),
        *configuration.arguments(),
        *(("--no-fail-fast",) if choice.no_fail_fast else ()),
        *_filter_arguments(context, choice),
        *color_arguments(context),
        *(("--partition", choice.partition) if choice.partition else ()),
        *context.passthrough,
        environment=environment,
        toolchain=choice.toolchain,
    )


def _filter_arguments(context: Context, choice: Choice) -> tuple[str, ...]:
    """One filterset of what the user wants, without what other sessions own.

    nextest joins several with "or", so a filterset of the user's own after the separator stands alone.
    """
    if has_filterset(context.passthrough):
        return ("-E", choice.filterset) if choice.filterset else ()
    settings = context.settings
    owned = selectors((*settings.unit.cargo_test, *settings.integration.targets))
    others = " + ".join(selector.filterset for selector in owned)
    if choice.filterset and others:
        return ("-E", f"({choice.filterset}) - ({others})")
    if choice.filterset:
        return ("-E", choice.filterset)
    return ("-E", f"not ({others})") if others else ()


def run_nextest(context: Context, command: Command, choice: Choice, junit: Path) -> NextestEnding:
    """Run nextest and read its report, which must not exist before.

    Returns when tests ran, passed or not, or when the shard is empty; raises with nextest's exit code
    for everything else.
    """
    ensure_tool(context, "cargo-nextest")
    completed = run_cargo(context, command)
    code = completed.exit_code
    if code in {0, TESTS_FAILED}:
        return NextestEnding(run=read_junit(junit), exit_code=code)
    if code == NO_TESTS:
        if choice.partition and _selects_something(context, command, choice):
            return NextestEnding(run=TestRun(cases=()), empty_shard=True)
        raise NoTestsError(_nothing_ran(choice), exit_code=code, next_step=_widen(choice))
    if code == LIST_FAILED:
        target = _unlisted(context, command)
        message = f"nextest cannot list the tests of {target}, so no test ran (exit code {code})."
        step = (
            f"Give it to plain cargo test in .config/tasker-ci.toml: [unit] cargo-test = "
            f'["{target}"]'
        )
        raise CommandFailed(message, exit_code=code, next_step=step)
    meaning, step = EXIT_CODES.get(code, ("nextest failed.", "Read its message above."))
    explain(context, command, completed, meaning, step)
    raise AssertionError(code)


def _listing(command: Command, *added: str) -> Command:
    """The same selection as `cargo nextest list`: what only `run` takes is left out."""
    words = ["list" if word == "run" else word for word in command.argv]
    return replace(command, argv=(*(word for word in words if word != "--no-fail-fast"), *added))


def _selects_something(context: Context, command: Command, choice: Choice) -> bool:
    """Whether the selection without its partition has tests: then the shard is honestly empty."""
    whole = [word for word in command.argv if word not in {"--partition", choice.partition}]
    listing = _listing(replace(command, argv=tuple(whole)), "--message-format", "json")
    answer = context.runner.run(listing, output=Output.CAPTURE)
    try:
        suites = json.loads(answer.stdout)["rust-suites"].values()
        return any(
            case["filter-match"]["status"] == "matches" and not case["ignored"]
            for suite in suites
            for case in suite["testcases"].values()
        )
    except (ValueError, KeyError, TypeError):
        return False


def _unlisted(context: Context, command: Command) -> str:
    """The binary id of the target whose listing failed, asked again because all is built by now."""
    answer = context.runner.run(_listing(command), output=Output.CAPTURE)
    found = _UNLISTED.search(answer.stderr)
    return found["id"] if found else "a target (named above)"


def _nothing_ran(choice: Choice) -> str:
    narrowed = [
        text
        for text in (
            f"the filter {choice.filterset!r}" if choice.filterset else "",
            f"the package {', '.join(choice.packages)}" if choice.packages else "",
        )
        if text
    ]
    where = f" with {' and '.join(narrowed)}" if narrowed else ""
    return f"Nothing ran: no test is selected{where}."


def _widen(choice: Choice) -> str:
    if choice.filterset or choice.packages:
        return "Check the spelling with `cargo nextest list`."
    return "A workspace without tests has nothing to prove; write one, or leave `unit` out."
