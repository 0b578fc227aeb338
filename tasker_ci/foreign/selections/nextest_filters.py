"""Which tests nextest runs: filtersets, names, and what its profile says.

https://nexte.st/docs/running/#filtering-tests
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.invocations.aliases import read_document
from tasker_ci.foreign.selections.filterset_names import name_matches
from tasker_ci.foreign.selections.filtersets import Filterset, NoFilterset, read_filterset
from tasker_ci.foreign.selections.libtest_names import NameFilter, name_filter
from tasker_ci.foreign.selections.verdict import Verdict, no, unsaid
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.conditions import all_of, any_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.invocations.texts import Texts
    from tasker_ci.rust.feature_requests import Platform
    from tasker_ci.rust.workspace import Package, Target, Workspace

CONFIGURATION = PurePosixPath(".config/nextest.toml")
ONE_SHARD = "it runs one shard of the tests"
_BUILT_IN = {"default", "default-miri"}
_IGNORED = {"default": "no", "only": "only", "ignored-only": "only", "all": "all"}
_DEEPEST = 10


@dataclass(frozen=True, kw_only=True)
class NextestFilter:
    """What a call of nextest runs of the tests that it builds."""

    workspace: Workspace
    names: NameFilter
    filtersets: tuple[Filterset, ...] = ()
    """A test runs that one of them holds; every test where there is none."""
    default: Filterset | None = None
    """Of the profile."""
    apply_default: bool = True
    doubt: str = ""
    """Why it cannot be said which tests run."""
    text: str = ""
    """The filtersets as they are written."""
    _packages: dict[tuple[str, str, str], frozenset[str] | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def runs(self, package: Package, target: Target, test: str, *, ignored: bool) -> Verdict:
        """Whether it runs a test; "" stands for one whose name is not known."""
        by_name = self.names.runs(package, target, test, ignored=ignored)
        if by_name.selected is False:
            return by_name
        if self.doubt:
            return unsaid(self.doubt)
        about = _Test(package, target, test)
        if self.filtersets:
            held = any_of(self._holds(each, about) for each in self.filtersets)
            if held is not True:
                why = f"the filterset `{self.text}` {_does(held)}"
                return no(why) if held is False else unsaid(why)
        if self.apply_default and self.default is not None:
            held = self._holds(self.default, about)
            if held is not True:
                why = f"the profile's `default-filter` {_does(held)}"
                return no(why) if held is False else unsaid(why)
        return by_name

    def _holds(self, expression: Filterset, about: _Test) -> bool | None:
        operator = expression.operator
        if operator in {"and", "or"}:
            parts = [self._holds(part, about) for part in expression.parts]
            return all_of(parts) if operator == "and" else any_of(parts)
        if operator == "not":
            held = self._holds(expression.parts[0], about)
            return None if held is None else not held
        if operator in {"all", "none"}:
            return operator == "all"
        if operator == "default":
            return True if self.default is None else self._holds(self.default, about)
        return self._of_set(expression, about)

    def _of_set(self, expression: Filterset, about: _Test) -> bool | None:
        package, target, test = about.package, about.target, about.test
        if expression.operator in {"deps", "rdeps"}:
            found = self._related(expression)
            return None if found is None else package.name in found
        if expression.operator == "platform":
            host = "host" if target.kind == "proc-macro" else "target"
            return expression.value.strip() == host
        names = {
            "package": package.name,
            "kind": target.kind,
            "binary": target.name,
            "binary_id": package.binary_id(target),
            "test": test or None,
        }
        name = names.get(expression.operator)
        return None if name is None else name_matches(expression.matcher, expression.value, name)

    def _related(self, expression: Filterset) -> frozenset[str] | None:
        """The members that a package depends on, or that depend on it; None if not known."""
        key = (expression.operator, expression.matcher, expression.value)
        if key not in self._packages:
            self._packages[key] = _related(self.workspace, *key)
        return self._packages[key]


@dataclass(frozen=True)
class _Test:
    package: Package
    target: Target
    test: str


def _does(held: bool | None) -> str:  # noqa: FBT001
    return "leaves it out" if held is False else "may leave it out"


def _related(
    workspace: Workspace, operator: str, matcher: str, value: str
) -> frozenset[str] | None:
    members = {package.name: package for package in workspace.packages}
    matched = {name: name_matches(matcher, value, name) for name in members}
    begin = {name for name, found in matched.items() if found}
    if not begin or None in matched.values():
        return None  # a package that is no member, of whose dependencies nothing is known here
    folders = {package.manifest.parent: name for name, package in members.items()}
    needs: dict[str, set[str]] = {
        name: {folders[each.path] for each in package.requirements if each.path in folders}
        for name, package in members.items()
    }
    if operator == "rdeps":
        needs = {
            name: {other for other, theirs in needs.items() if name in theirs} for name in members
        }
    found: set[str] = set()
    waiting = [*begin]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return frozenset(found)


def nextest_filter(
    invocation: Invocation, workspace: Workspace, texts: Texts, platform: Platform
) -> NextestFilter:
    """Read what a call and the configuration of nextest say; ``platform`` is what is built for."""
    names = name_filter(invocation.words, invocation.after_dashes)
    wanted = invocation.values("--run-ignored")
    doubt = ""
    if "--run-ignored" in invocation.unknown_values or (wanted and wanted[-1] not in _IGNORED):
        doubt = "the value of `--run-ignored` is not known"
    elif wanted:
        names = replace(names, ignored=_IGNORED[wanted[-1]])
    if "--" in invocation.unknown_values:
        doubt = doubt or "what follows `--` is not known"
    for flag in ("--filterset", "--profile", "--config-file", "--partition"):
        if flag in invocation.unknown_values:
            doubt = doubt or f"the value of `{flag}` is not known"
    if invocation.has("--partition"):
        doubt = doubt or ONE_SHARD
    if invocation.has("--rerun"):
        doubt = doubt or "`--rerun` runs what failed before"
    found: list[Filterset] = []
    for text in invocation.values("--filterset"):
        try:
            found.append(read_filterset(text))
        except NoFilterset:
            doubt = doubt or f"the filterset `{text}` cannot be read"
    default, default_doubt = _default_filter(invocation, workspace, texts, platform)
    apply_default = not invocation.has("--ignore-default-filter")
    return NextestFilter(
        workspace=workspace,
        names=names,
        filtersets=tuple(found),
        default=default,
        apply_default=apply_default,
        doubt=doubt or (default_doubt if apply_default else ""),
        text=" ".join(invocation.values("--filterset")),
    )


def configuration_of(
    invocation: Invocation, workspace: Workspace, texts: Texts
) -> Mapping[str, Any] | None:
    """The configuration of nextest for a call; None where it is not in the repository."""
    given = invocation.values("--config-file")
    if invocation.has("--tool-config-file"):
        return None
    if given:
        folder = invocation.command.around.folder
        path = None if folder is None or given[-1].startswith("/") else folder / given[-1]
        text = texts.text(path) if path else None
        return None if text is None else read_document(text)
    if not workspace.root.is_relative_to(texts.root):
        return None
    root = PurePosixPath(workspace.root.relative_to(texts.root).as_posix())
    return read_document(texts.text(root / CONFIGURATION) or "")


def profile_of(invocation: Invocation) -> str | None:
    """The name of nextest's profile for a call; None where it is not known."""
    given = invocation.values("--profile")
    if given:
        return given[-1]
    standard = "default-miri" if invocation.subcommand[:1] == ("miri",) else "default"
    return invocation.environment.get("NEXTEST_PROFILE", standard)


def _default_filter(  # noqa: PLR0911 - one for each reason
    invocation: Invocation, workspace: Workspace, texts: Texts, platform: Platform
) -> tuple[Filterset | None, str]:
    """The default filter of a call's profile, and why it is not known."""
    document = configuration_of(invocation, workspace, texts)
    profile = profile_of(invocation)
    if document is None or profile is None:
        return None, "nextest's configuration or profile is not known"
    profiles = part(document, "profile")
    if profile not in profiles and profile not in _BUILT_IN:
        return None, f"nextest has no profile {profile} here"
    chain = _chain(profile, profiles)
    if chain is None:
        return None, f"the profile {profile} inherits from itself"
    found: object = None
    for row in (row for table in chain for row in _overrides(table)):
        applies = _applies(row.get("platform"), platform)
        if applies is None:
            return None, "for which platform an override of nextest's is meant is not known"
        if applies:
            found = row["default-filter"]
            break
    else:
        found = next((t["default-filter"] for t in chain if "default-filter" in t), None)
    if found is None:
        return None, ""
    try:
        return read_filterset(str(found)), ""
    except NoFilterset:
        return None, f"the `default-filter` of the profile {profile} cannot be read"


def _chain(profile: str, profiles: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """A profile and those that it inherits from, the nearest first; None for a circle."""
    found: list[Mapping[str, Any]] = []
    name: object = profile
    for _ in range(_DEEPEST):
        table = part(profiles, str(name))
        found.append(table)
        if name == "default":
            return found
        name = table.get("inherits", "default")
    return None


def _overrides(table: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows = table.get("overrides")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [row for row in found if "default-filter" in row]


def _applies(row: object, platform: Platform) -> bool | None:
    if row is None:
        return True
    if isinstance(row, str):
        return platform(row)
    if isinstance(row, dict):
        target = row.get("target")
        known = platform(target) if isinstance(target, str) else True
        return known if "host" not in row or known is False else None
    return None
