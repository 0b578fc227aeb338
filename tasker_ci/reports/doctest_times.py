"""How long the doctests of each package take: cargo runs one package after the other.

Rustdoc says it for all doctests of a crate, with their compilation, since Rust 1.89; before that
the harness says how long each ran, and those of older editions compile while they run.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEST = re.compile(r"^test (?P<file>\S.*?) - .*\(line \d+\)")
_HARNESS = re.compile(r"^test result: .*; finished in (?P<seconds>\d+\.\d+)s$")
_WHOLE = re.compile(r"^all doctests ran in (?P<seconds>\d+\.\d+)s")


def doctest_seconds(printed: str, folders: Mapping[str, str]) -> dict[str, float]:
    """Seconds by package out of what `cargo test --doc` printed, the slowest first.

    ``folders`` are the packages by their folder from the root of the workspace, that is ``.``. A
    package none of whose files is named is left out.
    """
    found: dict[str, float] = {}
    package, harnesses = "", 0.0
    for line in printed.splitlines():
        if test := _TEST.match(line):
            owner = _owner(test["file"], folders)
            if owner != package:
                package, harnesses = owner, 0.0
        elif ended := _HARNESS.match(line):
            harnesses += float(ended["seconds"])
            found[package] = harnesses
        elif whole := _WHOLE.match(line):
            found[package] = float(whole["seconds"])
    found.pop("", None)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _owner(file: str, folders: Mapping[str, str]) -> str:
    """The package whose folder is the nearest around ``file``."""
    around = map(str, Path(os.path.normpath(file)).parents)  # the last is `.`
    return next((folders[each] for each in around if each in folders), "")
