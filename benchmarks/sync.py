"""How long `sync --check` takes, which every pipeline begins with.

Runs it in a copy of this repository in which everything is current, beside a session that only
prints the settings' schema: what lies between them is the work, the rest is the start of Python and
of the command line. Ends with 1 if a check takes half a second or more.
Run: python benchmarks/sync.py [rounds]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from timing import ROOT, compare, environment, run, show

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
LIMIT = 0.5

CASES = {
    "tasker-ci settings --schema": ["tasker-ci", "settings", "--schema"],
    "tasker-ci sync --check": ["tasker-ci", "sync", "--check"],
    "tasker-ci sync, nothing to do": ["tasker-ci", "sync"],
    "invoke sync --check": ["invoke", "sync", "--check"],
    "nox -s sync -- --check": ["nox", "-s", "sync", "--", "--check"],
}


def main() -> None:
    """Measure each face."""
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as folder:
        root = Path(folder) / "repository"
        left_out = shutil.ignore_patterns(".git", "target", "__pycache__", ".*_cache", ".venv")
        shutil.copytree(ROOT, root, ignore=left_out)
        variables = environment(XDG_CACHE_HOME=str(Path(folder) / "cache"))
        run(["git", "init", "--quiet"], root, variables, codes={0})
        run(["tasker-ci", "sync"], root, variables, codes={0})
        medians = compare(CASES, root, variables, rounds=ROUNDS)
    show("this repository, all files current", medians)
    slow = [name for name in CASES if "--check" in name and medians[name] >= LIMIT]
    if slow:
        sys.exit(f"{', '.join(slow)}: not under {LIMIT} s")


if __name__ == "__main__":
    main()
