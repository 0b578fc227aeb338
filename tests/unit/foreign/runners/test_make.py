# ruff: noqa: E501, ISC004 - a case is one line
import pytest
from foreign_scripts import FilesInMemory, line, script

from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.runners import (  # noqa: F401 - each is a part of what is tested here
    make,
    make_functions,
    makefile,
    paths,
)
from tasker_ci.foreign.runners.following import read_and_follow

CASES: dict[str, tuple[str, str, list[str]]] = {
    "target": ("make test", "build:\n\tcargo b\ntest: build\n\tcargo t\n", ["cargo b", "cargo t"]),
    "default": ("make", ".PHONY: a\na:\n\tcargo a\nb:\n\tcargo b\n", ["cargo a"]),
    "goal": ("make", ".DEFAULT_GOAL := b\na:\n\tcargo a\nb:\n\tcargo b\n", ["cargo b"]),
    "once": ("make a b", "a: c\nb: c\n\tcargo b\nc:\n\tcargo c\n", ["cargo c", "cargo b"]),
    "variables": (
        "make t",
        "A = $(B) x\nB := y\nC ?= z\nA += w\nt:\n\tcargo $(A) ${C} $B\n",
        ["cargo y x w z y"],
    ),
    "command line": ("make t A=1", "A = 2\nA += 3\nB ?= $(A)\nt:\n\tcargo $(B)\n", ["cargo 1"]),
    "environment": ("export A=1\nmake t", "A ?= 2\nt:\n\tcargo $(A) $$A\n", ["cargo 1 1"]),
    "unknown": ("make t A=$(x)", "t:\n\tcargo $(A) y\n", ["x", "cargo ? y"]),
    "jobs": ("make -j$(nproc) -s t", "t:\n\tcargo t\n", ["nproc", "cargo t"]),
    "folder": ("make -C sub t", "", ["cargo sub"]),
    "recursive": ("make t", "t:\n\t$(MAKE) -C sub $@ A=1\n", ["cargo sub 1"]),
    "prefixes": ("make t", "t:\n\t@-cargo t\n\t+cargo u\n", ["cargo t", "cargo u"]),
    "continued": ("make t", "t:\n\tcargo t \\\n\t  --all\n", ["cargo t --all"]),
    "on one line": ("make t", "t: ; cargo t\n", ["cargo t"]),
    "shell's own": ("make t", "t:\n\tfor x in a b; do cargo $$x; done\n", ["cargo a", "cargo b"]),
    "lines apart": ("make t", "t:\n\tcd x\n\tcargo t --manifest-path a\n", ["cargo t --manifest-path a"]),
    "pattern": ("make test-a", "test-%:\n\tcargo -p $* $@\n", ["cargo -p a test-a"]),
    "shortest stem": (
        "make test-ui-a",
        "test-%:\n\tcargo x\ntest-ui-%:\n\tcargo $*\n",
        ["cargo a"],
    ),
    "pattern's needs": ("make t-a", "t-%: b-%\n\tcargo t\nb-%:\n\tcargo $*\n", ["cargo a", "cargo t"]),
    "include": ("make t", "include x.mk\n-include no.mk\nt: from-x\n", ["cargo x"]),
    "ifeq": ("make t A=1", "ifeq ($(A),1)\nB = x\nelse\nB = y\nendif\nt:\n\tcargo $(B)\n", ["cargo x"]),
    "else ifeq": (
        "make t A=2",
        'ifeq "$(A)" "1"\nB=x\nelse ifeq ($(A),2)\nB=y\nelse\nB=z\nendif\nt:\n\tcargo $(B)\n',
        ["cargo y"],
    ),
    "ifdef": ("make t", "ifdef A\nB = x\nendif\nifndef A\nB += y\nendif\nt:\n\tcargo $(B)\n", ["cargo y"]),
    "ifeq in a recipe": (
        "make t",
        "t:\nifeq ($(A),)\n\tcargo 1\nelse\n\tcargo 2\nendif\n\tcargo 3\n",
        ["cargo 1", "cargo 3"],
    ),
    "functions": (
        "make t",
        "P = a b\nt:\n\tcargo $(foreach p,$(P),-p $(p)) $(addprefix x,$(P)) $(P:%=y%)"
        " $(filter-out a,$(P)) $(if $(Q),1,2) $(subst a,c,$(P))\n",
        ["cargo -p a -p b xa xb ya yb b 2 c b"],
    ),
    "call": (
        "make t",
        "define run\ncargo $(1)\ncargo $(2)\nendef\nt:\n\t$(call run,a,b)\n",
        ["cargo a", "cargo b"],
    ),
    "target's own": ("make t", "t: A = x\nt: u\nt:\n\tcargo $(A)\nu:\n\tcargo u\n", ["cargo u", "cargo x"]),
    "made targets": (
        "make all",
        "P = a b\nall: $(addprefix t-,$(P))\n"
        "define one\nt-$(1):\n\tcargo $(1)\nendef\n$(foreach p,$(P),$(eval $(call one,$(p))))\n",
        ["cargo a", "cargo b"],
    ),
    "comment": ("make t", "A = 1 # one\nt: # two\n\tcargo $(A)\n", ["cargo 1"]),
    "dry": ("make -n t", "t:\n\tcargo t\n", []),
    "system": ("make t", "ifeq ($(OS),Windows_NT)\nA=w\nelse\nA=$(shell uname)\nendif\nt:\n\tcargo $(A)\n", ["cargo Linux"]),
    "one shell": ("make t", ".ONESHELL:\nt:\n\tcd sub\n\tmake z\n", ["cargo z"]),
    "own folder": ("make t", "t:\n\tcd $(CURDIR)/sub && make z\n", ["cargo z"]),
    "no such target": ("make no", "t:\n\tcargo t\n", []),
    "in a circle": ("make t", "t: u\n\tcargo t\nu: t\n\tmake t\n", ["cargo t"]),
}  # fmt: skip
MORE = {
    "sub/Makefile": "t:\n\tcargo sub $(A)\nz:\n\tcargo z\n",
    "x.mk": "from-x:\n\tcargo x\n",
}


def run(text: str, content: str) -> Commands:
    return read_and_follow(script(text), FilesInMemory({"Makefile": content, **MORE}))


@pytest.mark.parametrize("case", CASES)
def test_recipes_are_read(case: str) -> None:
    text, content, expected = CASES[case]
    found = run(text, content)
    assert [line(each) for each in found.commands] == expected
    assert found.opaque == ()


OPAQUE = {
    "a target of a variable": ("make $(x)", "t:\n\tcargo t\n"),
    "needs of a variable": ("make t", "t: $(shell ls)\n"),
    "a program of a variable": ("make t", "t:\n\t$(shell ls) test\n"),
    "another shell": ("make t", "SHELL := /usr/bin/python3\nt:\n\tprint(1)\n"),
    "an unknown folder": ("cd $(x)\nmake t", "t:\n\tcargo t\n"),
}


@pytest.mark.parametrize("case", OPAQUE)
def test_what_cannot_be_read_is_opaque(case: str) -> None:
    assert run(*OPAQUE[case]).opaque


def test_what_stands_around_a_recipe() -> None:
    found = run(
        "cd $X\nmake -C $GITHUB_WORKSPACE t A=1",
        "export B = 2\nexport\n.SHELLFLAGS = -euo pipefail -c\n\nt:\n\t-cargo t | tee log\n\tcargo u\n",
    ).commands
    test = found[0]
    assert (str(test.place), [str(each) for each in test.trail]) == (
        "Makefile:6",
        [".github/workflows/ci.yml:2"],
    )
    assert str(test.around.folder) == "."
    assert (test.around.variables["A"], test.around.variables["B"]) == ("1", "2")
    assert (test.exit_code, found[-1].exit_code) == (ExitCode.IGNORED, ExitCode.COUNTS)


def test_a_file_that_is_there_may_need_no_making() -> None:
    (found,) = run("make x.mk", "x.mk:\n\tcargo t\n").commands
    assert not found.certain


def test_endless_variables_end() -> None:
    content = "A = $(B)$(B)\nB = $(A)$(A)\n" + "C = $(call C)\n" + "t:\n\tcargo $(A) $(C)\n"
    assert line(run("make t", content).commands[0]).startswith("cargo")
