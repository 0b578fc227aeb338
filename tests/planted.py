"""A workspace with tests that no session runs, planted in every way there is, among decoys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import workspaces

if TYPE_CHECKING:
    from pathlib import Path

FLAVORS = {
    "plain": "#[test]\nfn {name}() {{}}\n",
    "visible": "/// Says what it does.\n#[test]\npub(crate) fn {name}() {{}}\n",
    "ignored": '#[ignore = "slow"]\n#[test]\n#[should_panic]\nfn {name}() {{ panic!() }}\n',
    "tokio": '#[tokio::test(flavor = "multi_thread")]\nasync fn {name}() {{}}\n',
    "sqlx": '#[sqlx::test(migrations = "x")]\nasync fn {name}(pool: PgPool) {{}}\n',
    "rstest": "#[rstest]\n#[case(1, 2)]\nfn {name}(#[case] a: u8, #[case] b: u8) {{}}\n",
    "test_case": '#[test_case(1; "one")]\n#[test_case(2)]\nfn {name}(number: u8) {{}}\n',
    "wasm": "#[wasm_bindgen_test]\nfn {name}() {{}}\n",
    "proptest": "proptest! {{\n    #[test]\n    fn {name}(a in 0..9, b in any::<u8>()) {{}}\n}}\n",
    "within": (
        "#[cfg(test)]\nmod tests {{\n    use super::*;\n    #[test]\n    fn {name}() {{}}\n}}\n"
    ),
    "macro": "macro_rules! cases {{\n    () => {{ #[test] fn {name}() {{}} }};\n}}\ncases!();\n",
    "attribute": '#[cfg_attr(not(target_os = "x"), async_std::test)]\nasync fn {name}() {{}}\n',
}
"""How a test may be written; a file of each is planted for the main ways to lose one."""


@dataclass
class Planted:
    """The files, and what has to be found: the tests of each file, or none for a whole target."""

    files: dict[str, str] = field(default_factory=dict)
    expected: set[tuple[str, str, str]] = field(default_factory=set)
    """Kind, file, name of the test ("" where none is meant)."""

    def add(self, file: str, text: str) -> None:
        """A file that is as it should be."""
        assert file not in self.files, file
        self.files[file] = text

    def lose(self, kind: str, file: str, *names: str, text: str | None = None) -> None:
        """A file that is lost with these tests, all written plainly unless ``text`` is given."""
        if text is None:
            text = "".join(FLAVORS["plain"].format(name=name) for name in names)
        self.add(file, text)
        self.expect(kind, file, *names)

    def lose_each(self, kind: str, pattern: str) -> None:
        """One file for each way to write a test."""
        for flavor, text in FLAVORS.items():
            file = pattern.format(flavor)
            name = f"lost_{flavor}_{len(self.expected)}"
            self.lose(kind, file, name, text=text.format(name=name))

    def expect(self, kind: str, file: str, *names: str) -> None:
        """What has to be found in a file."""
        self.expected |= {(kind, file, name) for name in names or ("",)}

    @property
    def tests(self) -> int:
        """How many tests are planted."""
        return sum(1 for _, _, name in self.expected if name)

    def write(self, folder: Path) -> Path:
        """Write it all."""
        return workspaces.write_files(folder, self.files)


PASSING = FLAVORS["plain"].format(name="passes")
HEAD = "//! A package.\n\n"


def planted() -> Planted:
    """The whole workspace; its features are to be `default`."""
    tree = Planted()
    tree.add(
        "Cargo.toml",
        '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\nexclude = ["excluded", "fuzz"]\n',
    )
    tree.lose("file", "tests/beside_a_virtual_manifest.rs", "nobody_builds_it")
    for part in (_files, _modules, _targets, _conditions, _packages, _documentation, _decoys):
        part(tree)
    return tree


def _files(tree: Planted) -> None:
    """Files that nothing names."""
    tree.add("crates/files/Cargo.toml", workspaces.manifest("files"))
    tree.add("crates/files/src/lib.rs", f"{HEAD}mod used;\n")
    tree.add("crates/files/src/used.rs", PASSING)
    tree.lose_each("file", "crates/files/src/unnamed_{}.rs")
    tree.lose_each("file", "crates/files/tests/sub/{}.rs")
    tree.lose_each("file", "crates/files/tests/deep/er/{}_test.rs")
    tree.lose_each("file", "crates/files/src/folder/{}/mod.rs")
    tree.lose_each("file", "crates/files/benches/support/{}.rs")
    tree.lose("benchmark", "crates/files/benches/support/measured.rs", "lost_measure",
              text="#[bench]\nfn lost_measure(b: &mut Bencher) {}\n")  # fmt: skip
    tree.add("crates/files/src/bin/tool/main.rs", "mod part;\nfn main() {}\n")
    tree.add("crates/files/src/bin/tool/part.rs", PASSING)
    tree.lose_each("file", "crates/files/src/bin/tool/{}.rs")
    tree.add("crates/files/tests/whole/main.rs", "mod named;\n")
    tree.add("crates/files/tests/whole/named.rs", PASSING)
    tree.lose_each("file", "crates/files/tests/whole/{}.rs")
    tree.add(
        "crates/manual/Cargo.toml",
        workspaces.manifest("manual", 'autotests = false\n[[test]]\nname = "kept"\n'),
    )
    tree.add("crates/manual/src/lib.rs", HEAD)
    tree.add("crates/manual/tests/kept.rs", PASSING)
    tree.lose_each("file", "crates/manual/tests/{}.rs")


def _modules(tree: Planted) -> None:
    """Modules that seem to be named."""
    tree.add("crates/modules/Cargo.toml", workspaces.manifest("modules"))
    tree.add(
        "crates/modules/src/lib.rs",
        HEAD
        + "// mod in_a_comment;\n/* mod in_a_block; /* nested */ */\n"
        + '/// mod in_documentation;\npub const A: &str = "mod in_a_string;";\n'
        + 'pub const B: &str = r#"x" mod in_a_raw_string; "#;\n'
        + "pub const C: char = '\"'; // mod after_a_character;\n"
        + '#[path = "elsewhere.rs"]\nmod renamed;\nmod outer;\nmod folder;\n'
        + "mod inline {\n    mod child;\n"
        + '    #[path = "far.rs"]\n    mod by_path;\n    mod deeper { mod leaf; }\n}\n'
        + '#[path = "moved"]\nmod inline_by_path { mod there; }\n'
        + "pub fn function() {\n    fn inner() {}\n    inner();\n"
        + "    #[test]\n    fn never_found() {}\n}\n",
    )
    tree.expect("test", "crates/modules/src/lib.rs", "never_found")
    for name in (
        "in_a_comment", "in_a_block", "in_documentation", "in_a_string", "in_a_raw_string",
        "after_a_character", "renamed", "child", "by_path", "leaf", "there", "inner_of_outer",
    ):  # fmt: skip
        tree.lose("file", f"crates/modules/src/{name}.rs", f"{name}_1", f"{name}_2")
    tree.add("crates/modules/src/elsewhere.rs", f"mod beside_elsewhere;\n{PASSING}")
    tree.add("crates/modules/src/beside_elsewhere.rs", PASSING)
    tree.lose("file", "crates/modules/src/elsewhere/beside_elsewhere.rs", "a_file_by_path_is_mod")
    tree.add(
        "crates/modules/src/outer.rs",
        'mod inner_of_outer;\n#[path = "sibling.rs"]\nmod s;\n'
        'mod block {\n    #[path = "within.rs"]\n    mod w;\n    mod plain;\n}\n',
    )
    tree.add("crates/modules/src/outer/inner_of_outer.rs", PASSING)
    tree.add("crates/modules/src/sibling.rs", PASSING)
    tree.add("crates/modules/src/outer/block/within.rs", PASSING)
    tree.add("crates/modules/src/outer/block/plain.rs", PASSING)
    tree.lose("file", "crates/modules/src/outer/sibling.rs", "a_path_starts_at_the_file")
    tree.lose("file", "crates/modules/src/block/within.rs", "unless_a_module_is_around")
    tree.add("crates/modules/src/folder/mod.rs", "mod part;\n")
    tree.add("crates/modules/src/folder/part.rs", f"mod leaf;\n{PASSING}")
    tree.add("crates/modules/src/folder/part/leaf.rs", PASSING)
    tree.lose("file", "crates/modules/src/folder/leaf.rs", "part_is_no_mod_file")
    tree.add("crates/modules/src/inline/child.rs", PASSING)
    tree.add("crates/modules/src/inline/far.rs", PASSING)
    tree.add("crates/modules/src/inline/deeper/leaf.rs", PASSING)
    tree.add("crates/modules/src/moved/there.rs", PASSING)
    tree.lose("file", "crates/modules/src/lost.rs", "names_another", text=f"mod chained;\n{PASSING}"
              .replace("passes", "names_another"))  # fmt: skip
    tree.lose("file", "crates/modules/src/lost/chained.rs", "reached_by_a_lost_file_alone")


def _targets(tree: Planted) -> None:
    """Targets whose tests are never built."""
    tree.add(
        "crates/targets/Cargo.toml",
        workspaces.manifest(
            "targets",
            "[lib]\ntest = false\ndoctest = false\n"
            '[[bin]]\nname = "untested"\ntest = false\n'
            '[[test]]\nname = "own"\nharness = false\n'
            '[[test]]\nname = "gated"\nrequired-features = ["extra"]\n'
            '[[test]]\nname = "custom"\nharness = false\n'
            '[[bin]]\nname = "gated-bin"\npath = "src/gated_bin.rs"\n'
            'required-features = ["extra"]\n'
            '[[example]]\nname = "gated-example"\npath = "examples/gated_example.rs"\n'
            'required-features = ["extra"]\n'
            "[features]\nextra = []\n",
        ),
    )
    tree.lose("test", "crates/targets/src/lib.rs", "in_an_untested_library")
    tree.lose("test", "crates/targets/src/bin/untested.rs", "in_an_untested_binary",
              text="fn main() {}\n#[test]\nfn in_an_untested_binary() {}\n")  # fmt: skip
    tree.lose("test", "crates/targets/build.rs", "in_a_build_script",
              text="fn main() {}\n#[test]\nfn in_a_build_script() {}\n")  # fmt: skip
    tree.lose("test", "crates/targets/examples/shown.rs", "in_an_example",
              text="fn main() {}\n#[test]\nfn in_an_example() {}\n")  # fmt: skip
    tree.lose("test", "crates/targets/benches/measured.rs", "in_a_benchmark",
              text="fn main() {}\n#[test]\nfn in_a_benchmark() {}\n")  # fmt: skip
    tree.lose("test", "crates/targets/tests/own.rs", "without_a_harness",
              text="fn main() {}\n#[test]\nfn without_a_harness() {}\n")  # fmt: skip
    tree.lose("test", "crates/targets/tests/gated.rs", "behind_a_feature")
    tree.expect("target", "crates/targets/tests/gated.rs")
    tree.lose("test", "crates/targets/src/gated_bin.rs", "in_a_gated_binary",
              text="fn main() {}\n#[test]\nfn in_a_gated_binary() {}\n")  # fmt: skip
    tree.expect("target", "crates/targets/src/gated_bin.rs")
    tree.add("crates/targets/examples/gated_example.rs", "fn main() {}\n")
    tree.expect("target", "crates/targets/examples/gated_example.rs")
    # A framework with a `test` of its own runs without the compiler's harness.
    tree.add(
        "crates/targets/tests/custom.rs",
        "use framework::test;\n#[test]\nfn runs() {}\nfn main() { framework::run() }\n",
    )


def _conditions(tree: Planted) -> None:
    """Modules, files and tests behind a `cfg` that never holds."""
    tree.add(
        "crates/conditions/Cargo.toml",
        workspaces.manifest(
            "conditions", '[features]\ndefault = ["on"]\non = ["implied"]\nimplied = []\noff = []\n'
        ),
    )
    never = {
        "any_of_none": "any()",
        "not_a_test": "not(test)",
        "off": 'feature = "off"',
        "unknown_feature": 'feature = "there-is-none"',
        "off_and_more": 'all(test, feature = "off")',
        "not_on": 'not(feature = "on")',
        "false_alone": "false",
        "windows_and_off": 'all(windows, any(feature = "off", all(unix, feature = "off")))',
        "windows_only": "windows",
        "loom": "loom",
        "target": 'target_arch = "wasm32"',
        "under_miri": "all(test, miri)",
    }
    maybe = {
        "in_tests": "test",
        "on": 'feature = "on"',
        "implied": 'feature = "implied"',
        "any_of": 'any(feature = "off", test)',
        "not_off": 'not(feature = "off")',
        "not_loom": "not(any(loom, miri))",
    }
    library = HEAD
    for name, condition in never.items():
        library += f"#[cfg({condition})]\nmod {name};\n"
        tree.lose("test", f"crates/conditions/src/{name}.rs", f"{name}_1", f"{name}_2")
        library += f"#[cfg({condition})]\n#[test]\nfn directly_{name}() {{}}\n"
        library += f"#[cfg({condition})]\nmod around_{name} {{\n    #[test]\n    fn within_{name}()"
        library += " {}\n}\n"
        tree.expect("test", "crates/conditions/src/lib.rs", f"directly_{name}", f"within_{name}")
        tree.lose("test", f"crates/conditions/tests/{name}.rs", f"whole_{name}",
                  text=f"#![cfg({condition})]\n#[test]\nfn whole_{name}() {{}}\n")  # fmt: skip
    for name, condition in maybe.items():
        library += f"#[cfg({condition})]\nmod {name};\n"
        tree.add(f"crates/conditions/src/{name}.rs", PASSING.replace("passes", f"passes_{name}"))
    library += '#[cfg_attr(feature = "off", test)]\nfn by_an_attribute_that_is_off() {}\n'
    tree.expect("test", "crates/conditions/src/lib.rs", "by_an_attribute_that_is_off")
    tree.add("crates/conditions/src/lib.rs", library)


def _packages(tree: Planted) -> None:
    """Packages that are no members."""
    for folder, more in (("excluded", ""), ("fuzz", "[workspace]\n"), ("stray", "")):
        tree.add(f"{folder}/Cargo.toml", workspaces.manifest(folder, more))
        tree.expect("package", f"{folder}/Cargo.toml")
        tree.lose("file", f"{folder}/src/lib.rs", f"in_{folder}")
        tree.lose("file", f"{folder}/tests/it.rs", f"it_of_{folder}_1", f"it_of_{folder}_2")
    tree.add("forgotten/Cargo.toml", workspaces.manifest("forgotten"))
    tree.add("forgotten/src/lib.rs", "//! Without tests, but nobody left it out on purpose.\n")
    tree.expect("package", "forgotten/Cargo.toml")
    documented = "/// ```\n/// assert!(true);\n/// ```\npub fn f() {}\n"
    for folder, more in (("excluded/shown", ""), ("excluded/hidden", "[lib]\ndoctest = false\n")):
        tree.add(f"{folder}/Cargo.toml", workspaces.manifest(folder.rpartition("/")[2], more))
        tree.add(f"{folder}/src/lib.rs", "mod inner;\n")
        tree.add(f"{folder}/src/inner.rs", documented)
        tree.add(f"{folder}/src/main.rs", f"{documented}fn main() {{}}\n")
    tree.expect("package", "excluded/shown/Cargo.toml")
    tree.expect("doctest", "excluded/shown/src/inner.rs")
    tree.add("excluded/quiet/Cargo.toml", workspaces.manifest("quiet"))
    tree.add("excluded/quiet/src/lib.rs", "//! Left out, and without tests.\n")


def _documentation(tree: Planted) -> None:
    """Examples in documentation that rustdoc never sees."""
    fence = "/// ```\n/// assert_eq!(1 + 1, 2);\n/// ```\n"
    tree.add(
        "crates/documented/Cargo.toml", workspaces.manifest("documented", "[features]\noff = []\n")
    )
    tree.add(
        "crates/documented/src/lib.rs",
        f'{HEAD}#[cfg(feature = "off")]\nmod off;\n{fence}pub fn seen() {{}}\n'
        "/// ```text\n/// no code\n/// ```\n/// ```ignore\n/// left_out();\n/// ```\n"
        "pub fn other() {}\n",
    )
    tree.lose("doctest", "crates/documented/src/off.rs", text=f"{fence}pub fn unseen() {{}}\n")
    tree.lose("doctest", "crates/documented/src/unnamed.rs", text=f"{fence}pub fn unseen() {{}}\n")
    tree.lose("doctest", "crates/documented/src/main.rs",
              text=f"{fence}fn unseen() {{}}\nfn main() {{}}\n")  # fmt: skip
    tree.lose("doctest", "crates/documented/tests/helps.rs",
              text=f"/** Says.\n * ```rust\n * f();\n * ```\n */\nfn unseen() {{}}\n{PASSING}",
              )  # fmt: skip
    tree.add(
        "crates/documented/src/bin/shell.rs",
        "//! Call it:\n//! ```\n//! shell --help\n//! ```\n//! ```sh\n//! x\n//! ```\n"
        "fn main() {}\n",
    )
    kinds = (("undocumented", "doctest = false"), ("foreign", 'crate-type = ["cdylib"]'))
    for name, more in kinds:
        tree.add(f"crates/{name}/Cargo.toml", workspaces.manifest(name, f"[lib]\n{more}\n"))
        tree.lose("doctest", f"crates/{name}/src/lib.rs", text=f"{fence}pub fn unseen() {{}}\n")


def _decoys(tree: Planted) -> None:
    """What looks lost and is not."""
    folder = "crates/decoys"
    tree.add(f"{folder}/Cargo.toml", workspaces.manifest("decoys"))
    tree.add(f"{folder}/build.rs", "fn main() {}\n")
    tree.add(
        f"{folder}/src/lib.rs",
        HEAD
        + '#[cfg_attr(windows, path = "on_windows.rs")]\n#[cfg_attr(unix, path = "on_unix.rs")]\n'
        + "mod platform;\nmod r#try;\n"
        + "cfg_if::cfg_if! {\n    if #[cfg(unix)] {\n        mod first;\n"
        + "    } else {\n        pub(crate) mod second;\n    }\n}\n"
        + 'include!(concat!(env!("OUT_DIR"), "/made.rs"));\n'
        + 'include!("included.rs");\n'
        + 'include!(concat!(env!("CARGO_MANIFEST_DIR"), "/parts/p.rs"));\n'
        + 'pub const TEMPLATE: &str = include_str!("template.rs");\n'
        + '#[doc = include_str!("shown.rs")]\npub fn shown() {}\n'
        + '#[macro_use]\n#[path = "macros/root.rs"]\nmod macros;\nroot!();\n'
        + "declare! { mod by_macro; }\n#[cfg(test)]\nmod tests;\n"
        + '#[cfg(test)]\n#[path = "lib_tests.rs"]\nmod more_tests;\n',
    )
    for name in (
        "on_unix", "try", "first", "template", "shown", "by_macro", "lib_tests",
    ):  # fmt: skip
        tree.add(f"{folder}/src/{name}.rs", PASSING)
    for name in ("on_windows", "second"):  # for other systems than the one of this test
        tree.lose("test", f"{folder}/src/{name}.rs", "passes", text=PASSING)
    tree.add(f"{folder}/src/macros/root.rs", "macro_rules! root { () => { mod called; }; }\n")
    tree.add(f"{folder}/src/called.rs", PASSING)
    tree.add(f"{folder}/src/included.rs", f"mod beside_included;\n{PASSING}")
    tree.add(f"{folder}/src/beside_included.rs", PASSING)
    tree.add(f"{folder}/src/tests/mod.rs", f"mod unit;\n{PASSING}")
    tree.add(f"{folder}/src/tests/unit.rs", PASSING)
    tree.add(f"{folder}/parts/p.rs", PASSING)
    tree.add(f"{folder}/src/unused.rs", '// #[test]\nconst T: &str = "#[test] fn x() {}";\n')
    tree.add(
        f"{folder}/tests/compile.rs",
        '#[test]\nfn ui() {\n    trybuild::TestCases::new().compile_fail("tests/shapes/*.rs");\n'
        '    run("tests/programs");\n    one("tests/single/case.rs");\n}\n',
    )
    for file in (
        "ui/case.rs", "ui/deeper/case.rs", "ui-toml/case.rs", "compile-fail/case.rs",
        "run_pass/case.rs", "trybuild/case.rs", "shapes/round.rs", "programs/p/main_part.rs",
        "single/case.rs", "fixtures/project/src/lib.rs", "test-data/x.rs",
    ):  # fmt: skip
        tree.add(f"{folder}/tests/{file}", PASSING)
    tree.add(f"{folder}/tests/expected/case.rs", PASSING)
    tree.add(f"{folder}/tests/expected/case.stderr", "error\n")
    tree.add(f"{folder}/tests/fixtures/project/Cargo.toml", workspaces.manifest("fixture"))
    tree.add(f"{folder}/tests/package/Cargo.toml", workspaces.manifest("built-by-a-test"))
    tree.add(f"{folder}/tests/package/src/lib.rs", PASSING)
    tree.add(
        f"{folder}/tests/regression.rs",
        'mod regression {\n    automod::dir!("tests/regression");\n}\n',
    )
    tree.add(f"{folder}/tests/regression/issue1.rs", PASSING)
    tree.add(f"{folder}/tests/regression/issue2.rs", PASSING)
    tree.add(f"{folder}/tests/common/mod.rs", PASSING)
    tree.add(f"{folder}/tests/uses_common.rs", f"mod common;\n{PASSING}")
    tree.add(f"{folder}/tests/parent.rs", "mod child;\n")
    tree.add(f"{folder}/tests/child.rs", PASSING)
    tree.add(f"{folder}/src/bin/one/main.rs", "mod helper;\nfn main() {}\n")
    tree.add(f"{folder}/src/bin/one/helper.rs", PASSING)
    tree.add("vendor/copied/Cargo.toml", workspaces.manifest("copied"))
    tree.add("vendor/copied/.cargo-checksum.json", "{}\n")
    tree.add("vendor/copied/src/lib.rs", PASSING)
    tree.add("vendor/copied/tests/sub/case.rs", PASSING)
    tree.add("target/debug/build/x/out/made.rs", PASSING)
    tree.add(".hidden/made.rs", PASSING)
