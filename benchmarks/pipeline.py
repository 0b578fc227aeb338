"""`tasker-ci ci` against the same commands typed one after another, cold and warm.

The sequential commands are those that `tasker-ci ci --dry-run --json` prints, on the same copy of
the sample workspace, once with separate target directories as printed and once in cargo's own
directory, as a person would type them. sccache is off in both, so that neither feeds the other, and
no network is used.
Run: python benchmarks/pipeline.py [rounds]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from timing import SCRIPTS, WITHOUT_SERVICES, environment, run, sample_copy, show

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
DATABASE = "advisories"
"""An advisory database of our own, so that no network is measured."""
OFF = (*WITHOUT_SERVICES, "--set", "sccache=off", "--set", f"audit.database={DATABASE}")
WORKSPACE = "examples/tasker"
WAYS = ("ci", "one after another", "one after another, one target directory")
CI = (str(SCRIPTS / "tasker-ci"), "ci", *OFF)


def main() -> None:
    """Measure all ways in turn and print what they took."""
    totals: dict[str, float] = {}
    for round_number in range(ROUNDS):
        with sample_copy() as root:
            (root / DATABASE / "crates").mkdir(parents=True)
            run(["cargo", "fetch"], root / WORKSPACE, environment(), codes={0})
            for kind in WAYS:
                shutil.rmtree(root / WORKSPACE / "target", ignore_errors=True)
                for state in ("cold", "warm"):
                    name = f"{state}: {kind}"
                    totals[name] = totals.get(name, 0.0) + measured(kind, root) / ROUNDS
                    print(f"round {round_number + 1}: {name} done", flush=True)
    show("the whole pipeline on the sample workspace", totals)
    for state in ("cold", "warm"):
        for other in WAYS[1:]:
            ratio = totals[f"{state}: ci"] / totals[f"{state}: {other}"]
            print(f"  {state}: ci takes {ratio:.2f} times {other}")


def measured(kind: str, root: Path) -> float:
    """Run the pipeline in one of the `WAYS`; returns its seconds."""
    if kind == "ci":
        return run(CI, root, environment(), codes={0})
    return typed(root, root / WORKSPACE, own_directory=kind == WAYS[2])


def typed(root: Path, workspace: Path, *, own_directory: bool) -> float:
    """Run the printed commands one after another; returns the seconds of all of them."""
    preview = subprocess.run(
        [*CI, "--dry-run", "--json"],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = 0.0
    for session in json.loads(preview.stdout)["sessions"]:
        for command in session["commands"]:
            argv = list(command["argv"])
            if own_directory and "--target-dir" in argv:
                place = argv.index("--target-dir")
                del argv[place : place + 2]
            shown = {k: v for k, v in command["environment"].items() if v != "***"}
            variables = environment(**shown)
            variables |= keys(root) if session["session"] in {"unit", "doctest"} else {}
            started = time.perf_counter()
            run(argv, workspace, variables, codes={0})
            seconds += time.perf_counter() - started
    return seconds


def keys(root: Path) -> dict[str, str]:
    """The secret rows, which a preview hides."""
    printed = subprocess.run(
        [CI[0], "env", "--format", "json", "--reveal"],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    table = json.loads(printed.stdout)
    return {name: table[name] for name in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "API_KEY")}


if __name__ == "__main__":
    main()
