"""How long `review` takes on a workspace of many packages with many workflows.

Makes a repository of that many packages, each with ten files of twenty tests, and workflows with a
matrix of three systems and three toolchains that call cargo, scripts and a Makefile. It measures
the console script as a process of its own, with an empty cache and with a full one. Beside it, in
the same run, what any tool has to do: every Rust file and every workflow read and parsed once.
A folder in place of the two numbers is a repository that is there already.
Run: python benchmarks/review.py [packages workflows | folder]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import SCRIPTS, environment, measure, show_costs

ROUNDS = 3
PACKAGES, WORKFLOWS = 30, 20
PARSE = """
import pathlib, subprocess, tree_sitter, tree_sitter_rust, yaml
listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True)
names = listed.stdout.split(chr(0))
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
for name in map(pathlib.Path, filter(None, names)):
    if name.suffix == ".rs":
        parser.parse(name.read_bytes())
    elif name.suffix == ".yml":
        yaml.compose(name.read_text(encoding="utf-8"), Loader=loader)
"""


def main() -> None:
    """Measure each case."""
    words = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as name:
        folder = Path(name)
        if len(words) == 1:
            root, title = Path(words[0]), words[0]
        else:
            packages, workflows = map(int, words or (PACKAGES, WORKFLOWS))
            root, title = folder / "workspace", f"{packages} packages, {workflows} workflows"
            make(root, packages, workflows)
        cache = folder / "cache"
        variables = environment(XDG_CACHE_HOME=str(cache))
        review = (str(SCRIPTS / "tasker-ci"), "review", str(root))
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for _ in range(ROUNDS):
            parsed = measure((sys.executable, "-c", PARSE), root, variables)
            rows.setdefault("each file parsed once", []).append(parsed)
            shutil.rmtree(cache, ignore_errors=True)
            for state in ("empty", "full"):
                case = f"review, {state} cache"
                rows.setdefault(case, []).append(measure(review, folder, variables, codes={0, 1}))
        show_costs(title, {case: min(costs) for case, costs in rows.items()})


def make(root: Path, packages: int, workflows: int) -> None:
    """The repository."""
    members = ", ".join(f'"crates/package-{number}"' for number in range(packages))
    write(root / "Cargo.toml", f'[workspace]\nresolver = "2"\nmembers = [{members}]\n')
    for number in range(packages):
        crate = root / f"crates/package-{number}"
        depends = f'package-{number - 1} = {{ path = "../package-{number - 1}" }}' if number else ""
        write(
            crate / "Cargo.toml",
            f'[package]\nname = "package-{number}"\nversion = "0.1.0"\nedition = "2021"\n'
            f"[features]\nslow = []\n[dependencies]\n{depends}\n",
        )
        modules = [f"module_{place}" for place in range(10)]
        write(crate / "src/lib.rs", "".join(f"mod {module};\n" for module in modules))
        for module in modules:
            tests = "".join(
                f"    #[test]\n    fn test_{place}() {{ assert_eq!({place} + 1, 1 + {place}); }}\n"
                for place in range(20)
            )
            write(crate / f"src/{module}.rs", f"#[cfg(test)]\nmod tests {{\n{tests}}}\n")
    write(
        root / "ci/test.sh", '#!/bin/bash\nset -euo pipefail\ncargo test -p "$1" --all-features\n'
    )
    write(root / "Makefile", "lint:\n\tcargo clippy --workspace --all-targets -- -D warnings\n")
    for number in range(workflows):
        write(root / f".github/workflows/ci-{number}.yml", workflow(number % packages))
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)


def workflow(package: int) -> str:
    """One workflow."""
    return f"""\
name: ci
on: [push, pull_request]
jobs:
  test:
    strategy:
      matrix:
        os: [ubuntu-24.04, windows-2025, macos-15]
        rust: [stable, beta, nightly]
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v6
      - uses: dtolnay/rust-toolchain@master
        with:
          toolchain: ${{{{ matrix.rust }}}}
      - run: cargo test -p package-{package}
        shell: bash
      - run: ./ci/test.sh package-{package}
        shell: bash
  lint:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v6
      - run: make lint
"""


def write(file: Path, text: str) -> None:
    """Write a file with its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
