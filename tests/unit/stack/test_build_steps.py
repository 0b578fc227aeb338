"""The steps of the classic builder that outlive a build, with a client that answers as told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tool_parts import write_program

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.stack.build_steps import without_steps
from tasker_ci.stack.docker import Docker

if TYPE_CHECKING:
    from pathlib import Path

RUN = "tasker-ci-0123456789ab"

CLIENT = """\
echo "$*" >> calls
case "$2" in
ls)
  looks=$(grep -c " ls " calls)
  case " $FAILS " in *" $looks "*) echo "Error: No such container: 1" >&2; exit 1 ;; esac
  [ -e removed ] || printf 'step\\t\\nother\\t\\nservice\\tproject\\n' ;;
inspect) printf 'step\\t["%s:127.0.0.1"]\\nother\\tnull\\n' "$RUN" ;;
rm) [ "$(grep -c " rm " calls)" -lt "$REMOVED_AT" ] || touch removed ;;
esac
"""


def calls_of_an_ended_build(folder: Path, *, fails: str = "", removed_at: int = 1) -> list[str]:
    """Let a build be interrupted; return what the client was called with.

    The listings whose numbers are in ``fails`` fail; the removal with that number succeeds.
    """
    docker = Docker(
        runner=ProcessRunner(Cancellation()),
        environment={
            "PATH": f"{write_program(folder / 'bin' / 'docker', CLIENT).parent}:/usr/bin:/bin",
            "RUN": RUN,
            "FAILS": fails,
            "REMOVED_AT": str(removed_at),
        },
        directory=folder,
    )
    with pytest.raises(KeyboardInterrupt), without_steps(docker, RUN):
        raise KeyboardInterrupt
    return (folder / "calls").read_text(encoding="utf-8").splitlines()


def removals(calls: list[str]) -> list[str]:
    return [each for each in calls if " rm " in each]


def test_a_step_is_removed_by_the_name_in_its_hosts(tmp_path: Path) -> None:
    calls = calls_of_an_ended_build(tmp_path)
    assert removals(calls) == ["container rm --force --volumes step"]


def test_a_step_that_stays_is_removed_again(tmp_path: Path) -> None:
    assert len(removals(calls_of_an_ended_build(tmp_path, removed_at=3))) == 3


@pytest.mark.parametrize("fails", ["1", "1 2", "2 3"])
def test_a_listing_that_fails_proves_nothing(tmp_path: Path, fails: str) -> None:
    assert removals(calls_of_an_ended_build(tmp_path, fails=fails))


def test_a_daemon_that_answers_no_more_is_not_waited_for(tmp_path: Path) -> None:
    calls = calls_of_an_ended_build(tmp_path, fails="1 2 3 4 5 6 7")
    assert len(calls) == 5
