"""How long it takes to read a settings file of many keys, and to say what is wrong with it.

Beside it the bare parser. Each line of a file of unknown keys is a fault that names its line; the
other file is of variables, and `settings` names the line of each.
Run: python benchmarks/settings.py [keys] [rounds]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from timing import SCRIPTS, environment, run, show

KEYS = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3  # noqa: PLR2004 - the words of the command
PARSE = "import tomllib; tomllib.load(open('.config/tasker-ci.toml', 'rb'))"


def main() -> None:
    """Measure both files."""
    program = str(SCRIPTS / "tasker-ci")
    for title, table, words, code in (
        ("variables", "environment.variables", (program, "settings"), 0),
        ("unknown keys", "unit", (program, "settings"), 2),
    ):
        with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as name:
            folder = Path(name)
            (folder / ".config").mkdir()
            lines = "".join(f'KEY_{each} = "value {each}"\n' for each in range(KEYS))
            (folder / ".config/tasker-ci.toml").write_text(f"[{table}]\n{lines}", encoding="utf-8")
            subprocess.run(("git", "init", "--quiet"), cwd=folder, check=True)
            bare = (sys.executable, "-c", PARSE)
            show(
                f"{KEYS} {title}",
                {
                    "tomllib in a process": min(
                        run(bare, folder, environment(), codes={0}) for _ in range(ROUNDS)
                    ),
                    "tasker-ci settings": min(
                        run(words, folder, environment(), codes={code}) for _ in range(ROUNDS)
                    ),
                },
            )


if __name__ == "__main__":
    main()
