"""How often the generated workflows call rustc, job by job, and the critical path on paper.

The jobs run under act, as in the tests: each in an empty folder, with nothing cached, as the first
run of a repository on GitHub. A wrapper counts the calls of the compiler that compile something.

Run: python benchmarks/rustc_calls.py [PROJECT]

PROJECT is a folder with settings of tasker-ci; by default a copy of the sample, with the native
stack. Needs act and, for the sample, sqlx on PATH, and cargo with a registry.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from timing import SAMPLE

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "resources" / "installed")]

import act  # noqa: E402 - lies in tests/, as everything that runs workflows
from ruamel.yaml import YAML  # noqa: E402

WRAPPER = """\
#!/bin/sh
# Questions (-vV, --print, from standard input) compile nothing.
case " $* " in
  *" --crate-name ___ "* | *" -vV "* | *" - "*) ;;
  *" --crate-name "*)
    kind=check
    case " $* " in *" --emit="*link*) kind=build ;; esac
    echo "${GITHUB_JOB:-none} $kind" >>"$RUSTC_CALLS" ;;
esac
exec "$@"
"""
HOUR = 3600
SETTINGS = (
    'sccache = "off"\npreset = "tasker"\n'
    + act.SETTINGS
    + """
[unit]
services = ["postgres"]

[integration]
stack = "native"
ports = "auto"
targets = ["tasker-core::end_to_end"]
"""
)


def main() -> int:
    """Run the jobs one after the other and print two tables."""
    program = shutil.which("act")
    if program is None:
        sys.stderr.write("act is not on PATH.\n")
        return 3
    with tempfile.TemporaryDirectory(prefix="tasker-ci-rustc-") as name:
        folder = Path(name)
        project = folder / "project"
        given = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
        shutil.copytree(given or SAMPLE, project, ignore=shutil.ignore_patterns("target", ".git"))
        if given is None:
            (project / ".config").mkdir(exist_ok=True)
            (project / ".config" / "tasker-ci.toml").write_text(SETTINGS, encoding="utf-8")
        noxfile = project / "noxfile.py"
        if not noxfile.exists():
            noxfile.write_text("import tasker_ci\n\ntasker_ci.register_sessions()\n", "utf-8")
        act.synchronise(project)
        wrapper = folder / "count"
        wrapper.write_text(WRAPPER, encoding="utf-8")
        wrapper.chmod(0o755)
        calls = folder / "calls"
        calls.touch()
        ended = act.run(
            Path(program),
            project,
            folder / "run",
            seconds=HOUR,
            RUSTC_WRAPPER=str(wrapper),
            RUSTC_CALLS=str(calls),
        )
        if ended.exit_code:
            sys.stderr.write(f"{ended.complaints}\n")
        counts = Counter(calls.read_text(encoding="utf-8").splitlines())
        print(f"jobs: {', '.join(f'{job} {result}' for job, result in ended.jobs.items())}")
        for row, count in sorted(counts.items()):
            print(f"{count:6}  {row}")
        print(f"{sum(counts.values()):6}  all")
        print("\nwhat waits for what (a row starts when all behind the arrow have ended):")
        for row in graph(project):
            print(f"  {row}")
        return ended.exit_code


def graph(project: Path) -> list[str]:
    """The jobs of ci.yml with what they wait for, and the longest chain."""
    file = project / ".github" / "workflows" / "ci.yml"
    jobs = YAML(typ="safe").load(file.read_text(encoding="utf-8"))["jobs"]
    needs = {name: list(job.get("needs", ())) for name, job in jobs.items()}

    def chain(name: str) -> list[str]:
        return [*max((chain(each) for each in needs[name]), key=len, default=[]), name]

    rows = [f"{name} <- {', '.join(waits) or 'nothing'}" for name, waits in needs.items()]
    return [*rows, f"longest chain: {' -> '.join(max(map(chain, needs), key=len))}"]


if __name__ == "__main__":
    os.environ.setdefault("RUSTUP_AUTO_INSTALL", "0")
    sys.exit(main())
