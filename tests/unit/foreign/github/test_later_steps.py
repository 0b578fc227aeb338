"""What a step leaves to the later steps of its job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.github.later_steps import either, left_to_later
from tasker_ci.foreign.places import Place

PLACE = Place(PurePosixPath("ci.yml"), 1)
RUN = JobRun(workflow=Workflow(path=PLACE.file, place=PLACE), job=Job(name="a", place=PLACE))
JOB = Surroundings(run=RUN, variables={"A": "1"})


def test_variables_of_the_step_and_the_folder_end_with_it() -> None:
    before = JOB.with_variables({"STEP": "x"})
    after = before.with_variables({"B": "2"}).in_folder(PurePosixPath("core"))
    after = replace(after, installed=frozenset({"just"}), default_toolchain="beta")
    found = left_to_later(JOB, before, after)
    assert found.variables == {"A": "1", "B": "2"}
    assert found.folder == JOB.folder
    assert (found.installed, found.default_toolchain) == ({"just"}, "beta")


def test_what_differs_after_a_step_that_may_be_passed_over_is_not_known() -> None:
    done = replace(JOB.with_variables({"A": "2", "B": "2"}), default_toolchain="beta")
    found = either(JOB, replace(done, installed=frozenset({"just"})))
    assert found.variables == {"A": None, "B": None}
    assert found.default_toolchain is None
    assert found.installed == {"just"}
    assert either(JOB, JOB) is JOB
