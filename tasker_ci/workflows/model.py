"""Workflows as typed values: what GitHub's syntax knows, as far as generated files use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a job: an action, or a command in bash."""

    name: str
    id: str | None = None
    condition: str | None = None
    """An expression without its ``${{ }}``; None: the step runs when all before were green."""
    uses: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None
    directory: str = "."
    """Where the command runs, from the checkout."""
    env: Mapping[str, Any] = field(default_factory=dict)
    may_fail: bool = False

    def data(self) -> dict[str, Any]:
        """The step as YAML data."""
        return _without_empty(
            {
                "name": self.name,
                "id": self.id,
                "if": expression(self.condition) if self.condition else None,
                "continue-on-error": self.may_fail,
                "uses": self.uses,
                "with": dict(self.inputs),
                "env": dict(self.env),
                "shell": "bash" if self.run else None,
                "working-directory": None if self.directory == "." else self.directory,
                "run": self.run,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job with steps."""

    name: str
    runner: tuple[str, ...]
    minutes: int
    steps: tuple[Step, ...]
    permissions: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    condition: str | None = None
    matrix: Mapping[str, Any] = field(default_factory=dict)
    may_fail: str | None = None
    """An expression that says for which job of the matrix a failure is no failure."""
    env: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The job as YAML data."""
        return _without_empty(
            {
                "name": self.name,
                "needs": list(self.needs),
                "if": expression(self.condition) if self.condition else None,
                "runs-on": self.runner[0] if len(self.runner) == 1 else list(self.runner),
                "timeout-minutes": self.minutes,
                "continue-on-error": expression(self.may_fail) if self.may_fail else None,
                "permissions": dict(self.permissions),
                "strategy": {"fail-fast": False, "matrix": dict(self.matrix)}
                if self.matrix
                else {},
                "env": dict(self.env),
                "outputs": dict(self.outputs),
                "steps": [step.data() for step in self.steps],
            }
        )


@dataclass(frozen=True, kw_only=True)
class Call:
    """A job that is another workflow: it has no `timeout-minutes`, its jobs have theirs."""

    name: str
    uses: str
    permissions: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    condition: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Expressions, by the names that the called workflow has for them."""

    def data(self) -> dict[str, Any]:
        """The job as YAML data."""
        return _without_empty(
            {
                "name": self.name,
                "needs": list(self.needs),
                "if": expression(self.condition) if self.condition else None,
                "permissions": dict(self.permissions),
                "uses": self.uses,
                "with": dict(self.inputs),
                "secrets": dict(self.secrets),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Input:
    """What the caller of a reusable workflow hands over: a text."""

    description: str
    default: str | None = ""
    """None: it must be given."""

    def data(self) -> dict[str, Any]:
        """The input as YAML data."""
        required: dict[str, Any] = {"required": True} if self.default is None else {}
        default = {} if self.default is None else {"default": self.default}
        return {"description": self.description, "type": "string", **required, **default}


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One workflow file."""

    file: str
    """Its name in ``.github/workflows``."""
    name: str
    purpose: str
    """What it is for, in one sentence; the handbook prints it."""
    jobs: Mapping[str, Job | Call]
    triggers: Mapping[str, Any] = field(default_factory=dict)
    """Beside being called, which ``callable`` says."""
    callable: bool = True
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Description and expression (without ``${{ }}``) of each."""
    concurrency: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The workflow as YAML data: no permission but what a job asks for."""
        return {
            "name": self.name,
            "on": {**self.triggers, **({"workflow_call": self._call()} if self.callable else {})},
            "permissions": {},
            **({"concurrency": dict(self.concurrency)} if self.concurrency else {}),
            "jobs": {name: job.data() for name, job in self.jobs.items()},
        }

    def _call(self) -> dict[str, Any] | None:
        inputs = {name: value.data() for name, value in self.inputs.items()}
        outputs = {
            name: {"description": text, "value": expression(value)}
            for name, (text, value) in self.outputs.items()
        }
        return _without_empty({"inputs": inputs, "outputs": outputs}) or None


def expression(text: str) -> str:
    """An expression as GitHub wants it."""
    return f"${{{{ {text} }}}}"


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, {}, [], False)}
