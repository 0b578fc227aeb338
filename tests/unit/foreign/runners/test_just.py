# ruff: noqa: E501 - a case is one line
import pytest
from foreign_scripts import FilesInMemory, line, script

from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.runners import (  # noqa: F401 - each is a part of what is tested here
    just,
    just_bodies,
    just_command_line,
    just_expressions,
    justfile,
)
from tasker_ci.foreign.runners.following import read_and_follow

CASES: dict[str, tuple[str, str, list[str]]] = {
    "recipe": ("just test", "a:\n  cargo a\ntest: a\n  cargo t\n", ["cargo a", "cargo t"]),
    "default": ("just", "a:\n  cargo a\nb:\n  cargo b\n", ["cargo a"]),
    "several": ("just a b", "a:\n  cargo a\nb:\n  cargo b\n", ["cargo a", "cargo b"]),
    "parameters": (
        "just t x",
        "t a b='d' *rest:\n  cargo {{a}} {{ b }} {{rest}}\n",
        ["cargo x d"],
    ),
    "many": ("just t x y z", "t a *rest:\n  cargo {{a}} {{rest}}\n", ["cargo x y z"]),
    "then another": ("just t x u", "t a:\n  cargo {{a}}\nu:\n  cargo u\n", ["cargo x", "cargo u"]),
    "arguments of needs": (
        "just t",
        "v := 'w'\nt: (u 'a' v) && (u \"b\" ('c' + v))\n  cargo t\nu x y:\n  cargo {{x}} {{y}}\n",
        ["cargo a w", "cargo t", "cargo b cw"],
    ),
    "variables": (
        "just t",
        "a := 'x' + b\nb := \"y\" / 'z'\nc := if b == 'y/z' { '1' } else { '2' }\nt:\n  cargo {{a}} {{c}}\n",
        ["cargo xy/z 1"],
    ),
    "given": ("just a=1 t", "a := '2'\nt:\n  cargo {{a}}\n", ["cargo 1"]),
    "set": ("just --set a 1 t", "a := '2'\nt:\n  cargo {{a}}\n", ["cargo 1"]),
    "environment": (
        "export A=1\njust t",
        "t:\n  cargo {{env('A', '2')}} {{env_var_or_default('B', '3')}} $A\n",
        ["cargo 1 3 1"],
    ),
    "backticks": ("just t", "a := `git x`\nt:\n  cargo {{a}}\n", ["cargo ?"]),
    "functions": (
        "just t",
        "t:\n  cargo {{os()}} {{os_family()}} {{arch()}} {{uppercase('a')}} {{quote('b c')}}\n",
        ["cargo linux unix x86_64 A b c"],
    ),
    "quiet": ("just t", "@t:\n  @cargo a\n  -cargo b\n  @-cargo c\n", ["cargo a", "cargo b", "cargo c"]),
    "continued": ("just t", "t:\n  cargo a \\\n    --b\n", ["cargo a --b"]),
    "one script": (
        "just t x",
        "t a:\n  #!/usr/bin/env bash\n  set -e\n  for i in 1 2; do\n    cargo {{a}} $i\n  done\n",
        ["cargo x 1", "cargo x 2"],
    ),
    "script": ("just t", "[script('bash')]\nt:\n  x=1\n  cargo $x\n", ["cargo 1"]),
    "python": ("just t", "t:\n  #!/usr/bin/env python3\n  print(1)\n", []),
    "alias": ("just x", "alias x := t\nt:\n  cargo t\n", ["cargo t"]),
    "systems": ("just t", "[linux]\nt:\n  cargo l\n[windows]\nt:\n  cargo w\n", ["cargo l"]),
    "attributes": ("just t", "[private]\n[group: 'x']\n[doc('y')]\nt:\n  cargo t\n", ["cargo t"]),
    "import": ("just from-x", "import 'x.just'\nimport? 'no.just'\n", ["cargo x"]),
    "module": ("just m t 1", "mod m\n", ["cargo m 1"]),
    "module's recipe": ("just m::t 1", "mod m\n", ["cargo m 1"]),
    "recipe of a folder": ("just m/t 1", "", ["cargo m 1"]),
    "from a folder": ("cd crates/a\njust t", "t:\n  cargo t\n", ["cargo t"]),
    "just within": ("just t", "t:\n  just u 1\nu a:\n  cargo {{a}}\n", ["cargo 1"]),
    "positional": ("just t a", 'set positional-arguments\nt *x:\n  cargo "$@" $1\n', ["cargo a a"]),
    "exported": ("just t a", "export B := 'b'\nt $a:\n  cargo $a $B\n", ["cargo a b"]),
    "braces": ("just t", "t:\n  cargo {{{{x}}\n", ["cargo {{x}}"]),
    "comments": ("just t", "# one\nt: # two\n  # cargo x\n  cargo t\n", ["cargo t"]),
    "long text": ("just t", "a := '''\n  x\n'''\nt:\n  cargo {{a}}\n", ["cargo x"]),
    "list": ("just --list", "t:\n  cargo t\n", []),
    "unknown recipe": ("just no", "t:\n  cargo t\n", []),
    "in a circle": ("just t", "t: u\n  cargo t\nu: t\n  just t\n", ["cargo t"]),
    "conditional": (
        "just t release",
        "t p='dev':\n  cargo b {{ if p == 'release' { '--release' } else { '' } }}\n",
        ["cargo b --release"],
    ),
}  # fmt: skip
MORE = {
    "x.just": "from-x:\n  cargo x\n",
    "m/justfile": "t a:\n  cargo m {{a}}\n",
    "m/mod.just": "t a:\n  cargo m {{a}}\n",
    "crates/a/Cargo.toml": "",
}


def run(text: str, content: str) -> Commands:
    return read_and_follow(script(text), FilesInMemory({"justfile": content, **MORE}))


@pytest.mark.parametrize("case", CASES)
def test_recipes_are_read(case: str) -> None:
    text, content, expected = CASES[case]
    found = run(text, content)
    assert [line(each) for each in found.commands] == expected
    assert found.opaque == ()


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("just $(x)", "t:\n  cargo t\n"),
        ("cd $(x)\njust t", "t:\n  cargo t\n"),
        ("just t", "a := `x`\nt:\n  {{a}} test\n"),
        ("just t", "t:\n  #!/usr/bin/env python3\n  run('cargo ' + 'test')\n"),
    ],
)
def test_what_cannot_be_read_is_opaque(text: str, content: str) -> None:
    assert run(text, content).opaque


@pytest.mark.parametrize(
    ("content", "folder"),
    [
        ("t:\n  cargo t\n", "."),
        ("[no-cd]\nt:\n  cargo t\n", "crates/a"),
        ("[working-directory: 'x']\nt:\n  cargo t\n", "x"),
        ("set working-directory := 'y'\nt:\n  cargo t\n", "y"),
        ("t:\n  cd {{justfile_directory()}}/z && cargo t\n", "z"),
    ],
)
def test_folders_of_recipes(content: str, folder: str) -> None:
    found = run("cd crates/a\njust t", content).commands[-1]
    assert str(found.around.folder) == folder


def test_exit_codes_of_lines() -> None:
    found = run(
        "just t", "set shell := ['bash', '-uc']\n\nt:\n  -cargo a\n  cargo b | tee c\n"
    ).commands
    assert [each.exit_code for each in found] == [
        ExitCode.IGNORED,
        ExitCode.LOST_IN_PIPE,
        ExitCode.COUNTS,
    ]
    assert str(found[0].place) == "justfile:4"
