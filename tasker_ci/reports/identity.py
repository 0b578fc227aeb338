"""Which test is which: the whole path of its suites, its file, class, name and parameters."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from tasker_ci.reports.markup import Pairs
from tasker_ci.reports.run import Suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasker_ci.reports.run import Case

_PARAMETER = re.compile(
    r"(test[-_ .]?)?(type[-_ .]?|value[-_ .]?)?(param(eter)?s?|arg(ument)?s?)\b.*", re.IGNORECASE
)
"""The names of attributes and properties that hold a parameter: googletest's `value_param` and
others."""

_PARTICULARS = ("id", "line")
"""Attributes that count only where one report has several tests that are the same else."""

_Names = tuple[tuple[str, str, str, str], ...]
Key = tuple[str, str, str, str, _Names, str, Pairs, tuple[int, str]]


_NOT_APART = (0, "")
_NAMES = attrgetter("variant", "suite", "classname", "name", "apart")


def identity(case: Case) -> Key:
    """What a test is known by: two cases of one identity are executions of one test."""
    apart = (len(case.apart), case.apart) if case.apart else _NOT_APART
    variant, classname = case.variant or "", case.classname or ""
    if not (case.path or case.attributes or case.more):  # as nextest has most of them
        return (variant, case.suite, classname, case.name, (), "", (), apart)
    path: _Names = ()
    file = ""
    if case.path:
        path = tuple((each.name, each.file, each.package, each.hostname) for each in case.path)
        if path == ((case.suite, "", "", ""),):
            path = ()  # as if there were but the name
    if case.attributes:
        file = next((value for name, value in case.attributes if name == "file"), "")
    return (
        *(variant, case.suite, classname, case.name),
        *(path, file, _parameters(case), apart),
    )


def _parameters(case: Case) -> Pairs:
    if not (case.attributes or case.more):
        return ()
    found = [pair for pair in case.attributes if _PARAMETER.fullmatch(pair[0])]
    for each in case.more:
        if each.tag == "properties":
            found += [
                (name, one.get("value") or str(one.text))
                for one in each.children
                if _PARAMETER.fullmatch(name := one.get("name"))
            ]
    return tuple(sorted(found))


def particulars(case: Case) -> tuple[str, ...]:
    """What tells tests of one identity apart if one report has both."""
    own = tuple(value for name, value in case.attributes if name in _PARTICULARS)
    return (*(each.id for each in case.path), *own)


def told_apart(cases: Sequence[Case], keys: Sequence[Key] | None = None) -> list[Case]:
    """The cases, those that share their identity with another one numbered.

    ``keys`` are their identities, where these are known.
    """
    if len(set(map(_NAMES, cases))) == len(cases):
        return list(cases)  # as a rule, and the rest of an identity changes nothing then
    keys = keys or [*map(identity, cases)]
    counts = Counter(keys)
    numbers: Counter[Key] = Counter()
    found = []
    for case, key in zip(cases, keys, strict=True):
        if counts[key] > 1:
            numbers[key] += 1
            case = replace(case, apart=f"{case.apart or ''}#{numbers[key]}")  # noqa: PLW2901
        found.append(case)
    return found


def distinguished(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases, those of groups that look the same with what tells these apart."""
    cases = list(cases)
    groups = [case.group for case in cases]
    paths: dict[str, set[tuple[str, tuple[Suite, ...]]]] = {}
    for group, suite, path in {
        (group, case.suite, case.path) for group, case in zip(groups, cases, strict=True)
    }:
        paths.setdefault(group, set()).add((suite, path))
    alike = {
        group: suites
        for group, found in paths.items()
        if len(found) > 1 and len(suites := {path or (Suite(suite),) for suite, path in found}) > 1
    }
    if alike:
        cases = [
            replace(case, distinction=_of_path(case.suites, alike[group]))
            if group in alike
            else case
            for group, case in zip(groups, cases, strict=True)
        ]
        groups = [case.group for case in cases]
    names = [(group, case.name) for group, case in zip(groups, cases, strict=True)]
    if len(set(names)) == len(cases):
        return tuple(cases)
    counts = Counter(names)
    return tuple(
        replace(case, which=_of_case(case)) if counts[name] > 1 else case
        for name, case in zip(names, cases, strict=True)
    )


def _of_path(path: tuple[Suite, ...], others: Iterable[tuple[Suite, ...]]) -> str:
    """What a path of suites has that not all others have; the whole path if that is nothing."""
    rows = [_words(other) for other in others]
    own = [word for word in _words(path) if word and not all(word in row for row in rows)]
    return ", ".join(own) or " / ".join(each.name for each in path)


def _words(path: tuple[Suite, ...]) -> list[str]:
    return [
        word
        for each in path
        for word in (each.name or "(no name)", each.file, each.package, each.hostname, each.id)
    ]


def _of_case(case: Case) -> str:
    """What a case itself says beside its name."""
    *_, file, parameters, _ = identity(case)
    words = [file, *(f"{name}={value}" for name, value in parameters)]
    words += [f"{name} {value}" for name, value in case.attributes if name in _PARTICULARS]
    return ", ".join(filter(None, (*words, case.apart)))
