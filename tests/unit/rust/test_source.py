"""What a Rust file declares, as the compiler would see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rust_workspaces import read_source

from tasker_ci.rust.texts import read_texts

if TYPE_CHECKING:
    from tasker_ci.rust.declarations import SourceFile


def read(text: str) -> SourceFile:
    return read_source(text.encode())


def names_of(text: str) -> list[str]:
    return [test.name for test in read(text).tests]


@pytest.mark.parametrize(
    "text",
    [
        "#[test]\nfn t() {}",
        '#[test]\n#[ignore]\npub(crate) async unsafe extern "C" fn t() {}',
        "#[cfg(test)] mod tests { #[test] fn t() {} }",
        "#[::core::prelude::v1::test] fn t() {}",
        "#[tokio::test(start_paused = true)] async fn t() {}",
        "#[sqlx::test] async fn t(pool: PgPool) -> sqlx::Result<()> { Ok(()) }",
        "#[rstest] fn t(#[case] a: u8, #[values(1, 2)] b: u8) {}",
        '#[test_case(1; "a, b")]\n/// between\nfn t(a: u8) {}',
        "#[wasm_bindgen_test] fn t() {}",
        "#[cfg_attr(miri, ignore)] #[cfg_attr(not(miri), test_log::test)] fn t() {}",
        "proptest! { #![proptest_config(c())] #[test] fn t(a in 0..1u8) { assert!(a < 1) } }",
        "macro_rules! m { () => { #[test] fn t() {} } }",
        "#[apply(test!)] async fn t() {}",
        "#[test] // why\n/* and */ fn t() {}",
        "#[r#test] fn other() {} #[test] fn t() {}",
        "fn broken( { }\n#[test] fn t() {}",
    ],
)  # fmt: skip
def test_a_test_is_one_however_it_is_written(text: str) -> None:
    assert "t" in names_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "// #[test]\nfn t() {}",
        "/* #[test] /* */ fn t() {} */",
        'const T: &str = "#[test] fn t() {}";',
        'const T: &str = r##"\n#[test]\nfn t() {}\n"##;',
        "/// #[test]\nfn t() {}",
        "#[cfg(test)]\nfn t() {}",
        "#[tokio::main]\nfn t() {}",
        "#[test_with::env(X)]\nfn t() {}",
        "#[allow(test)]\nfn t() {}",
        "#[derive(Test)]\nstruct T;\nfn t() {}",
        "#[test]\nstruct T;\nfn t() {}",
    ],
)
def test_what_only_looks_like_a_test_is_none(text: str) -> None:
    assert names_of(text) == []


def test_a_benchmark_is_known_as_one_and_is_no_test() -> None:
    text = "#[bench]\nfn a() {}\n#[divan::bench(args = [1])]\nfn b() {}\n#[test]\nfn c() {}\n"
    source = read_source(text.encode())
    assert [each.name for each in source.benchmarks] == ["a", "b"]
    assert [each.name for each in source.tests] == ["c"]


def test_attributes_of_your_own_can_be_named() -> None:
    content = b"#[crate::scenario] fn t() {}"
    assert [t.name for t in read_source(content, ("scenario",)).tests] == ["t"]


def test_where_a_test_stands_and_under_what_conditions() -> None:
    source = read(
        '#![cfg(unix)]\n#[cfg(feature = "a")]\nmod m {\n    #![cfg(b)]\n'
        "    #[cfg(c)]\n    #[test]\n    fn t() {}\n}\n#[test]\nfn u() {}\n"
    )
    t, u = source.tests
    assert (t.line, u.line) == (7, 10)
    assert [str(each) for each in t.conditions] == ["unix", 'feature = "a"', "b", "c"]
    assert [str(each) for each in u.conditions] == ["unix"]
    assert [str(each) for each in source.conditions] == ["unix"]


def test_a_test_within_a_function_is_known_as_such() -> None:
    source = read("fn outer(a: u8, b: u8) { #[test] fn t() {} mod m { #[test] fn u() {} } }")
    assert [(test.name, test.inside) for test in source.tests] == [("t", "outer"), ("u", "outer")]


def test_what_a_macro_makes_of_it_is_not_within_a_function() -> None:
    source = read("fn outer() -> TokenStream { quote! { #[test] fn t() {} } }")
    assert [(test.name, test.inside) for test in source.tests] == [("t", None)]


def modules_of(text: str) -> list[tuple[str, tuple[str, ...], bool, tuple[str, ...]]]:
    return [
        (each.name, each.paths, each.only_paths, tuple(level.name for level in each.levels))
        for each in read(text).modules
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mod a;", ("a", (), False, ())),
        ("pub(in crate::x) mod a ;", ("a", (), False, ())),
        ("#[macro_use]\nmod r#try;", ("try", (), False, ())),
        ('#[path = "b/c.rs"]\nmod a;', ("a", ("b/c.rs",), True, ())),
        ('#[path = r#"b"c.rs"#] mod a;', ("a", ('b"c.rs',), True, ())),
        ('#[cfg_attr(unix, path = "u.rs")] mod a;', ("a", ("u.rs",), False, ())),
        ("mod x { pub mod y { mod a; } }", ("a", (), False, ("x", "y"))),
        ("cfg_if! { if #[cfg(unix)] { mod a; } else { } }", ("a", (), False, ())),
        ('fn f() { #[path = "p.rs"] mod a; }', ("a", ("p.rs",), True, ())),
        ("macro_rules! m { () => { mod a; } }", ("a", (), False, ())),
        ("/* mod b; */ mod a; // mod c;", ("a", (), False, ())),
    ],
)  # fmt: skip
def test_a_module_is_found_with_its_path(
    text: str, expected: tuple[str, tuple[str, ...], bool, tuple[str, ...]]
) -> None:
    assert modules_of(text) == [expected]


@pytest.mark.parametrize(
    "text",
    ["mod a {}", "mod a { fn f() {} }", "// mod a;", 'const A: &str = "mod a;";', "mod $name;",
     "use crate::mod_a;", "/// mod a;\nfn f() {}", "fn model() {}"],
)  # fmt: skip
def test_what_is_no_file_of_its_own(text: str) -> None:
    assert modules_of(text) == []


def test_a_branch_of_cfg_if_has_its_condition() -> None:
    (module,) = read("cfg_if::cfg_if! { if #[cfg(any())] { mod a; } }").modules
    assert [str(each) for each in module.conditions] == ["any()"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('include!("a.rs");', ("include", "a.rs", False)),
        ('const A: &str = include_str!("a/b.sql");', ("include_str", "a/b.sql", False)),
        ('#![doc = include_str!("../README.md")]', ("include_str", "../README.md", False)),
        (
            'include!(concat!(env!("CARGO_MANIFEST_DIR"), "/x", "/a.rs"));',
            ("include", "x/a.rs", True),
        ),
        ('automod::dir!("tests/all");', ("automod::dir", "tests/all", True)),
        ('fn f() { let a = include_bytes!("a.bin"); }', ("include_bytes", "a.bin", False)),
    ],
)  # fmt: skip
def test_an_included_file(text: str, expected: tuple[str, str, bool]) -> None:
    (include,) = read(text).includes
    assert (include.macro, include.path, include.from_manifest) == expected


@pytest.mark.parametrize(
    "text",
    ['include!(concat!(env!("OUT_DIR"), "/a.rs"));', 'include!(concat!(env!("X"), "/a.rs"));',
     'include_str!(env!("FILE"));', "fn include_str() {}", 'dir!("x");'],
)  # fmt: skip
def test_what_is_known_only_once_it_is_built(text: str) -> None:
    assert read(text).includes == ()


def examples_of(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.code.strip()) for each in read(text).examples]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/// ```\n/// a();\n/// ```\nfn f() {}", [(1, "a();")]),
        ("//! Text.\n//!\n//! ```rust,no_run\n//! a();\n//! ```\n", [(3, "a();")]),
        ("/**\n * ~~~should_panic\n * a();\n * ~~~\n */\nfn f() {}", [(2, "a();")]),
        ("/** x\n\n```compile_fail,E0277\na();\n```\n*/\nfn f() {}", [(3, "a();")]),
        ("mod m {\n    /// ```\n    /// a();\n    /// ```\n    fn f() {}\n}", [(2, "a();")]),
        ("/// ```text\n/// a\n/// ```\nfn f() {}", []),
        ("/// ```ignore\n/// a();\n/// ```\nfn f() {}", []),
        ("/// ```sh\n/// a\n/// ```\nfn f() {}", []),
        ("// ```\n// a();\n// ```\nfn f() {}", []),
        ("//// ```\n//// a();\n//// ```\nfn f() {}", []),
        ("/// ```\n/// ```\nfn f() {}", []),
    ],
)
def test_an_example_in_documentation(text: str, expected: list[tuple[int, str]]) -> None:
    assert examples_of(text) == expected


def test_an_example_has_the_conditions_of_its_item_and_not_of_the_next() -> None:
    fence = "```\n{0} a();\n{0} ```\n"
    source = read(
        f"//! {fence.format('//!')}/// {fence.format('///')}#[cfg(x)]\nfn f() {{}}\n"
        f"/// {fence.format('///')}fn g() {{}}\n"
    )
    conditions = sorted([str(c) for c in each.conditions] for each in source.examples)
    assert conditions == [[], [], ["x"]]


def test_the_texts_of_a_file_with_their_lines() -> None:
    texts = read_texts(b'const A: &str = "a\\n\\"b";\nm!(r#"c"d"#, x::<"e">);\n// "no"\n')
    assert [(text.value, text.line) for text in texts] == [('a\n"b', 1), ('c"d', 2), ("e", 2)]


@given(st.text(max_size=200))
def test_no_text_is_an_error(text: str) -> None:
    read(text)


@given(st.lists(st.sampled_from(
    ["#[test]", "fn a()", "{", "}", "mod b;", "mod c {", '"', "'", "//", "/*", "*/", 'r#"', "#",
     "!", "[", "]", "(", ")", "include!", "\n", ";", "///", "```", "cfg_attr(", 'path = "x"']
), max_size=40).map(" ".join))  # fmt: skip
def test_nor_is_anything_that_is_half_written(text: str) -> None:
    read(text)


def conditions_of(text: str) -> dict[str, list[str]]:
    return {test.name: [str(each) for each in test.conditions] for test in read(text).tests}


class TestConditionsWithinMacros:
    """Macros have no syntax tree: what an attribute belongs to is read from the braces."""

    def test_the_condition_of_one_item_is_not_that_of_the_next(self) -> None:
        text = (
            "m! { #[cfg(a)] #[test] fn one() {} #[cfg(b)] #[test] fn two() {} #[test] fn c() {} }"
        )
        assert conditions_of(text) == {"one": ["a"], "two": ["b"], "c": []}
        text = "#[cfg(a)] m! { fn f() {} }\n#[test] fn one() {}\n"
        assert conditions_of(text) == {"one": []}

    def test_an_else_of_cfg_if_excludes_what_stands_before_it(self) -> None:
        text = (
            "cfg_if::cfg_if! { if #[cfg(a)] { #[test] fn one() {} }"
            " else if #[cfg(any(b, c))] { fn nothing() {} } else { #[test] fn other() {} } }"
            "#[test] fn after() { if x { y() } else { z() } }"
        )
        assert conditions_of(text) == {
            "one": ["a"],
            "other": ["not(a)", "not(any(b, c))"],
            "after": [],
        }

    def test_an_arm_of_cfg_select_excludes_those_after_it(self) -> None:
        text = (
            "std::cfg_select! { a => { #[test] fn one() {} }, "
            'all(b, feature = "x") => { fn nothing() {} } '
            'target_os = "y" => { #[test] fn three() {} } _ => { #[test] fn other() {} } }\n'
            "#[test] fn after() { match a { b => { c() } _ => {} } }"
        )
        assert conditions_of(text) == {
            "one": ["a"],
            "three": ['target_os = "y"', "not(a)", 'not(all(b, feature = "x"))'],
            "other": ["not(a)", 'not(all(b, feature = "x"))', 'not(target_os = "y")'],
            "after": [],
        }

    def test_a_function_that_a_macro_names(self) -> None:
        text = "macro_rules! m { ($n:ident) => { #[cfg(a)] #[test] fn $n() {} }; }"
        assert conditions_of(text) == {"$n": ["a"]}


def test_two_attributes_that_may_make_a_test_are_two_ways() -> None:
    text = "#[cfg_attr(a, test)] #[cfg_attr(all(b, c), other::test)] fn t() {}"
    assert conditions_of(text) == {"t": ["any(all(a), all(all(b, c)))"]}
    assert conditions_of("#[cfg_attr(a, test)] #[test] fn t() {}") == {"t": []}


def test_errors_that_the_code_itself_makes_have_their_conditions() -> None:
    text = (
        '#[cfg(all(feature = "a", feature = "b"))] compile_error!("x");\n'
        'mod m { #[cfg(c)] fn f() { ::core::compile_error!("y") } }\n'
        'macro_rules! wrong { (bad) => { compile_error!("use") }; }\n'
        'none_or_one_of!("a", "b", "c");\n'
    )
    refusals = [" ".join(map(str, each)) for each in read(text).refusals]
    assert refusals == [
        'all(feature = "a", feature = "b")',
        "c",
        *(
            f'all(feature = "{one}", feature = "{two}")'
            for one, two in (("a", "b"), ("a", "c"), ("b", "c"))
        ),
    ]
