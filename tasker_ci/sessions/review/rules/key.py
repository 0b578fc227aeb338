"""A private key in a file of the repository.

```sh
echo "JWT_PRIVATE_KEY=..." >> "$GITHUB_ENV"    # with the text of a PEM file for the dots
```

Everybody who can read the repository, its forks and its history has the key. The finding has the
place; the key itself is never shown.

**Certain** where the body is a key's: PEM that decodes, or an age secret key. A body such as `...`
is an example. Below `tests`, `examples` and `fixtures`, in documentation of code and in modules of
tests it is a warning: a key that protects nothing is still found by every scanner. A long random
value of a variable such as `API_KEY` in workflows, compose and dotenv files is a suspicion.

**Fix**: make a key for each run, or take it from the secrets of the repository; replace the one
that was public.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.committed_keys import KeyKind, keys_in
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.sessions.review.committed_keys import FoundKey
    from tasker_ci.sessions.review.subject import Subject

_MOST_PLACES = 6


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each key, and one for all keys of tests and examples."""
    places: dict[tuple[KeyKind, bytes], list[FoundKey]] = defaultdict(list)
    for key in keys_in(subject.checkout):
        places[key.kind, key.fingerprint].append(key)
    fixtures: list[FoundKey] = []
    for found in places.values():
        first, *others = sorted(found, key=lambda each: (each.fixture, each.place))
        if first.fixture:
            fixtures.append(first)
        else:
            yield _finding(first, _message(first), others)
    if fixtures:
        first, *others = sorted(fixtures, key=lambda each: each.place)
        count = counted(len(fixtures), "private key")
        yield _finding(
            first, f"{count} of tests and examples {are(len(fixtures))} committed.", others
        )


def _finding(key: FoundKey, message: str, others: Sequence[FoundKey]) -> ReviewFinding:
    shown = ", ".join(str(each.place) for each in others[:_MOST_PLACES])
    more = len(others) - _MOST_PLACES
    also = f"also in {shown}" + (f" and {counted(more, 'place')} more" if more > 0 else "")
    return RULE.finding(
        severity=Severity.WARNING if key.fixture or key.kind is KeyKind.VALUE else RULE.severity,
        grade=Grade.SUSPICION if key.kind is KeyKind.VALUE else Grade.CERTAIN,
        place=key.place,
        message=message,
        evidence=(also,) if others else (),
        fix="Make it for each run, or take it from the repository's secrets; replace this one.",
    )


def _message(key: FoundKey) -> str:
    if key.kind is KeyKind.VALUE:
        return f"The value of {key.name} stands in a file of the repository."
    return f"{key.kind.value} stands in a file of the repository."


RULE = ReviewRule(
    id="K1",
    name="key",
    severity=Severity.ERROR,
    reads="all files, up to one mebibyte each",
    certain="where the body is that of a key",
    find=find,
)
