"""Which session does what a command of cargo's did: only one that is known to do all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.after_the_dashes import harness_doubt, lint_doubt
from tasker_ci.foreign.surroundings import joined
from tasker_ci.sessions.project.covering import builds
from tasker_ci.settings.model import features_of_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePosixPath

    from tasker_ci.foreign.arguments import CargoCall
    from tasker_ci.foreign.surroundings import Surroundings
    from tasker_ci.sessions.project.covering.project import Member, Project
    from tasker_ci.settings.cargo_features import Features
    from tasker_ci.settings.model import Settings

_SHORT = {"t": "test", "b": "build", "c": "check", "d": "doc"}
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
    *("--no-run", "--profile", "-P", "--retries", "--no-tests", "--fail-fast", "--max-fail"),
    *("--status-level", "--final-status-level", "--success-output", "--failure-output"),
    *("--hide-progress-bar", "--show-progress", "--no-input-handler", "--partition", "--shard"),
    *("--filterset", "--message-format-version", "--build-jobs"),
}
_FLAGS = {
    "test": _BUILDS | {"--no-run", "--doc"},
    "nextest": (_BUILDS | _NEXTEST),
    "build": _BUILDS,
    "check": _BUILDS,
    "clippy": _BUILDS | {"--no-deps"},
    "doc": _PACKAGES | _FEATURES | {"--no-deps", "--document-private-items", "--lib", "--bins"},
    "fmt": _PACKAGES - {"--exclude"} | {"--check"},
    "audit": {"--deny", "-D", "--ignore", "--json", "-c"},
    "bench": _PACKAGES | _FEATURES | {"--no-run"},
    "llvm-cov": _PACKAGES
    | _FEATURES
    | {"--lcov", "--html", "--json", "--cobertura", "--codecov", "--summary-only", "--text"}
    | {"--output-path", "--output-dir"},
}
"""What a session does beside the flags that hold everywhere; with others it is not sure."""

_WITH_TABLE = {"clippy": "clippy", "check": "clippy", "doc": "doc", "audit": "audit"}
"""Commands that only a family's settings can answer for; the family may be absent."""

_REASONS = {
    "--all-packages": "cargo refuses `--all-packages`, so this step fails",
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


@dataclass(frozen=True, kw_only=True)
class CargoSessions:
    """The sessions that call cargo."""

    settings: Settings
    project: Project
    part: Callable[[str, str], str]
    """The text for a stage and what of it; "" where no workflow has the stage."""

    def verdict(  # noqa: PLR0911 - one doubt after the other
        self, call: CargoCall, around: Surroundings
    ) -> Verdict:
        """What does the work of a call."""
        if call.command in self.project.aliases:
            return Verdict(reason=f"`{call.command}` is an alias of the project's own")
        command = _SHORT.get(call.command, call.command)
        call = replace(call, command=command)
        if refused := _refused(call, command):
            return Verdict(reason=refused)
        if command == "deny":
            covers = self.part("quality", "session audit")
            return Verdict(reason=f"{covers}, checks only for advisories" * bool(covers))
        if command not in _FLAGS or (command == "nextest" and call.words[:1] != ("run",)):
            return Verdict()
        if command in _WITH_TABLE and self.settings.table(_WITH_TABLE[command]) is None:
            return Verdict()
        for doubt in (
            self._place_doubt(call, command, around),
            self._flag_doubt(call, command),
            self._special_doubt(call, command),
            builds.toolchain_doubt(call, around, self.settings, self.project),
        ):
            if doubt:
                return Verdict(reason=doubt)
        if command not in {"fmt", "audit"}:
            members = self._members(call, around)
            if doubt := builds.feature_doubt(call, self._features(call, command), members):
                return Verdict(reason=doubt)
        doubt, also = builds.variable_doubt(call, around, self.settings, self.project)
        if doubt:
            return Verdict(reason=doubt)
        text = self._session(call, command)
        return Verdict(covered_by="; ".join(each for each in (text, also) if each) if text else "")

    def _session(self, call: CargoCall, command: str) -> str:
        if command in {"fmt", "clippy", "doc", "audit"}:
            return self.part("quality", f"session {command}")
        if command == "check":
            return self.part("quality", "session clippy")
        if command == "build":
            return self.part("unit", "session unit, which builds what it tests")
        if command == "bench":
            return self.part("bench", "session bench")
        if command == "llvm-cov":
            return self.part("coverage", "session coverage")
        return self._tests(call, doctests=command == "test" and builds.runs_doctests(call))

    def _tests(self, call: CargoCall, *, doctests: bool) -> str:
        if call.has("--doc"):
            return self.part("unit", "session doctest")
        packages, named = set(call.values("--package")), set(call.values("--test"))
        kinds = {kind for name, _ in call.flags for kind in _OF_KIND.get(name, ())}
        pairs = [target.partition("::") for target in self.settings.integration.targets]
        apart = [
            (package, target)
            for package, _, target in pairs
            if (not packages or package in packages)
            and (target in named if named and target else not kinds or "tests" in kinds)
        ]
        integration = self.part("integration", "session integration, its tests") if apart else ""
        nothing_else = named <= {target for _, target in apart} and kinds <= {"tests"}
        if apart and (not integration or (named and nothing_else)):
            return integration
        more = " and doctest" if doctests else ""
        unit = self.part("unit", f"session{'s' if more else ''} unit{more}")
        return f"{unit}; {integration}" if unit and integration else unit

    def _features(self, call: CargoCall, command: str) -> Features:
        name = {"check": "clippy", "build": "unit", "test": "unit", "nextest": "unit"}.get(
            command, command
        )
        name = "doctest" if call.has("--doc") else "coverage" if command == "llvm-cov" else name
        return features_of_table(name, self.settings)

    def _members(self, call: CargoCall, around: Surroundings) -> tuple[Member, ...]:
        """The packages that a call builds, as far as that is known."""
        names = {name.partition("@")[0] for name in call.values("--package")}
        if names:
            return tuple(each for each in self.project.members if each.name in names)
        here = self.project.member(_folder(call, around))
        if (
            here is not None
            and here.folder != self.project.workspace
            and not call.has("--workspace")
        ):
            return (here,)
        return self.project.members

    def _place_doubt(self, call: CargoCall, command: str, around: Surroundings) -> str:
        folder = _folder(call, around)
        if folder is None:
            return "its folder is not known"
        if not self.project.is_ours(folder):
            return f"the sessions do not look at the workspace in {folder}"
        if command == "audit" and folder != self.project.workspace:
            return f"the sessions audit no Cargo.lock in {folder}"
        names = {name.partition("@")[0] for name in call.values("--package")}
        known = {each.name for each in self.project.members}
        if known and (missing := sorted(names - known)):
            return f"{', '.join(missing)} is no package of the workspace"
        return ""

    def _flag_doubt(self, call: CargoCall, command: str) -> str:
        known = _EVERYWHERE | _FLAGS[command]
        if command == "nextest":
            known -= {"--jobs"}  # which there means tests at once
            profiles = {*call.values("--profile"), *call.values("-P")}
            if unknown := sorted(profiles - {"ci", "default"}):
                return f"the sessions do not use nextest's profile {', '.join(unknown)}"
        for name, value in call.flags:
            if name not in known:
                shown = f"{name} {value}".strip()
                return _REASONS.get(name, f"no session does it with `{shown}`")
        kinds = {kind for name, _ in call.flags for kind in _OF_KIND.get(name, ())}
        benches = not self.project.members or any(m.has_benches for m in self.project.members)
        examples = not self.project.members or any(m.has_examples for m in self.project.members)
        if "benches" in kinds and benches and command in {"test", "nextest", "build"}:
            return "no session runs or builds benches with the tests"
        if "examples" in kinds and examples and command in builds.TESTS:
            return "no session runs tests that stand in examples"
        if (
            command in {"clippy", "check"}
            and (ours := self.settings.table("clippy").targets) != "all"
        ):
            lost = sorted((kinds or {"lib", "bins"}) - set(ours))
            return f"session clippy leaves out {', '.join(lost)}" if lost else ""
        return ""

    def _special_doubt(self, call: CargoCall, command: str) -> str:
        """Doubts about what only one command has."""
        trailing = call.trailing or ()
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

    def _audit_doubt(self, call: CargoCall) -> str:
        settings = self.settings.table("audit")
        for kind in (*call.values("--deny"), *call.values("-D")):
            if missing := sorted(set(AUDITED.get(kind, (kind,))) - set(settings.deny)):
                return f"session audit does not deny {', '.join(missing)} (`audit.deny`)"
        ignored = {row.id for row in settings.ignore}
        if missing := sorted(set(call.values("--ignore")) - ignored):
            return f"session audit does not ignore {', '.join(missing)} (`audit.ignore`)"
        words = [*call.words, *(call.trailing or ())]
        return f"session audit does not do `{' '.join(words)}`" if words else ""


def _refused(call: CargoCall, command: str) -> str:
    """Why cargo does not take a call at all."""
    if call.has("--all-packages"):
        return _REASONS["--all-packages"]
    others = sorted({name for name, _ in call.flags} & (_TARGETS | {"--no-run"}))
    if command == "test" and call.has("--doc") and others:
        return f"cargo refuses `--doc` beside `{others[0]}`, so this step fails"
    return ""


def _folder(call: CargoCall, around: Surroundings) -> PurePosixPath | None:
    manifests = call.values("--manifest-path")
    if around.folder is None or not manifests:
        return around.folder
    manifest = joined(around.folder, manifests[-1])
    return manifest.parent if manifest is not None else None
