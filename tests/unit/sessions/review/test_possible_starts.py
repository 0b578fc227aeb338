"""Calls whose folder is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewed import steps, subject_of

from tasker_ci.foreign.selections.reading import Repository
from tasker_ci.sessions.review.possible_starts import PossibleStarts

if TYPE_CHECKING:
    from pathlib import Path

ANYWHERE = "find . -name Cargo.toml | xargs -I {} cargo test --manifest-path {}"


def starts_of(folder: Path, workflow: str) -> tuple[PossibleStarts, list[object]]:
    subject = subject_of(folder, workflow)
    workspaces = tuple(each.workspace for each in subject.workspaces)
    repository = Repository(texts=subject.checkout, workspaces=workspaces)
    return PossibleStarts(repository=repository), list(subject.reading.invocations)


def test_a_call_is_read_from_every_folder_with_a_manifest_once(tmp_path: Path) -> None:
    starts, (call,) = starts_of(tmp_path, steps(ANYWHERE))
    packages = [each.packages for each in starts.selections(call) or ()]
    assert sorted(map(sorted, packages)) == [["core"], ["core", "store"], ["store"]]
    assert starts.selections(call) == ()


def test_a_call_of_which_more_is_unknown_may_be_anything(tmp_path: Path) -> None:
    starts, (call,) = starts_of(tmp_path, steps(ANYWHERE))
    assert starts.selections(replace(call, unknown_values=frozenset({"--features"}))) is None
    starts._left = 1
    assert starts.selections(call) is None
