from dataclasses import replace

import pytest
from foreign_scripts import FilesInMemory, line, script

from tasker_ci.foreign.bash.reading import read_script
from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.runners import (  # noqa: F401 - each is a part of what is tested here
    cargo,
    follower,
    mentions,
    others,
    programs,
    scripts,
    unknown_programs,
    wrappers,
)
from tasker_ci.foreign.runners.following import Following, follow, read_and_follow


def run(text: str, files: dict[str, str] | None = None, **options: object) -> Commands:
    return read_and_follow(script(text, **options), FilesInMemory(files or {}))  # type: ignore[arg-type]


def words(commands: Commands) -> list[str]:
    return [line(each) for each in commands.commands]


WRAPPED = {
    "sudo": ("sudo -E -u me A=1 cargo test", "cargo test"),
    "timeout": ("timeout -k 5 60 cargo test", "cargo test"),
    "xvfb-run": ("xvfb-run -a --server-args='-screen 0' cargo test", "cargo test"),
    "several": ("sudo env A=1 nice -n 5 timeout 5 cargo test", "cargo test"),
    "nix develop": ("nix develop .#ci -c cargo test", "cargo test"),
    "nix develop, long": ("nix develop --command cargo test", "cargo test"),
    "nix-shell": ("nix-shell --run 'cargo test --all'", "cargo test --all"),
    "direnv": ("direnv exec . cargo test", "cargo test"),
    "mise": ("mise exec rust@1.80 -- cargo test", "cargo test"),
    "pixi": ("pixi run cargo test", "cargo test"),
    "rustup run": ("rustup run --install nightly cargo test", "cargo +nightly test"),
    "one that nobody knows": ("with-database --port 5 cargo test", "cargo test"),
    "a plugin by hand": ("with-database cargo-nextest nextest run", "cargo-nextest nextest run"),
    "the name of a tool": (
        "nox -s tools -- --tool cargo-nextest --tool cargo-audit",
        "nox -s tools -- --tool cargo-nextest --tool cargo-audit",
    ),
    "one that looks": ("grep cargo test", "grep cargo test"),
    "an unknown program": ("foo bar", "foo bar"),
}


@pytest.mark.parametrize("case", WRAPPED)
def test_wrappers_are_taken_off(case: str) -> None:
    text, expected = WRAPPED[case]
    found = run(text)
    assert (words(found), found.opaque) == ([expected], ())


SCRIPTS = {
    "by its path": ("./ci/x.sh", {"ci/x.sh": "cargo test"}, ["cargo test"]),
    "by a shell": ("bash -e ci/x.sh a", {"ci/x.sh": "cargo $1"}, ["cargo a"]),
    "in its folder": ("cd ci\n./x.sh", {"ci/x.sh": "cargo test"}, ["cargo test"]),
    "from another script": (
        "./a.sh",
        {"a.sh": "#!/bin/sh\nsh b.sh 1", "b.sh": 'cargo "$1"'},
        ["cargo 1"],
    ),
    "with functions of another": (
        "ci/a.sh",
        {"ci/a.sh": '. "$(dirname $0)/b.sh"\nf test', "ci/b.sh": "f() { cargo $1; }"},
        ["cargo test"],
    ),
    "in a circle": ("./a.sh", {"a.sh": "./b.sh\ncargo 1", "b.sh": "./a.sh"}, ["cargo 1"]),
    "python without cargo": ("python3 x.py", {"x.py": "print(1)"}, []),
    "python that builds": (
        "./x.py",
        {"x.py": "#!/usr/bin/env python3\nrun(['cargo', 'build'])"},
        ["cargo build ?"],
    ),
    "one that is not there": ("./x.sh", {}, ["./x.sh"]),
    "an alias": (
        "cargo t1 --lib",
        {".cargo/config.toml": '[alias]\nt1 = "t2 -q"\nt2 = ["test", "--all"]\ntest = "no"'},
        ["cargo test --all -q --lib"],
    ),
    "an alias of the folder": (
        "cd a\ncargo x",
        {".cargo/config.toml": '[alias]\nx = "1"', "a/.cargo/config": '[alias]\nx = "test"'},
        ["cargo test"],
    ),
    "a program without cargo": (
        "cargo xtask docs",
        {
            ".cargo/config.toml": '[alias]\nxtask = "run -p xtask --"',
            "xtask/Cargo.toml": '[package]\nname = "xtask"',
            "xtask/src/main.rs": '// cargo test\nfn main() { println!("CARGO_HOME"); }',
        },
        ["cargo run -p xtask -- docs"],
    ),
    "a program that builds": (
        "cargo run -p x",
        {
            "x/Cargo.toml": '[package]\nname = "x"',
            "x/src/main.rs": 'fn main() { cmd!(sh, "cargo build --all {f}").run(); }',
        },
        ["cargo run -p x", "cargo build ?"],
    ),
}


@pytest.mark.parametrize("case", SCRIPTS)
def test_what_is_called_is_read(case: str) -> None:
    text, files, expected = SCRIPTS[case]
    found = run(text, files)
    assert words(found) == expected
    assert found.opaque == ()


NIX = "buildRustPackage { doCheck = false; }\n"
OPAQUE = {
    "python": ("python3 ci.py", {"ci.py": "os.system(f'cargo {what}')\n'test'"}),
    "xtask": (
        "cargo run -p x -- ci",
        {
            "x/Cargo.toml": '[package]\nname = "x"',
            "x/src/main.rs": 'fn main() { Command::new("cargo").arg("test"); }',
        },
    ),
    "a built program": (
        "target/debug/x",
        {
            "x/Cargo.toml": '[package]\nname = "x"',
            "x/src/main.rs": 'fn main() { Command::new(env!("CARGO")).arg("test"); }',
        },
    ),
    "a script of an unknown folder": ("cd $X\n./t.sh", {"a/t.sh": "cargo test"}),
    "a script with no fixed name": ("bash $(x)", {}),
    "a program with no fixed name": ("$(x) test", {}),
    "a variable that may be any program": ("CMD=$(x)\n$CMD", {}),
    "a variable that may run tests": ("$(x) run $(y)", {}),
    "a variable with a flag of cargo": ("$(x) --locked $(y)", {}),
    "words of a function": ('f() { "$@"; }\nf $(x)', {}),
    "a script of PowerShell": ("pwsh ci.ps1", {"ci.ps1": "# cargo\n& cargo @flags\n'test'"}),
    "a script that prints what it runs": (
        "python3 ci.py",
        {"ci.py": "print(subprocess.run(['cargo', what]))\n'test'"},
    ),
    "packages of Nix with their tests": (
        "nix build",
        {"flake.nix": "rust", "default.nix": "buildRustPackage { doCheck = true; }"},
    ),
    "one of two packages of Nix": (
        "nix build",
        {"flake.nix": "rust", "default.nix": f"{NIX}buildRustPackage {{ }}"},
    ),
    "checks of Nix": ("nix flake check", {"flake.nix": "rust", "default.nix": NIX}),
}


@pytest.mark.parametrize("case", OPAQUE)
def test_what_cannot_be_read_is_opaque(case: str) -> None:
    text, files = OPAQUE[case]
    assert run(text, files).opaque


@pytest.mark.parametrize(
    "text",
    [
        "$CURL --silent $(x)",
        "CARGO=$(x)\n$CARGO build --release",
        'f() { "$@"; }\nf $(x) clone $(y)',
        'f() { "$@"; }\nf $(x) --format $(y)',
        '"$HOME/.cargo/bin/tool" test',
        "$(x)/debug/client --cases=1",
        'f() { local d=$1; shift; "$@"; }\nf $(x) ls',
        "bash <(curl https://x)",
        "make -C /tmp/x install",
        "${{ needs.a.result == 'success' && needs.b.result == 'success' }}",
    ],
)
def test_what_is_not_known_and_runs_no_tests(text: str) -> None:
    assert run(text, {"Makefile": "install:\n\tcargo test\n"}).opaque == ()


QUIET = {
    "a Rust script that cargo starts": (
        "./help.rs",
        {"help.rs": "#!/usr/bin/env -S cargo -Zscript\nfn main() {}\n// test"},
        [],
    ),
    "a script of PowerShell": (
        "pwsh ci.ps1",
        {"ci.ps1": "# cargo test\ncargo build -p x\nthrow 'cargo failed (test)'\n"},
        ["cargo build ?"],
    ),
    "packages of Nix without tests": (
        "nix build -L",
        {"flake.nix": "/* rust */ cargo = x;", "default.nix": f"# doCheck = true\n${{x}}/*\n{NIX}"},
        [],
    ),
    "components that are called cargo": (
        "install-master abc -c cargo -c rust-src",
        {},
        ["install-master abc -c cargo -c rust-src"],
    ),
    "a linter that an earlier step downloads": ("PROGRAM=$(x)\n$PROGRAM -color", {}, ["x"]),
}


@pytest.mark.parametrize("case", QUIET)
def test_what_names_cargo_and_runs_no_tests(case: str) -> None:
    text, files, expected = QUIET[case]
    found = run(text, files)
    assert found.opaque == ()
    assert [each for each in words(found) if each != "nix build -L"] == expected


def test_a_call_hands_on_where_it_stands() -> None:
    files = {"a.sh": "./b.sh\n", "b.sh": "set -e\n\ncargo test\nls\n"}
    (test,) = run("ls\nask && ./a.sh || true\n", files).commands[1:]
    assert str(test.place) == "b.sh:3"
    assert [str(each) for each in test.trail] == [".github/workflows/ci.yml:2", "a.sh:1"]
    assert (test.exit_code, test.certain) == (ExitCode.IGNORED, False)


def test_what_a_script_installs_later_commands_find() -> None:
    files = {"a.sh": "cargo install cargo-nextest\nrustup default nightly\necho A=1 >> $GITHUB_ENV"}
    found = run("./a.sh\ncargo nextest run", files)
    last = found.commands[-1].around
    assert (last.installed, last.default_toolchain) == ({"cargo-nextest"}, "nightly")
    assert found.after is not None
    assert found.after.variables == {"A": "1"}
    assert found.after.installed == {"cargo-nextest"}


def test_a_script_that_was_read_for_another_leg_has_the_run_of_this_one() -> None:
    files = FilesInMemory({"x.sh": "cargo test"})
    one, other = script("./x.sh\ncd a\ncargo"), script("./x.sh\ncd a\ncargo")
    assert one.around.run is not other.around.run
    for each in (one, other):
        found = read_and_follow(each, files).commands
        assert [line(command) for command in found] == ["cargo test", "cargo"]
        assert all(command.around.run is each.around.run for command in found)


def test_a_tree_of_calls_ends() -> None:
    files = {f"{n}.sh": f"./{n + 1}.sh 1\n./{n + 1}.sh 2\n" for n in range(40)}
    found = run("./0.sh", files)
    assert found.opaque
    assert len(found.commands) < 10_000


def test_the_parts_are_for_one_use_each() -> None:
    read = read_script(script("./x.sh"), FilesInMemory({"x.sh": "cargo test"}))
    files = FilesInMemory({"x.sh": "cargo test"})
    assert follow(read, files) == Following(files).follow(read)
    assert follow(replace(read, commands=()), files).commands == ()
