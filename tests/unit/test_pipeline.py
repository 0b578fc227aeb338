"""What runs after what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import workspaces

from tasker_ci import pipeline
from tasker_ci.pipeline import PlannedSession, stages_of, steps
from tasker_ci.sessions import SESSIONS, STAGES, load_settings

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Member:
    stage: str
    compiles: str = ""
    follows: tuple[str, ...] = ()
    joins: bool = False


def order(plan: tuple[PlannedSession, ...]) -> list[set[str]]:
    """Which sessions may start together, wave by wave, if each takes as long."""
    waves: list[set[str]] = []
    ended: set[str] = set()
    while len(ended) < len(plan):
        wave = {
            step.session
            for step in plan
            if step.session not in ended and ended >= {*step.after, *step.behind, *step.requires}
        }
        assert wave, "some wait for one another"
        waves.append(wave)
        ended |= wave
    return waves


def test_what_has_the_same_artefacts_follows_one_another_and_the_rest_runs_side_by_side() -> None:
    plan = steps(
        {
            "fmt": Member("quality"),
            "clippy": Member("quality", "check"),
            "doc": Member("quality", "check"),
            "unit": Member("unit", "build"),
            "doctest": Member("unit", "build", joins=True),
            "examples": Member("unit", "build"),
            "env": Member(""),
        },
        STAGES,
    )
    assert {step.session: (step.after, step.behind) for step in plan} == {
        "fmt": ((), ()),
        "clippy": ((), ()),
        "doc": (("clippy",), ()),
        "unit": ((), ()),
        "doctest": ((), ("unit",)),
        "examples": (("unit", "doctest"), ()),
    }, "examples could make anew what the tests link to"


def test_following_is_not_requiring() -> None:
    members = {"unit": Member("unit", "build"), "doctest": Member("unit", "build")}
    plan = steps(members, STAGES)
    assert [step.requires for step in plan] == [(), ()]


def test_a_stage_that_needs_another_requires_all_its_sessions() -> None:
    stages = (
        pipeline.Stage(name="unit"),
        pipeline.Stage(name="integration", needs=("unit",)),
    )
    members = {
        "integration": Member("integration", "build"),
        "unit": Member("unit", "build"),
        "doctest": Member("unit", "build"),
    }
    plan = steps(members, stages)
    assert plan[-1] == PlannedSession(
        session="integration", after=("unit", "doctest"), behind=(), requires=("unit", "doctest")
    )
    assert order(plan) == [{"unit"}, {"doctest"}, {"integration"}]


def test_what_measures_time_runs_when_all_else_has_ended() -> None:
    plan = steps(SESSIONS, STAGES)
    assert plan[-1].session == "bench"
    assert set(plan[-1].after) == {step.session for step in plan[:-1]}
    assert order(plan)[-1] == {"bench"}


OPTIONAL = ("coverage", "scan", "bench")


def test_the_optional_stages_are_there_where_settings_ask_for_them_alone(tmp_path: Path) -> None:
    def sessions(settings: str) -> list[str]:
        workspaces.write_files(tmp_path, {".config/tasker-ci.toml": settings})
        stages = stages_of(load_settings(tmp_path, {}).settings, STAGES)
        return [step.session for step in steps(SESSIONS, stages) if step.session in OPTIONAL]

    assert sessions("") == []
    assert sessions("[coverage]\nlines = 80\n[bench]\nrounds = 9\n[scan]\nimages = ['a:1']\n") == []
    for name in OPTIONAL:
        assert sessions(f"[{name}]\npipeline = true\n") == [name]


def test_the_real_pipeline_names_every_session_that_has_a_stage_once() -> None:
    names = [step.session for step in steps(SESSIONS, STAGES)]
    assert sorted(names) == sorted(name for name, session in SESSIONS.items() if session.stage)
    assert {"fmt", "clippy", "doc", "audit", "unit", "doctest"} <= set(names)


def test_in_the_real_pipeline_doctests_run_beside_the_tests() -> None:
    plan = {step.session: step for step in steps(SESSIONS, STAGES)}
    assert plan["doctest"].behind == ("unit",)
    assert plan["doc"].after == ("clippy",)
    assert plan["unit"].after == plan["clippy"].after == plan["doctest"].after == ()
    assert plan["unit"].requires == ()


def test_who_reads_a_report_waits_for_the_end_of_who_leaves_it() -> None:
    for one_directory in (False, True):
        plan = {step.session: step for step in steps(SESSIONS, STAGES, one_directory=one_directory)}
        assert "unit" in plan["inventory"].after


class TestOneDirectory:
    def test_what_checks_waits_until_the_first_builds_have_compiled(self) -> None:
        members = {
            "fmt": Member("quality"),
            "clippy": Member("quality", "check"),
            "doc": Member("quality", "check"),
            "unit": Member("unit", "build"),
            "doctest": Member("unit", "build", joins=True),
            "examples": Member("unit", "build"),
        }
        plan = {step.session: step for step in steps(members, STAGES, one_directory=True)}
        assert plan["clippy"].behind == plan["doc"].behind == ("unit", "doctest")
        assert (plan["clippy"].after, plan["doc"].after) == ((), ("clippy",))

    def test_nobody_compiles_before_what_it_needs(self) -> None:
        members = {
            "clippy": Member("first", "check"),
            "note": Member("second"),
            "unit": Member("third", "build"),
            "doc": Member("other", "check"),
        }
        stages = (
            pipeline.Stage(name="first"),
            pipeline.Stage(name="second", needs=("first",)),
            pipeline.Stage(name="third", needs=("second",)),
            pipeline.Stage(name="other"),
        )
        plan = steps(members, stages, one_directory=True)
        assert order(plan) == [{"clippy"}, {"note"}, {"unit"}, {"doc"}]

    def test_the_real_pipeline_has_an_order_in_every_flow(self) -> None:
        for stages in (STAGES, tuple(replace(each, needs=()) for each in STAGES)):
            plan = steps(SESSIONS, stages, one_directory=True)
            assert {name for wave in order(plan) for name in wave} == {
                step.session for step in plan
            }


def test_every_stage_names_the_file_of_its_workflow_and_no_other_stage_does() -> None:
    files = [stage.file for stage in STAGES]
    assert all(file.endswith(".yml") for file in files)
    assert len({*files, pipeline.ORCHESTRATOR}) == len(files) + 1
