"""A secret that the log shows.

```yaml
      - run: |
          echo "API_KEY=$KEY" >> "$GITHUB_ENV"      # KEY is spelled out above
          echo "API_KEY is ${API_KEY:0:8}..."
```

GitHub prints the environment above each step. It hides the secrets of the repository and what was
given to `::add-mask::`, each as a whole: a part of one is shown. A text that was written in a
script or under `env:` is none of these.

`${DATABASE_URL%?*}*****` takes off one character and shows the password: `%` removes the shortest
match.

**Certain** where the value is a private key and nothing in the workflows masks anything, and where
a part of a variable with the name of a secret is printed. Another long value may be public, and is
a suspicion. The value itself is never shown here.

**Fix**: `echo "::add-mask::$API_KEY"` before anything else, and print names, not values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.committed_keys import KeyKind, key_kind
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.scripts_of_jobs import exported_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command
    from tasker_ci.sessions.review.subject import Subject

_NAMED = r"[A-Z0-9_]*(?:API_?KEY|SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE_KEY)"
_PART = re.compile(rf"\$\{{({_NAMED}):(?:\s+-\d+|\d+)(?::\d+)?\}}")
_ALL_BUT_ONE = re.compile(
    rf"\$\{{({_NAMED}|[A-Z0-9_]*(?:URL|URI|DSN))%\?\*?\}}\*{{2,}}", re.IGNORECASE
)
_CLAIM = re.compile(r"\bmask(?:s|ed|ing)?\b.*\b(?:logs?|output)\b", re.IGNORECASE)
_PRINTS = {"echo", "printf"}
_SCRIPTS = {".sh", ".bash", ".yml", ".yaml"}
_MOST_PLACES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each variable, and one for each line that shows a part."""
    commands = subject.all_scripts
    for place, name in dict.fromkeys(_parts(commands)):
        yield _finding(
            subject.checkout, (place,), f"A part of {name} is printed, and no mask hides a part."
        )
    if not _masks(subject.checkout):
        found: dict[tuple[str, Grade], list[Place]] = {}
        for place, name, value in (*_exported(commands), *_written(subject)):
            kind = key_kind(name, value)
            if kind is not None:
                grade = Grade.SUSPICION if kind is KeyKind.VALUE else Grade.CERTAIN
                found.setdefault((name, grade), []).append(place)
        for (name, grade), places in found.items():
            message = f"The log of each later step shows {name}: nothing masks it."
            yield _finding(subject.checkout, sorted(set(places)), message, grade=grade)
    for place, name in _badly_hidden(subject.checkout):
        message = f"All but the last character of {name} is shown: `%?*` removes one."
        yield _finding(subject.checkout, (place,), message, fix="Print the name alone.")


def _parts(commands: tuple[Command, ...]) -> Iterator[tuple[Place, str]]:
    for command in commands:
        shown = not command.redirected_to and not command.piped_to
        if command.words[0] in _PRINTS and shown:
            for found in _PART.finditer(command.text):
                yield command.place, found[1]


def _exported(commands: tuple[Command, ...]) -> Iterator[tuple[Place, str, str]]:
    for command in commands:
        for name, value in exported_variables(command).items():
            yield command.place, name, value


def _written(subject: Subject) -> Iterator[tuple[Place, str, str]]:
    """What stands under ``env:``."""
    for workflow in subject.reading.workflows:
        yield from _of_environment(subject.checkout, workflow.place, workflow.environment)
        for job in workflow.jobs.values():
            yield from _of_environment(subject.checkout, job.place, job.environment)
            for step in job.steps:
                yield from _of_environment(subject.checkout, step.place, step.environment)


def _of_environment(
    checkout: Checkout, place: Place, environment: Mapping[str, str]
) -> Iterator[tuple[Place, str, str]]:
    for name, value in environment.items():
        yield line_with(checkout, place, f"{name}:"), name, value


def _masks(checkout: Checkout) -> bool:
    return any(
        b"add-mask" in (checkout.content(file) or b"")
        for file in checkout.files
        if file.parts[:1] == (".github",) or file.suffix in _SCRIPTS
    )


def _badly_hidden(checkout: Checkout) -> Iterator[tuple[Place, str]]:
    for file in checkout.in_order:
        if file.suffix in _SCRIPTS and b"%?" in (checkout.content(file) or b""):
            for number, line in enumerate(checkout.lines(file), 1):
                found = _ALL_BUT_ONE.search(line)
                if found and not line.lstrip().startswith("#"):
                    yield Place(file, number), found[1]


def _finding(
    checkout: Checkout,
    places: tuple[Place, ...] | list[Place],
    message: str,
    fix: str = 'Begin with `echo "::add-mask::…"`, and print names, not values.',
    *,
    grade: Grade = Grade.CERTAIN,
) -> ReviewFinding:
    first, *others = places
    also = f"also {', '.join(map(str, others[:_MOST_PLACES]))}"
    return RULE.finding(
        grade=grade,
        place=first,
        message=message,
        evidence=(*((also,) if others else ()), *_claims(checkout, first)),
        fix=fix,
    )


def _claims(checkout: Checkout, place: Place) -> Iterator[str]:
    """Where a document beside the place says that secrets are masked."""
    for file in checkout.in_order:
        if file.suffix.lower() == ".md" and file.parent == place.file.parent:
            for number, line in enumerate(checkout.lines(file), 1):
                if _CLAIM.search(line):
                    yield f"{Place(file, number)} says that the log masks it"
                    return


RULE = ReviewRule(
    id="K2",
    name="secret-shown",
    severity=Severity.WARNING,
    reads="scripts of workflows and actions, variables, masks",
    certain="where nothing masks anything, and for parts of a variable named like a secret",
    find=find,
)
