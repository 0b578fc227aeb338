"""What Docker has of runs, read out of what its client answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Completed
from tasker_ci.stack.compose_leftovers import leftover_stacks
from tasker_ci.testing import RecordingRunner

RUN = "tasker-ci-0123456789ab"
ROW = f"{RUN}\t/work\t\n"


def answers(inspected: Completed) -> RecordingRunner:
    nothing = dict.fromkeys(("docker container ls", "docker network ls", "docker volume ls"), "")
    return RecordingRunner(
        {**nothing, "docker image ls": "aaa\nbbb\n", "docker image inspect": inspected}
    )


def test_an_image_that_goes_while_it_is_looked_at_hides_no_other() -> None:
    gone = "Error response from daemon: no such image: bbb: No such image: bbb:latest"
    runner = answers(Completed(exit_code=1, stdout=ROW, stderr=gone))
    assert leftover_stacks(runner, {}, Path("/work")) == {RUN: Path("/work")}


def test_any_other_failure_is_one() -> None:
    runner = answers(Completed(exit_code=1, stdout=ROW, stderr="something else"))
    with pytest.raises(TaskerCIError, match="something else"):
        leftover_stacks(runner, {}, Path("/work"))
