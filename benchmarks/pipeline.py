"""`tasker-ci ci` against the same commands typed one after another, cold and warm.

The sequential commands are those that `tasker-ci ci --dry-run --json` prints, on the same copy of the
sample workspace, once with separate target directories as printed and once in cargo's own directory, as
a person would type them. sccache is off in both, so that neither feeds the other.
Run: python benchmarks/pipeline.py [rounds]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from timing import SCRIPTS, environment, run, sample_copy, show

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
OFF = ("--set", "sccache=off", "--set", "audit.require-database=false")
CI = (str(SCRIPTS / "tasker-ci"), "ci", *OFF)


def main() -> None:
    totals: dict[str, float] = {}
    for round_number in range(ROUNDS):
        with sample_copy() as root:
            workspace = root / "examples" / "tasker"
            run(["cargo", "fetch"], workspace, environment(), codes={0})
            for kind, measure in (
                ("ci", lambda: run(CI, root, environment(), codes={0})),
                ("one after another", lambda: typed(root, workspace, own_directory=False)),
                ("one after another, one target directory", lambda: typed(root, workspace, own_directory=True)),
            ):
                shutil.rmtree(workspace / "target", ignore_errors=True)
                for state in ("cold", "warm"):
                    name = f"{state}: {kind}"
                    totals[name] = totals.get(name, 0.0) + measure() / ROUNDS
                    print(f"round {round_number + 1}: {name}: {totals[name]:.1f} s so far", flush=True)
    show("the whole pipeline on the sample workspace", totals)
    for state in ("cold", "warm"):
        for other in ("one after another", "one after another, one target directory"):
            ratio = totals[f"{state}: ci"] / totals[f"{state}: {other}"]
            print(f"  {state}: ci takes {ratio:.2f} times {other}")


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
            variables = environment(**{k: v for k, v in command["environment"].items() if v != "***"})
            variables |= keys(root) if session["session"] in {"unit", "doctest"} else {}
            started = time.perf_counter()
            codes = {0, 1} if session["session"] == "audit" else {0}  # no database without network
            run(argv, workspace, variables, codes=codes)
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
