"""Which features of a workspace cannot all be on: told by the code, before anything is built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.workspace import Package, Workspace

_KNOWN = {
    "rustc-dep-of-std": "builds within rustc's own tree alone",
    "no-panic": "links in optimised builds alone",
}
"""Features that mean the same in every crate that has them."""

_CONDITIONAL = re.compile(r"^\s*#!\[cfg_attr\(", re.MULTILINE)
_REFUSED = re.compile(
    r"^\s*#!?\[cfg\(\s*all\((?P<condition>(?:[^()]|\([^()]*\))*)\)\s*\)\]\s*(?:\w+::)*compile_error!",
    re.MULTILINE,
)
_FEATURE = re.compile(r'feature\s*=\s*"(?P<name>[^"]+)"')

_PAIR = 2

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
    for target in package.targets:
        if target.kind == "custom-build":
            continue
        try:
            code = target.source.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if not nightly:
            for name in _unstable(code):
                if name in package.features:
                    yield name, "needs a nightly compiler"
        for group in _exclusive(code):
            known = [name for name in group if name in package.features]
            if len(known) < _PAIR:
                continue
            kept = next((name for name in known if _by_default(package, name)), "") or known[0]
            for name in known:
                if name != kept:
                    yield name, f"does not go together with {kept}"


def _unstable(code: str) -> Iterator[str]:
    """The features that switch on unstable features of the language."""
    for found in _CONDITIONAL.finditer(code):
        condition, *attributes = _arguments(code, found.end())
        if any(attribute.startswith("feature(") for attribute in attributes):
            yield from _sufficient(condition)


def _sufficient(condition: str) -> Iterator[str]:
    """The features each of which makes a condition true by itself."""
    alone = _FEATURE.fullmatch(condition)
    if alone:
        yield alone["name"]
    elif condition.startswith("any("):
        for part in _arguments(condition, len("any(")):
            yield from _sufficient(part)
    elif condition.startswith("all("):
        parts = _arguments(condition, len("all("))
        if len(parts) == 1:
            yield from _sufficient(parts[0])


def _exclusive(code: str) -> Iterator[list[str]]:
    for found in _REFUSED.finditer(code):
        if "not(" not in found["condition"]:
            yield _FEATURE.findall(found["condition"])


def _arguments(text: str, start: int) -> list[str]:
    """What stands between a parenthesis before ``start`` and its partner, divided at commas."""
    parts, depth, begun = [], 0, start
    for place in range(start, len(text)):
        letter = text[place]
        if letter == ")" and not depth:
            parts.append(text[begun:place].strip())
            break
        if letter == "," and not depth:
            parts.append(text[begun:place].strip())
            begun = place + 1
        depth += {"(": 1, ")": -1}.get(letter, 0)
    return parts or [""]


def _by_default(package: Package, feature: str) -> bool:
    waiting, seen = ["default"], {"default"}
    while waiting:
        for implied in package.features.get(waiting.pop(), ()):
            if implied not in seen:
                seen.add(implied)
                waiting.append(implied)
    return feature in seen


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
