"""How much memory and time long output costs, compared with the bare tool in the same run.

A test that `cargo test` runs, an example, and a failed test print many short lines or one endless
line. Measured are the console script and cargo itself: seconds, and the peak of the process's own
memory. Run: python benchmarks/output.py [megabytes]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from timing import SCRIPTS, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

MEGABYTES = int(sys.argv[1]) if len(sys.argv) > 1 else 20

MANIFEST = """\
[package]
name = "demo"
version = "0.1.0"
edition = "2021"
"""
EXAMPLES = '[examples.run.lines]\noutput = ["end"]\n'
PRINTS = """
use std::io::Write;
fn prints(line: &[u8]) {
    let megabytes: usize = std::env::var("MEGABYTES").unwrap().parse().unwrap();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for _ in 0..megabytes * 1_000_000 / line.len() {
        out.write_all(line).unwrap();
    }
}
"""
LOUD = """\
#[test]
fn t() {
    let megabytes: usize = std::env::var("MEGABYTES").unwrap().parse().unwrap();
    for _ in 0..megabytes * 500_000 {
        println!("x");
    }
    panic!("no");
}
"""
TESTS = {
    "short lines": f'{PRINTS}\n#[test]\nfn t() {{\n    prints(b"x\\n");\n}}\n',
    "one line": f'{PRINTS}\n#[test]\nfn t() {{\n    prints(b"xxxxxxxx");\n}}\n',
    "short lines of a failed test": LOUD,
}
EXAMPLE = f'{PRINTS}\nfn main() {{\n    prints(b"x\\n");\n    println!("end");\n}}\n'


def main() -> None:
    """Measure each case, bare and with us."""
    for what, text in TESTS.items():
        settings = '[unit]\ncargo-test = ["demo"]\n'
        compare(f"cargo test, {what}", "tests/t.rs", text, settings, ["test"], "unit")
    run = ["run", "--example", "lines"]
    compare("an example, short lines", "examples/lines.rs", EXAMPLE, EXAMPLES, run, "examples")


def compare(
    title: str, file: str, text: str, settings: str, bare: Sequence[str], session: str
) -> None:
    """Build a project, then measure cargo and us on it."""
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as name:
        folder = Path(name)
        files = {
            "Cargo.toml": MANIFEST,
            "src/lib.rs": "",
            ".config/tasker-ci.toml": settings,
            file: text,
        }
        for place, content in files.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_text(content, encoding="utf-8")
        build = ["cargo", "test", "--no-run", "--all-features", "--examples", "--tests"]
        subprocess.run(build, cwd=folder, env=environment(), check=True, capture_output=True)
        print(f"{title}, {MEGABYTES} MB")
        for words in (["cargo", *bare, "--all-features"], [str(SCRIPTS / "tasker-ci"), session]):
            seconds, memory = measure(words, folder)
            print(f"  {Path(words[0]).name:<10} {seconds:6.2f} s {memory:7.0f} MB")


def measure(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run it with its output to a file: seconds, and peak memory of this process alone in MB."""
    with (folder / "log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={**environment(), "MEGABYTES": str(MEGABYTES)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid))
            time.sleep(0.02)
        return time.perf_counter() - began, peak


def peak_of(pid: int) -> float:
    """The peak of a living process on Linux; its children are not counted."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    found = next((line.split()[1] for line in lines if line.startswith("VmHWM")), "0")
    return int(found) * 1024 / 1e6


if __name__ == "__main__":
    os.environ.pop("MEGABYTES", None)
    main()
