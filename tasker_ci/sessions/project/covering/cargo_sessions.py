"""Which session does what a command of cargo's did: only one that is known to do all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.selections.compilation import toolchain_of
from tasker_ci.foreign.selections.packages import matches
from tasker_ci.foreign.selections.reading import selections_of
from tasker_ci.sessions.project.covering import builds
from tasker_ci.sessions.project.covering.after_the_dashes import harness_doubt, lint_doubt
from tasker_ci.sessions.project.covering.own_runs import each_once
from tasker_ci.settings.model import features_of_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.selections.reachability import FoundTest
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.sessions.project.covering.own_runs import OwnRuns
    from tasker_ci.sessions.project.covering.project import Project
    from tasker_ci.settings.cargo_features import Features
    from tasker_ci.settings.model import Settings

_EVERYWHERE = {
    *("--verbose", "--quiet", "--color", "--message-format", "--jobs", "--target-dir"),
    *("--keep-going", "--no-fail-fast", "--timings", "--future-incompat-report"),
}
"""Flags that change how a command works or prints, and not its result."""

_PACKAGES = {"--package", "--workspace", "--exclude", "--manifest-path"}
_FEATURES = {"--features", "--all-features", "--no-default-features"}
_OF_KIND = {
    "--lib": ("lib",),
    "--bins": ("bins",),
    "--bin": ("bins",),
    "--tests": ("lib", "bins", "tests"),
    "--test": ("tests",),
    "--examples": ("examples",),
    "--example": ("examples",),
    "--benches": ("lib", "bins", "benches"),
    "--bench": ("benches",),
    "--all-targets": ("lib", "bins", "tests", "examples", "benches"),
}
_TARGETS = set(_OF_KIND)
_BUILDS = _PACKAGES | _FEATURES | _TARGETS
_NEXTEST = {
    *("--no-run", "--profile", "--retries", "--no-tests", "--fail-fast", "--max-fail"),
    *("--status-level", "--final-status-level", "--success-output", "--failure-output"),
    *("--hide-progress-bar", "--show-progress", "--no-input-handler", "--partition", "--shard"),
    *("--filterset", "--message-format-version", "--build-jobs", "--cargo-message-format"),
}
_FLAGS = {
    "test": _BUILDS | {"--no-run", "--doc"},
    "nextest": (_BUILDS | _NEXTEST),
    "build": _BUILDS,
    "check": _BUILDS,
    "clippy": _BUILDS | {"--no-deps"},
    "doc": _PACKAGES | _FEATURES | {"--no-deps", "--document-private-items", "--lib", "--bins"},
    "fmt": _PACKAGES - {"--exclude"} | {"--check", "--all"},
    "audit": {"--deny", "--ignore", "--json"},
    "bench": _PACKAGES | _FEATURES | {"--no-run"},
    "llvm-cov": _PACKAGES
    | _FEATURES
    | {"--lcov", "--html", "--json", "--cobertura", "--codecov", "--summary-only", "--text"}
    | {"--output-path", "--output-dir"},
}
"""What a session does beside the flags that hold everywhere; with others it is not sure."""

_WITH_TABLE = {"clippy": "clippy", "check": "clippy", "doc": "doc", "audit": "audit"}
"""Commands that only a family's settings can answer for; the family may be absent."""

_SESSIONS = {
    **{name: ("quality", f"session {name}") for name in ("fmt", "clippy", "doc", "audit")},
    "check": ("quality", "session clippy"),
    "build": ("unit", "session unit, which builds what it tests"),
    "bench": ("bench", "session bench"),
    "llvm-cov": ("coverage", "session coverage"),
}
"""The stage of what does the work of a command, and what of it that is."""

_REASONS = {
    "--locked": "no session checks Cargo.lock as `--locked` does",
    "--frozen": "no session checks Cargo.lock as `--frozen` does",
    "--release": "no session builds in the profile `release`",
    "--fix": "no session of the pipeline changes files",
    "--run-ignored": "no session runs tests that are ignored",
    "--no-capture": "the sessions run several tests at once",
}
_FORMATTED = re.compile(r"(?<!\S)(?:--check|-v|--verbose|-q|--quiet|-l|--color[= ]\w+) ")
"""Flags of rustfmt that the session has, or that change only what is printed."""

AUDITED = {"warnings": ("unmaintained", "unsound", "yanked")}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What does the work of something now."""

    covered_by: str = ""
    """"" if nothing does."""
    reason: str = ""
    """Why nothing does, where that is known."""
    tests: tuple[FoundTest, ...] = ()
    """The tests that it runs and no session does."""


@dataclass(frozen=True, kw_only=True)
class CargoSessions:
    """The sessions that call cargo."""

    settings: Settings
    project: Project
    own: OwnRuns
    part: Callable[[str, str], str]
    """The text for a stage and what of it; "" where no workflow has the stage."""

    def verdict(self, call: Invocation) -> Verdict:
        """What does the work of a call."""
        selected = selections_of(call, self.own.repository)
        theirs = tuple(each for each in selected if not isinstance(each, Opaque))
        found = self._said(call, theirs)
        tests = each_once(test for each in theirs for test in self.own.lost_tests(each))
        return replace(found, covered_by="", tests=tests) if tests else found

    def _said(  # noqa: PLR0911 - one doubt after the other
        self, call: Invocation, theirs: Sequence[Selection]
    ) -> Verdict:
        command = call.subcommand[0] if call.subcommand else ""
        if command == "deny":
            covers = self.part("quality", "session audit")
            return Verdict(reason=f"{covers}, checks only for advisories" * bool(covers))
        if command not in _FLAGS or (command == "nextest" and call.subcommand[1:] != ("run",)):
            return Verdict()
        if command in _WITH_TABLE and self.settings.table(_WITH_TABLE[command]) is None:
            return Verdict()
        if doubt := self._place_doubt(call, command, theirs) or _refusal(theirs):
            return Verdict(reason=doubt)
        toolchain = toolchain_of(call, self.own.repository.texts)
        for doubt in (
            self._flag_doubt(call, command),
            self._special_doubt(call, command),
            builds.toolchain_doubt(call, toolchain, self.settings, self.project),
            "a part of it is known only when it runs" if call.unknown_values else "",
        ):
            if doubt:
                return Verdict(reason=doubt)
        if command not in {"fmt", "audit"}:
            ours = self.own.build(self._features(call, command))
            for each in theirs:
                if doubt := builds.feature_doubt(each, ours) or self._target_doubt(each, command):
                    return Verdict(reason=doubt)
        doubt, also = builds.variable_doubt(call, theirs[0], self.settings, self.project)
        if doubt:
            return Verdict(reason=doubt)
        text = self._session(call, command, theirs)
        return Verdict(covered_by="; ".join(each for each in (text, also) if each) if text else "")

    def _session(self, call: Invocation, command: str, theirs: Sequence[Selection]) -> str:
        if command in _SESSIONS:
            return self.part(*_SESSIONS[command])
        if call.has("--doc"):
            return self.part("unit", "session doctest")
        sessions = {name for each in theirs for name in self.own.sessions(each)}
        doctests = any(each.targets.doctests for each in theirs)
        named = [*(("unit",) if "unit" in sessions else ()), *(("doctest",) if doctests else ())]
        several = "s" if len(named) > 1 else ""
        texts = [self.part("unit", f"session{several} {' and '.join(named)}")] if named else []
        if "integration" in sessions:
            texts.append(self.part("integration", "session integration, its tests"))
        return "; ".join(texts) if all(texts) else ""

    def _features(self, call: Invocation, command: str) -> Features:
        name = {"check": "clippy", "build": "unit", "test": "unit", "nextest": "unit"}.get(
            command, command
        )
        name = "doctest" if call.has("--doc") else "coverage" if command == "llvm-cov" else name
        return features_of_table(name, self.settings)

    def _place_doubt(self, call: Invocation, command: str, theirs: Sequence[Selection]) -> str:
        folder = call.manifest_folder
        if folder is None:
            return "its folder is not known"
        if not theirs or theirs[0].workspace.root != self.own.workspace.root:
            return f"the sessions do not look at the workspace in {folder}"
        if command == "audit" and folder != self.project.workspace:
            return f"the sessions audit no Cargo.lock in {folder}"
        packages = self.own.workspace.packages
        missing = [
            name
            for name in call.values("--package")
            if not any(matches(name, package) for package in packages)
        ]
        return f"{', '.join(missing)} is no package of the workspace" if missing else ""

    def _target_doubt(self, theirs: Selection, command: str) -> str:
        if command in builds.TESTS:
            return self.own.lost_target(theirs) or self.own.lost_doctests(theirs)
        return ""

    def _flag_doubt(self, call: Invocation, command: str) -> str:
        known = _EVERYWHERE | _FLAGS[command]
        if command == "nextest" and (
            unknown := sorted({*call.values("--profile")} - {"ci", "default"})
        ):
            return f"the sessions do not use nextest's profile {', '.join(unknown)}"
        for name, values in call.flags.items():
            if name not in known:
                shown = " ".join((name, *values))
                return _REASONS.get(name, f"no session does it with `{shown}`")
        kinds = {kind for name in call.flags for kind in _OF_KIND.get(name, ())}
        if (
            command == "build"
            and "benches" in kinds
            and any(each.kind == "bench" for p in self.own.workspace.packages for each in p.targets)
        ):
            return "no session runs or builds benches with the tests"
        if (
            command in {"clippy", "check"}
            and (ours := self.settings.table("clippy").targets) != "all"
        ):
            lost = sorted((kinds or {"lib", "bins"}) - set(ours))
            return f"session clippy leaves out {', '.join(lost)}" if lost else ""
        return ""

    def _special_doubt(self, call: Invocation, command: str) -> str:
        """Doubts about what only one command has."""
        trailing = call.after_dashes
        if command in builds.TESTS:
            return harness_doubt(trailing)
        if command == "fmt":
            odd = _FORMATTED.sub("", " ".join([*call.words, *trailing, ""])).strip()
            return f"session fmt runs without `{odd}`" if odd else ""
        if command == "clippy":
            return lint_doubt(trailing, self.settings.table("clippy").lint_arguments)
        if command == "audit":
            return self._audit_doubt(call)
        if trailing or (call.words and command != "llvm-cov"):
            return f"no session does it with `{' '.join([*call.words, *trailing])}`"
        return ""

    def _audit_doubt(self, call: Invocation) -> str:
        settings = self.settings.table("audit")
        for kind in call.values("--deny"):
            if missing := sorted(set(AUDITED.get(kind, (kind,))) - set(settings.deny)):
                return f"session audit does not deny {', '.join(missing)} (`audit.deny`)"
        ignored = {row.id for row in settings.ignore}
        if missing := sorted(set(call.values("--ignore")) - ignored):
            return f"session audit does not ignore {', '.join(missing)} (`audit.ignore`)"
        words = [*call.words, *call.after_dashes]
        return f"session audit does not do `{' '.join(words)}`" if words else ""


def _refusal(theirs: Sequence[Selection]) -> str:
    refused = next((each.refusal for each in theirs if each.refusal), "")
    return f"{refused}, so this step fails" if refused else ""
