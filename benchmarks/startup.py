"""What tasker-ci adds to the start of nox and invoke, and which processes a session starts.

Compares `nox -l` and `invoke -l` with a file of as many empty sessions, and one session with an
empty nox session plus the bare command. Then whole sessions of an empty, committed crate that is
built: their seconds, and what they start themselves, without what cargo starts in turn. With the
folder of another installation's programs each is measured with both, in turn.
Run: python benchmarks/startup.py [rounds [FOLDER]]
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections import Counter
from pathlib import Path

from timing import SCRIPTS, compare, environment, run, show

from tasker_ci.sessions import SESSIONS

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
INSTALLATIONS = [SCRIPTS, *(Path(folder).resolve() for folder in sys.argv[2:3])]
MEASURED = ("fmt", "clippy", "unit", "doctest", "ci")
OFFLINE = ("--set", "sccache=off", "--set", "audit.database=advisories")
"""No network is measured, and no server that one of two installations has started."""

COUNTING = """\
import os, sys
def count(event, arguments):
    if event == "subprocess.Popen":
        with open(os.environ["STARTED"], "a") as log:
            log.write(" ".join(map(os.fspath, arguments[1]))[:200].replace("\\n", " ") + "\\n")
sys.addaudithook(count)
"""
"""Python imports it before anything else, and writes down each process that it starts."""


def main() -> None:
    """Measure listing, then one session."""
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as folder:
        empty, ours = Path(folder, "empty"), Path(folder, "ours")
        for each in (empty, ours):
            each.mkdir()
            made = ["cargo", "init", "--quiet", "--lib", "--name", "sample"]
            run(made, each, environment(), codes={0})
        names = [name.replace("-", "_") for name in SESSIONS]
        sessions = "".join(
            f"@nox.session(venv_backend='none')\ndef {name}(session):\n    '''Empty.'''\n"
            for name in names
        )
        tasks = "".join(f"@task\ndef {name}(c):\n    '''Empty.'''\n" for name in names)
        (empty / "noxfile.py").write_text(f"import nox\n{sessions}")
        (empty / "tasks.py").write_text(f"from invoke import task\n{tasks}")
        (ours / "noxfile.py").write_text("import tasker_ci\n\ntasker_ci.register_sessions()\n")
        (ours / "tasks.py").write_text("from tasker_ci import namespace\n")
        variables = environment()
        for tool, argv in (("nox", ["nox", "-l"]), ("invoke", ["invoke", "-l"])):
            bare = compare_folders(argv, empty, ours, variables)
            show(f"{' '.join(argv)}, {len(SESSIONS)} sessions", bare)
            print(f"  {tool}: {bare['tasker-ci'] / bare['empty sessions']:.2f} times the empty one")
        session = compare_folders(["nox", "-s", "fmt"], empty, ours, variables)
        fmt = {"cargo fmt": ["cargo", "fmt", "--all", "--", "--check"]}
        bare_command = compare(fmt, ours, variables, rounds=ROUNDS)
        show("one session", session | bare_command)
        added = session["tasker-ci"] - session["empty sessions"] - bare_command["cargo fmt"]
        print(f"  a session adds {added:.3f} s to an empty nox session and the bare command")
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as folder:
        measure_sessions(Path(folder))


def measure_sessions(folder: Path) -> None:
    """Measure what whole sessions take and start, with each installation."""
    crate = folder / "crate"
    (crate / "advisories" / "crates").mkdir(parents=True)
    run(["cargo", "init", "--quiet", "--lib", "--name", "sample"], crate, environment(), codes={0})
    run(["cargo", "generate-lockfile", "--offline"], crate, environment(), codes={0})
    run(["git", "add", "--all"], crate, environment(), codes={0})
    who = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com"]
    run(["git", *who, "commit", "--quiet", "--message=x"], crate, environment(), codes={0})
    for session in MEASURED:
        cases = {
            str(scripts): [str(scripts / "tasker-ci"), session, *OFFLINE]
            for scripts in INSTALLATIONS
        }
        times = compare(cases, crate, environment(), rounds=ROUNDS)
        show(f"tasker-ci {session}, built", times)
        for name, argv in cases.items():
            found = started(argv, crate, folder)
            print(f"  {name} starts {found.total()}:")
            for words, count in found.most_common():
                print(f"    {count} {words}")


def started(argv: list[str], crate: Path, folder: Path) -> Counter[str]:
    """Run a session; returns which programs it starts with their first words, and how often."""
    (folder / "counting").mkdir(exist_ok=True)
    (folder / "counting" / "sitecustomize.py").write_text(COUNTING, encoding="utf-8")
    log = folder / "started"
    log.unlink(missing_ok=True)
    variables = environment(PYTHONPATH=str(folder / "counting"), STARTED=str(log))
    run(argv, crate, variables, codes={0})
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return Counter(short(line) for line in lines)


def short(line: str) -> str:
    """A command by the words that tell it from others."""
    program, *words = shlex.split(line.replace("'", "")) or [""]
    if words[:2] == ["-P", "-m"]:
        return "tasker-ci within ci"
    return " ".join([Path(program).name, *(word for word in words if word != "--no-pager")][:3])


def compare_folders(
    argv: list[str], empty: Path, ours: Path, variables: dict[str, str]
) -> dict[str, float]:
    """Time the same command in both folders, in turn."""
    cases = {"empty sessions": empty, "tasker-ci": ours}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for round_number in range(ROUNDS + 1):
        for name, folder in cases.items():
            seconds = run(argv, folder, variables, codes={0})
            if round_number:
                times[name].append(seconds)
    return {name: sorted(values)[len(values) // 2] for name, values in times.items()}


if __name__ == "__main__":
    main()
