"""The name filters and flags that tests of Rust's own harness are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.selections.verdict import YES, Verdict, no, unsaid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.rust.workspace import Package, Target

_VALUES = {
    *("--skip", "--test-threads", "--color", "--format", "--logfile", "--shuffle-seed", "-Z"),
    "--test-output",
}
_SWITCHES = {
    *("--nocapture", "--no-capture", "--show-output", "--quiet", "-q", "--exact", "--test"),
    *("--ignored", "--include-ignored", "--report-time", "--ensure-time", "--shuffle"),
    *("--force-run-in-process", "--exclude-should-panic", "--list"),
}


@dataclass(frozen=True, kw_only=True)
class NameFilter:
    """Which tests of a binary run."""

    names: tuple[str, ...] = ()
    """A test runs that has one of them in its name; every test where there is none."""
    skipped: tuple[str, ...] = ()
    exact: bool = False
    ignored: str = "no"
    """Whether ignored tests run: ``no``, ``only`` or ``all``."""
    unknown: str = ""
    """Why it cannot be said which tests run."""

    def runs(  # noqa: PLR0911 - one for each reason
        self,
        package: Package,  # noqa: ARG002 - of the protocol
        target: Target,  # noqa: ARG002 - likewise
        test: str,
        *,
        ignored: bool,
    ) -> Verdict:
        """Whether it runs a test; "" stands for one whose name is not known."""
        if ignored and self.ignored == "no":
            return no("it is ignored, and the call has no `--ignored`")
        if not ignored and self.ignored == "only":
            return no("`--ignored` runs the ignored tests alone")
        if self.unknown:
            return unsaid(self.unknown)
        if not test and (self.names or self.skipped):
            return unsaid("its name is not known")
        if any(self._means(name, test) for name in self.skipped):
            return no("`--skip` names it")
        if self.names and not any(self._means(name, test) for name in self.names):
            return no(f"the filter `{' '.join(self.names)}` does not name it")
        return YES

    def _means(self, name: str, test: str) -> bool:
        return name == test if self.exact else name in test


def name_filter(words: Iterable[str], after_dashes: Iterable[str]) -> NameFilter:
    """Read the filters before ``--`` and the harness's arguments behind it.

    https://doc.rust-lang.org/rustc/tests/index.html#cli-arguments
    """
    names, skipped = [*words], []
    flags: set[str] = set()
    unknown = ""
    waiting = iter(after_dashes)
    for word in waiting:
        flag, equals, value = word.partition("=")
        if not word.startswith("-"):
            names.append(word)
        elif flag in _VALUES:
            given = value if equals else next(waiting, "")
            if flag == "--skip":
                skipped.append(given)
        elif flag in _SWITCHES:
            flags.add(flag)
        else:
            unknown = f"its tests are given `{word}`"
    ignored = "all" if "--include-ignored" in flags else "only" if "--ignored" in flags else "no"
    return NameFilter(
        names=tuple(names),
        skipped=tuple(skipped),
        exact="--exact" in flags,
        ignored=ignored,
        unknown=unknown,
    )
