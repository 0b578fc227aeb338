"""A run of nextest with tests in quarantine: they run by themselves, after all others.

nextest has no setting by which a test fails without stopping others. So the others run first, as
if there was no quarantine, and then those in it, of which none stops another.
"""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.process.command import GRACE_SECONDS, Output
from tasker_ci.reports.markup import Markup, properties_first
from tasker_ci.reports.run import QUARANTINED, Case, TestRun
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_listing import (
    has_tests_in_other_shards,
    list_tests,
    named_tests,
)
from tasker_ci.sessions.tests.nextest_run import nextest_command
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.tools.nextest import (
    BAD_FILTERSET,
    TESTS_FAILED,
    listing,
    own_words,
    runs_nothing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.process.command import Command
    from tasker_ci.sessions.tests.nextest_choice import Choice, NextestScope
    from tasker_ci.sessions.tests.quarantine import Entry, Quarantine
    from tasker_ci.tools.nextest import Configuration

_FAILED_ITSELF = re.compile(r"test (failure|abort)\b")
"""How the type of a failure begins that is the test's own: no timeout, no leak, no harness."""

_STRESS = re.compile(r"@stress-\d+$")
_STOPS = frozenset({"--fail-fast", "--ff", "--no-fail-fast", "--nff"})

Matches = dict["Entry", frozenset[str]]
"""The tests of each entry, as ``binary name``."""


@dataclass(frozen=True, kw_only=True)
class QuarantineRun:
    """What is needed to run nextest in two parts."""

    context: Context
    choice: Choice
    scope: NextestScope
    configuration: Configuration
    quarantine: Quarantine
    environment: Mapping[str, str]
    grace_seconds: float = GRACE_SECONDS
    """How long nextest may take to stop."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """Both commands."""
        return (self.others(), self.held())

    def others(self) -> Command:
        """The command of all that is not in quarantine."""
        chosen = self.quarantine.without(self.choice.filterset)
        return self._command(self.context, replace(self.choice, filterset=chosen))

    def held(self) -> Command:
        """The command of what is in quarantine, in which no failure stops anything."""
        words = _without(self.context.passthrough, _STOPS, "--max-fail")
        chosen = self.quarantine.within(self.choice.filterset)
        choice = replace(self.choice, filterset=chosen, no_fail_fast=True)
        return self._command(replace(self.context, passthrough=words), choice)

    def _command(self, context: Context, choice: Choice) -> Command:
        command = nextest_command(context, choice, self.configuration, self.environment, self.scope)
        return replace(command, grace_seconds=self.grace_seconds)

    def parts(self, junit: Path, run: Callable[[Command], SessionPart]) -> Iterator[SessionPart]:
        """Run both parts by ``run``, which gives what a command did and leaves ``junit``.

        Raises `SettingsError` for an entry that matches nothing, and what ``run`` raises.
        """
        if runs_nothing(self.context.passthrough):
            yield run(self.others())
            return
        matches = self._matches()
        try:
            first = run(self.others())
        except NoTestsError:
            held = self._held_part(junit, run, matches)
            if not (held.run.cases or self._others_have_tests()):
                raise
            yield held if held.run.cases else replace(held, empty_shard=True)
            return
        if any(case.is_script for case in first.run.having("failed")):  # it is theirs as well
            yield first
            return
        held = self._held_part(junit, run, matches)
        if not (first.empty_shard and held.run.cases):
            yield first
        yield held

    def _others_have_tests(self) -> bool:
        """Whether this is one shard of several, and another one has tests."""
        command = self._command(self.context, self.choice)
        return bool(self.choice.partition) and has_tests_in_other_shards(self.context, command)

    def _held_part(
        self, junit: Path, run: Callable[[Command], SessionPart], matches: Matches | None
    ) -> SessionPart:
        """What the tests in quarantine did: those that are chosen."""
        none = SessionPart(run=TestRun(cases=()))
        if matches is not None and not any(matches.values()):
            return none
        command = self.held()
        expected = named_tests(list_tests(self.context, command, "--message-format", "json"))
        try:
            with _aside(junit):
                part = run(command)
        except NoTestsError:
            if expected:
                raise
            return none
        if part.empty_shard:
            return none
        told = {test: entry.told for entry, tests in (matches or {}).items() for test in tests}
        cases = [
            _judged(case, told.get(_name(case), "by the settings"))
            for case in part.run.cases
            if case.status != "skipped" or _name(case) in told  # the others tell of the rest
        ]
        ran = {_name(case) for case in cases}
        cases += [
            Case(binary, name, "failed", message="It is in quarantine and did not run.")
            for binary, _, name in (each.partition(" ") for each in expected if each not in ran)
        ]
        judged = replace(part.run, cases=tuple(cases))
        only_held = bool(judged.having("quarantined")) and not judged.having("failed")
        return SessionPart(
            run=judged,
            exit_code=0 if only_held and part.exit_code == TESTS_FAILED else part.exit_code,
            left_out=part.left_out,
        )

    def _matches(self) -> Matches | None:
        """The tests of each entry; None where nextest cannot list them, which its run then tells.

        Everything is built by it. Only a run of the whole workspace says that one matches nothing.
        """
        words = self.context.passthrough
        whole = not (self.choice.packages or words)
        context = replace(self.context, passthrough=_without(words, (), "--run-ignored"))
        every = replace(self.choice, filterset=None, affected=None, partition=None)
        command = self._command(context, replace(every, filterset="none()"))
        built = replace(command, argv=listing(command.argv))
        if context.runner.run(built, output=Output.CAPTURE_STDOUT).exit_code:
            return None
        found: Matches = {}
        for entry in self.quarantine.entries:
            command = self._command(context, replace(every, filterset=entry.test))
            added = ("--run-ignored", "all", "--message-format", "json")
            answer = list_tests(context, command, *added)
            if answer.exit_code == BAD_FILTERSET:
                said = answer.stderr.strip()
                message = f"{entry.place}: nextest refuses the quarantine {entry.test}.\n{said}"
                raise SettingsError(message, next_step=_step(entry))
            if answer.exit_code:
                return None
            tests = frozenset(named_tests(answer))
            if whole and not tests:
                message = f"{entry.place}: the quarantine {entry.test} matches no test of nextest."
                if self.scope.cargo_test:
                    message += " What `cargo test` runs (`unit.cargo-test`) knows none."
                raise SettingsError(message, next_step=_step(entry))
            if entry in self.quarantine.active:
                found[entry] = tests
        return found


def _without(words: tuple[str, ...], switches: Collection[str], option: str) -> tuple[str, ...]:
    """Words for nextest without some switches and an option with its value."""
    own = own_words(words)
    kept, rest = [], iter(own)
    for word in rest:
        if word == option:
            next(rest, None)
        elif word not in switches and not word.startswith(f"{option}="):
            kept.append(word)
    return (*kept, *words[len(own) :])


def _name(case: Case) -> str:
    """A case as the list of nextest has it."""
    return f"{_STRESS.sub('', case.suite)} {case.name}"


def _judged(case: Case, why: str) -> Case:
    """A case marked as one in quarantine; what is not a failure of the test itself stays red."""
    if case.is_script:
        return case
    marks = Markup("properties", (), "", (_property(why),))
    marked = replace(case, more=tuple(properties_first((*case.more, marks))))
    kind = dict(case.details).get("type", "")
    own = case.passed_at_last or (not case.error and _FAILED_ITSELF.match(kind))
    return replace(marked, status="quarantined") if case.status == "failed" and own else marked


def _property(why: str) -> Markup:
    return Markup("property", (("name", QUARANTINED), ("value", why)))


def _step(entry: Entry) -> str:
    filterset = shlex.quote(entry.test)
    return f"Fix or remove the entry; cargo nextest list -E {filterset} shows what it matches."


@contextmanager
def _aside(junit: Path) -> Iterator[None]:
    """Keep the report of the others, which nextest would write over within the block."""
    kept = junit.with_name(f".{junit.name}.others")
    there = junit.is_file()
    if there:
        junit.replace(kept)
    try:
        yield
    finally:
        if there:
            kept.replace(junit)
