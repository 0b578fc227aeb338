"""Each command of a step as it is written, with what it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foreign_workflows import checkout, runs

from tasker_ci.foreign.written_steps import WrittenStep, written_steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"


def steps(root: Path, text: str, files: Mapping[str, str] | None = None) -> tuple[WrittenStep, ...]:
    here = checkout(root, HEAD + text, files)
    ((run,), _) = runs(here)
    return written_steps(run, here)


def leads(step: WrittenStep) -> list[tuple[str, list[str]]]:
    return [
        (each.command.text, [f"{inner.place}: {inner.text}" for inner in each.leads_to])
        for each in step.commands
    ]


def test_a_recipe_stands_behind_the_command_that_calls_it(tmp_path: Path) -> None:
    makefile = "test:\n\tcargo test\n\tcargo fmt\n"
    (step,) = steps(tmp_path, "      - run: cargo doc && make test\n", {"Makefile": makefile})
    assert leads(step) == [
        ("cargo doc", [".github/workflows/ci.yml:6: cargo doc"]),
        ("make test", ["Makefile:2: cargo test", "Makefile:3: cargo fmt"]),
    ]


def test_each_turn_of_a_loop_is_one_and_a_wrapper_leads_to_the_command(tmp_path: Path) -> None:
    lines = ("for p in a b; do cargo test -p $p; done", "sudo cargo doc")
    script = "".join(f"          {line}\n" for line in lines)
    (step,) = steps(tmp_path, f"      - run: |\n{script}")
    assert [each.command.words[-1] for each in step.commands] == ["a", "b", "doc"]
    assert [inner.words for each in step.commands for inner in each.leads_to] == [
        ("cargo", "test", "-p", "a"),
        ("cargo", "test", "-p", "b"),
        ("cargo", "doc"),
    ]


def test_an_action_of_the_repository_leads_to_what_its_steps_run(tmp_path: Path) -> None:
    action = """\
        runs:
          using: composite
          steps:
            - run: cargo test
              shell: bash
        """
    one, other = steps(
        tmp_path,
        "      - uses: ./act\n      - uses: ./nowhere\n",
        {"act/action.yml": action},
    )
    assert [each.text for each in one.leads_to] == ["cargo test"]
    assert not one.opaque
    assert [each.why for each in other.opaque] == ["there is no action in nowhere"]


def test_a_job_that_nothing_starts_is_read_all_the_same(tmp_path: Path) -> None:
    here = checkout(tmp_path, HEAD.replace("on: push\n", "") + "      - run: cargo test\n")
    ((run,), _) = runs(here)
    assert run.runs is False
    (step,) = written_steps(run, here)
    assert [each.text for each in step.leads_to] == ["cargo test"]
