import time

import pytest
from foreign_scripts import lines, read

DEEP = 3000

SCRIPTS = {
    "subshells": "(" * DEEP + "cargo test" + ")" * DEEP,
    "substitutions": "echo " + "$(echo " * DEEP + ")" * DEEP,
    "defaults": "echo " + "${A:-" * DEEP + "x" + "}" * DEEP,
    "conditions": "if a; then\n" * DEEP + "cargo test\n" + "fi\n" * DEEP,
    "braces": "echo " + "{a,b}" * 40,
    "ranges": "echo {1..999999999}",
    "growing text": "A=xx\nfor i in {1..200}; do A=$A$A; make $A; done",
    "growing array": 'A=(x y)\nfor i in {1..200}; do A+=("${A[@]}"); make; done',
    "loops": "for a in {1..250}; do " * 3 + "make; " + "done; " * 3,
    "functions": "".join(f"f{n}() {{ f{n + 1} a; f{n + 1} b; }}\n" for n in range(60)) + "f0",
    "expressions": "${{ a == " * 5000,
    "a long line": "echo " + "a" * 900_000,
    "too long": "echo a\n" * 200_000,
    "no text": "\0\x01\ufffd",
}


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_script_made_to_hurt_gets_an_answer(case: str) -> None:
    before = time.process_time()
    read(SCRIPTS[case])
    assert time.process_time() - before < 10


def test_what_stands_before_the_depth_is_read() -> None:
    found = read("cargo test\n" + SCRIPTS["subshells"])
    assert lines(found)[:1] == ["cargo test"]
    assert found.opaque
