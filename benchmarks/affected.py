"""Whether `affected` leaves out only what cannot change, and how much it saves, on real commits.

For random commits of a repository's main line (a merge is one, against what it was merged into)
the whole tests run at the commit and at its parent. Every test
of a package that `affected` left out must have ended the same; one that did not is run again, and
is a counterexample unless it ends both ways on one commit. Where everything is affected nothing is
left out, so nothing runs.
Run: python benchmarks/affected.py REPOSITORY [--commits 100] [--seed 1] [--set features=default]
With --decide-only no test runs, and packages are counted alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasker_ci.reports.junit import read_junit

PROGRAM = (sys.executable, "-P", "-m", "tasker_ci")

Results = dict[tuple[str, str], tuple[str, float]]
"""Status and seconds of every test, by its binary and name."""


@dataclass
class Totals:
    """What all commits together say."""

    everything: Counter[str] = field(default_factory=Counter)
    counted: int = 0
    not_built: int = 0
    packages: int = 0
    packages_left_out: int = 0
    tests: int = 0
    left_out: int = 0
    seconds: float = 0.0
    seconds_left_out: float = 0.0
    shares: list[float] = field(default_factory=list)
    """Of each commit that was compared: the share of its tests that is left out."""
    counterexamples: list[str] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)
    known: dict[str, Results | None] = field(default_factory=dict)
    """The results of the commits that were run last: the parent of one may be the next."""


def main() -> int:
    """Look at the commits, print what was found; 1 if there is a counterexample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", type=Path)
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--among", type=int, default=500, help="the newest so many are drawn from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--decide-only", action="store_true", help="run no test")
    arguments = parser.parse_args()
    overrides = [word for pair in arguments.set for word in ("--set", pair)]
    with tempfile.TemporaryDirectory(prefix="affected-") as folder:
        checkout = Path(folder) / "checkout"
        git(Path(folder), "clone", "--quiet", str(arguments.repository.resolve()), str(checkout))
        newest = git(checkout, "rev-list", "--first-parent", f"-n{arguments.among}", "HEAD").split()
        drawn = random.Random(arguments.seed).sample(newest, min(arguments.commits, len(newest)))
        chosen = sorted(drawn, key=newest.index)  # so that little has to be built for the next
        totals, number = Totals(), 0
        try:
            for number, commit in enumerate(chosen, 1):
                began = time.monotonic()
                run = not arguments.decide_only
                verdict = look_at(checkout, commit, overrides, totals, run=run)
                taken = time.monotonic() - began
                print(f"{number}/{len(chosen)} {commit[:10]} {taken:.0f} s: {verdict}", flush=True)
        except KeyboardInterrupt:
            print(f"interrupted at the commit {number} of {len(chosen)}; until there:")
            number -= 1
    tell(totals, number)
    return 1 if totals.counterexamples else 0


def look_at(checkout: Path, commit: str, overrides: list[str], totals: Totals, *, run: bool) -> str:
    """Compare one commit with its parent; returns what was found in a line."""
    git(checkout, "checkout", "--quiet", "--force", commit)
    answer = tasker_ci(checkout, "affected", "--base", f"{commit}~1", *overrides)
    if "packages" not in answer:
        totals.not_built += 1
        return f"cargo cannot read it: {first_line(answer)}"
    if answer["everything"]:
        reason = str(answer["reason"])
        totals.everything[reason.partition(" changed")[2] or reason] += 1
        return f"everything: {reason}"
    totals.packages += len(answer["packages"]) + len(answer["left_out"])
    totals.packages_left_out += len(answer["left_out"])
    if not run:
        return f"left out: {', '.join(answer['left_out']) or 'nothing'}"
    parent = git(checkout, "rev-parse", f"{commit}~1").strip()
    after = totals.known[commit] if commit in totals.known else results(checkout, overrides)
    git(checkout, "checkout", "--quiet", "--force", parent)
    before = results(checkout, overrides)
    totals.known = {parent: before}
    if after is None or before is None:
        totals.not_built += 1
        return "does not build, or has no tests"
    left_out = set(answer["left_out"])
    names = [test for test in after.keys() | before.keys() if package(test) in left_out]
    differing = [test for test in names if status(before, test) != status(after, test)]
    again = results(checkout, overrides) if differing else None
    for test in differing:
        flaky = again is not None and status(again, test) != status(before, test)
        (totals.flaky if flaky else totals.counterexamples).append(
            f"{commit[:10]} {' '.join(test)}: {status(before, test)} -> {status(after, test)}"
        )
    totals.counted += 1
    totals.tests += len(after)
    saved = [test for test in after if package(test) in left_out]
    totals.left_out += len(saved)
    totals.shares.append(len(saved) / len(after) if after else 0.0)
    totals.seconds += sum(seconds for _, seconds in after.values())
    totals.seconds_left_out += sum(after[test][1] for test in saved)
    return f"{len(saved)} of {len(after)} tests left out, {len(differing)} of them differ"


def package(test: tuple[str, str]) -> str:
    """The package of a test, by nextest's binary id."""
    return test[0].partition("::")[0]


def status(found: Results, test: tuple[str, str]) -> str:
    """How a test ended; absent if it was not there."""
    return found[test][0] if test in found else "absent"


def results(checkout: Path, overrides: list[str]) -> Results | None:
    """Run the unit tests of what is checked out; None if there is no report."""
    answer = tasker_ci(checkout, "unit", "--no-fail-fast", *overrides)
    if "report" not in answer:
        return None
    run = read_junit(Path(answer["report"]))
    return {(case.suite, case.name): (case.status, case.seconds) for case in run.cases}


def tasker_ci(checkout: Path, *words: str) -> dict[str, Any]:
    """Run a session and return what it says with `--json`."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")
    }
    completed = subprocess.run(
        [*PROGRAM, *words, "--json"],
        cwd=checkout,
        env={**environment, "RUSTUP_TOOLCHAIN": environment.get("RUSTUP_TOOLCHAIN", "stable")},
        capture_output=True,
        text=True,
        check=False,
    )
    answer: dict[str, Any] = json.loads(completed.stdout or "{}")
    return answer


def first_line(answer: dict[str, Any]) -> str:
    """What a failed session says."""
    return str(answer.get("summary", "no answer")).splitlines()[0]


def git(folder: Path, *words: str) -> str:
    """Run git in a folder."""
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def tell(totals: Totals, commits: int) -> None:
    """Print the sums."""
    print(f"\n{commits} commits, {sum(totals.everything.values())} of them affect everything:")
    for reason, count in totals.everything.most_common():
        print(f"  {count:4} {reason.strip()}")
    if totals.packages:
        share = totals.packages_left_out / totals.packages
        print(f"of the packages of the others {share:.0%} are left out")
    print(f"{totals.not_built} do not build; {totals.counted} were compared by running the tests:")
    if totals.tests:
        share = totals.left_out / totals.tests
        time_share = totals.seconds_left_out / totals.seconds if totals.seconds else 0.0
        print(f"  {totals.left_out} of {totals.tests} tests left out ({share:.0%}),")
        print(f"  {time_share:.0%} of the seconds of these tests")
        all_shares = [*totals.shares, *(0.0 for _ in range(sum(totals.everything.values())))]
        median, all_median = statistics.median(totals.shares), statistics.median(all_shares)
        print(f"  median share of a commit {median:.0%}, with all commits {all_median:.0%}")
    print(f"  {len(totals.counterexamples)} left out although they differ")
    for each in totals.counterexamples:
        print(f"    {each}")
    print(f"  {len(totals.flaky)} differ, and also on one commit (flaky)")
    for each in totals.flaky:
        print(f"    {each}")


if __name__ == "__main__":
    raise SystemExit(main())
