"""What goes wrong in the pipeline, why, and what to do: the last part of the handbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.session import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One symptom; all texts are Markdown."""

    symptom: str
    cause: str
    step: str


def troubles_of(inputs: Inputs) -> tuple[Trouble, ...]:
    """What can go wrong with these settings: what no family knows, and what each of them says."""
    families = (load(reference)(inputs) for reference in inputs.rows.troubles)
    return (*_troubles(inputs), *(each for troubles in families for each in troubles))


def _troubles(inputs: Inputs) -> Iterator[Trouble]:
    yield Trouble(
        symptom="A job was skipped and the gate is red",
        cause="What it needs had failed; the gate lets a skipped job pass only where "
        "`may-skip` says so.",
        step="Fix the first red job; the others run again with it.",
    )
    given = [name for name, row in inputs.settings.workflows.own.items() if row.secrets]
    if given:
        yield Trouble(
            symptom=f"{', '.join(f'`{name}`' for name in given)} is red in one pull request only",
            cause="It gets secrets, and GitHub gives none to pull requests from forks, and other "
            "ones to those of Dependabot.",
            step="Let it do without them there, or push the branch to this repository.",
        )
