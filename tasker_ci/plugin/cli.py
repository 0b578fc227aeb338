"""``tasker-ci``: an invoke program over the collection of sessions."""

from __future__ import annotations

from invoke import Program

import tasker_ci
from tasker_ci.context import Face
from tasker_ci.plugin.invoke_tasks import collection


def main() -> None:
    """Run the console script."""
    Program(
        name="tasker-ci",
        binary="tasker-ci",
        version=tasker_ci.__version__,
        namespace=collection(Face.CONSOLE),
    ).run()
