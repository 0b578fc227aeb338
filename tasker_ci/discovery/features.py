"""Which features of a workspace cannot all be on: told by the code, before anything is built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.discovery.cfg import arguments, features_in, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.workspace import Package, Workspace

_KNOWN = {
    "rustc-dep-of-std": "builds within rustc's own tree alone",
    "no-panic": "links in optimised builds alone",
}
"""Features that mean the same in every crate that has them."""

_CONDITIONAL = re.compile(r"^\s*#!\[cfg_attr\(", re.MULTILINE)
_CFG = re.compile(r"^\s*#!?\[cfg\(", re.MULTILINE)
_ERROR = re.compile(r"\s*\]\s*(?:\w+::)*compile_error!")

Own = tuple[str, str]
"""A package and one of its features."""


@dataclass(frozen=True, kw_only=True)
class FeatureChoice:
    """The features that sessions can switch on together."""

    names: tuple[str, ...]
    """As the setting `features` spells them."""
    left_out: Mapping[str, str]
    """Those that are not among them, each with the reason."""


def chosen_features(workspace: Workspace, *, nightly: bool) -> FeatureChoice | None:
    """All features but those that a stable compiler or the code itself refuses.

    None if nothing is refused: then `"all"` is right, today and after the next feature. With
    ``nightly`` the compiler takes what is unstable.
    """
    refused: dict[Own, str] = {}
    for package in workspace.packages:
        for name, reason in _refused(package, nightly=nightly):
            refused.setdefault((package.name, name), reason)
    if not refused:
        return None
    _spread(workspace, refused)
    several = len(workspace.packages) > 1

    def spelled(own: Own) -> str:
        return f"{own[0]}/{own[1]}" if several else own[1]

    names = tuple(
        spelled((package.name, name))
        for package in workspace.packages
        for name in sorted(package.features)
        if name != "default" and (package.name, name) not in refused
    )
    return FeatureChoice(
        names=names, left_out={spelled(own): reason for own, reason in refused.items()}
    )


def _refused(package: Package, *, nightly: bool) -> Iterator[tuple[str, str]]:
    yield from ((name, reason) for name, reason in _KNOWN.items() if name in package.features)
    errors: list[str] = []
    for target in package.targets:
        if target.kind in {"custom-build", "bench"}:
            continue
        try:
            code = target.source.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if not nightly:
            yield from ((name, "needs a nightly compiler") for name in _unstable(package, code))
        errors += _errors(code)
    yield from _exclusive(package, errors)


def _unstable(package: Package, code: str) -> Iterator[str]:
    """The features each of which switches on unstable features of the language."""
    for found in _CONDITIONAL.finditer(code):
        condition, *attributes = arguments(code, found.end())
        if any(attribute.startswith("feature(") for attribute in attributes):
            for name in features_in(condition):
                alone = holds(condition, {name}) and not holds(condition, ())
                if alone and name in package.features:
                    yield name


def _errors(code: str) -> Iterator[str]:
    """The conditions under which the code itself refuses to compile."""
    for found in _CFG.finditer(code):
        parts = arguments(code, found.end())
        end = found.end() + len(_between(code, found.end()))
        if _ERROR.match(code, end + 1):
            yield parts[0]


def _exclusive(package: Package, errors: list[str]) -> Iterator[tuple[str, str]]:
    """The features that the code refuses to have beside each other, but for the default ones.

    Where none of them is on by default, none is taken, unless the code wants one.
    """
    everything = frozenset(package.features)
    default = _by_default(package)
    wrong = [error for error in errors if holds(error, everything)]
    for error in wrong:
        group = [name for name in features_in(error) if name in everything]
        dropped = [name for name in group if name not in default]
        left = everything.difference(dropped)
        if any(holds(each, left) and each not in wrong for each in errors):
            dropped = dropped[1:]
        others = ", ".join(name for name in group if name not in dropped) or "another of its kind"
        yield from ((name, f"does not go together with {others}") for name in dropped)


def _between(text: str, start: int) -> str:
    """All up to the parenthesis that closes the one before ``start``."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] == ")" and not depth:
            return text[start:place]
        depth += {"(": 1, ")": -1}.get(text[place], 0)
    return text[start:]


def _by_default(package: Package) -> frozenset[str]:
    waiting, seen = ["default"], {"default"}
    while waiting:
        for implied in package.features.get(waiting.pop(), ()):
            if implied not in seen:
                seen.add(implied)
                waiting.append(implied)
    return frozenset(seen)


def _spread(workspace: Workspace, refused: dict[Own, str]) -> None:
    """Add every feature that switches on one that is refused."""
    grown = True
    while grown:
        grown = False
        for package in workspace.packages:
            for name, implied in package.features.items():
                own = (package.name, name)
                reason = next((each for each in implied if _own(package, each) in refused), None)
                if own not in refused and name != "default" and reason is not None:
                    refused[own] = f"switches on {reason}"
                    grown = True


def _own(package: Package, implied: str) -> Own:
    other, slash, feature = implied.partition("/")
    return (other.removesuffix("?"), feature) if slash else (package.name, implied)
