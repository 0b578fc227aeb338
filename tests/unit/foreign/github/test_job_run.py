from pathlib import PurePosixPath

from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.document import Job, Workflow
from tasker_ci.foreign.github.job_run import JobRun
from tasker_ci.foreign.invocations.invocation import Action, Invocation
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.selections.selection import Verdict

CI = PurePosixPath(".github/workflows/ci.yml")


def run(**more: object) -> JobRun:
    place = Place(CI, 1)
    job = Job(name="test", place=place)
    return JobRun(workflow=Workflow(path=CI, place=place), job=job, **more)


def test_a_leg_is_called_by_its_file_its_job_and_its_values() -> None:
    assert run().label == "ci.yml, job test"
    leg = run(leg={"os": "windows", "more": {"a": 1}, "rust": "stable"})
    assert leg.label == "ci.yml, job test (windows, stable)"
    assert run(caller=leg).label.endswith("called by ci.yml, job test (windows, stable)")


def test_an_opaque_part_names_its_line() -> None:
    assert str(Opaque(Place(CI, 7), "`make` reads a file")) == f"{CI}:7: `make` reads a file"


def test_variables_of_a_script_go_over_those_of_the_job() -> None:
    around = Surroundings(run=run(), variables={"A": "1", "B": None})
    assert around.with_variables({"B": "2"}).variables == {"A": "1", "B": "2"}
    assert around.in_folder(None).folder is None


def test_flags_are_asked_for_by_their_long_names() -> None:
    from tasker_ci.foreign.command import Command

    command = Command(place=Place(CI, 3), text="", words=("cargo",), around=Surroundings(run=run()))
    call = Invocation(
        command=command,
        program="cargo",
        subcommand=("test",),
        action=Action.TEST,
        flags={"--package": ("a", "b"), "--lib": ()},
    )
    assert call.has("--lib", "--bins")
    assert call.values("--package") == ("a", "b")
    assert call.values("--test") == ()
    assert Verdict(selected=None).why == ""
