"""What tasker-ci adds to the start of nox and invoke.

Compares `nox -l` and `invoke -l` with a file of as many empty sessions, and one session with an
empty nox session plus the bare command. Run: python benchmarks/startup.py [rounds]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from timing import compare, environment, run, show

from tasker_ci.sessions import SESSIONS

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15


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
