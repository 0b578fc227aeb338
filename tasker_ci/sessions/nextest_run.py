"""One run of nextest: its command line, and what its exit code and its report mean."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, NoTestsError
from tasker_ci.nextest import (
    EXIT_CODES,
    LIST_FAILED,
    NO_TESTS,
    TESTS_FAILED,
    Configuration,
    has_filterset,
    listing,
    runs_nothing,
)
from tasker_ci.process import Command, Completed, Output
from tasker_ci.report.junit import read_junit
from tasker_ci.report.run import TestRun
from tasker_ci.selection import selectors, unknown_packages
from tasker_ci.sessions.cargo import cargo, color_arguments, explain, feature_arguments, run_cargo
from tasker_ci.settings.load import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.settings.cargo_features import OwnFeatures
    from tasker_ci.workspace import Workspace

_UNLISTED = re.compile(r"^  for `(?P<id>[^`]+)`, ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the user chose to run."""

    profile: str
    packages: tuple[str, ...] = ()
    toolchain: str = ""
    partition: str = ""
    filterset: str = ""
    no_fail_fast: bool = False
    affected: tuple[str, ...] | None = None
    """The packages whose tests run, all being built all the same; None for those of all."""
    accompanied: bool = False
    """Whether `cargo test` runs tests in this session too, so that nextest may find none."""

    @property
    def chosen(self) -> str:
        """The filterset of what is wanted, before the session's own scope; "" for all."""
        if self.affected is None:
            return self.filterset
        packages = " + ".join(f"package(={name})" for name in self.affected) or "none()"
        return f"({self.filterset}) & ({packages})" if self.filterset else packages

    @property
    def nothing_is_honest(self) -> bool:
        """Whether no test at all may be what was asked for: the affected packages have none."""
        return self.affected is not None and not (self.filterset or self.packages)

    @property
    def part(self) -> tuple[str, ...]:
        """The words that leave a part of the tests, for people; nothing if all run."""
        words = [word for name in self.packages for word in ("--package", name)]
        words += ["--filter", self.filterset] if self.filterset else []
        words += ["--partition", self.partition] if self.partition else []
        return (*words, *(("--affected",) if self.affected is not None else ()))

    @property
    def first_shard(self) -> bool:
        """Whether this is the only shard or the first (``slice:1/4``)."""
        return not self.partition or self.partition.partition(":")[2].partition("/")[0] == "1"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a session that runs nextest is about, whatever the user chooses."""

    session: str
    features: OwnFeatures
    without_tests: str
    """What to do if there is none."""
    own: str = ""
    """The filterset of the tests that are the session's own; "" for all."""
    foreign: str = ""
    """The filterset of those that others run; "" for none."""
    cargo_test: tuple[str, ...] = ()
    """The tests of the session that `cargo test` runs, not nextest."""

    def filterset(self, chosen: str) -> str:
        """What the user has ``chosen`` within what is the session's own; "" for all tests."""
        if self.own:
            return f"({chosen}) & ({self.own})" if chosen else self.own
        if self.foreign:
            return f"({chosen}) - ({self.foreign})" if chosen else f"not ({self.foreign})"
        return chosen


def unit_scope(context: Context) -> Scope:
    """`unit`: everything that settings give to nobody else."""
    settings = context.settings
    foreign = (*settings.unit.cargo_test, *settings.integration.targets)
    return Scope(
        session="unit",
        features=settings.unit.features,
        without_tests="A workspace without tests has nothing to prove; write one, or let it pass "
        f'in {SETTINGS_FILE}: [environment.variables] NEXTEST_NO_TESTS = "pass"',
        foreign=_union(foreign),
        cargo_test=settings.unit.cargo_test,
    )


def integration_scope(context: Context) -> Scope:
    """`integration`: exactly the targets of the settings."""
    settings = context.settings.integration
    return Scope(
        session="integration",
        features=settings.features,
        without_tests="Write one into a target of the setting `integration.targets`.",
        own=_union(settings.targets),
    )


def _union(targets: Iterable[str]) -> str:
    return " + ".join(selector.filterset for selector in selectors(targets))


@dataclass(frozen=True, kw_only=True)
class NextestEnding:
    """How nextest ended, when it got as far as the tests."""

    run: TestRun
    exit_code: int = 0
    empty_shard: bool = False
    built_only: bool = False
    """Whether the user's own words kept nextest from running any test."""


def nextest_command(
    context: Context,
    choice: Choice,
    configuration: Configuration,
    environment: Mapping[str, str],
    scope: Scope,
) -> Command:
    """The whole command line; ``run`` is its third word."""
    packages = [word for name in choice.packages for word in ("--package", name)]
    return cargo(
        context,
        "nextest",
        "run",
        "--profile",
        choice.profile,
        *(packages or ["--workspace"]),
        *feature_arguments(scope.features, context),
        *configuration.arguments(),
        *(("--no-fail-fast",) if choice.no_fail_fast else ()),
        *(
            ("--no-tests", "pass")
            if (choice.accompanied or choice.nothing_is_honest)
            and not own_zero_rule(context, environment)
            else ()
        ),
        *_filter_arguments(context, choice, scope),
        *color_arguments(context),
        *(("--partition", choice.partition) if choice.partition else ()),
        *context.passthrough,
        environment=environment,
        toolchain=choice.toolchain,
    )


def own_zero_rule(context: Context, environment: Mapping[str, str]) -> bool:
    """Whether the user himself says what zero tests mean: `--no-tests`, or by its variable."""
    given = any(word.partition("=")[0] == "--no-tests" for word in context.passthrough)
    return given or "NEXTEST_NO_TESTS" in environment


def _filter_arguments(context: Context, choice: Choice, scope: Scope) -> tuple[str, ...]:
    """One filterset of what the user wants, within what is the session's own.

    nextest joins several with "or", so a filterset that the user hands over stands alone.
    """
    if has_filterset(context.passthrough):
        return ("-E", choice.filterset) if choice.filterset else ()
    chosen = scope.filterset(choice.chosen)
    return ("-E", chosen) if chosen else ()


def run_nextest(
    context: Context,
    command: Command,
    choice: Choice,
    junit: Path,
    workspace: Workspace,
    scope: Scope,
) -> NextestEnding:
    """Run nextest and read its report, which must not exist before.

    Returns when tests ran, passed or not, or when the shard is empty; raises with nextest's exit
    code for everything else.
    """
    completed = run_cargo(context, command)
    return nextest_ending(context, completed, command, choice, junit, workspace, scope)


def nextest_ending(
    context: Context,
    completed: Completed,
    command: Command,
    choice: Choice,
    junit: Path,
    workspace: Workspace,
    scope: Scope,
) -> NextestEnding:
    """What a run of nextest that is ``completed`` means; ``command`` is asked what its code hides.

    Returns and raises as `run_nextest` does.
    """
    code = completed.exit_code
    if code == 0 and runs_nothing(context.passthrough):
        return NextestEnding(run=TestRun(cases=()), built_only=True)
    if code in {0, TESTS_FAILED}:
        return NextestEnding(run=read_junit(junit), exit_code=code)
    if code == NO_TESTS:
        if choice.partition and _empty_honestly(context, command, scope):
            return NextestEnding(run=TestRun(cases=()), empty_shard=True)
        raise NoTestsError(
            _nothing_ran(context, choice),
            exit_code=code,
            next_step=_widen(context, choice, scope),
        )
    if code == LIST_FAILED:
        raise _not_listed(context, command, scope)
    meaning, step = EXIT_CODES.get(code, ("nextest failed.", "Read its message above."))
    unknown = unknown_packages(workspace, choice.packages)
    if unknown:
        meaning, step = unknown, "Give --package the name of a member."
    explain(context, command, completed, meaning, step)
    raise AssertionError(code)


def _empty_honestly(context: Context, command: Command, scope: Scope) -> bool:
    """Whether an empty shard is one of a selection that has tests, here or under `cargo test`."""
    if scope.cargo_test:
        return True
    words = list(command.argv)
    place = words.index("--partition")
    whole = replace(command, argv=(*words[:place], *words[place + 2 :]))
    answer = _list(context, whole, "--message-format", "json")
    try:
        suites = json.loads(answer.stdout)["rust-suites"].values()
        return any(
            case["filter-match"]["status"] == "matches"
            for suite in suites
            for case in suite["testcases"].values()
        )
    except (ValueError, KeyError, TypeError):
        return False


def _not_listed(context: Context, command: Command, scope: Scope) -> CommandFailed:
    """Name the target whose listing failed: asked again, because all is built by now."""
    found = _UNLISTED.search(_list(context, command).stderr)
    name = "a target"
    step = "Give the target named above to cargo test: setting `unit.cargo-test`."
    if found:
        name = found["id"] if "::" in found["id"] else f"{found['id']}::lib"
        targets = ", ".join(f'"{each}"' for each in (*scope.cargo_test, name))
        step = f"Give it to plain cargo test in {SETTINGS_FILE}: [unit] cargo-test = [{targets}]"
    if scope.own:
        step = "Mend its harness: `integration` runs its targets through nextest."
    return CommandFailed(
        f"nextest cannot list the tests of {name}, so no test ran (exit code {LIST_FAILED}).",
        exit_code=LIST_FAILED,
        next_step=step,
    )


def _list(context: Context, command: Command, *added: str) -> Completed:
    words = listing(command.argv)
    end = words.index("--") if "--" in words else len(words)
    asked = replace(command, argv=(*words[:end], *added, *words[end:]))
    return context.runner.run(asked, output=Output.CAPTURE)


def _nothing_ran(context: Context, choice: Choice) -> str:
    narrowed = [
        text
        for text in (
            f"the filter {choice.filterset!r}" if choice.filterset else "",
            f"the package {', '.join(choice.packages)}" if choice.packages else "",
            f"the words {shlex.join(context.passthrough)}" if context.passthrough else "",
        )
        if text
    ]
    where = f" with {' and '.join(narrowed)}" if narrowed else ""
    return f"Nothing ran: no test is selected{where}."


def _widen(context: Context, choice: Choice, scope: Scope) -> str:
    if choice.filterset or choice.packages or context.passthrough:
        return "Check the spelling with `cargo nextest list`."
    return scope.without_tests
