"""A repository of a few files, read as the review reads it, for tests of rules."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from textwrap import dedent
from typing import TYPE_CHECKING

from tasker_ci.foreign.checkout import Checkout
from tasker_ci.foreign.reading import read_ci
from tasker_ci.sessions.review.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.rule import ReviewRule

CI = ".github/workflows/ci.yml"


def planted(root: Path, files: Mapping[str, str]) -> Subject:
    """The subject of these files; a workflow that is only jobs starts on pushes."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    checkout = Checkout(root=root, files=frozenset(map(PurePosixPath, files)))
    reading = read_ci(checkout)
    return Subject(reading=reading, workspaces=(), opaque=reading.opaque)


def jobs(text: str, *, on: str = "push") -> str:
    """A workflow with these jobs."""
    return f"on: {on}\njobs:\n" + "".join(f"  {line}\n" for line in dedent(text).splitlines())


def findings(root: Path, rule: ReviewRule, files: Mapping[str, str]) -> list[ReviewFinding]:
    """What a rule finds."""
    return list(rule.find(planted(root, files)))


def told(root: Path, rule: ReviewRule, files: Mapping[str, str]) -> list[str]:
    """The same as ``error file:line`` with ``?`` behind a suspicion."""
    return [
        f"{each.severity}{'' if each.grade == 'certain' else '?'} {each.place}"
        for each in findings(root, rule, files)
    ]
