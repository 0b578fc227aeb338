import pytest
from foreign_scripts import FilesInMemory, line, script

from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.runners import cargo_make  # noqa: F401 - what is tested here
from tasker_ci.foreign.runners.following import read_and_follow

MAKEFILE = """\
extend = "more.toml"

[config]
default_to_workspace = false

[env]
FLAGS = "--all"

[tasks.a]
command = "cargo"
args = ["a", "${FLAGS}", "${@}"]

[tasks.b]
dependencies = ["a"]
script = ["cargo b $FLAGS", "cargo c"]

[tasks.c]
run_task = { name = ["a", "from-more"] }

[tasks.d]
script = '''
#!/usr/bin/env bash
for x in 1 2; do cargo $x; done
'''

[tasks.d.windows]
script = "cargo w"

[tasks.e]
extend = "a"
ignore_errors = true
condition = { env = { X = "y" } }
env = { FLAGS = "--own" }
cwd = "sub"

[tasks.f]
alias = "b"

[tasks.g]
script_runner = "python"
script = "run('cargo ' + x, 'test')"
"""
MORE = '[tasks.from-more]\ncommand = "cargo"\nargs = ["more"]\n'


def run(text: str, makefile: str = MAKEFILE) -> Commands:
    files = {"Makefile.toml": makefile, "more.toml": MORE, "Cargo.toml": "[workspace]\n"}
    return read_and_follow(script(text), FilesInMemory(files))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cargo make a", ["cargo a --all"]),
        ("cargo make --no-workspace -e FLAGS=x a y", ["cargo a x y"]),
        ("makers b", ["cargo a --all", "cargo b --all", "cargo c"]),
        ("cargo make c", ["cargo a --all", "cargo more"]),
        ("cargo make d", ["cargo 1", "cargo 2"]),
        ("cargo make f", ["cargo a --all", "cargo b --all", "cargo c"]),
        ("cargo make nothing", []),
    ],
)
def test_tasks_are_read(text: str, expected: list[str]) -> None:
    found = run(text)
    assert [line(each) for each in found.commands] == expected
    assert found.opaque == ()


@pytest.mark.parametrize("text", ["cargo make test", "cargo make $(x)", "cargo make g"])
def test_what_cannot_be_read_is_opaque(text: str) -> None:
    assert run(text).opaque


def test_a_task_for_each_member_is_opaque() -> None:
    assert run("cargo make a", '[tasks.a]\ncommand = "cargo"').opaque
    assert run("cargo make a", '[tasks.a]\nworkspace = false\nscript = "cargo"').opaque == ()


def test_what_stands_around_a_task() -> None:
    (found,) = run("cargo make e").commands
    assert line(found) == "cargo a --own"
    assert (str(found.around.folder), found.certain) == ("sub", False)
    assert found.exit_code is ExitCode.IGNORED
    assert (
        str(found.place)
        == f"Makefile.toml:{MAKEFILE[: MAKEFILE.index('tasks.e')].count(chr(10)) + 1}"
    )
