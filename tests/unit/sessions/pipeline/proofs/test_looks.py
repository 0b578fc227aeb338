"""One look at the inputs serves all sessions that it can."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from proof_projects import Project, write

from tasker_ci.session import Holds, Session
from tasker_ci.sessions.pipeline.proofs.inputs import ProjectInputs
from tasker_ci.sessions.pipeline.proofs.looks import FRESH_SECONDS
from tasker_ci.sessions.pipeline.proofs.store import ProofStore
from tasker_ci.sessions.pipeline.proofs.verdict import Author, Proofs
from tasker_ci.sessions.pipeline.results import SessionResult

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tasker_ci.sessions.pipeline.proofs.inputs import Fingerprint

GREEN = SessionResult(session="", status="passed", summary="")


@dataclass
class Looking:
    """A pipeline of two sessions, a clock, and how often the inputs were looked at."""

    project: Project
    now: float = 100.0
    looks: int = 0
    proofs: Proofs = field(init=False)

    def begin(self) -> Proofs:
        context = self.project.context()
        self.proofs = Proofs(
            context=context,
            sessions={
                name: Session("m:f", "Checks.", stage="unit", proves=Holds())
                for name in ("fmt", "unit")
            },
            author=Author(run="r1", commit="1a2b3c4"),
            anew=False,
            store=ProofStore.of(context),
        )
        self.proofs.looks.monotonic = lambda: self.now
        self.looks = 0
        return self.proofs

    def proven(self) -> list[str]:
        proofs = self.begin()
        return [name for name in ("fmt", "unit") if proofs.proven(name) is not None]


@pytest.fixture
def looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looking:
    made = Looking(Project(tmp_path).make())
    take = ProjectInputs.take

    def counted(inputs: ProjectInputs, folders: Iterable[Path] = ()) -> Fingerprint:
        made.looks += 1
        return take(inputs, folders)

    monkeypatch.setattr(ProjectInputs, "take", counted)
    return made


def test_a_short_run_takes_one_look_before_and_one_behind(looking: Looking) -> None:
    proofs = looking.begin()
    assert proofs.proven("fmt") is None
    assert proofs.proven("unit") is None
    looking.now += FRESH_SECONDS / 2
    proofs.ended("fmt", GREEN)
    proofs.ended("unit", GREEN)
    assert looking.looks == 1
    proofs.keep()
    assert looking.looks == 2
    assert looking.proven() == ["fmt", "unit"]
    assert looking.looks == 1


def test_in_a_long_run_each_end_has_its_look(looking: Looking) -> None:
    proofs = looking.begin()
    for name in ("fmt", "unit"):
        assert proofs.proven(name) is None
    for number, name in enumerate(("fmt", "unit"), 2):
        looking.now += 60
        proofs.ended(name, GREEN)
        assert looking.looks == number
    assert looking.proven() == ["fmt", "unit"], "also where the run is killed now"


def test_what_is_written_before_the_look_costs_the_proof_of_all_that_wait(looking: Looking) -> None:
    proofs = looking.begin()
    for name in ("fmt", "unit"):
        assert proofs.proven(name) is None
    proofs.ended("fmt", GREEN)
    write(looking.project.root / "src" / "lib.rs", "changed")
    proofs.ended("unit", GREEN)
    proofs.keep()
    assert looking.proven() == []


def test_a_proof_is_held_against_the_inputs_of_that_moment(looking: Looking) -> None:
    proofs = looking.begin()
    for name in ("fmt", "unit"):
        assert proofs.proven(name) is None
        proofs.ended(name, GREEN)
    proofs.keep()
    proofs = looking.begin()
    assert proofs.proven("fmt") is not None
    write(looking.project.root / "src" / "lib.rs", "changed")
    looking.now += FRESH_SECONDS + 1
    assert proofs.proven("unit") is None


def test_a_red_end_takes_its_proof_at_once(looking: Looking) -> None:
    proofs = looking.begin()
    assert proofs.proven("fmt") is None
    proofs.ended("fmt", GREEN)
    proofs.keep()
    proofs = looking.begin()
    proofs.anew = True
    assert proofs.proven("fmt") is None
    proofs.ended("fmt", SessionResult(session="fmt", status="failed", summary=""))
    assert looking.proven() == [], "also where the run is killed before its end"
