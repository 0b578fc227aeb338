"""What miri says, as it says it."""

from __future__ import annotations

from tasker_ci.sessions.miri.findings import failed_tests, findings_in

SAID = """\
    Starting 2 tests across 1 binary
        FAIL [   0.412s] (1/2) sample tests::reads_past_the_end
  stderr ───
    error: Undefined Behavior: memory access failed: 4 bytes, but got alloc1+0x8
     --> src/lib.rs:4:14
      |
    error: aborting due to 1 previous error
     SIGABRT [   0.412s] sample::end tests::b
        FAIL [   0.412s] (1/2) sample tests::reads_past_the_end
error: unsupported operation: can't call foreign function `socket` on OS `linux`
   --> /rust/std/src/net.rs:10:5
error: the evaluated program deadlocked
"""


def test_undefined_behaviour_has_its_place() -> None:
    first, second, third = findings_in(SAID)
    assert str(first).endswith("but got alloc1+0x8 at src/lib.rs:4")
    assert (first.file, first.line, first.is_unsupported) == ("src/lib.rs", 4, False)
    assert second.is_unsupported
    assert second.fix == "leave the test out under miri: #[cfg_attr(miri, ignore)]"
    assert (str(third), third.fix) == (
        "the evaluated program deadlocked",
        "fix the code at that place",
    )
    assert first.data()["line"] == 4


def test_failed_tests_are_named_once() -> None:
    assert failed_tests(SAID) == (
        ("sample", "tests::reads_past_the_end"),
        ("sample::end", "tests::b"),
    )
