"""The session `spelling`: its command, its summary, its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Completed
from tasker_ci.sessions.spelling.session import spelling
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext

TYPO = (
    '{"type":"typo","path":"./a.md","line_num":4,"byte_offset":0,"typo":"teh",'
    '"corrections":["the"]}\n'
)
TWO = TYPO.replace('"the"', '"the","ten"')


@pytest.fixture
def there(tmp_path: Path) -> dict[str, str]:
    """An environment where the tool is there."""
    program = tmp_path / "bin" / "typos"
    program.parent.mkdir()
    program.write_text("", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": str(program.parent), "HOME": str(tmp_path), "CI": "true"}


def context(tmp_path: Path, there: dict[str, str], answer: Completed) -> RecordedContext:
    return make_context(tmp_path, environment=there, runner=RecordingRunner({"typos": answer}))


def test_without_a_word_it_is_green(tmp_path: Path, there: dict[str, str]) -> None:
    clean = context(tmp_path, there, Completed())
    outcome = spelling(clean)
    assert (outcome.summary, outcome.data) == ("no misspelled words", {"findings": []})


@pytest.mark.parametrize(
    ("answer", "fix", "correct"),
    [
        (TYPO, False, "tasker-ci spelling --fix"),
        (TWO, False, "Correct them"),
        (TYPO, True, "Correct them"),
    ],
    ids=["fixable", "ambiguous", "fixed"],
)
def test_the_next_step_corrects_what_it_can(
    tmp_path: Path, there: dict[str, str], answer: str, correct: str, *, fix: bool
) -> None:
    bad = context(tmp_path, there, Completed(exit_code=2, stdout=answer))
    with pytest.raises(CommandFailed) as raised:
        spelling(bad, fix=fix)
    assert raised.value.exit_code == 2
    assert raised.value.message.startswith("1 misspelled word, a.md:4: `teh` is misspelled: write")
    assert raised.value.next_step.startswith(correct + "   or name a word that is right in typos")
    assert ("--write-changes" in bad.runner.lines[0]) is fix  # type: ignore[attr-defined]


@pytest.mark.parametrize(("code", "said"), [(78, "unknown key `default.x`"), (1, ""), (2, "")])
def test_a_run_without_an_answer_says_why(
    tmp_path: Path, there: dict[str, str], code: int, said: str
) -> None:
    (tmp_path / "_typos.toml").touch()
    broken = context(tmp_path, there, Completed(exit_code=code, stderr=said))
    with pytest.raises(CommandFailed, match=said or "said nothing") as raised:
        spelling(broken)
    assert raised.value.exit_code == code
