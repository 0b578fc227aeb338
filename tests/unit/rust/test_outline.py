"""A file's outline tells the same as the syntax tree of all of it."""

from __future__ import annotations

import random

import pytest

from tasker_ci.rust.entries import read_file, read_whole_file
from tasker_ci.rust.outline import outline_of
from tasker_ci.rust.plain_tokens import plain_tokens
from tasker_ci.rust.tokens import parse

TRAPS = {
    "braces in texts and characters": r"""
fn a() { let x = ("}", '{', b'}', '\'', '"', r"\", br#"}"{"#, c"}", "\"}", '\u{7d}'); }
#[test] fn t() {}
""",
    "lifetimes that look like characters": """
fn a<'a, 'b>(x: &'a str, y: &'b str) -> char { 'outer: loop { break 'outer; } 'c' }
impl<'a> A<'a> { fn f(&'a self) { g::<'a>('}') } }
#[test] fn t() {}
""",
    "comments with braces, quotes and names": """
fn a() { /* } " ' // */ /* /* nested } */ { */ // } " mod x;
}
// mod no; #[test] fn no() {}
/* #[test] fn no() { */
#[test] fn t() {}
""",
    "comments without nesting": """
fn a() { /* } " ' **/ x() /***/ ; /**/ }
/*! inner */ #[test] /* between */ fn t() {}
# /* within */ [test] fn u() {}
#[cfg(x)] // after
// and after
mod y;
""",
    "a macro that makes tests": """
macro_rules! cases { ($($name:ident)*) => { $(#[test] fn $name() { check("a/b"); })* } }
cases! { one two }
macro_rules! made { ($m:ident) => { mod $m; } }
made!(part); made! { other }
""",
    "modules that a macro is given among braces": """
macro_rules! parts { ($m:ident => { $($n:ident),* }) => { mod $m { $(mod $n;)* } } }
parts!(a => { one, two, three, four, five, six });
""",
    "paths and included files": r"""
#[path = "a\\b.rs"] mod one; #[cfg_attr(unix, path = r"c.rs")] mod two;
mod inner { #[path = "deep"] mod one { mod two; } fn nothing() { let much = "to be cut"; } }
include!(concat!(env!("CARGO_MANIFEST_DIR"), "/x.rs"));
include! { "in_braces.rs" }
const A: &str = include_str!{"text.txt"}; static B: &[u8] = include_bytes!["bytes"];
fn late() { let text = include_str!("late.txt"); { more(include_str!("deep.txt")) } }
automod::dir!("tests/all");
""",
    "documentation": """
#![doc = include_str!("../README.md")]
//! ```
//! f("x");
//! ```

/// Words alone.
pub struct S { /// ```
/// g("y");
/// ```
x: u8 }
impl S { /** ~~~
h("z"); } {
~~~ */ pub fn f() { let long = "enough to be left out"; } }
/// before a plain item
pub fn plain() { let long = "enough to be left out"; }
/// ```
/// begins();
#[inline]
/// goes_on();
#[must_use]
/// ends();
/// ```
pub fn among_attributes() {}
#[doc = "```\\nraw()\\n```"] fn by_attribute() {}
""",
    "names": """
fn r#test() { r#mod(); let r#fn = r#"raw } "#; } mod r#type; #[test] fn r#loop() {}
fn größe(ä: Ä) { är"x"; ñb"y" } #[test] fn prüft() { "Ω/ω".len(); 'Ω'; 'é' }
mod größer; mod модуль { #[test] fn тест() { } }
""",
    "imports": """
use proptest::{prelude::{any, test}, strategy};
use rstest::{fixture, rstest};
""",
    "another import": "use a::{long::enough::to::be::cut, but::test as it};\n#[test] fn t() {}",
    "conditions": r"""
cfg_if! { if #[cfg(unix)] { mod a; fn f() { "long enough to be cut" } } else if #[cfg(windows)]
{ mod b; } else { #[test] fn t() {} fn g() { "long enough to be cut" } mod c; } }
cfg_select! { unix => { mod d; fn f() {} } any(windows, x) => { mod e; } _ => { mod f; } }
cfg_select! { unix => { fn f() { "long enough to be cut" } } _ => { mod g; fn h() { 1 } } }
#[cfg(feature = "x")] compile_error!{"no"} #[cfg(all(a, b))] compile_error!("no");
exactly_one_of! { "one", "two", "three, of which the list is long" }
mutually_exclusive::none_or_one_of!("four", "five");
""",
    "expressions among items": """
const A: [B; 2] = [B { x: 1, y: 2, z: "long enough" }, B { x: 1, y: 2, z: "long enough" }];
const F: fn() -> u8 = unsafe { transmute(something) }; pub fn g() -> [u8; { 1 + 1 + 1 + 1 + 1 }] {}
fn h() { if a == (B { x: "long enough to be cut" }) { #[cfg(x)] mod y; } else if c { d } mod z; }
fn i() { let v = unsafe { *p.add(long_enough) } as u32; unsafe { many(things, here) }.call(); }
fn j() { async { many(things, here).await } .await; match x { A { .. } => { 1 } _ => {} } mod w; }
pub(in a::b) unsafe extern "C" fn k() { } extern "C" { fn l(); } trait T { fn m(); fn n() {} }
#[derive(Debug)] #[repr(C)] struct Z { a: u8 } #[derive(Clone)] struct Y { b: u8 } mod last;
fn o() {} pub mod empty {} pub use a::test; pub use test::{}; pub fn include() {} mod after_all;
""",
    "a test within a function": "fn a() { #[test] fn inside() {} }\nfn b() { 'x': }\n",
    "an error elsewhere": "fn a() { #[test] fn inside() {} }\nfn b() { = = ) }\n#[test] fn c() {}",
    "unbalanced": "fn a() { } } #[test] fn t() { {",
    "an open text": '#[test] fn t() {} const A: &str = "never ends }',
    "an open comment": "#[test] fn t() {} /* never ends }",
    "a script": '#!/usr/bin/env run "{"\n#[test] fn t() {}',
    "inner attributes at the top": '#![cfg(test)]\n#![allow(x)]\nfn a() { f("x/y") }',
    "another system's lines": 'fn a() {\r\n  f("x\\\r\n y")\r\n}\r\n#[test]\r\nfn t() {}\r\n',
    "old lines": "// a\r#[test] fn t() {}\rfn b() { long_enough_to_be_cut() }\n",
    "a mark before the text": "\ufefffn a() { long_enough_to_be_cut() }\n#[test] fn t() {}",
    "texts": r"""
fn a() { x.join("a").join("b").join("c/d"); cargo_bin("tool"); y.contains(".."); f(""); }
fn b() { match z { "k" => 1, "long/path" => 2 } env!("CARGO_MANIFEST_DIR").parent(); "q".fmt(f) }
fn c() { "two
lines"; "esc\n\t\"\\\u{e4}\
   joined"; cfg!(feature = "x"); g( /* a comment */ "y/z"); h(ä = "w"); }
""",
}


@pytest.mark.parametrize("code", TRAPS.values(), ids=TRAPS)
def test_traps_are_read_as_from_the_whole_file(code: str) -> None:
    content = code.encode()
    assert read_file(content) == read_whole_file(content)


def test_what_is_no_text_is_read_as_from_the_whole_file() -> None:
    for content in (b"", b"\0", b"fn a() { '\xff' }\n#[test] fn t() {}", b"\xef\xbb\xbf"):
        assert read_file(content) == read_whole_file(content)


ITEMS = (
    "use std::{fmt, io};",
    "pub struct A<'a> { /// x\n a: &'a str, b: u8 }",
    "#[derive(Debug, Clone)]\nenum B { C { d: u8 }, E(F) }",
    'impl G for H { fn i(&self) -> &str { "j/k" } }',
    'fn l() { let m = format!("{}/n {}", o, "p"); if m { q() } else { r("s.rs") } }',
    "#[test]\nfn t() { assert!(u('}', b'\"')); }",
    "#[cfg(test)] mod tests { use super::*; ITEM #[tokio::test] async fn v() { w().await } }",
    '#[cfg(any(unix, feature = "x"))] mod y { ITEM }',
    "mod z;",
    '#[path = "a/b.rs"] pub mod aa;',
    'const AB: &str = include_str!("../ac.txt");',
    "thread_local! { static AD: u8 = { 1 }; ITEM }",
    "proptest! { #[test] fn ae(af in 0..1) { prop_assert!(af < 1); } ITEM }",
    "cfg_if! { if #[cfg(windows)] { ITEM } else { ITEM } }",
    '/// Documented.\n/// ```\n/// ag("ah");\n/// ```\npub fn ai() { aj!{ ak } }',
    "//! al",
    "// mod am; }",
    '/* { " */',
    "const AN: u8 = unsafe { ao };",
    'static AP: &str = r#"#[test] fn aq() { mod ar; }"#;',
    "macro_rules! as_ { ($at:expr) => { { $at } }; () => { fn au() {} } }",
    "trait AV { const AW: u8 = { 1 }; fn ax(); fn ay() { ITEM } }",
    "#[bench] fn az(b: &mut Bencher) { b.iter(|| { ba }) }",
    '#[cfg(feature = "bb")] compile_error!("bc");',
    'unsafe extern "C" { fn bd(); }',
    "fn be() -> impl Fn() { move || { bf } }",
)


def composed(chance: random.Random, depth: int = 0) -> str:
    """Some items, those that have room for more filled with them."""
    items = []
    for _ in range(chance.randrange(1, 5)):
        item = chance.choice(ITEMS)
        while "ITEM" in item:
            item = item.replace("ITEM", composed(chance, depth + 1) if depth < 2 else "", 1)
        items.append(item)
    return "\n" + chance.choice(("\n", "\n\n", " \n")).join(items) + "\n"


@pytest.mark.parametrize("seed", range(8))
def test_composed_files_are_read_as_from_the_whole_file(seed: int) -> None:
    chance = random.Random(seed)
    outlined = 0
    for _ in range(60):
        content = composed(chance).encode()
        outlined += outline_of(content) is not None
        assert read_file(content) == read_whole_file(content), content.decode()
    assert outlined == 60, "each of them has an outline"


def test_bodies_and_comments_without_interest_are_left_out() -> None:
    code = (
        '// a comment\nuse a::b;\n#[derive(Debug)]\nstruct C { d: u8 }\nfn e() {\n    f("g");\n}\n'
        "#[test]\nfn h() { long_enough(); }\n"
    )
    outline = outline_of(code.encode())
    assert outline is not None
    assert outline.code.split() == b"use a::b; #[test] fn h() { }".split()
    assert outline.code.count(b"\n") == code.count("\n"), "lines keep their numbers"
    assert [code[begin:end] for begin, end in outline.literals] == ['"g"']


PLAIN = (
    '#![cfg(unix)] #![allow(a::b, c = "d")] #[cfg(any(x, feature = "y"))] pub mod one;',
    '#[path = "a/b.rs"] pub(in a::b) mod two { use x::{test, y}; #[rstest] async fn t<T>() {} }',
    "#[test]\npub const unsafe fn a(b: &'static u8) -> C<D>\nwhere E: F\n{\n}\nmod z\n;",
    "mod a { use b::test; } #[cfg(x)] impl<T, U> A for B<T, U> { #[test] fn c() {} } mod d;",
    "trait A { type B; #[test] fn c() {} } #[cfg(x)] struct D; mod e;",
    "#[cfg(x)] const A: [&str; 2] = [b, c]; #[cfg(y)] static D: &'static E = f; mod g;",
    '#[cfg(x)] const A: &str = "} b"; #[cfg(y)] extern crate d as e; mod f;',
    '// mod a\n#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn b() {}',
    "#[cfg_attr(unix, test)] fn r#type() {} #[unsafe(no_mangle)] fn a() {} mod r#fn;",
    "#[cfg(x)] enum A { } #[cfg(y)] union B { } #[cfg(z)] trait C: D { } mod e;",
    "#[bench] fn a(b: &mut Bencher) {} #[cfg(x)] type A<'a> = B<'a>; mod c;",
)


@pytest.mark.parametrize("code", PLAIN)
def test_plain_items_are_read_as_from_the_whole_file(code: str) -> None:
    content = code.encode()
    assert read_file(content) == read_whole_file(content)
    outline = outline_of(content)
    assert outline is not None
    assert plain_tokens(outline.code) or "type B" in code, "they need no tree"


@pytest.mark.parametrize(
    "code",
    ["#[a] fn b();", "#[a] macro! { b }", "#[a] use b::include;", "#[a", "#[a] fn b(#[c] d: E) {}",
     '#[a = b"c"] mod d;', "#[a = 1.5] mod d;", "#[a => b] mod d;", "#[] mod d;", "#[a] }",
     "mod a {", "#[a] fn b() { c }", "#[a] /* b */ mod c;", "#[a] struct B { #[c] d: E }",
     '#[doc = r"```"] mod a;', "#[a] const B: C = |d| e;", "#[a] default fn b() {}",
     "#[(a] mod b;", "#[a] trait B { type C; #[d] fn e() {} }", "mod \u00e4;"],
)  # fmt: skip
def test_all_else_is_left_to_the_tree(code: str) -> None:
    assert plain_tokens(code.encode()) is None


@pytest.mark.parametrize("seed", range(4))
def test_composed_plain_items_are_read_as_from_the_whole_file(seed: int) -> None:
    chance = random.Random(seed)
    pieces = sorted({each for code in PLAIN for each in code.split()})
    plain = 0
    for _ in range(300):
        parts = chance.sample(PLAIN, chance.randrange(1, 4))
        if chance.random() < 0.5:  # any words of them, which is seldom Rust
            parts = [*chance.choice(PLAIN).split()]
            parts[chance.randrange(len(parts))] = chance.choice(pieces)
        content = " \n".join(parts).encode()
        if parse(content).has_error:
            continue
        outline = outline_of(content)
        plain += outline is not None and plain_tokens(outline.code) is not None
        assert read_file(content) == read_whole_file(content), content.decode()
    assert plain > 100
