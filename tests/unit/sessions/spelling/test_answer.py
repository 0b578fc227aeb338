"""What typos prints becomes findings with their places. The lines are those of typos 1.52.0."""

from __future__ import annotations

import pytest

from tasker_ci.errors import ReportError
from tasker_ci.sessions.spelling.answer import TYPO, UNREADABLE, read_answer

BROKEN = "invalid UTF-16LE encoding at byte 7"
ANSWER = """\
{"type":"error","path":"./src/bin.dat","msg":"invalid UTF-16LE encoding at byte 7 in ./src/bin.dat"}
{"type":"typo","path":"./src/lib.rs","line_num":1,"byte_offset":8,"typo":"langauge",\
"corrections":["language"]}
{"type":"typo","path":"./src/lib.rs","line_num":3,"byte_offset":17,"typo":"wich",\
"corrections":["which","witch"]}
{"type":"typo","path":"./src/teh.rs","typo":"teh","corrections":["the"]}
{"type":"typo","path":"./a","line_num":2,"byte_offset":1,"typo":"foo","corrections":[]}
"""


def test_each_word_has_its_place_and_its_correction() -> None:
    findings = read_answer(ANSWER)

    assert [(each.code, each.place, each.told, each.fixable) for each in findings] == [
        (TYPO, "src/lib.rs:1", "`langauge` is misspelled: write `language`", True),
        (TYPO, "src/lib.rs:3", "`wich` is misspelled: write `which` or `witch`", False),
        (TYPO, "src/teh.rs", "`teh` is misspelled in the file's name: write `the`", True),
        (TYPO, "a:2", "`foo` is misspelled", False),
        (
            UNREADABLE,
            "src/bin.dat",
            f"{BROKEN}: exclude it in the configuration of typos: `files.extend-exclude`",
            False,
        ),
    ]


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"type": "typo"}', '{"path": "a"}'])
def test_another_form_is_an_error(text: str) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_answer(text)
