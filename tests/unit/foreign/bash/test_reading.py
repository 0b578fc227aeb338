from pathlib import PurePosixPath

import pytest
from foreign_scripts import line, lines, read

from tasker_ci.foreign.bash import (  # noqa: F401 - each is a part of what is tested here
    assigning,
    braces,
    builtins,
    compound,
    fate,
    functions,
    installs,
    interpreter,
    lists,
    machine,
    outputs,
    parameters,
    reader,
    redirections,
    script,
    starters,
    state,
    substitutions,
    syntax,
    tests_of_shell,
    unknown,
    words,
)
from tasker_ci.foreign.command import ExitCode

WORDS = {
    "quotes": ("cargo test 'a b' \"c d\" e\\ f $'g\\th'", ["cargo|test|a b|c d|e f|g\th"]),
    "continued": ("cargo test \\\n  --all", ["cargo|test|--all"]),
    "variable": ('A="--lib --tests"\ncargo test $A', ["cargo|test|--lib|--tests"]),
    "quoted variable": ('A="--lib --tests"\ncargo test "$A"', ["cargo|test|--lib --tests"]),
    "empty variable": ('A=\ncargo test $A "$A"', ["cargo|test|"]),
    "unset variable": ("cargo test $A ${B}", ["cargo|test"]),
    "default": ("cargo test ${A:---lib} ${A-x} ${A:+y}", ["cargo|test|--lib|x"]),
    "alternative": ("A=1\ncargo test ${A:---lib} ${A:+y}", ["cargo|test|1|y"]),
    "array": ('F=(a "b c")\nF+=(d)\ncargo "${F[@]}" ${F[0]} ${#F[@]}', ["cargo|a|b c|d|a|3"]),
    "array, joined": ('F=(a b)\ncargo "${F[*]}"', ["cargo|a b"]),
    "braces": ("cargo -p{a,b} {1..3} x{,y}", ["cargo|-pa|-pb|1|2|3|x|xy"]),
    "no braces": ("cargo '{a,b}' {a}", ["cargo|{a,b}|{a}"]),
    "cut": ("A=a/b.rs\ncargo ${A%.rs} ${A##*/} ${A/a/c} ${A^^}", ["cargo|a/b|b.rs|c/b.rs|A/B.RS"]),
    "unknown": ("A=$(date)\ncargo $A", ["date", "cargo|?"]),
    "unknown value of a flag": ("cargo --target=$(x)", ["x", "cargo|--target|?"]),
    "expression": ("cargo test ${{ matrix.x }} --y", ["cargo|test|?|--y"]),
    "expression within quotes": ("cargo test '${{ matrix.x }}' --y", ["cargo|test|?|--y"]),
    "glob": ("cargo fmt crates/*.rs", ["cargo|fmt|crates/*.rs"]),
    "loop": ("for x in a b; do cargo -p $x; done", ["cargo|-p|a", "cargo|-p|b"]),
    "loop over an array": ('F=(a b)\nfor x in "${F[@]}"; do c $x; done', ["c|a", "c|b"]),
    "loop over lines": ("while read -r x; do cargo $x; done < list", ["cargo|?"]),
    "counted": ("for ((i=0;i<3;i++)); do cargo $i; done", ["cargo|?"]),
    "function": ('f() { cargo "$@" -p $1; }\nf test x', ["cargo|test|x|-p|test"]),
    "function that shifts": ('f() { a=$1; shift; cargo $a "$*"; }\nf test x y', ["cargo|test|x y"]),
    "function within itself": ("f() { cargo; f; }", []),
    "local": ("A=1\nf() { local A=2; c $A; }\nf\nc $A", ["c|2", "c|1"]),
    "arguments that are set": ("set -- a b\ncargo $2", ["cargo|b"]),
    "eval": ("A='cargo test'\neval $A -p x", ["cargo|test|-p|x"]),
    "bash -c": ("bash -ec 'cargo test $1' x y", ["cargo|test|y"]),
    "a script on the input": ("bash <<EOF\ncargo test\nEOF", ["cargo|test"]),
    "xargs": ("ls | xargs -n 1 cargo test -p", ["ls", "cargo|test|-p|?"]),
    "xargs -I": ("ls | xargs -I {} cargo test -p {} --lib", ["ls", "cargo|test|-p|?|--lib"]),
    "find": ("find . -exec cargo test {} \\;", ["cargo|test|?"]),
    "command": ("command cargo test", ["cargo|test"]),
    "time": ("time cargo test", ["cargo|test"]),
    "negated": ("! cargo test", ["cargo|test"]),
    "within a word": ('echo "$(cargo test)"', ["cargo|test", "echo|?"]),
    "comment": ("# cargo test\ncargo x # y", ["cargo|x"]),
    "after exit": ("cargo a\nexit 0\ncargo b", ["cargo|a"]),
    "grouped": ("{ cargo a; cargo b; } > log", ["cargo|a", "cargo|b"]),
    "here-document and a pipe": ("cat <<X | tee f\nq\nX", ["cat", "tee|f"]),
    "here-document and more": ("cat <<X && cargo test\nq\nX", ["cat", "cargo|test"]),
    "path of the repository": (
        'cargo x --manifest-path "$GITHUB_WORKSPACE/a/Cargo.toml"',
        ["cargo|x|--manifest-path|a/Cargo.toml"],
    ),
}


@pytest.mark.parametrize("case", WORDS)
def test_words_are_those_that_a_shell_makes(case: str) -> None:
    text, expected = WORDS[case]
    found = read(text)
    assert [
        "|".join("?" if word is None else word for word in command.words)
        for command in found.commands
    ] == expected
    assert found.opaque == ()


BRANCHES = {
    "known": ('if [ "$A" = x ]; then c 1; else c 2; fi', {"A": "x"}, ["c 1"]),
    "known not": ('if [ "$A" = x ]; then c 1; else c 2; fi', {"A": "y"}, ["c 2"]),
    "unknown": ('if [ "$A" = x ]; then c 1; else c 2; fi', {"A": None}, ["c 1 ~", "c 2 ~"]),
    "elif": ('if [ -z "$A" ]; then c 1; elif [[ $A == x* ]]; then c 2; fi', {"A": "xy"}, ["c 2"]),
    "case": ("case $A in x|y) c 1;; *) c 2;; esac", {"A": "y"}, ["c 1"]),
    "case, else": ("case $A in x|y) c 1;; *) c 2;; esac", {"A": "z"}, ["c 2"]),
    "case, unknown": ("case $A in x) c 1;; *) c 2;; esac", {"A": None}, ["c 1 ~", "c 2 ~"]),
    "system": ('[[ "$RUNNER_OS" == "Linux" ]] && c 1', {}, ["c 1"]),
    "other system": ('[[ "$RUNNER_OS" == "Windows" ]] && c 1', {}, []),
    "and": ("c 0 && c 1", {}, ["c 0", "c 1"]),
    "or": ("c 0 || c 1", {}, ["c 0", "c 1 ~"]),
    "asked": ("command -v c && c 1", {}, ["command -v c", "c 1 ~"]),
    "maybe over": ("if ask; then exit 0; fi\nc 1", {}, ["ask", "c 1 ~"]),
    "maybe failed": ("if ask; then exit 1; fi\nc 1", {}, ["ask", "c 1"]),
    "over or failed": ('[ "$A" ] || exit 1\nc 1', {"A": None}, ["c 1"]),
    "value of a branch": ("A=1\nif ask; then A=2; fi\nc $A", {}, ["ask", "c ?"]),
    "maybe another turn": (
        "for x in a b; do ask && continue; c $x; done\nc 1",
        {},
        ["ask", "c a ~", "ask", "c b ~", "c 1"],
    ),
    "break": ("for x in a b; do c $x; break; done\nc 1", {}, ["c a", "c 1"]),
    "exit in a loop over the unknown": ("for x in $(y); do exit; done\nc 1", {}, ["y", "c 1 ~"]),
    "function that returns": ("f() { return 0; c 0; }\nf\nc 1", {}, ["c 1"]),
    "a subshell that ends": ("(exit 0)\nc 1", {}, ["c 1"]),
}


@pytest.mark.parametrize("case", BRANCHES)
def test_branches_follow_what_is_known(case: str) -> None:
    text, variables, expected = BRANCHES[case]
    found = read(text, variables).commands
    assert [line(each) + ("" if each.certain else " ~") for each in found] == expected


ENDS = {
    "alone": ("cargo test", ExitCode.COUNTS),
    "true": ("cargo test || true", ExitCode.IGNORED),
    "echo": ("cargo test || echo failed", ExitCode.IGNORED),
    "exit": ("cargo test || exit 1", ExitCode.COUNTS),
    "noted": ("cargo test || failed=1\nexit $failed", ExitCode.COUNTS),
    "another": ("cargo test || cargo other", ExitCode.DECIDES),
    "condition": ("if cargo test; then echo; fi", ExitCode.DECIDES),
    "and, last": ("cargo test && echo", ExitCode.COUNTS),
    "and, not last": ("cargo test && echo\necho", ExitCode.DECIDES),
    "and-or": ("cargo test && echo || echo", ExitCode.IGNORED),
    "set +e": ("set +e\ncargo test\necho", ExitCode.IGNORED),
    "set +e, last": ("set +e\ncargo test", ExitCode.COUNTS),
    "set +e, looked at": ("set +e\ncargo test\ncode=$?\nexit $code", ExitCode.DECIDES),
    "pipe": ("cargo test | tee log", ExitCode.LOST_IN_PIPE),
    "pipefail": ("set -o pipefail\ncargo test | tee log", ExitCode.COUNTS),
    "euo": ("set -euo pipefail\ncargo test | tee log", ExitCode.COUNTS),
    "background": ("cargo test &\nwait", ExitCode.BACKGROUND),
    "within a subshell": ("(cargo test) || true", ExitCode.IGNORED),
    "within a function": ("f() { cargo test; echo; }\nf || true", ExitCode.IGNORED),
    "output": ("x=$(cargo test)\necho", ExitCode.COUNTS),
    "output of a local": ("export x=$(cargo test)\necho", ExitCode.IGNORED),
}


@pytest.mark.parametrize("case", ENDS)
def test_where_an_exit_code_goes(case: str) -> None:
    text, expected = ENDS[case]
    (found,) = [each for each in read(text).commands if line(each) == "cargo test"]
    assert found.exit_code is expected


WITHOUT_ERREXIT = {
    "noted": ("cargo test || failed=1\nexit $failed", ExitCode.DECIDES),
    "noted for the good": ("cargo test && passed=1\nexit $passed", ExitCode.DECIDES),
    "ended": ("cargo test || exit 1\necho", ExitCode.COUNTS),
    "returned": ("f() { cargo test || return 1; }\nf\necho", ExitCode.DECIDES),
    "asked": ("if ! cargo test; then failed=1; fi\nexit $failed", ExitCode.DECIDES),
    "asked in a function": (
        "f() { if ! (set -x; cargo test); then failed=1; fi; }\nf\nexit $failed",
        ExitCode.DECIDES,
    ),
    "waited for": ("while ! cargo test; do sleep 1; done\necho", ExitCode.DECIDES),
    "its code": ("f() { cargo test; code=$?; }\nf\nexit $code", ExitCode.DECIDES),
    "lost": ("cargo test\necho", ExitCode.IGNORED),
    "lost in a function": ("f() { cargo test; }\nf\necho", ExitCode.IGNORED),
    "true": ("cargo test || true\necho", ExitCode.IGNORED),
}


@pytest.mark.parametrize("case", WITHOUT_ERREXIT)
def test_where_an_exit_code_goes_without_errexit(case: str) -> None:
    text, expected = WITHOUT_ERREXIT[case]
    commands = read(text, exit_on_error=False).commands
    (found,) = [each for each in commands if line(each) == "cargo test"]
    assert found.exit_code is expected


FOLDERS = {
    "cd": ("cd a/b\nc", "a/b"),
    "up": ("cd a/b\ncd ..\nc", "a"),
    "out": ("cd ..\nc", "None"),
    "unknown": ("cd $(x)\nc", "None"),
    "subshell": ("(cd a && x)\nc", "."),
    "pushd": ("pushd a\npopd\nc", "."),
    "back": ("cd a\ncd -\nc", "."),
    "absolute": ("cd a\ncd $GITHUB_WORKSPACE/b\nc", "b"),
    "pwd": ("D=$PWD\ncd a\ncd $D/b\nc", "b"),
    "top": ('cd a\ncd "$(git rev-parse --show-toplevel)"\nc', "."),
    "pipe": ("cd a | x\nc", "."),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_folders_are_followed(case: str) -> None:
    text, expected = FOLDERS[case]
    (found,) = [each for each in read(text).commands if line(each) == "c"]
    assert str(found.around.folder) == expected


@pytest.mark.parametrize(
    "first",
    [
        'cd "$(dirname "$0")/.."',
        'cd "$(dirname "${BASH_SOURCE[0]}")"/..',
        'D=$(cd "$(dirname "$0")" && pwd)\ncd "$D/.."',
        "D=$(realpath $(dirname $0))\ncd $D/..",
        'cd "${0%/*}/.."',
    ],
)
def test_a_script_finds_its_own_folder(first: str) -> None:
    found = read(f"{first}\nc", path="ci/x.sh").commands[-1]
    assert (line(found), str(found.around.folder)) == ("c", ".")


def test_variables_are_those_that_programs_see() -> None:
    found = read("A=1\nexport B=2 A\nC=3\nD=4 c\nunset B\nc", {"E": "5"}).commands
    assert [dict(each.around.variables) for each in found] == [
        {"A": "1", "B": "2", "D": "4", "E": "5"},
        {"A": "1", "E": "5"},
    ]


def test_env_sets_variables_of_the_command() -> None:
    (found,) = read("env -u X A=1 B=$(x) c d").commands[1:]
    assert found.words == ("c", "d")
    assert (found.around.variables["A"], found.around.variables["B"]) == ("1", None)


def test_what_is_left_to_the_next_step() -> None:
    found = read(
        'echo "A=1" >> $GITHUB_ENV\n'
        "cat >> $GITHUB_ENV <<'E'\nB=2\nC<<X\n3\n4\nX\nE\n"
        '{ echo "D=5"; printf "F=%s\\n" 6; } >> "$GITHUB_ENV"\n'
        'echo "G=$(x)" | tee -a $GITHUB_ENV\n'
        "echo name=value >> $GITHUB_OUTPUT\n"
        "rustup default nightly\nrustup component add clippy\n"
        "cargo install --locked cargo-nextest@1\n"
        "cd a\nexport H=1\n"
    )
    assert found.after is not None
    assert found.after.variables == {
        "A": "1",
        "B": "2",
        "C": "3\n4",
        "D": "5",
        "F": "6",
        "G": None,
    }
    assert found.after.folder == PurePosixPath()
    assert found.after.installed == {"clippy", "cargo-nextest"}
    assert found.after.default_toolchain == "nightly"
    assert found.outputs == {"name": "value"}


@pytest.mark.parametrize(
    ("text", "default", "override"),
    [
        ("rustup default 1.80", "1.80", ""),
        ("rustup override set nightly", "", "nightly"),
        ("rustup default $(x)", None, ""),
        ("if ask; then rustup default nightly; fi", None, ""),
        ("curl https://sh.rustup.rs | sh -s -- -y --default-toolchain nightly", "nightly", ""),
        ("(rustup default 1.80)", "1.80", ""),
        ("rustup toolchain install nightly", "", ""),
    ],
)
def test_toolchains(text: str, default: str | None, override: str | None) -> None:
    found = read(text + "\nc").commands[-1].around
    assert (found.default_toolchain, found.override_toolchain) == (default, override)


def test_a_sourced_file_is_read() -> None:
    files = {"ci/lib.sh": 'run() {\n  cargo "$@"\n}\nA=1\n'}
    found = read("source ci/lib.sh\nrun test $A", files=files).commands
    assert [line(each) for each in found] == ["cargo test 1"]
    assert str(found[0].place) == "ci/lib.sh:2"


def test_pipes_redirections_and_input_are_kept() -> None:
    found = read("cargo test 2>&1 > a.txt | tee -a b.txt\ncat > c <<X\nd\nX").commands
    assert found[0].piped_to == (("tee", "-a", "b.txt"),)
    assert found[0].redirected_to == ("a.txt",)
    assert (found[2].redirected_to, found[2].input) == (("c",), "d\n")


def test_only_what_cannot_be_read_is_opaque() -> None:
    found = read("cargo a\nif then cargo test )\n")
    assert found.opaque
    assert found.opaque[0].place.line in {1, 2}
    assert read("echo )\n").opaque == ()


def test_a_circle_ends() -> None:
    found = read("f() { g; }\ng() { f; }\nf\ncargo test")
    assert (found.opaque, lines(found)) == ((), ["cargo test"])


def test_a_circle_that_grows_ends() -> None:
    found = read("f() { f x$1; }\nf\ncargo test")
    assert [str(each) for each in found.opaque]
    assert lines(found) == ["cargo test"]


def test_a_comment_between_the_elements_of_an_array_is_none() -> None:
    text = 'names=(\n  core\n\n  ## the rest\n  store # last\n)\ncargo test -p "${names[@]}"\n'
    assert [each.words for each in read(text).commands] == [
        ("cargo", "test", "-p", "core", "store")
    ]
