"""Rules about tests, legs and lints: for each the lie, and its honest twin that looks alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewed import CI, findings, steps

from tasker_ci.sessions.review.finding import Grade, Severity
from tasker_ci.sessions.review.rules import (
    bench_unbuilt,
    doctest_unselected,
    ignored_tests,
    leg_without_effect,
    lint_passes,
    lint_scope,
    msrv_unbuilt,
    orphan_file,
    test_only_compiled,
    test_unselected,
    trigger_misses,
    unknown_flag,
    unknown_name,
)

if TYPE_CHECKING:
    from pathlib import Path

ALL = "cargo test --workspace --all-features"
MATRIX = "    strategy:\n      matrix:\n        features: ['fast', 'core/none']\n"


@pytest.mark.parametrize(
    ("commands", "lost"),
    [
        ((ALL,), []),
        (("cargo nextest run --workspace --features store/fast",), []),
        (("cargo test -p core", "cargo test -p store -F fast"), []),
        (("cargo llvm-cov nextest --all-features --workspace",), []),
        (("cd store && cargo test --all-features", "cargo test -p core"), []),
        (("cargo test --workspace",), ["stores"]),
        (("cargo test -p core",), ["stores"]),
        (("cargo test --workspace --exclude core --all-features",), ["adds"]),
        (("cargo test --workspace --all-features -- stores",), []),
        (("cargo build",), ["adds", "stores"]),
    ],
)
def test_a_test_is_lost_that_no_command_selects(
    tmp_path: Path, commands: tuple[str, ...], lost: list[str]
) -> None:
    found = findings(tmp_path, steps(*commands), test_unselected.RULE)
    names = sorted(test.rpartition(" ")[2] for each in found for test in each.tests)
    assert names == lost
    for each in found:
        assert (each.severity, each.grade) == (Severity.ERROR, Grade.CERTAIN)
        assert each.evidence


@pytest.mark.parametrize(
    ("folder", "commands", "lost"),
    [
        ("core/tests/fixtures/new", (ALL,), 0),
        ("testdata/new", (ALL,), 0),
        ("examples/new", (ALL,), 1),
        ("tests/new", (ALL, "cargo test --manifest-path tests/new/Cargo.toml --test none"), 1),
    ],
)
def test_a_workspace_that_other_tests_work_on_is_their_data(
    tmp_path: Path, folder: str, commands: tuple[str, ...], lost: int
) -> None:
    place = folder.replace("/", "__")
    files = {
        f"{place}__Cargo.toml": (
            '[package]\nname = "new"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n'
        ),
        f"{place}__src__lib.rs": "#[test]\nfn works() {}\n",
        f"{place}__tests__none.rs": "",
    }
    found = findings(tmp_path, steps(*commands), test_unselected.RULE, **files)
    assert [each.message for each in found] == ["1 test of new is run by no job."] * lost


def test_the_finding_stands_at_the_command_that_comes_nearest(tmp_path: Path) -> None:
    (found,) = findings(
        tmp_path, steps("cargo test -p core", "cargo test --workspace"), test_unselected.RULE
    )
    assert (found.place.file, found.place.line) == (CI, 9)
    assert found.message == "1 test of store is run by no job."
    assert 'feature = "fast"' in found.evidence[0]


def test_names_of_tests_that_are_not_known_are_of_their_own_package(tmp_path: Path) -> None:
    loop = 'for test_name in $(x); do cargo test -p store -F fast "$test_name"; done'
    found = findings(tmp_path, steps(f"'{loop}'"), test_unselected.RULE)
    assert [test.rpartition(" ")[2] for each in found for test in each.tests] == ["adds"]


def test_nothing_is_claimed_beside_what_cannot_be_read(tmp_path: Path) -> None:
    unread = steps("cargo test -p core", "cargo test -p ${{ secrets.PACKAGE }}")
    assert findings(tmp_path, unread, test_unselected.RULE) == []


@pytest.mark.parametrize(
    ("flags", "lost"), [("", ["stores"]), ("--features fast", []), ("--all-features", [])]
)
def test_a_call_of_an_unknown_folder_runs_only_what_it_would_select_somewhere(
    tmp_path: Path, flags: str, lost: list[str]
) -> None:
    listed = "find . -name Cargo.toml -print0"
    anywhere = f"{listed} | xargs -0 -I {{}} cargo test {flags} --manifest-path {{}}"
    found = findings(tmp_path, steps("cargo test -p core", anywhere), test_unselected.RULE)
    assert [test.rpartition(" ")[2] for each in found for test in each.tests] == lost


def test_a_test_that_jobs_only_compile(tmp_path: Path) -> None:
    checks = "cargo clippy --workspace --all-targets --all-features"
    no_run = "cargo test --workspace --all-features --no-run"
    for command in (checks, no_run):
        (found,) = findings(tmp_path, steps("cargo test -p core", command), test_only_compiled.RULE)
        assert found.tests == ("store/src/lib.rs:4 stores",)
    assert findings(tmp_path, steps(ALL, checks), test_only_compiled.RULE) == []


DOCUMENTED = "/// ```\n/// assert!(true);\n/// ```\npub fn one() {}\n"


@pytest.mark.parametrize(
    ("commands", "lost"),
    [
        (("cargo test --workspace",), False),
        (("cargo nextest run --workspace", "cargo test --doc --workspace"), False),
        (("cargo nextest run --workspace",), True),
        (("cargo test --workspace --all-targets",), True),
        (("cargo test --workspace --lib", "cargo test --doc -p store"), True),
    ],
)
def test_an_example_of_the_documentation_that_no_job_tests(
    tmp_path: Path, commands: tuple[str, ...], lost: bool
) -> None:
    found = findings(
        tmp_path, steps(*commands), doctest_unselected.RULE, **{"core__src__lib.rs": DOCUMENTED}
    )
    assert [str(each.place) for each in found] == (["core/src/lib.rs:1"] if lost else [])


def test_an_example_that_rustdoc_never_sees_is_not_lost(tmp_path: Path) -> None:
    text = "/// ```\n/// run();\n/// ```\n#[cfg({})]\nmacro_rules! shorter {{ () => {{}} }}\n"
    for condition, lost in (("test", 0), ('feature = "fast"', 1)):
        files = {"store__src__lib.rs": text.format(condition)}
        found = findings(
            tmp_path, steps("cargo test --workspace"), doctest_unselected.RULE, **files
        )
        assert len(found) == lost
        assert all('feature = "fast"' in each.evidence[0] for each in found)
        assert all("--all-features" in (each.fix or "") for each in found)


LEGS = "    strategy:\n      matrix:\n        rust: [stable, '1.80']\n"
INSTALL = "rustup toolchain install ${{ matrix.rust }}"


TWIN = """\
  again:
    runs-on: {on}
    {more}
    steps:
      - uses: actions/checkout@v6
      - run: {command}
"""


@pytest.mark.parametrize(
    ("twin", "alike"),
    [
        ({}, True),
        ({"more": "timeout-minutes: 5"}, True),
        ({"command": "cargo test --workspace --all-features -- --nocapture"}, False),
        ({"command": "cargo test --workspace"}, False),
        ({"command": "RUST_LOG=debug cargo test --workspace --all-features"}, False),
        ({"on": "ubuntu-22.04"}, False),
        ({"more": "if: github.ref == 'refs/heads/main'"}, False),
        ({"more": "services: {db: {image: postgres}}"}, False),
        ({"more": "container: rust:1.90"}, False),
        ({"more": "env: {DATABASE: two}"}, False),
        ({"more": "needs: test"}, False),
        ({"command": f"{ALL}\n        if: github.ref == 'refs/heads/main'"}, False),
        ({"command": f"{ALL} || true"}, False),
        ({"command": "cargo test --workspace $(flags)"}, False),
    ],
)
def test_two_jobs_that_do_the_same(twin: dict[str, str], alike: bool, tmp_path: Path) -> None:
    job = TWIN.format(**{"on": "ubuntu-24.04", "more": "name: Again", "command": ALL, **twin})
    found = findings(tmp_path, steps(ALL) + job, leg_without_effect.RULE)
    assert [each.message for each in found] == (
        ["The jobs test and again do the same."] if alike else []
    )


@pytest.mark.parametrize(
    ("action", "alike"),
    [
        (
            "{uses: actions/upload-artifact@v4, with: {name: '${{ matrix.rust }}', path: a}}",
            True,
        ),
        ("{uses: dtolnay/rust-toolchain@master, with: {toolchain: '${{ matrix.rust }}'}}", True),
        ("{uses: actions/cache/save@v4, with: {key: '${{ matrix.rust }}', path: target}}", False),
        ("{uses: someone/deploy@v1, with: {to: '${{ matrix.rust }}'}}", False),
        ("{uses: someone/deploy@v1, if: matrix.rust == 'stable'}", False),
        ("{uses: someone/deploy@v1, with: {to: here}}", True),
    ],
)
def test_what_actions_do_for_a_leg_counts(action: str, alike: bool, tmp_path: Path) -> None:
    workflow = steps(ALL, more=LEGS) + f"      - {action}\n"
    pinned = {"rust-toolchain.toml": '[toolchain]\nchannel = "1.90"\n'}
    found = findings(tmp_path, workflow, leg_without_effect.RULE, **pinned)
    assert bool(found) is alike


def test_two_legs_are_one_where_the_toolchain_file_outranks_them(tmp_path: Path) -> None:
    workflow = steps(INSTALL, "rustup default ${{ matrix.rust }}", ALL, more=LEGS)
    assert findings(tmp_path / "honest", workflow, leg_without_effect.RULE) == []
    pinned = '[toolchain]\nchannel = "1.90"\n'
    (found,) = findings(
        tmp_path / "lie", workflow, leg_without_effect.RULE, **{"rust-toolchain.toml": pinned}
    )
    assert "rust = stable and rust = 1.80" in found.message
    chosen = steps(INSTALL, "cargo +${{ matrix.rust }} test --workspace", more=LEGS)
    twin = findings(
        tmp_path / "twin", chosen, leg_without_effect.RULE, **{"rust-toolchain.toml": pinned}
    )
    assert twin == []


def test_two_legs_are_one_where_a_feature_is_on_anyway(tmp_path: Path) -> None:
    legs = "    strategy:\n      matrix:\n        features: ['', '--features fast']\n"
    workflow = steps("cargo test -p store ${{ matrix.features }}", more=legs)
    assert findings(tmp_path / "honest", workflow, leg_without_effect.RULE) == []
    default = (
        '[package]\nname = "store"\nversion = "0.1.0"\nedition = "2021"\n'
        '[features]\ndefault = ["fast"]\nfast = []\n'
    )
    (found,) = findings(
        tmp_path / "lie", workflow, leg_without_effect.RULE, **{"store__Cargo.toml": default}
    )
    assert found.place.file == CI


def test_legs_of_which_something_is_not_known_are_not_compared(tmp_path: Path) -> None:
    legs = "    strategy:\n      matrix:\n        more: ['', 'fast']\n"
    workflow = steps("cargo test -p store --features ${{ vars.A }},${{ matrix.more }}", more=legs)
    assert findings(tmp_path, workflow, leg_without_effect.RULE) == []
    both = steps("cargo hack check --each-feature --skip '${{ matrix.more }}'", more=legs)
    assert findings(tmp_path / "hack", both, leg_without_effect.RULE) == []


SELF_TESTED = (
    '[package]\nname = "store"\nversion = "0.1.0"\nedition = "2021"\n'
    "[features]\nsha1 = []\nsha256 = []\n"
)
ITSELF = '[dev-dependencies]\nstore = { path = ".", features = ["sha1", "sha256"] }\n'


@pytest.mark.parametrize(
    ("commands", "manifest", "same"),
    [
        (("-p store --features sha1", "-p store --features sha256"), SELF_TESTED + ITSELF, 1),
        (("-p store --features sha1", "-p store --features sha256"), SELF_TESTED, 0),
        (("-p store", "-p store"), SELF_TESTED, 0),
        (("-p store -F sha1", "-p store -F sha1 -- --ignored"), SELF_TESTED + ITSELF, 0),
        (("-p store -F sha1", "-p store -F sha256 --lib"), SELF_TESTED + ITSELF, 0),
        (("-p store -F sha1,sha256", "-p store --all-features"), SELF_TESTED, 0),
        (("-p store --no-default-features", "-p store"), SELF_TESTED, 0),
        (
            ("-p store --no-default-features", "-p store"),
            SELF_TESTED.replace("[features]", '[features]\ndefault = ["sha1"]')
            + ITSELF.replace('["sha1"', '["default", "sha1"'),
            1,
        ),
        (("-p store -F fail/on", "-p store"), SELF_TESTED + "[dependencies]\nfail = '1'\n", 0),
        (("-p store -F sha1", "-p store -F sha256 $(x)"), SELF_TESTED + ITSELF, 0),
    ],
)
def test_two_commands_of_a_job_that_ask_for_other_features(
    tmp_path: Path, commands: tuple[str, ...], manifest: str, same: int
) -> None:
    workflow = steps(*(f"cargo test {each}" for each in commands))
    found = findings(tmp_path, workflow, leg_without_effect.RULE, **{"store__Cargo.toml": manifest})
    assert len(found) == same
    assert all("2 commands of the job test" in each.message for each in found)


def test_legs_with_other_features_of_a_dependency_are_two(tmp_path: Path) -> None:
    legs = "    strategy:\n      matrix:\n        features: [fail/on, fail/off]\n"
    workflow = steps("cargo test -p store --features ${{ matrix.features }}", more=legs)
    manifest = f"{SELF_TESTED}[dependencies]\nfail = '1'\n"
    files = {"store__Cargo.toml": manifest}
    assert findings(tmp_path, workflow, leg_without_effect.RULE, **files) == []


def test_a_file_that_no_target_reaches(tmp_path: Path) -> None:
    orphan = "#[test]\nfn parses() {}\n"
    (found,) = findings(tmp_path, steps(ALL), orphan_file.RULE, **{"core__src__parser.rs": orphan})
    assert str(found.place) == "core/src/parser.rs:2"
    named = {"core__src__lib.rs": "mod parser;\n"}
    assert findings(tmp_path, steps(ALL), orphan_file.RULE, **named) == []


MSRV = '[package]\nname = "core"\nversion = "0.1.0"\nedition = "2021"\nrust-version = "1.75"\n'


@pytest.mark.parametrize(
    ("commands", "unbuilt"),
    [
        ((ALL,), True),
        (("cargo +1.74.0 check",), True),
        (("cargo +1.75.0 check -p store",), True),
        (("cargo +1.75.0 check --workspace",), False),
        (("rustup override set 1.75", "cargo check --workspace"), False),
        (("RUSTUP_TOOLCHAIN=1.75 cargo build --workspace",), False),
        (("cargo hack check --rust-version --workspace",), False),
        (("for each in $(x); do cargo msrv verify --manifest-path $each; done", ALL), False),
    ],
)
def test_a_minimum_version_that_no_job_builds(
    tmp_path: Path, commands: tuple[str, ...], unbuilt: bool
) -> None:
    found = findings(tmp_path, steps(*commands), msrv_unbuilt.RULE, **{"core__Cargo.toml": MSRV})
    assert [str(each.place) for each in found] == (["core/Cargo.toml:5"] if unbuilt else [])


@pytest.mark.parametrize(
    ("command", "more", "unbuilt"),
    [
        ("cargo $(x)", {}, True),
        ("cargo $(x) 1.75", {}, False),
        ("cargo $(x)", {"ci__old.sh": "rustup default 1.75.0"}, False),
        ("cargo $(x)", {"ci__msrv.py": "manifest['rust-version']"}, False),
        ("cargo $(x)", {"ci__new.sh": "rustup default 1.750"}, True),
        ("cargo $(x)", {"site__all.min.js": "1.75," * 50_000}, True),
        ("cargo frobnicate", {}, False),
        ("python3 ci.py", {"ci.py": "run(['cargo'] + words)\n'test'"}, False),
    ],
)
def test_a_minimum_version_that_nothing_names_beside_what_is_not_read(
    tmp_path: Path, command: str, more: dict[str, str], unbuilt: bool
) -> None:
    files = {"core__Cargo.toml": MSRV, **more}
    found = findings(tmp_path, steps(ALL, f"'{command}'"), msrv_unbuilt.RULE, **files)
    assert bool(found) is unbuilt


ROOT = '[workspace]\nresolver = "2"\nmembers = ["core", "store"]\ndefault-members = ["core"]\n'


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        (("cargo clippy",), ["Clippy looks at 1 of 2 packages."]),
        (("cargo clippy --workspace",), []),
        (("cargo clippy", "cargo clippy -p store"), []),
        (("cargo doc --no-deps",), ["The documentation is built of 1 of 2 packages."]),
        (("cargo doc --workspace --no-deps",), []),
        ((ALL,), []),
    ],
)
def test_lints_that_look_at_some_packages_alone(
    tmp_path: Path, commands: tuple[str, ...], said: list[str]
) -> None:
    found = findings(tmp_path, steps(*commands), lint_scope.RULE, **{"Cargo.toml": ROOT})
    assert [each.message for each in found] == said


def test_a_benchmark_that_no_job_compiles(tmp_path: Path) -> None:
    bench = {"core__benches__speed.rs": "fn main() {}\n"}
    (found,) = findings(tmp_path, steps(ALL), bench_unbuilt.RULE, **bench)
    assert found.message == "1 benchmark is compiled by no job: core/speed."
    for command in ("cargo bench --no-run", "cargo clippy --workspace --all-targets"):
        assert findings(tmp_path, steps(command), bench_unbuilt.RULE, **bench) == []
    (doubted,) = findings(tmp_path, steps(ALL, "cargo $(x)"), bench_unbuilt.RULE, **bench)
    assert doubted.grade is Grade.SUSPICION


IGNORED = "#[test]\n#[ignore]\nfn slow() {}\n"


@pytest.mark.parametrize(
    ("commands", "lost"),
    [
        ((ALL,), True),
        ((ALL, f"{ALL} -- --ignored"), False),
        ((f"{ALL} -- --include-ignored",), False),
        (("cargo nextest run --workspace --run-ignored all",), False),
    ],
)
def test_ignored_tests_that_no_job_asks_for(
    tmp_path: Path, commands: tuple[str, ...], lost: bool
) -> None:
    files = {"core__src__lib.rs": IGNORED}
    found = findings(tmp_path, steps(*commands), ignored_tests.RULE, **files)
    assert [each.tests for each in found] == ([("core/src/lib.rs:3 slow",)] if lost else [])
    assert not any(
        "slow" in test
        for each in findings(tmp_path, steps(*commands), test_unselected.RULE, **files)
        for test in each.tests
    )


def test_ignored_tests_beside_what_is_not_read_are_a_suspicion(tmp_path: Path) -> None:
    files = {"core__src__lib.rs": IGNORED}
    (found,) = findings(tmp_path, steps(ALL, "cargo $(x)"), ignored_tests.RULE, **files)
    assert found.grade is Grade.SUSPICION


def test_a_test_that_miri_alone_ignores_is_not_ignored(tmp_path: Path) -> None:
    files = {"core__src__lib.rs": "#[test]\n#[cfg_attr(miri, ignore)]\nfn slow() {}\n"}
    assert findings(tmp_path, steps(ALL), ignored_tests.RULE, **files) == []


@pytest.mark.parametrize(
    ("command", "fix"),
    [
        ("cargo test --doc --all-packages", "Write `--workspace`."),
        ("cargo test --workspace --no-fail-fast", None),
        ("cargo nextest run --workspace --no-fail-fast --profile ci", None),
        ("cargo nextest run --no-fial-fast", "Write `--no-fail-fast`."),
    ],
)
def test_a_flag_that_cargo_refuses(tmp_path: Path, command: str, fix: str | None) -> None:
    found = findings(tmp_path, steps(command), unknown_flag.RULE)
    assert len(found) == (fix is not None)
    assert all((each.fix or "").startswith(fix or "") for each in found)


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("cargo test -p kore", True),
        ("cargo test -p core --test e2e", True),
        ("cargo test -p store --features quick", True),
        ("cargo test -p core", False),
        ("cargo test -p 'co*'", False),
        ("cargo install diesel_cli --features postgres", False),
    ],
)
def test_a_name_that_is_not_there(tmp_path: Path, command: str, refused: bool) -> None:
    assert len(findings(tmp_path, steps(command), unknown_name.RULE)) == refused


def test_hack_leaves_a_package_without_a_version_out_as_private(tmp_path: Path) -> None:
    program = {
        "store__Cargo.toml": '[package]\nname = "store"\nedition = "2021"\n',
        "store__src__lib.rs": None,
        "store__src__main.rs": "fn main() {}\n",
    }
    command = "cargo hack {} test --doc --workspace"
    private = steps(command.format("--no-private"))
    assert findings(tmp_path / "private", private, unknown_name.RULE, **program) == []
    (found,) = findings(tmp_path / "all", steps(command.format("")), unknown_name.RULE, **program)
    assert "no selected package has a library" in found.message


@pytest.mark.parametrize(
    ("lock", "grades"),
    [
        (None, [Grade.SUSPICION]),
        ('[[package]]\nname = "other"\n', [Grade.CERTAIN]),
        ('[[package]]\nname = "serde"\n', []),
    ],
)
def test_a_package_may_be_a_dependency(
    tmp_path: Path, lock: str | None, grades: list[Grade]
) -> None:
    found = findings(
        tmp_path, steps("cargo doc -p serde"), unknown_name.RULE, **{"Cargo.lock": lock}
    )
    assert [each.grade for each in found] == grades


def filtered(*paths: str) -> str:
    listed = "".join(f"      - '{path}'\n" for path in paths)
    start = f"on:\n  pull_request:\n    paths:\n{listed}"
    return steps(ALL).replace("on: [push, pull_request]\n", start)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (("core/**", "store/**"), []),
        (("**.rs",), []),
        (
            ("core/**", "store/**", "rust-toolchain"),
            ["The pattern `rust-toolchain` of `pull_request.paths` fits no file."],
        ),
        (("core/**",), ["No change of the package store starts the jobs that test it."]),
        (
            ("!docs/**",),
            [
                "All patterns of `pull_request.paths` begin with `!`: none fits.",
                "No change of the package core starts the jobs that test it.",
                "No change of the package store starts the jobs that test it.",
            ],
        ),
        (
            ("core/**", "store"),
            [
                "The pattern `store` of `pull_request.paths` fits no file.",
                "No change of the package store starts the jobs that test it.",
            ],
        ),
    ],
)
def test_a_filter_that_misses_what_its_jobs_are_for(
    tmp_path: Path, paths: tuple[str, ...], said: list[str]
) -> None:
    files = {"rust-toolchain.toml": '[toolchain]\nchannel = "stable"\n'}
    found = findings(tmp_path, filtered(*paths), trigger_misses.RULE, **files)
    assert [each.message for each in found] == said


CLIPPY = "cargo clippy --workspace"


@pytest.mark.parametrize(
    ("commands", "files", "said"),
    [
        ((CLIPPY,), {}, ["Warnings of clippy fail no job."]),
        ((f"{CLIPPY} -- -D warnings",), {}, []),
        ((f"{CLIPPY} -- -Dwarnings",), {}, []),
        ((f"{CLIPPY} -- -W clippy::pedantic",), {}, ["Warnings of clippy fail no job."]),
        ((f"RUSTFLAGS='-D warnings' {CLIPPY}",), {}, []),
        ((f"RUSTFLAGS=$(flags) {CLIPPY}",), {}, []),
        ((CLIPPY,), {"core__src__lib.rs": "#![deny(warnings)]\n"}, []),
        ((CLIPPY,), {"core__src__lib.rs": "#![deny(unused, clippy::all)]\n"}, []),
        (
            (CLIPPY,),
            {"core__src__lib.rs": "#![forbid(unsafe_code)]\n"},
            ["Warnings of clippy fail no job."],
        ),
        (
            (CLIPPY,),
            {"core__Cargo.toml": f'{MSRV}[lints.rust]\nunsafe_code = "forbid"\n'},
            ["Warnings of clippy fail no job."],
        ),
        ((CLIPPY,), {"core__Cargo.toml": f'{MSRV}[lints.rust]\nwarnings = "deny"\n'}, []),
        ((CLIPPY,), {"core__Cargo.toml": f'{MSRV}[lints.clippy]\nall = "deny"\n'}, []),
        ((CLIPPY,), {".cargo__config.toml": '[build]\nrustflags = ["-D", "warnings"]\n'}, []),
        (
            (CLIPPY,),
            {".cargo__audit.toml": '[advisories]\nyanked = "deny"\n'},
            ["Warnings of clippy fail no job."],
        ),
        (("cargo fmt --all --check",), {}, []),
        (("cargo fmt --all -- --check",), {}, []),
        (("cargo fmt --all", "git diff --exit-code"), {}, []),
        (
            ("cargo fmt --all",),
            {},
            ["`cargo fmt` without `--check` formats the files of the runner, and passes."],
        ),
    ],
)
def test_lints_whose_findings_fail_nothing(
    tmp_path: Path, commands: tuple[str, ...], files: dict[str, str], said: list[str]
) -> None:
    found = findings(tmp_path, steps(*commands), lint_passes.RULE, **files)
    assert [each.message for each in found] == said


def test_beside_what_is_not_read_a_narrow_lint_is_a_suspicion(tmp_path: Path) -> None:
    workflow = steps("cargo clippy", "cargo $(which_one)")
    (found,) = findings(tmp_path, workflow, lint_scope.RULE, **{"Cargo.toml": ROOT})
    assert found.grade is Grade.SUSPICION
