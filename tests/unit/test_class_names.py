"""One name for one thing: no two modules have a public class of one name."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]

READERS = ("tasker_ci/foreign/", "tasker_ci/sessions/project/covering/")
"""Where what somebody else wrote is read, in the words of its format: a workflow of GitHub's has
jobs with steps, and a shell has commands, whoever wrote it. They may have a name of ours too."""


def test_no_two_modules_have_a_public_class_of_one_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    places = (file.relative_to(ROOT).as_posix() for file in (ROOT / "tasker_ci").rglob("*.py"))
    for place in sorted(place for place in places if not place.startswith(READERS)):
        for node in ast.parse((ROOT / place).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(place)
    assert {name: several for name, several in homes.items() if len(several) > 1} == {}
