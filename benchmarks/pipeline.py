"""`tasker-ci ci` beside just, cargo-make and the commands typed by hand: wall and processor time.

Every way checks the same: format, lints, documentation, advisories, tests and doctests; ours also
the examples and the inventory. All have the same copy of a workspace, the sample's or a folder that
is given, in turn, round by round; sccache is off and no network is used. The states are

- cold: nothing is built, CI=true, as on GitHub
- warm: all is built and everything runs again (ours with --no-proven)
- unchanged: all is built and nothing has changed
- leaf: a comment was added to the package that no other needs

Run: python benchmarks/pipeline.py [--rounds N] [--workspace FOLDER] [--ways A,B] [--states A,B]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from timing import SCRIPTS, WITHOUT_SERVICES, environment, measure, run, sample_copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DATABASE = "advisories"
"""An advisory database of our own, so that no network is measured."""

COMMANDS = {
    "fmt": "cargo fmt --all --check",
    "clippy": "cargo clippy --workspace --all-targets --all-features -- -D warnings",
    "doc": "cargo doc --workspace --no-deps --all-features",
    "audit": f"cargo audit --no-fetch --db {{root}}/{DATABASE}",
    "test": "cargo nextest run --workspace --all-features",
    "doctest": "cargo test --doc --workspace --all-features",
}
"""What an expert types."""

_AUTHOR = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")

STATES = ("cold", "warm", "unchanged", "leaf")


def main() -> None:
    """Measure all ways in turn and print the medians."""
    arguments = _arguments()
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with _workspace(arguments.workspace) as (root, workspace):
        (root / DATABASE / "crates").mkdir(parents=True, exist_ok=True)
        run(["cargo", "fetch"], workspace, environment(), codes={0})
        ways = {name: way for name, way in _ways(root).items() if name in arguments.ways}
        for number in range(arguments.rounds):
            for name, way in ways.items():
                for state in arguments.states:
                    seconds, processor = _measured(way, state, root, workspace, number)
                    found.setdefault((state, name), []).append((seconds, processor))
                    print(
                        f"round {number + 1}, {state}: {name}: {seconds:.2f} s, "
                        f"{processor:.2f} s of processor",
                        flush=True,
                    )
    _show(found, arguments.states, tuple(ways))


def _arguments() -> argparse.Namespace:
    names = tuple(_ways(Path()))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workspace", type=Path, default=None)
    parser.add_argument("--ways", type=lambda text: text.split(","), default=names)
    parser.add_argument("--states", type=lambda text: text.split(","), default=STATES)
    return parser.parse_args()


@contextmanager
def _workspace(given: Path | None) -> Iterator[tuple[Path, Path]]:
    """A copy of the workspace: its project root, and the folder of its manifest."""
    if given is None:
        with sample_copy() as root:
            for words in (("init", "--quiet"), ("add", "."), (*_AUTHOR, "commit", "-qm", "sample")):
                run(["git", *words], root, environment(), codes={0})
            yield root, root / "examples" / "tasker"
        return
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as folder:
        root = Path(folder) / "workspace"
        shutil.copytree(given, root, ignore=shutil.ignore_patterns("target"), symlinks=True)
        yield root, root


def _ways(root: Path) -> dict[str, tuple[str, ...]]:
    """The command of each way that is on this machine; what is missing is said."""
    database = f"audit.database={root / DATABASE}"
    ways: dict[str, tuple[str, ...]] = {
        "tasker-ci": (
            *(str(SCRIPTS / "tasker-ci"), "ci", *WITHOUT_SERVICES),
            *("--set", "sccache=off", "--set", database),
        ),
        "typed": ("sh", "-ec", "\n".join(COMMANDS.values()).format(root=root)),
    }
    just = ("just", "--justfile", "{root}/just-ci", "--working-directory", ".")
    for name, command in (
        ("just", (*just, "ci")),
        ("just-parallel", (*just, "all")),
        ("cargo-make", ("cargo", "make", "--makefile", "{root}/make-ci.toml", "--cwd", ".", "ci")),
    ):
        program = "cargo-make" if command[0] == "cargo" else command[0]
        if shutil.which(program, path=environment()["PATH"]) is None:
            if root != Path():
                print(f"{name} is not measured: {program} is not on PATH")
            continue
        ways[name] = tuple(word.format(root=root) for word in command)
    return ways


def _write_recipes(root: Path) -> None:
    """What just and cargo-make read: nine lines, and a table for each task."""
    lines = [f"{name}:\n    {command.format(root=root)}" for name, command in COMMANDS.items()]
    names = " ".join(COMMANDS)
    just = "\n".join([f"ci: {names}", f"[parallel]\nall: {names}", *lines]) + "\n"
    (root / "just-ci").write_text(just, encoding="utf-8")
    tasks = [
        f"[tasks.{name}]\nscript = {json.dumps(command.format(root=root))}\n"
        for name, command in COMMANDS.items()
    ]
    whole = "[config]\nskip_core_tasks = true\n[tasks.ci]\n"
    whole += f"dependencies = {json.dumps([*COMMANDS])}\n"
    (root / "make-ci.toml").write_text(whole + "".join(tasks), encoding="utf-8")


def _measured(
    way: tuple[str, ...], state: str, root: Path, workspace: Path, number: int
) -> tuple[float, float]:
    """Bring the workspace into a state and run a way: seconds, and those of processors."""
    _write_recipes(root)
    ours = way[0].endswith("tasker-ci")
    folder = root if ours else workspace
    variables = environment() if ours else environment(**_table(root))
    if state == "cold":
        variables["CI"] = "true"
    if state == "cold":
        shutil.rmtree(workspace / "target", ignore_errors=True)
    else:
        run(way, folder, variables, codes={0})  # all is built by this very way and mode
    if state == "leaf":
        _change(_leaf(workspace), number)
    again = ("--no-proven",) if ours and state == "warm" else ()
    seconds, processor, _ = measure((*way, *again), folder, variables)
    return seconds, processor


def _table(root: Path) -> dict[str, str]:
    """The environment of the tests, which a person has in a shell already."""
    answer = subprocess.run(
        [str(SCRIPTS / "tasker-ci"), "env", "--format", "json", "--reveal"],
        cwd=root,
        env=environment(),
        capture_output=True,
        check=True,
    )
    table: dict[str, str] = json.loads(answer.stdout)
    return {name: value for name, value in table.items() if not name.startswith(("CARGO", "RUSTC"))}


def _leaf(workspace: Path) -> Path:
    """The first source of the package that no other of the workspace needs."""
    answer = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"],
        cwd=workspace,
        capture_output=True,
        check=True,
    )
    packages = json.loads(answer.stdout)["packages"]
    needed = {each["name"] for package in packages for each in package["dependencies"]}
    free = [package for package in packages if package["name"] not in needed] or packages
    sizes = {each["name"]: len(each["dependencies"]) for each in free}
    leaf = min(free, key=lambda each: sizes[each["name"]])
    return Path(leaf["targets"][0]["src_path"])


def _change(file: Path, number: int) -> None:
    text = file.read_text(encoding="utf-8").partition("\n// changed ")[0].rstrip("\n")
    file.write_text(f"{text}\n// changed {number} {id(file)}\n", encoding="utf-8")


def _show(
    found: Mapping[tuple[str, str], list[tuple[float, float]]],
    states: tuple[str, ...],
    ways: tuple[str, ...],
) -> None:
    print("\nmedians, wall and processor seconds; times the best of the others")
    for state in states:
        medians = {
            way: tuple(statistics.median(column) for column in zip(*rows, strict=True))
            for way in ways
            if (rows := found.get((state, way)))
        }
        for way, (seconds, processor) in medians.items():
            print(f"  {state:<10} {way:<14} {seconds:8.2f} s {processor:8.2f} s")
        others = [each for way, each in medians.items() if way != "tasker-ci"]
        if others and "tasker-ci" in medians:
            wall, processor = (min(column) for column in zip(*others, strict=True))
            ours = medians["tasker-ci"]
            print(f"  {state:<10} {'ratio':<14} {ours[0] / wall:8.2f}   {ours[1] / processor:8.2f}")


if __name__ == "__main__":
    main()
