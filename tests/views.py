"""Everything that people and machines see of the sessions and settings, as texts by their names.

Moving code must not change a byte of it. ``python tests/views.py`` writes their checksums into
``tests/resources/views.txt``, which a unit test holds; ``python tests/views.py FOLDER`` writes the
texts themselves, so that `diff -r` compares two commits.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import generation
import readme

from tasker_ci.faces.cli import run
from tasker_ci.faces.options import flags_of, help_of, parse
from tasker_ci.sessions import ROWS, SESSIONS, settings_model
from tasker_ci.settings.schema import schema_text
from tasker_ci.workflows.nextest import nextest_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECKSUMS = Path(__file__).parent / "resources" / "views.txt"
VARIANTS = {
    file.stem: file.read_text(encoding="utf-8")
    for file in sorted(Path(__file__).parent.glob("resources/workflow-variants/*.toml"))
}
"""Settings of 32 projects, by what is special about them."""

OWN_WORKFLOW = """\
name: Extra
on:
  workflow_call:
    inputs:
      level:
        description: How much it says.
        type: string
        default: little
      loud:
        description: Whether it shouts.
        type: boolean
        default: false
      times:
        description: How often it says it.
        type: number
        default: 1
    secrets:
      TOKEN:
        description: What it signs in with.
        required: false
permissions: {}
jobs:
  extra:
    name: Extra
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - name: Say something
        run: echo something
"""
FILES = {
    ".github/workflows/extra.yml": OWN_WORKFLOW,
    "Dockerfile": "FROM scratch\n",
    "docker/db/Dockerfile": "FROM scratch\n",
    "pyproject.toml": "",
    "rust/docker/db/Dockerfile": "FROM scratch\n",
}
"""What lies in every project, whether its settings speak of it or not."""


def views(folder: Path) -> dict[str, str]:
    """Every view by its name; the projects are made in ``folder``."""
    return dict(sorted((*_help(), *_tables(), *_generated(folder))))


def checksums(texts: Mapping[str, str]) -> str:
    """One line for each view."""
    return "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()[:16]}  {name}\n"
        for name, text in texts.items()
    )


def _generated(folder: Path) -> Iterator[tuple[str, str]]:
    for variant, settings in VARIANTS.items():
        tree = folder / variant
        files = generation.texts(tree, settings, FILES)
        nextest = nextest_file(generation.inputs_of(tree, settings, FILES))
        if nextest is not None:
            files[".config/nextest.toml"] = nextest.text
        yield from ((f"generated/{variant}/{path}", text) for path, text in files.items())


def _tables() -> Iterator[tuple[str, str]]:
    yield "table/sessions", readme.sessions_table()
    yield "table/settings", readme.settings_table()
    yield "settings.schema.json", schema_text(settings_model())


def _help() -> Iterator[tuple[str, str]]:
    with mock.patch.dict(os.environ, {"COLUMNS": "100"}):
        yield "help/tasker-ci", _printed("tasker-ci", "--help")
        for name, session in SESSIONS.items():
            yield f"help/tasker-ci {name}", _printed("tasker-ci", "--help", name)
            output = io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
                parse(
                    f"nox -s {name} --",
                    help_of(session),
                    flags_of(session),
                    ["--help"],
                )
            yield f"help/nox {name}", output.getvalue()
            facts = (
                session.summary,
                session.stage or "",
                session.tags,
                name in ROWS.default,
                session.runs or "",
            )
            yield f"row/{name}", f"{facts}\n"


def _printed(*words: str) -> str:
    output = io.StringIO()
    with mock.patch.object(sys, "argv", list(words)), contextlib.redirect_stdout(output):
        assert run(list(words)) == 0
    return output.getvalue()


def main() -> None:
    """Write the checksums, or the texts into the folder that is named."""
    with tempfile.TemporaryDirectory() as name:
        texts = views(Path(name))
    if len(sys.argv) == 1:
        CHECKSUMS.write_text(checksums(texts), encoding="utf-8")
    for view, text in texts.items() if sys.argv[1:] else ():
        file = Path(sys.argv[1], view)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
