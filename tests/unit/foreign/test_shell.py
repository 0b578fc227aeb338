"""The commands of a script: nothing in quotes is an operator, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.foreign.scripts import commands_of
from tasker_ci.foreign.shell import commands
from tasker_ci.foreign.shell_tokens import tokens


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("make", ["make"]),
        ("set -eux\ncd a && make; make test || exit 1\n", ["make", "make test"]),
        ("# only\n\n", []),
        ("echo hello\n", ["echo hello"]),
        ("if [ -f x ]; then\n  make\nfi\n", ["make"]),
        ("if [ -f x ]; then make all; else make b; fi; c", ["make all", "make b", "c"]),
        ("if ! cargo fmt; then exit 1; fi", ["cargo fmt"]),
        ("NAME=value\nNAME=value make\n", ["NAME=value make"]),
        ("a \\\n  b \\\n  c\n", ["a b c"]),
        ("cargo test -- 'a && b; c | d # e' x", ["cargo test -- 'a && b; c | d # e' x"]),
        ('cargo test -- "a && b; c | d # e" && f', ['cargo test -- "a && b; c | d # e"', "f"]),
        (
            'git commit -m "one;\n  two && three"\nmake',
            ['git commit -m "one; two && three"', "make"],
        ),
        ("a 'it'\\''s; x' && b", ["a 'it'\\''s; x'", "b"]),
        ('a "say \\"x && y\\"" && b', ['a "say \\"x && y\\""', "b"]),
        ("a \\; b\\&\\&c; d", ["a \\; b\\&\\&c", "d"]),
        ("a $'x;\\ny' ; b", ["a $'x;\\ny'", "b"]),
        ("curl https://x.y/#z && b # c && d", ["curl https://x.y/#z", "b"]),
        ("a $(b && c; d) && e", ["a $(b && c; d)", "e"]),
        ('a "$(b "x; y" && c)" && e', ['a "$(b "x; y" && c)"', "e"]),
        ("a `b; c` ; d", ["a `b; c`", "d"]),
        ("a ${X:-b;c} ; d", ["a ${X:-b;c}", "d"]),
        ("a $((1 + 2)) && b", ["a $((1 + 2))", "b"]),
        ("((i++))\na", ["a"]),
        ("a ${{ x && 'y;z' || '' }} && b", ["a ${{ x && 'y;z' || '' }}", "b"]),
        ("cat <<EOF > f\na && b; c\nEOF\nd", ["cat <<EOF > f", "d"]),
        ("cat <<-'EOF'\n\ta; b\n\tEOF\nd", ["cat <<-'EOF'", "d"]),
        ("a <<X | b && c\n1; 2\nX\nd", ["a <<X | b", "c", "d"]),
        ("a <<X <<Y\n1\nX\n2; 3\nY\nd", ["a <<X <<Y", "d"]),
        ("a 2>&1 | tee 'x;y'\nb", ["a 2>&1 | tee 'x;y'", "b"]),
        ("a |\n  b\nc", ["a | b", "c"]),
        ("a &&\n  b\nc", ["a", "b", "c"]),
        ("a & b", ["a", "b"]),
        ("(cd x && a); b", ["a", "b"]),
        ("{ a; b; } && c", ["a", "b", "c"]),
        ("f() { a; }\nf", ["a", "f"]),
        ("function f {\n a\n}\nf", ["a", "f"]),
        ("for x in a b; do c $x; done; d", ["c $x", "d"]),
        ("while read x; do a; done < f\nb", ["a", "b"]),
        ("case $x in a|b) c ;; *) d;; esac; e", ["c", "d", "e"]),
        ("[[ a && b || c ]] && d", ["d"]),
        ("x=(1 2 3)\na", ["a"]),
        ("X=$(cargo metadata | jq .a)", ["X=$(cargo metadata | jq .a)"]),
        ('X="$(cargo test)" && b', ['X="$(cargo test)"', "b"]),
        ("rustc --version --verbose\na", ["a"]),
        ("a 'open && b", ["a 'open && b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("time a; ! b", ["time a", "b"]),
        ('test -z "$(git status -s)" || exit 1', ['test -z "$(git status -s)"']),
        ("[ -f a ] && b", ["b"]),
        ("echo $T | docker login; make", ["echo $T | docker login", "make"]),
        ("printf 'y\\n' | cat | ./a.sh; b", ["printf 'y\\n' | cat | ./a.sh", "b"]),
        ("echo x | tee f; make", ["make"]),
    ],
)
def test_a_script_is_read_command_by_command(script: str, found: list[str]) -> None:
    assert list(commands_of(script)) == found


def test_words_are_without_quotes_and_known_to_be_fixed_or_not() -> None:
    script = "A='b c' x \"y z\" 'it'\\''s' >out 2>&1 \"$V\" <<E | tee f\nbody\nE\n"
    (command,) = commands(script)
    assert command.words == ("x", "y z", "it's", "$V")
    assert command.assignments == {"A": "b c"}
    assert (command.fixed, command.written_to) == (False, ("out",))
    assert command.piped_to == (("tee", "f"),)
    (fixed,) = commands("cargo test 'a*' a\\$b '$x'")
    assert (fixed.fixed, fixed.words) == (True, ("cargo", "test", "a*", "a$b", "$x"))
    (pattern,) = commands("cargo test a*")
    assert not pattern.fixed


@pytest.mark.parametrize(
    ("script", "always"),
    [
        ("a; x", True),
        ("a && x", True),
        ("(x)", True),
        ("{ x; }", True),
        ("a || x", False),
        ("a || b && x", False),
        ("! x", False),
        ("x &", False),
        ("if a; then x; fi", False),
        ("if x; then a; fi", False),
        ("for a in b; do x; done", False),
        ("f() { x; }", False),
        ("f()\n{\n x\n}", False),
        ("case a in b) x ;; esac", False),
        ("if a; then b; fi; x", True),
        ("case a in b) c ;; esac; x", True),
        ("f() { a; }; x", True),
    ],
)
def test_a_command_that_may_not_run_is_known(script: str, always: bool) -> None:
    assert next(each.always for each in commands(script) if each.words == ("x",)) is always


@given(st.text(alphabet="ab '\"\\$(){}`;&|<>#\n\t=![]*?-in", max_size=60))
def test_any_text_is_read_to_its_end(script: str) -> None:
    list(commands(script))
    ends = [token.end for token in tokens(script)]
    assert ends == sorted(ends)
