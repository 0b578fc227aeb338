"""What expressions of a job find: the contexts, in each way that the job starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.github.document import WHOLE
from tasker_ci.foreign.github.expressions import condition, filled_in, resolve
from tasker_ci.foreign.github.values import UNKNOWN, Partial, Unknown, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.foreign.github.job_run import JobRun, Machine
    from tasker_ci.foreign.github.starts import Start

_OF_THE_START = ("github", "inputs")
_MATTER = ("RUSTFLAGS", "RUSTDOCFLAGS", "RUSTUP_TOOLCHAIN", "CARGO_BUILD_TARGET", "NEXTEST_PROFILE")
"""Variables that change what is tested: nobody knows whether an unknown mapping has them."""

_BY_HAND = {"workflow_dispatch", "repository_dispatch"}


@dataclass(frozen=True, kw_only=True)
class Contexts:
    """The contexts of a job or a step."""

    starts: tuple[Start, ...]
    leg: Mapping[str, Any] = field(default_factory=dict)
    machine: Machine | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict)
    needs: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)
    """By their ids; those that come later are not there."""
    inputs: Mapping[str, Any] | None = None
    """Of a called workflow or an action; None where the start says them."""

    def value(self, text: str) -> Any:
        """The value of a text with expressions; `UNKNOWN` where the starts differ.

        A start by hand counts only where there is no other.
        """
        if "${{" not in text:
            return text
        return self._same(text, resolve)

    def text(self, text: str) -> str | None:
        """A text with its expressions replaced; None where one is not known."""
        value = self.value(text)
        return None if isinstance(value, Unknown) else as_text(value)

    def environment(self, written: Mapping[str, str]) -> dict[str, str | None]:
        """The variables of an ``env:``; None for a value that is not known."""
        found: dict[str, str | None] = {}
        for name, text in written.items():
            if name != WHOLE:
                found[name] = self.text(text)
                continue
            whole = self.value(text)
            if isinstance(whole, dict):
                found |= {
                    each: None if isinstance(value, Unknown) else as_text(value)
                    for each, value in whole.items()
                }
            elif isinstance(whole, Unknown):
                found |= dict.fromkeys(_MATTER)
        return found

    def filled_in(self, text: str) -> str:
        """A text in which the expressions that are known are replaced, and others stay."""
        if "${{" not in text:
            return text
        found = self._same(text, filled_in)
        if isinstance(found, Unknown):  # the starts differ
            return filled_in(text, {**self._of(None), "github": UNKNOWN, "inputs": UNKNOWN})
        return str(found)

    def holds(self, text: str | None) -> bool | None:
        """Whether an ``if:`` holds: True in each start, False in none, else None."""
        answers = {condition(text, self._of(start)) for start in self._asked(text or "")}
        return answers.pop() if len(answers) == 1 else None

    def _same(self, text: str, read: Callable[[str, Mapping[str, Any]], Any]) -> Any:
        usual = [start for start in self._asked(text) if start and start.event not in _BY_HAND]
        values = [read(text, self._of(start)) for start in usual or self._asked(text)]
        first = values[0]
        return first if all(_alike(first, value) for value in values[1:]) else UNKNOWN

    def _asked(self, text: str) -> tuple[Start | None, ...]:
        """The starts that a text may tell apart."""
        lower = text.lower()
        if self.starts and any(name in lower for name in _OF_THE_START):
            return self.starts
        return self.starts[:1] or (None,)

    @cached_property
    def _of_any(self) -> Mapping[str, Any]:
        """What no start changes."""
        machine = self.machine
        runner: Partial = Partial()
        if machine is not None and machine.system:
            runner["os"] = machine.system
        if machine is not None and machine.architecture:
            runner["arch"] = machine.architecture
        known = {
            name: UNKNOWN if value is None else value for name, value in self.variables.items()
        }
        return {
            "matrix": self.leg,
            "needs": self.needs,
            "steps": self.steps,
            "env": Partial(known),
            "runner": runner,
        }

    def _of(self, start: Start | None) -> Mapping[str, Any]:
        inputs = self.inputs
        if inputs is None:
            inputs = start.inputs if start else UNKNOWN  # type: ignore[assignment]
        github = start.github if start else UNKNOWN
        return {**self._of_any, "github": github, "inputs": inputs}


def _alike(one: Any, two: Any) -> bool:
    return type(one) is type(two) and bool(one == two)


def contexts_of(
    run: JobRun,
    variables: Mapping[str, str | None] | None = None,
    steps: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Contexts:
    """The contexts of a job's leg; with ``inputs`` those of an action that it uses."""
    if inputs is None and run.caller is not None:
        inputs = run.inputs
    return Contexts(
        starts=run.starts,
        leg=run.leg,
        machine=run.machine,
        variables=variables or {},
        needs={name: Partial() for name in run.job.needs},
        steps=steps or {},
        inputs=inputs,
    )
