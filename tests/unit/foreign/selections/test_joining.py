from __future__ import annotations

from pathlib import Path

from foreign_commands import TextsOf, command
from rust_workspaces import package, target, workspace

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.joining import joined
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.foreign.selections.selection import Selection

ROOT = Path("/clone")
LIBRARY = target(ROOT / "a/src/lib.rs", name="a")
A = package(ROOT / "a", LIBRARY)
WORKSPACE = workspace(ROOT, A, package(ROOT / "b"))
TEXTS = TextsOf({"Cargo.toml": "[workspace]"})


def selections(*lines: str) -> list[Selection]:
    found = []
    for line in lines:
        invocation = invocation_of(command(f"cargo nextest {line}"), TEXTS)
        assert isinstance(invocation, Invocation)
        found += selections_of(invocation, Repository(texts=TEXTS, workspaces=(WORKSPACE,)))
    assert all(isinstance(each, Selection) for each in found)
    return [each for each in found if isinstance(each, Selection)]


def runs(each: Selection) -> bool | None:
    return each.runs(A, LIBRARY, "tests::x", ignored=False).selected


def test_all_shards_together_are_the_whole() -> None:
    found = selections(*(f"run --partition hash:{number}/3" for number in (1, 2, 3)))
    assert [runs(each) for each in found] == [None, None, None]
    assert [runs(each) for each in joined(found)] == [True, True, True]


def test_a_shard_that_is_missing_or_of_another_run() -> None:
    found = selections("run --partition hash:1/2", "run --lib --partition hash:2/2")
    assert [runs(each) for each in joined(found)] == [None, None]
    found = selections("run --partition hash:1/2", "run --partition count:2/2")
    assert [runs(each) for each in joined(found)] == [None, None]


def test_a_run_of_an_archive_has_what_another_job_built() -> None:
    found = selections(
        "archive -p a --archive-file out/tests.tar.zst", "run --archive-file tests.tar.zst"
    )
    assert found[1].builds(A, LIBRARY).selected is None
    archive, run = joined(found)
    assert archive is found[0]
    assert run.packages == {"a"}
    assert run.builds(A, LIBRARY).selected
    assert runs(run)


def test_an_archive_of_which_nobody_knows_who_built_it() -> None:
    found = selections(
        "archive -p a --archive-file x.tar.zst",
        "archive -p b --archive-file x.tar.zst",
        "run --archive-file x.tar.zst",
        "run --archive-file y.tar.zst",
    )
    assert [each.builds(A, LIBRARY).selected for each in joined(found)[2:]] == [None, None]
