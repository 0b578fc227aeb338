"""What an answer of `git ls-remote` means for pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.project.pinned_tags import read_tags
from tasker_ci.testing import RecordingRunner, make_context
from tasker_ci.workflows.pins import PinnedAction

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = "1" * 40, "2" * 40


def pin(name: str, commit: str) -> PinnedAction:
    return PinnedAction(name=name, version="v1.2.3", commit=commit)


def test_a_peeled_tag_counts_and_parts_of_one_repository_are_asked_once(tmp_path: Path) -> None:
    text = f"{OTHER}\trefs/tags/v1.2.3\n{ONE}\trefs/tags/v1.2.3^{{}}\n"
    runner = RecordingRunner({"git": text})
    context = make_context(tmp_path, runner=runner)

    reading = read_tags(context, [pin("a/b/c", ONE), pin("a/b/d", OTHER)])

    assert reading.verified == ("a/b/c v1.2.3",)
    assert reading.wrong == (f"a/b/d: v1.2.3 is {ONE}, the pin is {OTHER}",)
    assert reading.unread == ()
    (command,) = runner.commands
    assert command.argv[3:] == (
        *("ls-remote", "https://github.com/a/b", "refs/tags/v1.2.3", "refs/tags/v1.2.3^{}"),
    )
    assert str(command.cwd) == tmp_path.anchor


def test_an_answer_without_the_tag_is_wrong(tmp_path: Path) -> None:
    context = make_context(tmp_path, runner=RecordingRunner({"git": ""}))

    assert read_tags(context, [pin("a/b", ONE)]).wrong == ("a/b: a/b has no tag v1.2.3",)
