"""A process that reads Rust files: names and settings as JSON come in, a line for each goes out.

A line has the number of the file among those asked for, the digest of its content, and its entry.

``python -P -m tasker_ci.rust.reading_process``; it ends with its work, or when nobody listens.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tasker_ci.rust.entries import entry_of_file


def main() -> None:
    """Read the files; one that cannot be read is left out, for the parent to say why."""
    asked = json.load(sys.stdin)
    out = sys.stdout.buffer
    for number, name in enumerate(asked["files"]):
        try:
            digest, entry = entry_of_file(Path(name), asked["test_attributes"])
        except OSError:
            continue
        out.write(b"%d\t%s\t%s\n" % (number, digest, entry))


if __name__ == "__main__":
    main()
