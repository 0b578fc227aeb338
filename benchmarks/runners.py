"""nextest against `cargo test`, and sccache cold against warm, on the sample workspace.

Run: python benchmarks/runners.py [rounds]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from timing import SCRIPTS, compare, environment, run, sample_copy, show

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
PORT = "4599"
"""A server of our own, so that the user's cache and statistics stay untouched."""


def main() -> None:
    """Measure both comparisons on one copy of the sample."""
    with sample_copy() as root:
        workspace = root / "examples" / "tasker"
        revealed = subprocess.run(
            [str(SCRIPTS / "tasker-ci"), "env", "--format", "json", "--reveal"],
            cwd=root,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        table = {k: v for k, v in json.loads(revealed.stdout).items() if v and k != "RUSTC_WRAPPER"}
        variables = environment(**table)
        tests = {
            "cargo test (tests only, end-to-end left out)": [
                *("cargo", "test", "--workspace", "--all-features"),
                *("--lib", "--bins", "--exclude", "tasker-core"),
            ],
            "cargo nextest run (the same)": [
                *("cargo", "nextest", "run", "--workspace", "--all-features"),
                *("--lib", "--bins", "--exclude", "tasker-core"),
            ],
        }
        show("running tests that are built", compare(tests, workspace, variables, rounds=ROUNDS))
        sccache(workspace, variables)


def sccache(workspace: Path, variables: dict[str, str]) -> None:
    """Build everything from nothing: without sccache, with an empty cache, with a full one."""
    build = ["cargo", "test", "--workspace", "--all-features", "--no-run"]
    with tempfile.TemporaryDirectory(prefix="tasker-ci-sccache-") as folder:
        cached = {
            **variables,
            "RUSTC_WRAPPER": "sccache",
            "SCCACHE_DIR": folder,
            "SCCACHE_SERVER_PORT": PORT,
            "CARGO_INCREMENTAL": "0",
        }
        plain = {**variables, "CARGO_INCREMENTAL": "0"}
        times = {}
        try:
            for name, each in (
                ("without sccache", plain),
                ("sccache, empty cache", cached),
                ("sccache, full cache", cached),
            ):
                shutil.rmtree(workspace / "target", ignore_errors=True)
                times[name] = run(build, workspace, each, codes={0})
        finally:
            subprocess.run(
                ["sccache", "--stop-server"], env=cached, capture_output=True, check=False
            )
    show("cargo test --no-run from an empty target directory", times)


if __name__ == "__main__":
    main()
