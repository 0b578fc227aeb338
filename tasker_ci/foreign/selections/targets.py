"""Which targets of its packages a call builds, and how."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action

if TYPE_CHECKING:
    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.rust.workspace import Target

_KINDS = {"bin": "--bins", "example": "--examples", "test": "--tests", "bench": "--benches"}
_LIBRARIES = {"lib", "proc-macro"}
_TARGET_FLAGS = (
    *("--lib", "--bins", "--bin", "--tests", "--test", "--examples", "--example"),
    *("--benches", "--bench", "--all-targets", "--doc"),
)
_RUNS_DOCTESTS = {("test",), ("miri", "test"), ("careful", "test"), ("hack", "test")}
_TEST_MODE = {Action.TEST, Action.COMPILE_TESTS, Action.BENCH}


@dataclass(frozen=True, kw_only=True)
class ChosenTargets:
    """What the flags of a call say of targets."""

    flags: frozenset[str]
    """Those that are given; empty for cargo's default."""
    names: tuple[tuple[str, str], ...]
    """The kind of target and a name or pattern: ``("test", "api*")``."""
    mode: str
    """``test``, ``bench`` or ``build``: what cargo does with a target that a flag names."""
    doctests: bool | None
    """Whether rustdoc runs the examples of the documentation; None where that is not known."""
    unknown: frozenset[str] = frozenset()
    """Flags of which a name is not known."""

    def takes(self, target: Target) -> bool | None:
        """Whether a target is built as a test; None where that is not known."""
        if target.kind == "custom-build":
            return False
        if not self.flags:
            return self._by_default(target)
        if self._named(target):
            return True
        own = _KINDS.get(target.kind, "--lib").removesuffix("s").replace("--benche", "--bench")
        return None if own in self.unknown else False

    def _by_default(self, target: Target) -> bool:
        if self.mode == "test":
            return target.tested
        return self.mode == "bench" and (target.kind == "bench" or benched(target))

    def _named(self, target: Target) -> bool:
        """Whether a flag names it and it is built as a test by that."""
        every = "--all-targets" in self.flags
        if (every or "--tests" in self.flags) and target.tested:
            return True
        if (every or "--benches" in self.flags) and benched(target):
            return True
        if target.kind in _LIBRARIES:
            return self.mode != "build" and (every or "--lib" in self.flags)
        as_test = self.mode != "build" or target.kind in {"test", "bench"}
        # `--tests` and `--benches` go by what a target says of itself, the two others by its kind.
        whole = target.kind in {"bin", "example"} and (every or _KINDS[target.kind] in self.flags)
        named = any(
            kind == target.kind and fnmatchcase(target.name, name) for kind, name in self.names
        )
        return as_test and (whole or named)

    @property
    def text(self) -> str:
        """The flags for a person."""
        several = (flag for flag in _TARGET_FLAGS if flag in self.flags)
        names = {f"--{kind}": name for kind, name in self.names}
        return " ".join(f"{flag} {names[flag]}" if flag in names else flag for flag in several)

    @property
    def with_tests(self) -> bool:
        """Whether dev-dependencies count, because tests, examples or benchmarks are built."""
        few = {"--tests", "--test", "--examples", "--example", "--benches", "--bench"}
        return self.mode != "build" or bool(self.flags & {*few, "--all-targets"})


def benched(target: Target) -> bool:
    """Whether `cargo bench` builds a target without further flags."""
    return target.kind in {"bench", "lib", "proc-macro", "bin"} and target.benched


def chosen_targets(invocation: Invocation) -> ChosenTargets:
    """What the flags of a call say of targets.

    https://doc.rust-lang.org/cargo/commands/cargo-test.html#target-selection
    """
    flags = {name for name in _TARGET_FLAGS if invocation.has(name)}
    flags |= {name for name in invocation.unknown_values if name in _TARGET_FLAGS}
    names = [
        (kind, name)
        for kind in ("bin", "example", "test", "bench")
        for name in invocation.values(f"--{kind}")
    ]
    coverage = invocation.subcommand[:1] == ("llvm-cov",)
    with_doctests = invocation.has("--doctests", "--doc")
    if coverage and not flags and not with_doctests and "nextest" not in invocation.subcommand:
        flags.add("--tests")
    doctests = _doctests(invocation, flags)
    return ChosenTargets(
        flags=frozenset(flags),
        names=tuple(names),
        mode=_mode(invocation),
        doctests=doctests,
        unknown=invocation.unknown_values & {*_TARGET_FLAGS},
    )


def _mode(invocation: Invocation) -> str:
    name = invocation.subcommand[-1] if invocation.subcommand else ""
    if invocation.has("--doc") and name != "nextest":
        return "doctest"
    if "nextest" in invocation.subcommand:
        return "test"
    if name in {"test", "llvm-cov", "tarpaulin"} or "test" in invocation.values("--profile"):
        return "test"
    return "bench" if invocation.action is Action.BENCH or name == "bench" else "build"


def _doctests(invocation: Invocation, flags: set[str]) -> bool | None:
    if invocation.action is not Action.TEST or "nextest" in invocation.subcommand:
        return False
    name = invocation.subcommand[-1]
    if name == "llvm-cov" or invocation.subcommand[:1] == ("llvm-cov",):
        return invocation.has("--doctests", "--doc") and not flags - {"--doc"}
    if name == "tarpaulin":
        kinds = " ".join(invocation.values("--run-types")).lower()
        return invocation.has("--doc") or "doctest" in kinds
    if invocation.subcommand[:1] == ("insta",):
        return None if "nextest" in invocation.values("--test-runner") else not flags
    return name == "test" and (not flags or "--doc" in flags)
