"""What rustdoc says of times, by package."""

from __future__ import annotations

from tasker_ci.reports.doctest_times import doctest_seconds

FOLDERS = {".": "root", "crates/a": "a", "crates/a/inner": "inner"}

MERGED = """
running 2 tests
test crates/a/src/message.rs - message::decode (line 34) ... ok
test crates/a/src/name.rs - name::Name (line 22) ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

all doctests ran in 1.34s; merged doctests compilation took 1.33s

running 1 test
test crates/a/inner/src/lib.rs - (line 3) - compile ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.03s

all doctests ran in 1.43s; merged doctests compilation took 1.38s

running 1 test
test src/lib.rs - (line 7) - compile ... FAILED

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.50s

all doctests ran in 2.00s; merged doctests compilation took 1.32s
"""

OLDER = """
running 1 test
test crates/a/src/message.rs - message::decode (line 34) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s

running 1 test
test crates/a/src/name.rs - name::Name (line 22) - compile fail ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.25s

running 1 test
test src/lib.rs - (line 7) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
"""


def test_rustdoc_says_it_of_each_package() -> None:
    assert doctest_seconds(MERGED, FOLDERS) == {"root": 2.0, "inner": 1.43, "a": 1.34}
    assert list(doctest_seconds(MERGED, FOLDERS)) == ["root", "inner", "a"]


def test_an_older_one_says_it_of_each_harness() -> None:
    assert doctest_seconds(OLDER, FOLDERS) == {"a": 0.65, "root": 0.1}


def test_what_belongs_to_nobody_is_left_out() -> None:
    assert doctest_seconds(MERGED, {"crates/a": "a"}) == {"a": 1.43}, "the nearest folder around"
    assert doctest_seconds("", FOLDERS) == {}
