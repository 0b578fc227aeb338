"""What cargo-hack says becomes combinations. The lines are those of cargo-hack 0.6.45."""

from __future__ import annotations

from itertools import count

from tasker_ci.sessions.features.combinations import CombinationReader

SAID = """\
info: running `cargo check --no-default-features` on a (1/3)
    Checking a v0.1.0 (/w/a)
    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.51s

\x1b[1minfo:\x1b[0m running `cargo check --no-default-features --features three,two` \
on a (2/3)
error[E0308]: mismatched types
 --> a/src/lib.rs:4:16
  |
error: could not compile `a` (lib) due to 1 previous error
error: process didn't exit successfully: `/bin/cargo check --color never \
--manifest-path my a/Cargo.toml \
--no-default-features --features three,two` (exit status: 101)

info: running `cargo check` on b (3/3)
error: failed to run 1 command
"""


def test_each_combination_has_its_time_and_the_failed_one_its_place_and_line() -> None:
    ticks = count()
    reader = CombinationReader(clock=lambda: float(next(ticks)))
    for line in SAID.splitlines():
        reader.read(line)
    reader.end()

    assert [(each.package, each.features, each.seconds) for each in reader.seen] == [
        ("a", "no features", 1.0),
        ("a", "three,two", 1.0),
        ("b", "its features", 1.0),
    ]
    (failed,) = reader.failed
    assert (failed.error, failed.file, failed.number) == ("mismatched types", "a/src/lib.rs", 4)
    assert failed.line == (
        "cargo check --manifest-path 'my a/Cargo.toml' --no-default-features --features three,two"
    )


def test_what_comes_before_any_combination_is_passed_over() -> None:
    reader = CombinationReader(clock=lambda: 0.0)
    reader.read("error: no such package")
    reader.end()
    assert (reader.seen, reader.failed) == ([], [])
